/**
 * Where a training stands, as named arrays and a few numbers: everything that continuing it needs, but the replay.
 *
 * Law, tested: a training restored from its snapshot and its replay continues with the same bits.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { checkedObserve } from "../../envs/boundary.ts";
import type { Device, DeviceError } from "../device/device.ts";
import type { Values } from "../tensor/loops.ts";
import { collect } from "./collect.ts";
import {
  environmentFailures,
  type LoopError,
  prepare,
  type Prepared,
  type Running,
  type Training,
  type TrainingState,
  type TurnProgress,
} from "./loop.ts";
import type { StoredTensor } from "./safetensors.ts";
import { appendRow, firstNeeded, type Replay, writeTransitions, writeWindow } from "./replay.ts";

/** The numbers beside the arrays. */
export interface SnapshotNumbers {
  /** Chunks collected and learned. */
  readonly chunks: number;
  /** Environment steps of each replica. */
  readonly steps: number;
  /** Updates of each replica. */
  readonly updates: number;
  /** How far the turn has come that was left before its end; null between two turns. */
  readonly within: TurnProgress | null;
}

/** A snapshot. */
export interface Snapshot extends SnapshotNumbers {
  /** Arrays by name: `learner.…`, `collector.…`, `replay.…`, `policy.…` and `metrics.…`. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
}

/** A snapshot that does not fit the training it is to restore. */
export interface SnapshotInvalid {
  /** The discriminant. */
  readonly _tag: "SnapshotInvalid";
  /** Which array does not fit, in a sentence. */
  readonly message: string;
}

/** Rows and transitions of one replica, counted from the beginning. */
export interface ReplayPart {
  /** Observations, one after the other. */
  readonly rows: number[];
  /** For each transition the places in the ring of the rows before and after. */
  readonly links: number[];
  /** Actions, one after the other. */
  readonly actions: number[];
  /** For each transition its reward, and 1 where the task ended, else 0. */
  readonly outcomes: number[];
}

/** Reads rows `[first, end)` and transitions `[first, end)` of replica r's journal. */
export type ReplaySource = (
  replica: number,
  rows: readonly [first: number, end: number],
  transitions: readonly [first: number, end: number],
) => ReplayPart;

const stored = (data: StoredTensor["data"]): StoredTensor => ({ shape: [data.length], data });

/** The snapshot of a training after a turn. */
export const snapshotOf = <S>(
  { training, executable }: Running<S>,
  state: TrainingState,
): TE.TaskEither<DeviceError, Snapshot> => {
  const { learner, replicas } = training;
  return pipe(
    executable.read(Object.keys(learner.stateTypes(replicas))),
    TE.map((values: Readonly<Record<string, Values>>): Snapshot => {
      const { replay, collector } = state;
      const prefixed = (prefix: string, arrays: Readonly<Record<string, StoredTensor["data"]>>) =>
        Object.entries(arrays).map((
          [name, data],
        ): [string, StoredTensor] => [`${prefix}.${name}`, stored(data)]);
      const numbers = (of: (recent: Replay["recent"][number]) => number): Float64Array =>
        Float64Array.from(replay.recent, of);
      return {
        chunks: state.chunks,
        steps: state.steps,
        updates: state.updates,
        within: state.within,
        tensors: Object.fromEntries([
          ...prefixed("learner", values as Readonly<Record<string, StoredTensor["data"]>>),
          ...prefixed("collector", { ...collector }),
          ...prefixed("replay", {
            rows: replay.cursor.rows,
            transitions: replay.cursor.transitions,
            oldest: replay.cursor.oldest,
            sentRows: numbers((recent) => recent.sentRows),
            sentTransitions: numbers((recent) => recent.sentTransitions),
          }),
          ...prefixed("policy", { acting: state.acting, newest: state.newest, frozen: state.frozen }),
          ...prefixed("metrics", state.metrics as Readonly<Record<string, StoredTensor["data"]>>),
        ]),
      };
    }),
  );
};

/** A training as a snapshot left it, on a device of the same kind. */
export const restore = <S>(
  device: Device,
  training: Training<S>,
  snapshot: Snapshot,
  source: ReplaySource | null,
): TE.TaskEither<
  LoopError | SnapshotInvalid,
  { readonly running: Running<S>; readonly state: TrainingState }
> =>
  environmentFailures(pipe(
    prepare(device, training),
    TE.chainW((prepared) => {
      const filled = fill(prepared, snapshot, source);
      if (E.isLeft(filled)) prepared.running.executable.close();
      return TE.fromEither(filled);
    }),
  ));

/** Copies a snapshot's arrays into a prepared training. */
function fill<S>(
  { running, state }: Prepared<S>,
  snapshot: Snapshot,
  source: ReplaySource | null,
): E.Either<SnapshotInvalid, Prepared<S>> {
  const { training: { learner, replicas }, executable } = running;
  const { replay, collector } = state;
  const wrong = (name: string, why: string): E.Either<SnapshotInvalid, never> =>
    E.left({ _tag: "SnapshotInvalid", message: `Array "${name}" ${why}` });
  const copies: [name: string, target: StoredTensor["data"]][] = [
    ...Object.entries(collector).map((
      [name, target],
    ): [string, Float64Array] => [`collector.${name}`, target]),
    ["replay.rows", replay.cursor.rows],
    ["replay.transitions", replay.cursor.transitions],
    ["replay.oldest", replay.cursor.oldest],
  ];
  for (const [name, target] of copies) {
    const found = snapshot.tensors[name];
    if (found === undefined && name === "collector.nonFinite") continue; // from before it was recorded
    if (found === undefined) return wrong(name, "is missing");
    if (found.data.length !== target.length) {
      return wrong(name, `must have ${target.length} numbers: got ${found.data.length}`);
    }
    target.set(found.data);
  }
  for (const [name, type] of Object.entries(learner.stateTypes(replicas))) {
    const found = snapshot.tensors[`learner.${name}`];
    const size = type.shape.reduce((product, length) => product * length, 1);
    if (found === undefined) return wrong(`learner.${name}`, "is missing");
    if (found.data.length !== size) {
      return wrong(`learner.${name}`, `must have ${size} numbers: got ${found.data.length}`);
    }
    executable.write(name, found.data);
  }
  for (
    const name of [
      "replay.sentRows",
      "replay.sentTransitions",
      "policy.acting",
      "policy.newest",
      "policy.frozen",
    ]
  ) {
    if (snapshot.tensors[name] === undefined) return wrong(name, "is missing");
  }
  const data = (name: string): StoredTensor["data"] => snapshot.tensors[name]!.data;
  const acting = data("policy.acting") as Float32Array;
  if (source === null) beginReplayAnew(running, state, acting);
  else refill(running, state, source, data("replay.sentRows"), data("replay.sentTransitions"));
  writeWindow(replay, executable);
  // In the program's order, not the file's: lines of metrics are written in it.
  const metrics = running.metricNames.flatMap((name): [string, Values][] => {
    const found = snapshot.tensors[`metrics.${name}`];
    return found === undefined ? [] : [[name, found.data as Values]];
  });
  return E.right({
    running,
    state: {
      ...state,
      chunks: snapshot.chunks,
      steps: snapshot.steps,
      updates: snapshot.updates,
      // A replay that was reset has yet to be sent.
      within: source === null && snapshot.within !== null
        ? { ...snapshot.within, sent: false }
        : snapshot.within,
      acting,
      newest: data("policy.newest") as Float32Array,
      frozen: data("policy.frozen") as Uint32Array,
      metrics: Object.fromEntries(metrics),
    },
  });
}

/** Fills a replay again as its cursor says: what had been sent goes to the device, the rest waits. */
function refill<S>(
  { training: { replicas, capacity }, executable }: Running<S>,
  { replay }: TrainingState,
  source: ReplaySource,
  sentRowsOf: ArrayLike<number>,
  sentTransitionsOf: ArrayLike<number>,
): void {
  const { rows, transitions, oldest } = replay.cursor;
  for (let r = 0; r < replicas; r++) {
    const sentRows = sentRowsOf[r]!, sentTransitions = sentTransitionsOf[r]!;
    const needed = firstNeeded(replay.fields[0]!.rows, sentRows, sentTransitions, oldest[r]!);
    const sent = source(r, [needed.rows, sentRows], [needed.transitions, sentTransitions]);
    const waiting = source(r, [sentRows, rows[r]!], [sentTransitions, transitions[r]!]);
    writeTransitions(replay, executable, r, needed.rows, needed.transitions, sent);
    [...sent.links, ...waiting.links].forEach((row, k) => {
      if (k % 2 === 0) replay.cursor.starts[r * capacity + (needed.transitions + k / 2) % capacity] = row;
    });
    Object.assign(replay.recent[r]!, {
      ...waiting,
      firstRow: sentRows,
      firstTransition: sentTransitions,
      sentRows,
      sentTransitions,
      keptRows: rows[r],
      keptTransitions: transitions[r],
    });
  }
}

/**
 * Begins the replay anew with the environments' present observations, and with as many transitions as learning
 * begins with: an update on an empty replay would learn from nothing.
 */
function beginReplayAnew<S>(
  { collector, training: { chunk, minimumReplay } }: Running<S>,
  { replay, collector: standing }: TrainingState,
  acting: Float32Array,
): void {
  for (const numbers of [replay.cursor.rows, replay.cursor.transitions, replay.cursor.oldest]) {
    numbers.fill(0);
  }
  const { environment, environments } = collector, { stateSize } = environment.spec;
  const observe = checkedObserve(environment);
  for (let i = 0; i < standing.rows.length; i++) {
    const state = standing.states.slice(i * stateSize, (i + 1) * stateSize);
    standing.rows[i] = appendRow(replay, Math.floor(i / environments), observe(state));
  }
  const steps = Math.ceil(Math.max(chunk, minimumReplay) / environments);
  collect(collector, standing, replay, acting, steps);
}
