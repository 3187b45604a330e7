/**
 * The interactive part of a report: data, controls and scripts, all inline.
 *
 * Laws, tested: the page loads no other resource; only this script may run, by its hash; without scripts the controls
 * are hidden and everything else is shown.
 *
 * @module
 */

import { type CurvesData, frameFor, summarised } from "./curves.ts";
import type { LineStyle } from "./line_style.ts";
import { scriptSource } from "./page_style.ts";
import SCRIPT from "./report_page.js" with { type: "text" };
import { escape } from "./svg.ts";

/** The pieces of a page. */
export interface InteractiveParts {
  /** The `script-src` of the page's content security policy. */
  readonly policy: string;
  readonly controls: string;
  readonly scripts: string;
}

/** Rounds a number to the precision of a picture. */
const short = (x: number): number => Number(x.toPrecision(6));

/** The script's data of a panel. */
const panelOf = (data: CurvesData) => ({
  scope: data.scope,
  frame: frameFor(data),
  runs: data.runs.map((run) => ({
    name: run.name,
    seeds: run.seeds.map(({ seed, points, final }) => {
      const finite = points.filter((point) => point.every(Number.isFinite));
      return { seed, step: finite.map(([step]) => step), y: finite.map(([, y]) => short(y)), final };
    }),
    summary: run.seeds.length > 1 ? summarised(run).map((each) => each.map(short)) : [],
  })),
});

/** A checkbox for a run or a seed. */
const box = (key: string, name: string, ink = ""): string =>
  `<label><input type="checkbox" checked data-key="${escape(key)}">${
    ink === "" ? "" : `<span class="swatch ${ink}"></span>`
  }${escape(name)}</label>`;

/** The checkboxes of a run and its seeds. */
export interface Choice {
  readonly name: string;
  readonly style: LineStyle;
  readonly seeds: readonly number[];
}

/** The parts for the panels of runs. */
export function interactiveParts(
  panels: readonly CurvesData[],
  choices: readonly Choice[],
): InteractiveParts {
  // "<" cannot stand inside a script element, where "</script" would end it.
  const json = JSON.stringify(panels.map(panelOf)).replaceAll("<", "\\u003c");
  const several = choices.length > 1;
  return {
    policy: scriptSource(SCRIPT),
    controls: `<form id="controls" hidden aria-label="What the curves show">
${
      choices.map(({ name, style, seeds }) =>
        `<fieldset><legend>${several ? box(name, name, style.ink) : "seeds"}</legend>${
          seeds.map((seed) => box(`${name}\n${seed}`, String(seed))).join("")
        }</fieldset>`
      ).join("\n")
    }
<label>smoothing <input id="smoothing" type="range" min="0" max="0.95" step="0.05" value="0"></label>
<label><input id="logarithmic" type="checkbox">logarithmic where above 0</label>
<button type="reset">Reset</button>
</form>
<output id="tip" hidden></output>`,
    scripts: `<script id="panels" type="application/json">${json}</script>\n<script>${SCRIPT}</script>`,
  };
}
