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
import { byId, tell } from "../dom.ts";
import { registerOffline } from "../registration.ts";
import { readAddress, writeAddress } from "./address.ts";
import { type Client, openClient } from "./client.ts";
import { connectControls, type Controls } from "./controls.ts";
import { schedulesOf } from "./schedules.ts";
import { type Drawing, drawingOf } from "./drawing.ts";
import { exactClient } from "./exact.ts";
import { download, isSameFile, markOf, storedFile, storeFile } from "./opened.ts";
import { type Algorithm, changedTemperature, type PlayOptions } from "./options.ts";
import {
  type FileMark,
  type PageState,
  restarted,
  scheduleOf,
  type TrainingSchedule,
  withLearners,
  withSchedules,
} from "./page_state.ts";
import { rewardLevels } from "./panels.ts";
import { type Planes, planesIn } from "./planes.ts";
import { describePolicy } from "./policy_file.ts";

/** Minimum interval between two views, ms: eleven per second look smooth and leave the page time for other work. */
const MIN_INTERVAL = 90;

const read = readAddress(location.hash);
let page: PageState = read.state;
/** The content of the file that the page's state names. */
let content: Uint8Array | null = null;
/** The address's state while its file has not been given. */
let waiting: PageState | null = null;
let clients: readonly Client[] = [];
let levels: ReturnType<typeof levelPaths> = [];
let dirty = true;
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
/** Whether a page with this state learns as soon as it is open. */
const learnsWhenOpened = ({ until }: PageState): boolean => !reducedMotion.matches || until !== null;
let playing = learnsWhenOpened(page);

const script = (name: string): URL => new URL(name, import.meta.url);
const exact = exactClient(script("exact.worker.js"), () => dirty = true);
const front = (): Client | undefined => clients.find(({ algorithm }) => algorithm === page.front);

/** Updates the address at most every two seconds while learning, because browsers limit the rate. */
let written = "", writtenAt = -Infinity;
function remember(time = performance.now(), always = true): void {
  if (waiting !== null || !always && time - writtenAt < 2000) return;
  const text = writeAddress(withSchedules(page, schedulesOf(page, clients, playing)));
  if (text === written) return;
  [written, writtenAt] = [text, time];
  history.replaceState(null, "", text === "" ? location.pathname + location.search : `#${text}`);
}

/** A required browser feature that is missing, in a sentence; null if there is none. */
const missingFeature: string | null = typeof Worker === "undefined"
  ? "This page learns in Workers, which this browser does not support. All recent browsers do."
  : typeof WebAssembly === "undefined"
  ? "This browser has no WebAssembly, without which learning would take hours."
  : null;

/** Requests the exact solution of the task at the current temperature. */
function solve(): void {
  if (missingFeature !== null) return;
  const { variant, goals, temperatures } = page.options;
  exact.solve({ variant, goals, temperature: temperatures.at(-1)!.value });
}

/** The fraction of a core available to each learner: one core, or half of the only one, is reserved for the page. */
const share = (): number => Math.min(1, Math.max(0.5, navigator.hardwareConcurrency - 1) / clients.length);

/** Resumes a learner; on a hidden page it waits until the page is visible. */
const play = (client: Client): void => {
  if (document.hidden) return;
  const { until } = scheduleOf(page, client.algorithm);
  client.send({ kind: "play", speed: page.speed, until, share: share() });
  client.invalidate();
};
const look = (client: Client, restart = false): void => {
  client.send({ kind: "look", looked: page.looked, particles: page.particles, restart });
  client.invalidate();
};

/** Restarts all learners. */
function begin(): void {
  levels = rewardLevels(page.options.variant, page.options.goals);
  for (const client of clients) {
    client.begin({
      kind: "begin",
      options: { ...page.options, temperatures: scheduleOf(page, client.algorithm).temperatures },
      algorithm: client.algorithm,
      device: page.device,
      looked: page.looked,
      file: content,
    });
    if (page.particles) look(client);
    if (playing) play(client);
  }
  dirty = true;
}

/** Handles a failed learner: if its GPU was lost, the same steps are repeated with WebAssembly. */
function failed(message: string, lost: boolean): void {
  if (!lost) {
    playing = false;
    controls.show(page, playing);
    return tell(message);
  }
  tell(`The GPU was lost (${message}). Learning restarts with WebAssembly and catches up.`);
  page = { ...withSchedules(page, schedulesOf(page, clients, playing)), device: "cpu" };
  begin();
  if (!playing) clients.filter(({ algorithm }) => scheduleOf(page, algorithm).until !== 0).forEach(play);
}

/** Adjusts the number of Workers to the number of learners. */
function staff(): void {
  if (missingFeature !== null) return;
  const { algorithms } = page;
  clients.filter(({ algorithm }) => !algorithms.includes(algorithm)).forEach(({ close }) => close());
  clients = algorithms.map((algorithm) => {
    const known = clients.find((client) => client.algorithm === algorithm);
    if (known !== undefined) return known;
    return openClient(algorithm, script("learn.worker.js"), {
      begun: ({ description, reason, device }) => {
        const name = device === "webgpu" ? `WebGPU (${description})` : description;
        byId("device").textContent = `Learns on ${name}. ${reason}`;
      },
      saved: download,
      failed,
    });
  });
  planes.show(algorithms, page.front);
  byId("panels").classList.toggle("several", algorithms.length > 1);
  drawing.all(); // their sizes have changed
}

/** Changes options that require new networks or a new task. */
function change(changes: Partial<PlayOptions>): void {
  const fresh = restarted(page);
  page = { ...fresh, options: { ...fresh.options, ...changes } };
  content = waiting = null;
  begin();
  if ("variant" in changes || "goals" in changes) solve();
  controls.show(page, playing);
  remember();
}

function setPlaying(wanted: boolean): void {
  playing = wanted;
  waiting = null;
  page = { ...page, until: null, otherUntil: {} };
  if (playing) clients.forEach(play);
  else clients.forEach((client) => client.send({ kind: "pause" }));
  clients.forEach((client) => client.invalidate());
  controls.show(page, playing);
  if (playing) remember();
}

let solving: ReturnType<typeof setTimeout> | undefined;
function setTemperature(value: number): void {
  waiting = null;
  const changed = page.algorithms.map((algorithm): [Algorithm, TrainingSchedule] => {
    const { temperatures, until } = scheduleOf(page, algorithm);
    const steps = clients.find((client) => client.algorithm === algorithm)?.view()?.steps ?? 0;
    return [algorithm, { temperatures: changedTemperature(temperatures, steps, value), until }];
  });
  page = withSchedules(page, Object.fromEntries(changed));
  clients.forEach((client) => {
    client.send({ kind: "temperature", value });
    client.invalidate();
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
  const mark = await markOf(chosen.name, bytes), awaited = waiting;
  const asked = awaited?.file && isSameFile(awaited.file, mark) ? awaited : null;
  if (!take(bytes, mark, asked ?? restarted(page), asked !== null && learnsWhenOpened(asked), chosen.name)) {
    return;
  }
  tell(
    asked !== null
      ? `${chosen.name} is open, with the settings of the address.`
      : `${chosen.name} is open. Press Play to continue learning from its networks. The address contains the file's name, ` +
        "but not its content: this browser stores it; elsewhere the address asks for the file.",
    "note",
  );
  await storeFile(mark, bytes);
}

/** Shows a state of the page with the networks of a file; false, with a notice, if the file cannot be opened. */
function take(
  bytes: Uint8Array,
  mark: FileMark,
  state: PageState,
  goesOn: boolean,
  name = mark.name,
): boolean {
  const described = describePolicy(bytes);
  if (E.isLeft(described)) {
    const { message } = described.left;
    tell(`${name} cannot be opened. ${message}${/[.?!]$/.test(message) ? "" : "."}`);
    return false;
  }
  const { algorithm, options } = described.right;
  [content, waiting, playing] = [bytes, null, goesOn];
  page = { ...withLearners(state, [algorithm]), options: { ...state.options, ...options }, file: mark };
  staff();
  begin();
  solve();
  controls.show(page, playing);
  return true;
}

/** Shows the address's state with its file, if this browser has stored it; otherwise asks for the file. */
async function takeStored(mark: FileMark): Promise<void> {
  const asked = page, bytes = await storedFile(mark);
  if (bytes !== null && take(bytes, mark, asked, learnsWhenOpened(asked))) return;
  tell(
    `This address continues from the policy file ${mark.name}, whose content no address can hold. ` +
      "Open the file, or drop it here, to see the same; until then the networks here are new.",
  );
  [page, waiting, playing] = [restarted(asked), asked, false];
  controls.show(page, playing);
  staff();
  begin();
  solve();
}

const controls: Controls = connectControls({
  play: () => setPlaying(!playing),
  update: () => {
    setPlaying(false);
    clients.forEach((client) => {
      client.send({ kind: "update" });
      client.invalidate();
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
    page = withSchedules({ ...page, front: algorithm }, schedulesOf(page, clients, playing));
    // While paused, the address alone says how far they are.
    if (!playing) page = { ...page, until: null, otherUntil: {} };
    dirty = true;
    remember();
  },
});

const drawing: Drawing = drawingOf(planes);

function frame(time: number): void {
  if (clients.some((client) => client.takeNews())) {
    dirty = true;
    const view = front()?.view() ?? null;
    if (view !== null) {
      adopt(view.temperatures);
      // Each learner stops when it reaches the address's number of steps; the page stops with the last one.
      const arrived = (each: Client): boolean => {
        const of = each.view(), { until } = scheduleOf(page, each.algorithm);
        return of !== null && !of.playing && until !== null && of.steps >= until;
      };
      if (playing && clients.every(arrived)) setPlaying(false);
      remember(time, !view.playing);
    }
  }
  if (dirty) {
    dirty = false;
    drawing.draw({ page, clients, levels, exact: exact.found() });
  }
  // Each learner has its own plane to draw, so the interval grows with their number.
  const interval = reducedMotion.matches ? 500 : MIN_INTERVAL * (clients.length + 1) / 2;
  clients.forEach((client) => client.refresh(time, interval));
  requestAnimationFrame(frame);
}

read.complaints.forEach((complaint) => tell(complaint));
if (missingFeature !== null) tell(missingFeature);
else {
  controls.show(page, playing);
  if (page.file === null) {
    staff();
    begin();
    solve();
  } else void takeStored(page.file);
  requestAnimationFrame(frame);
}
/** Redraws everything after a change of sizes or colours. */
function redraw(): void {
  drawing.all();
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
