/**
 * Rollouts of a policy as one HTML page that needs nothing else: seen from above (bodies with height from the side, too),
 * overlaid, with a time slider, the world around them and a line of numbers for the one in front.
 *
 * Laws, tested: the page asks for no other resource; it carries every frame of every rollout; names are escaped.
 *
 * @module
 */

import type { View } from "../../envs/view.ts";
import type { Episode } from "../train/evaluate.ts";
import { contours, line } from "./deps.ts";
import { type Grid, gridOf, levelsOf } from "./panel.ts";
import { escape, PALETTE } from "./svg.ts";
import { PLAYER } from "./watch_player.ts";

/** The words above the picture. */
export interface Heading {
  /** Heading of the page. */
  readonly title: string;
  /** A line below it. */
  readonly caption: string;
}

/** One episode, frame by frame. */
export interface Rollout {
  /** What it is called in the list. */
  readonly name: string;
  /** For every frame x, y, z of every point. */
  readonly frames: readonly ArrayLike<number>[];
  /** For every frame the place that its trail is drawn through. */
  readonly trail: readonly (readonly [number, number])[];
  /** For every frame a line of numbers. */
  readonly captions: readonly string[];
}

/** The least time that a frame is shown for, s; shorter steps are skipped. */
const FRAME = 0.04;

/** Steps from one frame to the next. */
const strideOf = ({ interval }: View): number => Math.max(1, Math.round(FRAME / interval));

/** An episode as a view shows it: a frame every so many steps, and the last one. */
export function rolloutOf(view: View, episode: Pick<Episode, "states" | "length">, name: string): Rollout {
  const { states, length } = episode, stride = strideOf(view), size = states.length / (length + 1);
  const steps = Array.from(
    { length: Math.ceil(length / stride) + 1 },
    (_, k) => Math.min(k * stride, length),
  );
  const shown = steps.map((step) => states.slice(step * size, (step + 1) * size));
  const clock = (step: number): string =>
    view.clock === "steps" ? `step ${step}` : `t ${(step * view.interval).toFixed(2)} s`;
  return {
    name,
    frames: shown.map(view.points),
    trail: shown.map(view.centre),
    captions: shown.map((state, k) => `${clock(steps[k]!)}   ${view.caption(state)}`),
  };
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** The rectangle to show: all trails with some room, goals, and walls as far as they are near. */
function extentOf(
  { ground, goals = [], walls = [] }: View,
  rollouts: readonly Rollout[],
): { readonly x: [number, number]; readonly y: [number, number] } {
  const x: [number, number] = [Infinity, -Infinity], y: [number, number] = [Infinity, -Infinity];
  const include = (px: number, py: number, room: number): void => {
    x[0] = Math.min(x[0], px - room);
    x[1] = Math.max(x[1], px + room);
    y[0] = Math.min(y[0], py - room);
    y[1] = Math.max(y[1], py + room);
  };
  for (const { trail } of rollouts) {
    for (const [px, py] of trail) include(px, py, ground === undefined ? 1.2 : 0.4);
  }
  for (const { at, radius } of goals) include(at[0], at[1], radius + 0.3);
  if (ground !== undefined) {
    include(ground.x[0], ground.y[0], 0);
    include(ground.x[1], ground.y[1], 0);
  }
  const near = { x: [...x] as const, y: [...y] as const };
  const clamp = (value: number, [low, high]: readonly [number, number]): number =>
    Math.min(high + 2, Math.max(low - 2, value));
  for (const wall of walls) {
    include(clamp(wall.x[0], near.x), clamp(wall.y[0], near.y), 0);
    include(clamp(wall.x[1], near.x), clamp(wall.y[1], near.y), 0);
  }
  return { x, y };
}

/** Points of the ground along x and along y. */
const GRID = 57;

/** Level curves as paths in the view's own coordinates. */
function levelPaths({ x, y, width, height, values }: Grid): readonly string[] {
  const raised = Array.from(values, (value) => Number.isFinite(value) ? value : -Number.MAX_VALUE);
  const path = line<readonly [number, number]>();
  const place = (corner: readonly number[]): readonly [number, number] => {
    const [column, row] = corner as [number, number];
    return [
      rounded(x[0] + (x[1] - x[0]) * (column - 0.5) / (width - 1)),
      rounded(y[0] + (y[1] - y[0]) * (row - 0.5) / (height - 1)),
    ];
  };
  return contours().size([width, height]).thresholds([...levelsOf(values, 12)])(raised)
    .map(({ coordinates }) => coordinates.flat().map((ring) => `${path(ring.map(place))}Z`).join(""))
    .filter((each) => each !== "");
}

/**
 * The page of rollouts.
 *
 * @throws RangeError if there is no rollout, or one whose frames, trail and captions are not equally many
 */
export function watchPage(
  { title, caption }: Heading,
  view: View,
  rollouts: readonly Rollout[],
): string {
  if (rollouts.length === 0) throw new RangeError("A page of rollouts needs at least one");
  for (const { name, frames, trail, captions } of rollouts) {
    if (frames.length === 0 || trail.length !== frames.length || captions.length !== frames.length) {
      throw new RangeError(
        `Rollout "${name}" must have as many trail points and captions as frames, at least one: got ${frames.length} ` +
          `frames, ${trail.length} trail points, ${captions.length} captions`,
      );
    }
  }
  const data = {
    unit: view.unit,
    interval: strideOf(view) * view.interval,
    limbs: view.limbs,
    walls: view.walls ?? [],
    goals: view.goals ?? [],
    finish: view.finish ?? null,
    levels: view.ground === undefined
      ? []
      : levelPaths(gridOf(view.ground.x, view.ground.y, GRID, GRID, view.ground.value)),
    side: view.side ?? false,
    view: extentOf(view, rollouts),
    rollouts: rollouts.map(({ name, frames, trail, captions }) => ({
      name,
      frames: frames.map((frame) => Array.from(frame, rounded)),
      trail: trail.map((point) => point.map(rounded)),
      captions,
    })),
  };
  const last = Math.max(...rollouts.map(({ frames }) => frames.length)) - 1;
  // "<" cannot stand inside a script element, where "</script" would end it.
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<p class="muted">${escape(caption)}</p>
<div class="stage">
<div><canvas id="above" role="img" aria-label="The rollouts from above"></canvas>
${
    view.side
      ? `<canvas id="side" role="img" aria-label="The rollout in front from the side"></canvas>`
      : ""
  }</div>
<fieldset id="rollouts"><legend>Rollouts</legend></fieldset>
</div>
<div class="controls">
<button id="play" type="button">Pause</button>
<input id="time" type="range" min="0" max="${last}" value="0" aria-label="Time">
<label>speed <select id="speed"><option value="0.25">¼</option><option value="0.5">½</option><option value="1" selected>1</option><option value="2">2</option><option value="4">4</option></select></label>
</div>
<p><output id="caption" for="time"></output></p>
</main>
<script id="motion" type="application/json">${json}</script>
<script>
"use strict";
${PLAYER}
</script>
</body>
</html>
`;
}

const inks = (mode: "light" | "dark"): string =>
  Object.entries(PALETTE).map(([ink, colour]) => `--${ink}:${colour[mode]}`).join(";");

const STYLE = `
:root{color-scheme:light dark;${inks("light")};--line:#d5dae0;--ground:#f6f8fa}
@media (prefers-color-scheme:dark){:root{${inks("dark")};--line:#343c45;--ground:#1a2026}}
body{margin:0;padding:1rem;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,'Segoe UI','Helvetica Neue',Arial,'Liberation Sans',sans-serif}
main{max-width:1180px;margin:0 auto}
h1{font-size:1.3rem;margin:0}
.muted{color:var(--muted);margin:.2rem 0 .8rem}
.stage{display:grid;grid-template-columns:minmax(0,1fr) 15rem;gap:1rem;align-items:start}
@media (max-width:800px){.stage{grid-template-columns:1fr}}
canvas{display:block;width:100%;border:1px solid var(--line);border-radius:4px;margin-bottom:.6rem}
fieldset{border:1px solid var(--line);border-radius:4px;padding:.4rem .8rem .6rem;max-height:640px;overflow-y:auto}
fieldset div{display:flex;align-items:center;gap:.45rem;padding:.12rem 0}
fieldset button{all:unset;cursor:pointer;flex:1;border-radius:3px;padding:0 .3rem}
fieldset button:focus-visible{outline:2px solid var(--policy)}
fieldset button[aria-pressed=true]{font-weight:700}
.swatch{width:.8em;height:.8em;border-radius:2px;flex:none}
.controls{display:flex;gap:.8rem;align-items:center}
.controls input{flex:1}
.controls button{font:inherit;min-width:5rem;padding:.25rem .75rem}
output{font-variant-numeric:tabular-nums;white-space:pre-wrap}
`;
