/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The playground: Workers that learn, their controls, and views of their state.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import type { Goal } from "../../envs/point_mass.ts";
import type { levelPaths } from "../canvas.ts";
import { registerOffline } from "../registration.ts";
import { renewal } from "../renewal.ts";
import { type PageState, readAddress, withLearners, writeAddress } from "./address.ts";
import { type Client, openClient } from "./client.ts";
import { connectControls, type Controls } from "./controls.ts";
import { drawCurves, plotsOf } from "./curves.ts";
import type { Exact, ExactRequest } from "./exact_worker.ts";
import {
  type Algorithm,
  changedTemperature,
  commandOf,
  hasTemperature,
  type PlayOptions,
} from "./options.ts";
import { drawField, drawLandscape, rewardLevels } from "./panels.ts";
import { describePolicy } from "./policy_file.ts";
import { byId, canvasOf, tell } from "../dom.ts";
import { type Planes, planesIn } from "./planes.ts";
import { curvesReading, fieldReading, landscapeReading, lookedText } from "./readings.ts";

/** Minimum interval between two views, ms: eleven per second look smooth and leave the page time for other work. */
const LEAST_INTERVAL = 90;

const read = readAddress(location.hash);
let page: PageState = read.state;
let file: { readonly bytes: Uint8Array; readonly algorithm: Algorithm; readonly name: string } | null = null;
let clients: readonly Client[] = [];
let levels: ReturnType<typeof levelPaths> = [];
let exact: Exact | null = null, exactWorker: Worker | null = null, exactId = 0;
let dirty = true, steps = 0;
const panels = renewal();
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let playing = !calm.matches || page.until !== null;

const script = (name: string): URL => new URL(name, import.meta.url);
const front = (): Client | undefined => clients.find(({ algorithm }) => algorithm === page.front);

/** Updates the address at most every two seconds while learning, because browsers limit the rate. */
let written = "", writtenAt = -Infinity;
function remember(time = performance.now(), always = true): void {
  if (!always && time - writtenAt < 2000) return;
  const until = file === null ? steps : null;
  const text = writeAddress({ ...page, until: playing ? page.until : until });
  if (text === written) return;
  [written, writtenAt] = [text, time];
  history.replaceState(null, "", text === "" ? location.pathname + location.search : `#${text}`);
}

/** What the browser lacks without which nothing can be learned in it, in a sentence; null if nothing. */
const lacking: string | null = typeof Worker === "undefined"
  ? "This page learns in Workers, which this browser does not support. All recent browsers do."
  : typeof WebAssembly === "undefined"
  ? "This browser has no WebAssembly, without which learning would take hours."
  : null;

/** Requests the exact solution of the task at the current temperature. */
function solve(): void {
  if (lacking !== null) return;
  exact = null;
  dirty = true;
  exactWorker?.terminate();
  exactWorker = new Worker(script("exact.worker.js"), { type: "module" });
  exactWorker.addEventListener("message", ({ data }: MessageEvent<Exact>) => {
    if (data.id !== exactId) return;
    exact = data;
    dirty = true;
  });
  const { variant, goals, temperatures } = page.options;
  const request: ExactRequest = { id: ++exactId, variant, goals, temperature: temperatures.at(-1)!.value };
  exactWorker.postMessage(request);
}

/** The fraction of a core available to each learner: one core, or half of the only one, is reserved for the page. */
const share = (): number => Math.min(1, Math.max(0.5, navigator.hardwareConcurrency - 1) / clients.length);

/** Lets a learner go on; one of a page that nobody sees waits until it is seen. */
const play = (client: Client): void => {
  if (document.hidden) return;
  client.send({ kind: "play", speed: page.speed, until: page.until, share: share() });
  client.stir();
};
const look = (client: Client, restart = false): void => {
  client.send({ kind: "look", looked: page.looked, particles: page.particles, restart });
  client.stir();
};

/** Restarts all learners. */
function begin(): void {
  levels = rewardLevels(page.options.variant, page.options.goals);
  for (const client of clients) {
    client.begin({
      kind: "begin",
      options: page.options,
      algorithm: client.algorithm,
      device: page.device,
      looked: page.looked,
      file: file?.algorithm === client.algorithm ? file.bytes : null,
    });
    if (page.particles) look(client);
    if (playing) play(client);
  }
  steps = 0;
  dirty = true;
}

/** Handles a failed learner: if its GPU was lost, the same steps are repeated with WebAssembly. */
function failed(client: Client, message: string, lost: boolean): void {
  if (!lost) {
    playing = false;
    controls.show(page, playing);
    return tell(message);
  }
  const reached = client.view()?.steps ?? 0;
  tell(`The GPU was lost (${message}). Learning restarts with WebAssembly and catches up.`);
  page = { ...page, device: "cpu", until: playing ? page.until : reached };
  begin();
  if (!playing && reached > 0) clients.forEach(play);
}

/** Adjusts the number of Workers to the number of learners. */
function staff(): void {
  if (lacking !== null) return;
  const { algorithms } = page;
  clients.filter(({ algorithm }) => !algorithms.includes(algorithm)).forEach(({ close }) => close());
  clients = algorithms.map((algorithm) => {
    const known = clients.find((client) => client.algorithm === algorithm);
    if (known !== undefined) return known;
    const client: Client = openClient(algorithm, script("learn.worker.js"), {
      begun: ({ description, reason, device }) => {
        const name = device === "webgpu" ? `WebGPU (${description})` : description;
        byId("device").textContent = `Learns on ${name}. ${reason}`;
      },
      saved: download,
      failed: (message, lost) => failed(client, message, lost),
    });
    return client;
  });
  planes.show(algorithms, page.front);
  byId("panels").classList.toggle("several", algorithms.length > 1);
  panels.all(); // their sizes have changed
}

function download(bytes: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.download = "parameters.safetensors";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Changes options that require new networks or a new task. */
function change(changes: Partial<PlayOptions>): void {
  const now = page.options.temperatures.at(-1)!.value;
  page = {
    ...page,
    options: { ...page.options, temperatures: [{ from: 0, value: now }], ...changes },
    until: null,
  };
  file = null;
  begin();
  if ("variant" in changes || "goals" in changes) solve();
  controls.show(page, playing);
  remember();
}

function setPlaying(wanted: boolean): void {
  playing = wanted;
  page = { ...page, until: null };
  if (playing) clients.forEach(play);
  else clients.forEach((client) => client.send({ kind: "pause" }));
  clients.forEach((client) => client.stir());
  controls.show(page, playing);
  if (playing) remember();
}

let solving: ReturnType<typeof setTimeout> | undefined;
function setTemperature(value: number): void {
  const { temperatures } = page.options;
  page = {
    ...page,
    options: { ...page.options, temperatures: changedTemperature(temperatures, steps, value) },
  };
  clients.forEach((client) => {
    client.send({ kind: "temperature", value });
    client.stir();
  });
  clearTimeout(solving);
  solving = setTimeout(solve, 250);
  remember(performance.now(), false);
}

/** Adopts the steps at which the learner applied temperatures; it does not know of a change still in transit. */
function adopt(temperatures: PlayOptions["temperatures"]): void {
  if (temperatures.at(-1)!.value !== page.options.temperatures.at(-1)!.value) return;
  page = { ...page, options: { ...page.options, temperatures } };
}

function setLooked(looked: Goal): void {
  page = { ...page, looked };
  clients.forEach((client) => look(client));
  controls.show(page, playing);
  dirty = true;
  remember(performance.now(), false);
}

async function open(chosen: File): Promise<void> {
  if (chosen.size > 100e6) {
    return tell(`${chosen.name} has ${chosen.size} bytes, more than any policy of this page.`);
  }
  const bytes = await chosen.arrayBuffer().then((buffer) => new Uint8Array(buffer), () => null);
  if (bytes === null) return tell(`${chosen.name} cannot be read. Is it a folder?`);
  const described = describePolicy(bytes);
  if (E.isLeft(described)) return tell(`${chosen.name} cannot be opened. ${described.left.message}.`);
  const { algorithm, options } = described.right;
  file = { bytes, algorithm, name: chosen.name };
  playing = false;
  page = {
    ...withLearners(page, [algorithm]),
    options: {
      ...page.options,
      ...options,
      temperatures: [{ from: 0, value: page.options.temperatures.at(-1)!.value }],
    },
    until: null,
  };
  staff();
  begin();
  controls.show(page, playing);
  tell(`${chosen.name} is open. Press Play to continue learning from its networks.`, "note");
}

const controls: Controls = connectControls({
  play: () => setPlaying(!playing),
  update: () => {
    setPlaying(false);
    clients.forEach((client) => {
      client.send({ kind: "update" });
      client.stir();
    });
  },
  reset: () => change({}),
  speed: (speed) => {
    page = { ...page, speed };
    if (playing) clients.forEach(play);
    remember();
  },
  temperature: setTemperature,
  algorithms: (algorithms) => {
    page = withLearners(page, algorithms);
    staff();
    change({});
  },
  options: change,
  looked: setLooked,
  particles: (particles, restart) => {
    page = { ...page, particles };
    clients.forEach((client) => look(client, restart));
    controls.show(page, playing);
    remember();
  },
  save: () => front()?.send({ kind: "save" }),
  open,
});

const planes: Planes = planesIn(byId("planes"), {
  goals: () => page.options.goals,
  looked: setLooked,
  drag: (goals) => {
    page = { ...page, options: { ...page.options, goals } };
    levels = rewardLevels(page.options.variant, goals);
    dirty = true;
  },
  dropped: () => change({ goals: page.options.goals }),
  focus: (algorithm) => {
    page = { ...page, front: algorithm };
    const view = front()?.view() ?? null;
    if (view !== null) {
      steps = view.steps;
      adopt(view.temperatures);
    }
    dirty = true;
    remember();
  },
});

/** Draws what has changed: first all canvases, then all text, since reading a size after writing forces a layout. */
function draw(): void {
  const client = front(), view = client?.view() ?? null, field = client?.field() ?? null;
  const { options: { goals }, looked, front: focused } = page;
  const words = new Map<string, string>([["looked", lookedText(looked)]]);
  const tellPlanes = planes.draw(clients, levels, goals, looked, panels);
  if (view !== null && panels.due("landscape", view.landscape)) {
    drawLandscape(canvasOf("landscape"), view.landscape);
    words.set("landscape-reading", landscapeReading(view));
  }
  if (field !== null && panels.due("field", field, goals, looked, focused)) {
    drawField(canvasOf("field"), field, goals, looked);
    words.set("field-reading", fieldReading(field, looked, hasTemperature(page.options, focused)));
  }
  const learned = clients.map((each) => ({ algorithm: each.algorithm, measured: each.measured() }));
  if (panels.due("curves", focused, exact, ...learned.map(({ measured }) => measured.at(-1)))) {
    drawCurves(canvasOf("curves"), plotsOf(learned, focused, exact));
    words.set("curves-reading", curvesReading(client?.measured().at(-1) ?? null, exact));
  }
  const command = commandOf(page.options, focused, steps);
  words.set(
    "command",
    command ??
      "The command line has no flags for custom goals or for a temperature that is changed by hand.",
  );
  tellPlanes();
  for (const [id, text] of words) if (byId(id).textContent !== text) byId(id).textContent = text;
}

function frame(time: number): void {
  if (clients.some((client) => client.takeNews())) {
    dirty = true;
    const view = front()?.view() ?? null;
    if (view !== null) {
      steps = view.steps;
      adopt(view.temperatures);
      // Each learner stops when it reaches the address's number of steps; the page stops with the last one.
      const { until } = page;
      const arrived = (each: Client): boolean => {
        const of = each.view();
        return of !== null && !of.playing && until !== null && of.steps >= until;
      };
      if (playing && clients.every(arrived)) setPlaying(false);
      remember(time, !view.playing);
    }
  }
  if (dirty) {
    dirty = false;
    draw();
  }
  // Each learner has its own plane to draw, so the interval grows with their number.
  const interval = calm.matches ? 500 : LEAST_INTERVAL * (clients.length + 1) / 2;
  clients.forEach((client) => client.refresh(time, interval));
  requestAnimationFrame(frame);
}

read.complaints.forEach((complaint) => tell(complaint));
if (lacking !== null) tell(lacking);
else {
  controls.show(page, playing);
  staff();
  begin();
  solve();
  requestAnimationFrame(frame);
}
/** Redraws everything after a change of sizes or colours. */
function redraw(): void {
  panels.all();
  dirty = true;
}
new ResizeObserver(redraw).observe(document.body);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
document.addEventListener("visibilitychange", () => {
  // A hidden page pauses learning and continues when it is visible again.
  if (!playing) return;
  clients.forEach((client) => document.hidden ? client.send({ kind: "pause" }) : play(client));
});
addEventListener("hashchange", () => {
  if (location.hash.replace(/^#/, "") !== written) location.reload();
});
registerOffline();
