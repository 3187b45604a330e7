/**
 * A motion as one HTML page that needs nothing else: a canvas seen from above (and for bodies with height from the side),
 * a time slider, the walls, and the trail of the centre of mass.
 *
 * Laws, tested: the page asks for no other resource; it carries every frame; names are escaped.
 *
 * @module
 */

/** A motion to look at. Lengths in m; x to the right, y up (away), z up. */
export interface Replay {
  /** Heading of the page. */
  readonly title: string;
  /** Seconds between frames. */
  readonly interval: number;
  /**
   * Lines between points: index of one, of the other, the line's radius, m, and the number of its colour. A line from a
   * point to itself is a disc.
   */
  readonly limbs: readonly (readonly [from: number, to: number, radius: number, colour: number])[];
  /** For every frame, x, y, z of every point. */
  readonly frames: readonly ArrayLike<number>[];
  /** For every frame the centre of mass, x and y. */
  readonly trail: readonly (readonly [number, number])[];
  /** For every frame a line of text. */
  readonly captions: readonly string[];
  /** Extents of vertical walls. */
  readonly walls: readonly { readonly x: readonly [number, number]; readonly y: readonly [number, number] }[];
  /** A place to draw, or none. */
  readonly goal: readonly [number, number] | null;
  /** Radius of a circle round the goal, or none. */
  readonly threshold: number | null;
  /** A vertical line to cross, x in m. */
  readonly finish: number | null;
  /** Whether to draw the view from the side as well. */
  readonly side: boolean;
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** The rectangle that a view from above has to show: the trail with a margin of 1.5 m, and walls that are not far. */
function extent(replay: Replay): { readonly x: [number, number]; readonly y: [number, number] } {
  const x: [number, number] = [Infinity, -Infinity], y: [number, number] = [Infinity, -Infinity];
  const include = (px: number, py: number): void => {
    x[0] = Math.min(x[0], px);
    x[1] = Math.max(x[1], px);
    y[0] = Math.min(y[0], py);
    y[1] = Math.max(y[1], py);
  };
  for (const [px, py] of replay.trail) {
    include(px - 1.5, py - 1.5);
    include(px + 1.5, py + 1.5);
  }
  if (replay.goal !== null) include(replay.goal[0], replay.goal[1]);
  const near = { x: [...x], y: [...y] };
  for (const wall of replay.walls) {
    const clamp = (value: number, [low, high]: readonly number[]): number =>
      Math.min(high + 3, Math.max(low - 3, value));
    include(clamp(wall.x[0], near.x), clamp(wall.y[0], near.y));
    include(clamp(wall.x[1], near.x), clamp(wall.y[1], near.y));
  }
  return { x, y };
}

/**
 * The page of a motion.
 *
 * @throws RangeError if there is no frame, or frames, trail and captions are not equally many
 */
export function replayPage(replay: Replay): string {
  const count = replay.frames.length;
  if (count === 0 || replay.trail.length !== count || replay.captions.length !== count) {
    throw new RangeError(
      `A replay needs as many trail points and captions as frames, at least one: got ${count} frames, ` +
        `${replay.trail.length} trail points, ${replay.captions.length} captions`,
    );
  }
  const data = {
    interval: replay.interval,
    limbs: replay.limbs,
    frames: replay.frames.map((frame) => Array.from(frame, rounded)),
    trail: replay.trail.map((point) => point.map(rounded)),
    captions: replay.captions,
    walls: replay.walls,
    goal: replay.goal,
    threshold: replay.threshold,
    finish: replay.finish,
    side: replay.side,
    view: extent(replay),
  };
  // "<" cannot stand inside a script element, where "</script" would end it.
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(replay.title)}</title>
<style>
body { margin: 0; padding: 1rem; font: 15px/1.4 system-ui, sans-serif; color: #111827; background: #fff; }
main { max-width: 1100px; margin: 0 auto; }
h1 { font-size: 1.2rem; margin: 0 0 0.5rem; }
canvas { display: block; width: 100%; background: #f9fafb; border: 1px solid #d1d5db; margin-bottom: 0.5rem; }
.controls { display: flex; gap: 0.75rem; align-items: center; }
.controls input[type="range"] { flex: 1; }
button { font: inherit; min-width: 5rem; padding: 0.25rem 0.75rem; }
output { font-variant-numeric: tabular-nums; white-space: pre; }
</style>
</head>
<body>
<main>
<h1>${escape(replay.title)}</h1>
<canvas id="above" role="img" aria-label="The body from above"></canvas>
${replay.side ? `<canvas id="side" role="img" aria-label="The body from the side"></canvas>` : ""}
<div class="controls">
<button id="play" type="button">Pause</button>
<input id="time" type="range" min="0" max="${count - 1}" value="0" aria-label="Time">
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

/** What the page runs. `#t=12` in its address shows frame 12 and stands still. */
const PLAYER = `const motion = JSON.parse(document.getElementById("motion").textContent);
const slider = document.getElementById("time"), button = document.getElementById("play");
const caption = document.getElementById("caption");
const above = document.getElementById("above"), side = document.getElementById("side");
const { view } = motion;

function prepare(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = height + "px";
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.lineCap = "round";
  return context;
}

function limbs(context, frame, scale, place) {
  motion.limbs.forEach(([from, to, radius, colour]) => {
    const [ax, ay] = place(frame, from), [bx, by] = place(frame, to);
    context.strokeStyle = from === to ? "#374151" : "hsl(" + ((20 + colour * 95) % 360) + " 65% 45%)";
    context.globalAlpha = 0.85;
    context.lineWidth = Math.max(2, 2 * radius * scale);
    context.beginPath();
    context.moveTo(ax, ay);
    context.lineTo(bx + (from === to ? 0.01 : 0), by);
    context.stroke();
  });
  context.globalAlpha = 1;
}

function metre(context, scale, x, y) {
  context.strokeStyle = "#111827";
  context.fillStyle = "#111827";
  context.lineWidth = 3;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + scale, y);
  context.stroke();
  context.font = "12px sans-serif";
  context.fillText("1 m", x + scale + 8, y + 4);
}

function drawAbove(index) {
  const width = above.clientWidth, wide = view.x[1] - view.x[0], tall = view.y[1] - view.y[0];
  const scale = Math.min(width / wide, 620 / tall), height = tall * scale, left = (width - wide * scale) / 2;
  const context = prepare(above, width, height);
  const across = (x) => left + (x - view.x[0]) * scale, down = (y) => (view.y[1] - y) * scale;
  context.strokeStyle = "#e5e7eb";
  context.lineWidth = 1;
  for (let x = Math.ceil(view.x[0]); x <= view.x[1]; x++) context.strokeRect(across(x), 0, 0, height);
  for (let y = Math.ceil(view.y[0]); y <= view.y[1]; y++) context.strokeRect(0, down(y), width, 0);
  context.fillStyle = "#6b7280";
  for (const { x, y } of motion.walls) context.fillRect(across(x[0]), down(y[1]), (x[1] - x[0]) * scale, (y[1] - y[0]) * scale);
  if (motion.finish !== null) {
    context.strokeStyle = "#dc2626";
    context.setLineDash([8, 6]);
    context.strokeRect(across(motion.finish), 0, 0, height);
    context.setLineDash([]);
  }
  if (motion.goal !== null) {
    context.fillStyle = context.strokeStyle = "#dc2626";
    context.beginPath();
    context.arc(across(motion.goal[0]), down(motion.goal[1]), 0.25 * scale, 0, 7);
    context.fill();
    if (motion.threshold !== null) {
      context.setLineDash([6, 4]);
      context.beginPath();
      context.arc(across(motion.goal[0]), down(motion.goal[1]), motion.threshold * scale, 0, 7);
      context.stroke();
      context.setLineDash([]);
    }
  }
  for (const [until, colour] of [[motion.trail.length - 1, "#bfdbfe"], [index, "#2563eb"]]) {
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.beginPath();
    for (let i = 0; i <= until; i++) context.lineTo(across(motion.trail[i][0]), down(motion.trail[i][1]));
    context.stroke();
  }
  limbs(context, motion.frames[index], scale, (frame, i) => [across(frame[3 * i]), down(frame[3 * i + 1])]);
  metre(context, scale, 12, height - 14);
}

function drawSide(index) {
  const width = side.clientWidth, scale = Math.min(160, width / 6), height = 1.6 * scale;
  const context = prepare(side, width, height);
  const middle = motion.trail[index][0];
  const across = (x) => width / 2 + (x - middle) * scale, down = (z) => height - 16 - z * scale;
  context.fillStyle = "#d1d5db";
  context.fillRect(0, down(0), width, 16);
  context.strokeStyle = "#9ca3af";
  context.lineWidth = 1;
  const reach = width / 2 / scale;
  for (let x = Math.ceil(middle - reach); x <= middle + reach; x++) context.strokeRect(across(x), down(0), 0, 8);
  limbs(context, motion.frames[index], scale, (frame, i) => [across(frame[3 * i]), down(frame[3 * i + 2])]);
  metre(context, scale, 12, 16);
}

function show(index) {
  slider.value = String(index);
  caption.textContent = motion.captions[index];
  drawAbove(index);
  if (side !== null) drawSide(index);
}

const asked = /^#t=(\\d+)$/.exec(location.hash);
let playing = asked === null, first = performance.now(), begin = 0;
function stand(index) {
  playing = false;
  button.textContent = "Play";
  show(index);
}
button.addEventListener("click", () => {
  if (playing) return stand(Number(slider.value));
  playing = true;
  button.textContent = "Pause";
  begin = Number(slider.value) === motion.frames.length - 1 ? 0 : Number(slider.value);
  first = performance.now();
});
slider.addEventListener("input", () => stand(Number(slider.value)));
window.addEventListener("resize", () => show(Number(slider.value)));
function tick(now) {
  if (playing) {
    const index = begin + Math.max(0, Math.floor((now - first) / 1000 / motion.interval));
    if (index >= motion.frames.length - 1) stand(motion.frames.length - 1);
    else show(index);
  }
  requestAnimationFrame(tick);
}
if (asked === null) show(0);
else stand(Math.min(Number(asked[1]), motion.frames.length - 1));
requestAnimationFrame(tick);`;
