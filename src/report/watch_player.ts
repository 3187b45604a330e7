/**
 * The script of the page of rollouts: it draws the frame that the slider is at, and moves it on while the page plays.
 *
 * @module
 */

/** The page's script. `#t=12` in its address shows frame 12 and does not play. */
export const PLAYER: string = `const motion = JSON.parse(document.getElementById("motion").textContent);
const byId = (id) => document.getElementById(id);
const slider = byId("time"), button = byId("play"), caption = byId("caption"), speed = byId("speed");
const above = byId("above"), side = byId("side"), { view, rollouts } = motion;
const last = Number(slider.max), shown = rollouts.map(() => true);
const inkNames = ["policy", "goal", "third", "fourth"];
let front = 0;
const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const inkOf = (k) => ink(inkNames[k % inkNames.length]);

rollouts.forEach((rollout, k) => {
  const row = document.createElement("div"), box = document.createElement("input");
  const swatch = document.createElement("span"), name = document.createElement("button");
  box.type = "checkbox";
  box.checked = true;
  box.setAttribute("aria-label", "Show " + rollout.name);
  box.addEventListener("change", () => { shown[k] = box.checked; show(Number(slider.value)); });
  swatch.className = "swatch";
  swatch.style.background = "var(--" + inkNames[k % inkNames.length] + ")";
  name.type = "button";
  name.textContent = rollout.name;
  name.addEventListener("click", () => { front = k; mark(); show(Number(slider.value)); });
  row.append(box, swatch, name);
  byId("rollouts").append(row);
});
function mark() {
  document.querySelectorAll("#rollouts button").forEach((each, k) => each.setAttribute("aria-pressed", String(k === front)));
}

function prepare(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = height + "px";
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.lineCap = context.lineJoin = "round";
  context.fillStyle = ink("ground");
  context.fillRect(0, 0, width, height);
  return context;
}

function body(context, frame, colour, scale, place) {
  context.strokeStyle = colour;
  for (const [from, to, radius] of motion.limbs) {
    const [ax, ay] = place(frame, from), [bx, by] = place(frame, to);
    context.lineWidth = Math.max(2, 2 * radius * scale);
    context.beginPath();
    context.moveTo(ax, ay);
    context.lineTo(bx + (from === to ? 0.01 : 0), by);
    context.stroke();
  }
}

function ruler(context, scale, x, y) {
  const nice = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20].find((length) => length * scale >= 40) || 50;
  context.strokeStyle = context.fillStyle = ink("ink");
  context.lineWidth = 2.5;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + nice * scale, y);
  context.stroke();
  context.font = "12px system-ui, sans-serif";
  context.fillText(nice + " " + motion.unit, x + nice * scale + 8, y + 4);
}

const order = () => rollouts.map((_, k) => k).filter((k) => k !== front).concat(front).filter((k) => shown[k]);
const at = (rollout, index) => Math.min(index, rollout.frames.length - 1);

function drawAbove(index) {
  const width = above.clientWidth, wide = view.x[1] - view.x[0], tall = view.y[1] - view.y[0];
  const scale = Math.min(width / wide, 640 / tall), height = Math.max(160, tall * scale);
  const left = (width - wide * scale) / 2, top = (height - tall * scale) / 2;
  const context = prepare(above, width, height);
  const across = (x) => left + (x - view.x[0]) * scale, down = (y) => top + (view.y[1] - y) * scale;
  if (motion.levels.length > 0) {
    context.save();
    context.translate(across(0), down(0));
    context.scale(scale, -scale);
    context.lineWidth = 0.8 / scale;
    context.fillStyle = context.strokeStyle = ink("level");
    for (const level of motion.levels) {
      const path = new Path2D(level);
      context.globalAlpha = 0.05;
      context.fill(path, "evenodd");
      context.globalAlpha = 0.5;
      context.stroke(path);
    }
    context.restore();
  } else {
    context.strokeStyle = ink("muted");
    context.globalAlpha = 0.22;
    context.lineWidth = 1;
    for (let x = Math.ceil(view.x[0]); x <= view.x[1]; x++) context.strokeRect(across(x), 0, 0, height);
    for (let y = Math.ceil(view.y[0]); y <= view.y[1]; y++) context.strokeRect(0, down(y), width, 0);
    context.globalAlpha = 1;
  }
  context.fillStyle = ink("muted");
  context.globalAlpha = 0.55;
  for (const { x, y } of motion.walls) context.fillRect(across(x[0]), down(y[1]), (x[1] - x[0]) * scale, (y[1] - y[0]) * scale);
  context.globalAlpha = 1;
  context.strokeStyle = context.fillStyle = ink("goal");
  context.lineWidth = 1.6;
  if (motion.finish !== null) {
    context.setLineDash([8, 6]);
    context.strokeRect(across(motion.finish), 0, 0, height);
  }
  for (const goal of motion.goals) {
    context.setLineDash([5, 4]);
    context.beginPath();
    context.arc(across(goal.at[0]), down(goal.at[1]), goal.radius * scale, 0, 7);
    context.stroke();
    context.beginPath();
    context.arc(across(goal.at[0]), down(goal.at[1]), 5, 0, 7);
    context.fill();
  }
  context.setLineDash([]);
  for (const k of order()) {
    const rollout = rollouts[k], now = at(rollout, index), foremost = k === front;
    context.strokeStyle = inkOf(k);
    for (const [until, alpha, thick] of [[rollout.trail.length - 1, 0.18, 1.4], [now, foremost ? 0.95 : 0.5, foremost ? 2.4 : 1.5]]) {
      context.globalAlpha = alpha;
      context.lineWidth = thick;
      context.beginPath();
      for (let i = 0; i <= until; i++) context.lineTo(across(rollout.trail[i][0]), down(rollout.trail[i][1]));
      context.stroke();
    }
    context.globalAlpha = foremost ? 0.95 : 0.45;
    body(context, rollout.frames[now], inkOf(k), scale, (frame, i) => [across(frame[3 * i]), down(frame[3 * i + 1])]);
    context.globalAlpha = 1;
  }
  ruler(context, scale, 12, height - 14);
}

function drawSide(index) {
  const rollout = rollouts[front], now = at(rollout, index);
  const width = side.clientWidth, scale = Math.min(150, width / 6), height = 1.6 * scale;
  const context = prepare(side, width, height), middle = rollout.trail[now][0];
  const across = (x) => width / 2 + (x - middle) * scale, down = (z) => height - 16 - z * scale;
  context.fillStyle = ink("line");
  context.fillRect(0, down(0), width, 16);
  context.strokeStyle = ink("muted");
  context.lineWidth = 1;
  const reach = width / 2 / scale;
  for (let x = Math.ceil(middle - reach); x <= middle + reach; x++) context.strokeRect(across(x), down(0), 0, 8);
  body(context, rollout.frames[now], inkOf(front), scale, (frame, i) => [across(frame[3 * i]), down(frame[3 * i + 2])]);
  ruler(context, scale, 12, 16);
}

function show(index) {
  slider.value = String(index);
  caption.textContent = rollouts[front].captions[at(rollouts[front], index)];
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
function play(from) {
  playing = true;
  button.textContent = "Pause";
  begin = from;
  first = performance.now();
}
button.addEventListener("click", () => {
  const now = Number(slider.value);
  if (playing) stand(now);
  else play(now === last ? 0 : now);
});
slider.addEventListener("input", () => stand(Number(slider.value)));
speed.addEventListener("change", () => { if (playing) play(Number(slider.value)); });
addEventListener("resize", () => show(Number(slider.value)));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(Number(slider.value)));
function tick(now) {
  if (playing) {
    const index = begin + Math.max(0, Math.floor((now - first) / 1000 / motion.interval * Number(speed.value)));
    if (index >= last) stand(last);
    else show(index);
  }
  requestAnimationFrame(tick);
}
mark();
if (asked === null) show(0);
else stand(Math.min(Number(asked[1]), last));
requestAnimationFrame(tick);`;
