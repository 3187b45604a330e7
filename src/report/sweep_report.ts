/**
 * The report of a sweep as a self-contained page: the best settings, the effect of each axis, curves by setting, and
 * every trial.
 *
 * A setting is the values of all axes except the seed: trials that differ only in their seed share a setting. With
 * early stopping, scores at different rungs are never drawn in the same panel.
 *
 * Laws, tested: the table's best setting is the best of those that reached the highest rung; the last table lists
 * every trial, failed ones with their reason; a sweep that has not started has a page, too.
 *
 * @module
 */

import { axisFigure, type AxisPoint } from "./axis_figure.ts";
import { rangeOf } from "./chart.ts";
import { curvesFigure, type RunCurves, type SeedCurve } from "./curves.ts";
import { styleOf } from "./line_style.ts";
import { quantityOf, valueText, withUnit } from "./quantities.ts";
import { reportDocument } from "./report_document.ts";
import { escape } from "./svg.ts";
import { type MeanOverSeeds, meanOverSeeds } from "./mean_over_seeds.ts";

/** A trial on the page. */
export interface ReportedTrial {
  readonly name: string;
  /** The values of the axes. */
  readonly values: Readonly<Record<string, number | string>>;
  readonly state: string;
  readonly steps: number;
  /** The score at each rung reached; null if non-finite. */
  readonly scores: readonly (number | null)[];
  /** The score during training, for each replica. */
  readonly curves: readonly SeedCurve[];
  readonly error: string | null;
}

/** A sweep on the page. */
export interface ReportedSweep {
  readonly name: string;
  /** Its description, in pairs of a heading and a text. */
  readonly facts: readonly (readonly [heading: string, text: string])[];
  /** The measure of the evaluation that is compared. */
  readonly metric: string;
  readonly goal: "greatest" | "least";
  /** Environment steps of the rungs; a single one without early stopping. */
  readonly rungs: readonly number[];
  readonly axes: readonly string[];
  readonly trials: readonly ReportedTrial[];
}

/** A setting with its trials. */
interface Setting {
  readonly name: string;
  readonly values: ReportedTrial["values"];
  readonly trials: readonly ReportedTrial[];
  /** The last rung that all of its remaining trials have reached; -1 if none. */
  readonly rung: number;
  /** The interquartile mean of its trials at that rung. */
  readonly typical: MeanOverSeeds | null;
}

/** Maximum numbers of settings in the table and in the figure of curves. */
const MAX_ROWS = 20, MAX_CURVES = 4;

const finite = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** The axes of a setting: all except the seed. */
const settingAxes = ({ axes }: ReportedSweep): readonly string[] => axes.filter((axis) => axis !== "seed");

/** The settings, best first. */
export function settingsOf(sweep: ReportedSweep): readonly Setting[] {
  const axes = settingAxes(sweep), sign = sweep.goal === "least" ? 1 : -1;
  const nameOf = ({ name, values }: ReportedTrial): string =>
    axes.length === 0 ? name : axes.map((axis) => `${axis} ${values[axis]}`).join(", ");
  return [...Map.groupBy(sweep.trials, nameOf)].map(([name, trials]): Setting => {
    const scored = trials.filter(({ scores }) => scores.length > 0);
    const rung = scored.length === 0 ? -1 : Math.min(...scored.map(({ scores }) => scores.length)) - 1;
    return {
      name,
      values: trials[0]!.values,
      trials,
      rung,
      typical: meanOverSeeds(scored.flatMap(({ scores }) => scores[rung] ?? [])),
    };
  }).toSorted((a, b) =>
    b.rung - a.rung ||
    sign * ((a.typical?.mean ?? sign * Infinity) - (b.typical?.mean ?? sign * Infinity)) || 0
  );
}

const section = (id: string, heading: string, ...content: readonly string[]): string =>
  `<section id="${id}"><h2>${heading}</h2>\n${content.join("\n")}\n</section>`;

const rowOf = (head: string, cells: readonly string[], kind = ""): string =>
  `<tr${kind}><th scope="row">${head}</th>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;

const tableOf = (heads: readonly string[], rows: readonly string[], kind = "numbers"): string =>
  `<div class="wide" tabindex="0"><table class="${kind}"><thead><tr>${
    heads.map((head) => `<th scope="col">${escape(head)}</th>`).join("")
  }</tr></thead>\n<tbody>${rows.join("\n")}</tbody></table></div>`;

const note = (text: string): string => `<p class="caption">${escape(text)}</p>`;

/** The table of the best settings. */
function bestSection(sweep: ReportedSweep, settings: readonly Setting[]): string {
  const quantity = quantityOf(`evaluation.${sweep.metric}`), axes = settingAxes(sweep);
  const scored = settings.filter(({ typical }) => typical !== null);
  if (scored.length === 0) return section("best", "Best settings", "<p>No trial has a score yet.</p>");
  const text = (x: number): string => escape(valueText(x, quantity));
  const drawn = Math.min(MAX_CURVES, scored.length);
  const rows = scored.slice(0, MAX_ROWS).map(({ name, values, typical, rung, trials }, k) => {
    const swatch = k < drawn ? `<span class="swatch ${styleOf(k).ink}"></span>` : "";
    return rowOf(`${swatch}${k + 1}`, [
      ...axes.length === 0 ? [escape(name)] : axes.map((axis) => escape(String(values[axis]))),
      text(typical!.mean),
      typical!.interval === null ? "" : typical!.interval.map(text).join(" to "),
      `${typical!.n} of ${trials.length}`,
      String(sweep.rungs[rung] === undefined ? "" : Math.min(sweep.rungs[rung], stepsOf(trials))),
    ]);
  });
  return section(
    "best",
    "Best settings",
    note(
      `${withUnit(quantity)}, the ${sweep.goal} first: the interquartile mean over the trials of a setting` +
        `${
          sweep.rungs.length > 1 ? ", at the last rung that it reached; who came farther stands first" : ""
        }. ` +
        `${settings.length} settings, ${settings.length - scored.length} of them without a score` +
        `${
          scored.length > MAX_ROWS ? `; the first ${MAX_ROWS}` : ""
        }. The best of many settings looks better than it is: ` +
        "make it again with other seeds.",
    ),
    tableOf(
      ["", ...axes.length === 0 ? ["trial"] : axes, quantity.title, "95 % interval", "trials", "steps"],
      rows,
    ),
  );
}

const stepsOf = (trials: readonly ReportedTrial[]): number => Math.max(...trials.map(({ steps }) => steps));

/** One panel per axis, for each rung. */
function axesSection(sweep: ReportedSweep, settings: readonly Setting[]): readonly string[] {
  const { metric, rungs, trials } = sweep,
    axes = sweep.axes.filter((axis) => new Set(trials.map(({ values }) => values[axis])).size > 1);
  const quantity = withUnit(quantityOf(`evaluation.${metric}`)), best = settings[0];
  const panels = rungs.flatMap((steps, rung) => {
    const there = trials.filter(({ scores }) => finite(scores[rung]));
    if (there.length === 0) return [];
    const range = rangeOf(there.map(({ scores }) => scores[rung]!));
    const shown = axes.filter((axis) => new Set(there.map(({ values }) => values[axis])).size > 1);
    if (shown.length === 0) return [];
    const figures = shown.map((axis, k) => {
      const points = there.flatMap((trial): readonly AxisPoint[] => {
        const value = trial.values[axis];
        return value === undefined ? [] : [{
          name: trial.name,
          value,
          score: trial.scores[rung]!,
          best: best?.trials.includes(trial) === true,
        }];
      });
      return `<figure data-axis="${escape(axis)}" data-rung="${rung}">${
        axisFigure({ scope: `axis-${rung}-${k}`, axis, quantity, range, points })
      }</figure>`;
    });
    const heading = rungs.length > 1 ? `<h3>After ${steps} steps: ${there.length} trials</h3>` : "";
    return [`${heading}<div class="grid">${figures.join("\n")}</div>`];
  });
  return axes.length === 0 || panels.length === 0 ? [] : [section(
    "axes",
    "What each axis does",
    note(
      "A dot is a trial, those of the best setting in its colour; a bar is the interquartile mean over all trials of a " +
        "value, whatever their other values, with its 95 % interval" +
        (rungs.length > 1 ? ". After the first rung only those are left that were the best there" : ""),
    ),
    ...panels,
  )];
}

/** The curves of groups of trials. */
function curvesOf(sweep: ReportedSweep, scope: string, title: string, runs: readonly RunCurves[]): string {
  const { unit, title: quantity, range } = quantityOf(`evaluation.${sweep.metric}`);
  return `<figure class="curves">${
    curvesFigure({ scope, title, quantity: unit === "" ? quantity : unit, ...range ? { range } : {}, runs })
  }</figure>`;
}

/** Curves of the best settings, and by the values of each axis. */
function curvesSection(sweep: ReportedSweep, settings: readonly Setting[]): readonly string[] {
  const group = (name: string, trials: readonly ReportedTrial[]): readonly RunCurves[] => {
    const seeds = trials.flatMap(({ curves }) => curves).filter(({ points }) => points.length > 0);
    return seeds.length === 0 ? [] : [{ name, seeds }];
  };
  const best = settings.filter(({ typical }) => typical !== null).slice(0, MAX_CURVES);
  const ranked = best.flatMap(({ trials }, k) => group(`${k + 1}`, trials));
  if (ranked.length === 0) return [];
  const byAxis = settingAxes(sweep).flatMap((axis, k) => {
    const groups = [...Map.groupBy(sweep.trials, ({ values }) => values[axis])].toSorted(([a], [b]) =>
      Number(a) - Number(b) || (String(a) < String(b) ? -1 : 1)
    );
    if (groups.length < 2 || groups.length > 8) return [];
    const runs = groups.flatMap(([value, trials]) => group(String(value), trials));
    return [curvesOf(sweep, `by-${k}`, `By ${axis}`, runs)];
  });
  return [section(
    "curves",
    "Curves by setting",
    note(
      "The best settings by their numbers in the table, and all trials by the values of an axis. Thick lines go as far as all of " +
        "their trials do",
    ),
    `<div class="grid">${
      [curvesOf(sweep, "best-curves", "The best settings", ranked), ...byAxis].join("\n")
    }</div>`,
  )];
}

/** The table of all trials. */
function trialsSection({ trials, axes, metric, goal }: ReportedSweep): string {
  const quantity = quantityOf(`evaluation.${metric}`), sign = goal === "least" ? 1 : -1;
  const last = ({ scores }: ReportedTrial): number => scores.at(-1) ?? sign * Infinity;
  const order = trials.toSorted((a, b) =>
    b.scores.length - a.scores.length || sign * (last(a) - last(b)) || 0
  );
  const failed = trials.filter(({ error }) => error !== null);
  return section(
    "trials",
    "All trials",
    ...failed.length === 0 ? [] : [
      `<ul>${
        failed.map(({ name, error }) => `<li><strong>${escape(name)}</strong>: ${escape(error!)}</li>`).join(
          "",
        )
      }</ul>`,
    ],
    tableOf(
      ["trial", ...axes, "state", "steps", quantity.title],
      order.map((trial) =>
        rowOf(escape(trial.name), [
          ...axes.map((axis) => escape(String(trial.values[axis] ?? ""))),
          escape(trial.state),
          String(trial.steps),
          trial.scores.length === 0 ? "" : escape(valueText(trial.scores.at(-1), quantity)),
        ], trial.error === null ? "" : ' class="differs"')
      ),
    ),
  );
}

/** The page. */
export function sweepPage(sweep: ReportedSweep): string {
  const settings = settingsOf(sweep), title = `Sweep ${sweep.name}`;
  const sections = [
    bestSection(sweep, settings),
    ...axesSection(sweep, settings),
    ...curvesSection(sweep, settings),
    trialsSection(sweep),
  ];
  const facts = sweep.facts.map(([name, value]) =>
    `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`
  );
  return reportDocument({ title, facts: `<dl>${facts.join("")}</dl>`, sections });
}
