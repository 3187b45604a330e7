// What a report does where scripts run: values under the pointer or the arrow keys, seeds to choose, smoothing and a
// logarithmic axis. Without it the page shows the same figures, standing still.
"use strict";
const SVG = "http://www.w3.org/2000/svg";
const panels = JSON.parse(document.getElementById("panels").textContent);
const controls = document.getElementById("controls"), tip = document.getElementById("tip");
const smoothing = document.getElementById("smoothing"), logarithmic = document.getElementById("logarithmic");
const state = { hidden: new Set(), smooth: 0, log: false };
controls.hidden = false;

const text = (x) =>
  (Number.isInteger(x) && Math.abs(x) < 1e7 ? String(x) : x.toPrecision(4)).replace("-", "\u2212");
const coordinate = (x) => Math.round(x * 10) / 10;

/** An exponential mean whose weights add up to one from the first point on. */
function smoothed(values) {
  let sum = 0, weight = 0;
  return values.map((value) => {
    sum = state.smooth * sum + (1 - state.smooth) * value;
    weight = state.smooth * weight + (1 - state.smooth);
    return weight > 0 ? sum / weight : value;
  });
}

const every = ({ runs }) =>
  runs.flatMap(({ seeds }) => seeds.flatMap(({ y, final }) => final ? [...y, final[1]] : y));

/** The axis of a panel: the range of its values, linear or, where all of them are above zero, logarithmic. */
function axisOf(panel) {
  const values = every(panel), least = Math.min(...values), greatest = Math.max(...values);
  const log = state.log && least > 0 && greatest > least;
  const [low, high] = log ? [least / 1.1, greatest * 1.1].map(Math.log10) : panel.frame.y;
  const { top, height } = panel.frame;
  const down = (y) => top + height * (high - (log ? Math.log10(y) : y)) / (high - low);
  return { log, low, high, down };
}

const across = ({ left, width, x }, step) => left + width * (step - x[0]) / (x[1] - x[0]);

function path(panel, axis, steps, values) {
  return steps.map((step, k) =>
    `${k === 0 ? "M" : "L"}${coordinate(across(panel.frame, step))} ${coordinate(axis.down(values[k]))}`
  ).join("");
}

/** Marks of a logarithmic axis: powers of ten, and where these are few, their doubles and fivefolds. */
function decades({ low, high }) {
  const steps = high - low > 2 ? [1] : high - low > 0.7 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9],
    marks = [];
  for (let power = Math.floor(low); power <= high; power++) {
    for (const step of steps) {
      const at = Math.log10(step) + power;
      if (at >= low && at <= high) marks.push(step * 10 ** power);
    }
  }
  return marks;
}

function drawMarks(panel, axis) {
  const group = panel.svg.querySelector(".y-marks");
  panel.marks ??= [...group.childNodes];
  if (!axis.log) return group.replaceChildren(...panel.marks);
  const shape = (name, attributes, content) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (content !== undefined) made.textContent = content;
    return made;
  };
  const { left } = panel.frame;
  group.replaceChildren(
    ...decades(axis).flatMap((value) => {
      const y = axis.down(value);
      return [
        shape("line", { x1: left - 5, x2: left, y1: y, y2: y, class: "stroke-muted" }),
        shape(
          "text",
          { x: left - 8, y: y + 4, "text-anchor": "end", "font-size": 11, class: "fill-muted" },
          String(Number(value.toPrecision(3))),
        ),
      ];
    }),
  );
}

const hides = (run, seed) => state.hidden.has(run) || state.hidden.has(`${run}\n${seed}`);

function draw(panel) {
  const axis = axisOf(panel);
  drawMarks(panel, axis);
  panel.runs.forEach((run, k) => {
    const group = panel.groups[k];
    run.seeds.forEach((seed, s) => {
      const own = group.seeds[s];
      own.style.display = hides(run.name, seed.seed) ? "none" : "";
      const line = own.querySelector("path:not(.final)"), final = own.querySelector(".final");
      if (line && seed.step.length > 1) {
        line.setAttribute("d", path(panel, axis, seed.step, smoothed(seed.y)));
      }
      if (final) {
        final.style.transform = `translateY(${
          axis.down(seed.final[1]) - panel.linear.down(seed.final[1])
        }px)`;
      }
    });
    // What is typical of all seeds says nothing of those that are chosen.
    const whole = run.seeds.every(({ seed }) => !hides(run.name, seed));
    if (group.mean) {
      group.mean.style.display = whole ? "" : "none";
      group.mean.setAttribute(
        "d",
        path(panel, axis, run.summary.map(([step]) => step), smoothed(run.summary.map(([, y]) => y))),
      );
    }
    if (group.band) group.band.style.display = whole && state.smooth === 0 && !axis.log ? "" : "none";
  });
}

const drawAll = () => panels.forEach(draw);

/** Shows the values at a step. */
function point(panel, step, place) {
  if (step === undefined) return leave(panel);
  panel.at = step;
  const x = across(panel.frame, step);
  panel.cursor.setAttribute("x1", x);
  panel.cursor.setAttribute("x2", x);
  panel.cursor.style.display = "";
  const lines = panel.runs.flatMap(({ name, seeds, summary }) => {
    const shown = seeds.filter(({ seed }) => !hides(name, seed));
    const values = shown.flatMap(({ seed, step: steps, y, final }) => {
      const k = steps.indexOf(step),
        value = k >= 0 ? y[k] : final && final[0] === step ? final[1] : undefined;
      return value === undefined ? [] : [`${seed}: ${text(value)}`];
    });
    if (values.length === 0) return [];
    const typical = summary.find(([at]) => at === step);
    const all = shown.length === seeds.length && typical
      ? `${text(typical[1])} [${text(typical[2])} to ${text(typical[3])}]; `
      : "";
    return [`${panels.several ? `${name}: ` : ""}${all}seed ${values.slice(0, 10).join(", ")}`];
  });
  tip.textContent = [`${text(step)} steps`, ...lines].join("\n");
  tip.hidden = false;
  const { right, top } = place, width = tip.offsetWidth;
  tip.style.left = `${Math.max(4, Math.min(right + 12, innerWidth - width - 8))}px`;
  tip.style.top = `${Math.max(4, top)}px`;
}

function leave(panel) {
  panel.cursor.style.display = "none";
  tip.hidden = true;
}

for (const panel of panels) {
  const svg = panel.svg = document.querySelector(`svg.${panel.scope}`), figure = svg.closest("figure");
  const named = (kind, run) => [...svg.querySelectorAll(kind)].find((each) => each.dataset.run === run);
  panel.groups = panel.runs.map(({ name }) => ({
    seeds: [...named(".run", name).querySelectorAll(".seed")],
    mean: named(".run", name).querySelector(".mean"),
    band: named(".band", name),
  }));
  const { top, height, y: [low, high] } = panel.frame;
  panel.linear = { down: (y) => top + height * (high - y) / (high - low) };
  const steps = [
    ...new Set(
      panel.runs.flatMap(({ seeds }) =>
        seeds.flatMap(({ step, final }) => final ? [...step, final[0]] : step)
      ),
    ),
  ].sort((a, b) => a - b);
  panel.cursor = svg.appendChild(document.createElementNS(SVG, "line"));
  for (
    const [key, value] of Object.entries({
      y1: top,
      y2: top + height,
      class: "stroke-ink",
      "stroke-dasharray": "3 3",
    })
  ) {
    panel.cursor.setAttribute(key, value);
  }
  panel.cursor.style.display = "none";
  svg.addEventListener("pointermove", ({ clientX, clientY }) => {
    const at = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
    const { left, width, x } = panel.frame, step = x[0] + (at.x - left) / width * (x[1] - x[0]);
    const nearest = steps.reduce((a, b) => Math.abs(b - step) < Math.abs(a - step) ? b : a, steps[0]);
    point(panel, nearest, { right: clientX, top: clientY + 14 });
  });
  svg.addEventListener("pointerleave", () => leave(panel));
  figure.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") return leave(panel);
    if (by === undefined) return;
    event.preventDefault();
    const k = panel.at === undefined ? (by > 0 ? 0 : steps.length - 1) : steps.indexOf(panel.at) + by;
    const box = figure.getBoundingClientRect();
    point(panel, steps[Math.max(0, Math.min(steps.length - 1, k))], {
      right: box.left + 60,
      top: box.bottom - 40,
    });
  });
  figure.addEventListener("blur", () => leave(panel));
}
panels.several = panels.some(({ runs }) => runs.length > 1);

controls.addEventListener("input", ({ target }) => {
  if (target.dataset.key !== undefined) {
    if (target.checked) state.hidden.delete(target.dataset.key);
    else state.hidden.add(target.dataset.key);
  }
  state.smooth = Number(smoothing.value);
  state.log = logarithmic.checked;
  drawAll();
});
controls.addEventListener("reset", () =>
  setTimeout(() => {
    state.hidden.clear();
    state.smooth = 0;
    state.log = false;
    drawAll();
  }));
