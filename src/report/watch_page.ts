/**
 * The page that plays rollouts: overlaid, seen from above (bodies with height from the side, too), with a slider, their
 * surroundings, a line of numbers for the selected one, and the outcome of each. The page of a run in progress contains
 * the same player.
 *
 * Laws, tested: the page requests no other resource and permits no other script; names are escaped.
 *
 * @module
 */

import type { View } from "../../envs/view.ts";
import { PAGE_STYLE, scriptSource } from "./page_style.ts";
import { escape } from "./svg.ts";
import { motionOf, type Rollout } from "./watch.ts";
import FILES from "./picture_files.js" with { type: "text" };
import PARTS from "./picture_parts.js" with { type: "text" };
import PLAYER from "./watch_player.js" with { type: "text" };

/** The text above the picture. */
export interface Heading {
  /** Heading of the page. */
  readonly title: string;
  /** A line below it. */
  readonly caption: string;
}

/** The player's script; it defines `player`, whose `load` accepts rollouts. */
export const PLAYER_SCRIPT: string = [PARTS, FILES, PLAYER].join("\n");

/** The elements that the player fills in. */
export const PLAYER_MARKUP = `<div id="viewer">
<div class="pictures"><canvas id="above" role="img" aria-label="The rollouts from above"></canvas>
<canvas id="side" role="img" aria-label="The rollout in front from the side" hidden></canvas>
<div class="controls">
<button id="play" type="button">Play</button>
<input id="time" type="range" min="0" max="0" value="0" aria-label="Time">
<label>speed <select id="speed"><option value="0.25">¼</option><option value="0.5">½</option><option value="1" selected>1</option><option value="2">2</option><option value="4">4</option></select></label>
<label><input id="loop" type="checkbox" checked> loop</label>
<label><input id="near" type="checkbox"> near the paths</label>
<button id="save" type="button">Save picture</button>
<button id="film" type="button">Save animation</button>
</div>
<p class="numbers"><output id="caption" for="time"></output></p>
<p class="muted keys">Space plays and pauses; ← and → go a frame, with Shift ten; Home, End; L loops or not</p></div>
<fieldset id="rollouts"><legend>Rollouts</legend><p id="tally" class="muted"></p><div id="list"></div></fieldset>
</div>`;

/** Rollouts as JSON for a script element; "<" is escaped, because "</script" would end the element. */
const dataElement = (motion: unknown): string =>
  `<script id="motion" type="application/json">${JSON.stringify(motion).replaceAll("<", "\\u003c")}</script>`;

const BEGIN = `player.load(JSON.parse(document.getElementById("motion").textContent));`;

/**
 * The page of rollouts.
 *
 * @throws RangeError if there is no rollout, or if the numbers of its frames, trail points and captions differ
 */
export function watchPage({ title, caption }: Heading, view: View, rollouts: readonly Rollout[]): string {
  const script = `${PLAYER_SCRIPT}\n${BEGIN}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src ${
    scriptSource(script)
  }">
<title>${escape(title)}</title>
<style>${PAGE_STYLE}${PLAYER_STYLE}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<p class="muted">${escape(caption)}</p>
${PLAYER_MARKUP}
</main>
${dataElement(motionOf(view, rollouts))}
<script>${script}</script>
</body>
</html>
`;
}

/** The player's style. */
export const PLAYER_STYLE = `
:root{--ground:#f6f8fa}
@media screen and (prefers-color-scheme:dark){:root{--ground:#1a2026}}
.muted{color:var(--muted);margin:.2rem 0 .6rem}
#viewer{display:grid;grid-template-columns:minmax(0,1fr) 17rem;gap:.8rem;align-items:start}
.pictures{min-width:0}
#above,#side{display:block;width:100%;height:320px;border:1px solid var(--line);border-radius:4px;margin-bottom:.5rem}
#side{height:150px}
#side[hidden]{display:none}
#rollouts{border:1px solid var(--line);border-radius:4px;padding:.3rem .7rem .5rem;max-height:560px;overflow-y:auto;min-width:0;margin:0}
#rollouts>p{margin:0 0 .4rem;font-size:13px}
#list{font-size:14px}
#list>div{display:flex;align-items:baseline;gap:.4rem;padding:.12rem 0}
#list button{all:unset;cursor:pointer;flex:1;min-width:0;border-radius:3px;padding:0 .3rem;line-height:1.3;overflow-wrap:anywhere}
#list button:focus-visible{outline:2px solid var(--policy)}
#list button[aria-pressed=true]{background:var(--shade);font-weight:600}
#list small{display:block;color:var(--muted);font-weight:400;font-size:12.5px}
.controls{display:flex;flex-wrap:wrap;gap:.4rem .9rem;align-items:center}
.controls>input{flex:1 1 12rem;min-width:8rem}
.controls label{display:inline-flex;gap:.3rem;align-items:center}
.controls button,.controls select{font:inherit;padding:.2rem .7rem}
#play{min-width:5rem}
.numbers{min-height:3em;margin:.5rem 0 .2rem}
#caption{font-variant-numeric:tabular-nums}
.keys{font-size:13px}
@media (max-width:800px){#viewer{grid-template-columns:minmax(0,1fr)}#rollouts{max-height:260px}.numbers{min-height:6em}}
@media (hover:none){.keys{display:none}}
`;
