/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The gallery: policies from the study, simulated in the page; the bodies can be pushed.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import type { View } from "../../envs/view.ts";
import type { Agent } from "../../src/learn/agent.ts";
import { loadAgent } from "../../src/train/agent_file.ts";
import { byId, canvasOf, inputOf, newElement, selectOf, tell } from "../dom.ts";
import { refuseDrops } from "../drop.ts";
import { registerOffline } from "../registration.ts";
import {
  GALLERY_POLICIES,
  type GalleryPolicy,
  type PolicyData,
  pushedAt,
  taskOf,
  worldsOf,
} from "./policies.ts";
import { type Camera, drawAbove, drawSide, type Shown } from "./scene.ts";
import { simulate, type Simulation } from "./simulation.ts";
import { thrownText } from "../../src/given.ts";

/** Maximum number of bodies, and number of steps after which the episodes restart. */
const MAX_BODIES = 8, MAX_STEPS = 3000;
/** Speed of a push per unit length of the pointer's drag, 1/s, and speed of a button's push, units/s. */
const PUSH = 1.5, BUTTON_PUSH = 2;

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
let selected: GalleryPolicy = GALLERY_POLICIES[0]!, world = "plane", seed = 0, front = 0;
let agent: Agent | null = null, simulation: Simulation | null = null, view: View | null = null;
let data: readonly PolicyData[] = [];
let step = 0, playing = !reducedMotion.matches, dirty = true, camera: Camera | null = null;
let push: Shown["push"] = null, clock = 0, owed = 0;

/** `#policy=…&world=…&seed=…`. */
function readHash(): void {
  for (const part of location.hash.replace(/^#/, "").split("&").filter((each) => each !== "")) {
    const [name, value = ""] = part.split("=") as [string, string];
    const found = GALLERY_POLICIES.find(({ run }) => run === value);
    if (name === "policy" && found !== undefined) selected = found;
    else if (name === "world" && worldsOf({ body: "quadruped" }).includes(value)) world = value;
    else if (name === "seed" && /^\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value))) {
      seed = Number(value);
    } else tell(`The address asks for “${part.slice(0, 60)}”, which this page does not know.`);
  }
}

const remember = (): void =>
  history.replaceState(null, "", `#policy=${selected.run}&world=${world}&seed=${seed}`);

/** Starts new episodes. */
function begin(): void {
  if (agent === null) return;
  const environment = taskOf(selected, world);
  if (environment.view === undefined) return;
  view = environment.view;
  const count = Number(inputOf("count").value);
  simulation = simulate(environment, agent, seed, count, inputOf("same").checked);
  step = owed = 0;
  front = Math.min(front, count - 1);
  byId("bodies").replaceChildren(...Array.from({ length: count }, (_, k) => {
    const label = newElement("label"),
      radio = newElement("input", "", { type: "radio", name: "front", value: String(k) });
    radio.checked = k === front;
    radio.addEventListener("change", () => {
      front = k;
      dirty = true;
    });
    const swatch = newElement("b", String(k + 1), { class: "swatch" });
    swatch.style.background = `var(--body-${k})`;
    label.append(radio, swatch);
    return label;
  }));
  dirty = true;
}

/** Fetches the selected policy and shows it. */
async function open(): Promise<void> {
  const wanted = selected;
  selectOf("policy").value = selected.run;
  const worlds = worldsOf(selected);
  inputOf("same").checked = selected.alike;
  byId("worlds").hidden = worlds.length === 0;
  byId("side").hidden = selected.body !== "quadruped";
  selectOf("world").value = world;
  byId("text").textContent = selected.text;
  remember();
  const about = data.find(({ run }) => run === selected.run);
  byId("command").textContent = about?.command ?? "";
  byId("claims").replaceChildren(...(about?.claims ?? []).flatMap(({ claim, found, met, n }) => [
    newElement("dt", claim),
    newElement(
      "dd",
      `${found}${met === null ? "" : met ? ": met" : ": not met"} (${n} ${n === 1 ? "seed" : "seeds"})`,
    ),
  ]));
  byId("numbers").replaceChildren(...(about?.numbers ?? []).flatMap(([name, value]) => [
    newElement("dt", name),
    newElement("dd", value),
  ]));
  try {
    const response = await fetch(new URL(`policies/${selected.run}.safetensors`, import.meta.url));
    if (!response.ok) return tell(`The policy could not be fetched: ${response.status}`);
    const read = loadAgent(new Uint8Array(await response.arrayBuffer()));
    if (wanted !== selected) return; // another one has been selected meanwhile
    if (E.isLeft(read)) return tell(read.left.message);
    agent = read.right;
    begin();
  } catch (error) {
    tell(`The policy could not be fetched: ${thrownText(error)}`);
  }
}

function draw(): void {
  if (simulation === null || view === null) return;
  const shown: Shown = { simulation, view, step, front, push };
  camera = drawAbove(canvasOf("above"), shown, inputOf("follow").checked);
  if (selected.body === "quadruped") drawSide(canvasOf("side"), shown);
  inputOf("time").max = String(simulation.length());
  inputOf("time").value = String(step);
  const state = simulation.state(front, step), ended = simulation.ended(front, step) ? " · has fallen" : "";
  const seconds = (step * view.interval).toFixed(2);
  byId("caption").textContent = `${seconds} s · body ${front + 1}: ${
    view.caption(state).replace(/ {2,}/g, " · ")
  }${ended}`;
  byId("play").textContent = playing ? "Pause" : "Play";
}

function frame(time: number): void {
  const passed = Math.min(100, time - clock);
  clock = time;
  if (playing && simulation !== null && view !== null) {
    owed += passed / 1000 / view.interval * Number(selectOf("speed").value);
    const steps = Math.min(12, Math.floor(owed));
    owed = Math.min(1, owed - steps);
    for (let k = 0; k < steps; k++) {
      if (step === simulation.length()) simulation.advance();
      step++;
    }
    dirty ||= steps > 0;
    if (step >= MAX_STEPS) {
      seed++;
      remember();
      begin();
    }
  }
  if (dirty) {
    dirty = false;
    draw();
  }
  requestAnimationFrame(frame);
}

/** Pushes the body in front. */
function shove(dx: number, dy: number): void {
  simulation?.push(front, step, pushedAt(selected), dx, dy);
  dirty = true;
}

/** The world position under a pointer. */
function pointerPosition({ clientX, clientY }: PointerEvent): [number, number] | null {
  if (camera === null) return null;
  const { left, top, width, height } = canvasOf("above").getBoundingClientRect();
  return [
    camera.x + (clientX - left - width / 2) / camera.scale,
    camera.y - (clientY - top - height / 2) / camera.scale,
  ];
}

function connectPointer(): void {
  const canvas = canvasOf("above");
  canvas.addEventListener("pointerdown", (event) => {
    const place = pointerPosition(event);
    if (place === null || simulation === null || view === null) return;
    const distance = (k: number): number => {
      const [x, y] = view!.centre(simulation!.state(k, step)); // both were checked above
      return Math.hypot(x - place[0], y - place[1]);
    };
    const nearest = Array.from({ length: simulation.count }, (_, k) => k)
      .reduce((best, k) => distance(k) < distance(best) ? k : best, front);
    if (distance(nearest) > 1.5) return;
    front = nearest;
    byId("bodies").querySelectorAll("input")[front]!.checked = true;
    canvas.setPointerCapture(event.pointerId);
    push = { from: place, to: place };
    dirty = true;
  });
  canvas.addEventListener("pointermove", (event) => {
    const place = pointerPosition(event);
    if (push === null || place === null) return;
    push = { ...push, to: place };
    dirty = true;
  });
  canvas.addEventListener("pointerup", () => {
    if (push === null) return;
    const { from, to } = push;
    push = null;
    shove(PUSH * (to[0] - from[0]), PUSH * (to[1] - from[1]));
  });
  canvas.addEventListener("pointercancel", () => push = null);
}

readHash();
selectOf("policy").replaceChildren(
  ...GALLERY_POLICIES.map(({ run, title }) => newElement("option", title, { value: run })),
);
selectOf("world").replaceChildren(
  ...worldsOf({ body: "quadruped" }).map((name) => newElement("option", name, { value: name })),
);
inputOf("count").max = String(MAX_BODIES);
selectOf("policy").addEventListener("change", () => {
  selected = GALLERY_POLICIES.find(({ run }) => run === selectOf("policy").value) ?? selected;
  open();
});
selectOf("world").addEventListener("change", () => {
  world = selectOf("world").value;
  remember();
  begin();
});
byId("play").addEventListener("click", () => {
  playing = !playing;
  dirty = true;
});
byId("again").addEventListener("click", () => {
  seed++;
  remember();
  begin();
});
inputOf("time").addEventListener("input", () => {
  step = Number(inputOf("time").value);
  playing = false;
  dirty = true;
});
inputOf("count").addEventListener("change", () => {
  const { value } = inputOf("count");
  inputOf("count").value = String(Math.min(MAX_BODIES, Math.max(1, Math.round(Number(value)) || 1)));
  begin();
});
inputOf("same").addEventListener("change", begin);
inputOf("follow").addEventListener("change", () => dirty = true);
for (const [id, dx, dy] of [["left", -1, 0], ["right", 1, 0], ["up", 0, 1], ["down", 0, -1]] as const) {
  byId(`push-${id}`).addEventListener("click", () => shove(BUTTON_PUSH * dx, BUTTON_PUSH * dy));
}
connectPointer();
// A new fragment alone does not reload a page; changes of the address by the page itself raise no such event.
addEventListener("hashchange", () => location.reload());
new ResizeObserver(() => dirty = true).observe(document.body);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dirty = true);
requestAnimationFrame(frame);
registerOffline();
refuseDrops();
try {
  data = await (await fetch(new URL("gallery.json", import.meta.url))).json();
} catch {
  tell("The runs' commands and numbers could not be fetched; they are missing here.");
}
await open();
