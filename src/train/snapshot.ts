/**
 * The state of a training, except for the replay, as named arrays and a few numbers.
 *
 * Law, tested: a training restored from its snapshot and its replay continues with the same bits.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { checkedObserve } from "../../envs/boundary.ts";
import type { Device, DeviceError } from "../device/device.ts";
import { type Pieces, wholeInPieces } from "../device/pieces.ts";
import type { Values } from "../tensor/loops.ts";
import { collect } from "./collect.ts";
import {
  environmentFailures,
  type IterationProgress,
  type LoopError,
  prepare,
  type Prepared,
  type Running,
  type Training,
  type TrainingState,
  updatesDue,
} from "./loop.ts";
import type { StoredTensor } from "./safetensors.ts";
import { appendRow, firstNeeded, type Replay, writeTransitions, writeWindow } from "./replay.ts";
import { oneLine } from "../given.ts";

/** The numbers of a snapshot. */
export interface SnapshotNumbers {
  /** Number of chunks collected and learned. */
  readonly chunks: number;
  /** Environment steps of each replica. */
  readonly steps: number;
  /** Updates of each replica. */
  readonly updates: number;
  /** The progress of an interrupted iteration; null between two iterations. */
  readonly within: IterationProgress | null;
}

/** The state of a training. */
export interface Snapshot extends SnapshotNumbers {
  /** Arrays by name: `learner.…`, `collector.…`, `replay.…`, `policy.…` and `metrics.…`. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
}

/** A snapshot that does not fit its training. */
export interface SnapshotInvalid {
  /** The discriminant. */
  readonly _tag: "SnapshotInvalid";
  /** What does not fit, in a sentence. */
  readonly message: string;
}

/** Rows and transitions of one replica. */
export interface ReplayPart {
  /** Observations, concatenated. */
  readonly rows: number[];
  /** For each transition the indices of the rows before and after. */
  readonly links: number[];
  /** Actions, concatenated. */
  readonly actions: number[];
  /** For each transition its reward, and 1 if it terminated the episode, else 0. */
  readonly outcomes: number[];
}

/** Reads rows `[first, end)` and transitions `[first, end)` of replica r's journal; null if they are missing. */
export type ReplaySource = (
  replica: number,
  rows: readonly [first: number, end: number],
  transitions: readonly [first: number, end: number],
) => ReplayPart | null;

const stored = (data: StoredTensor["data"]): StoredTensor => ({ shape: [data.length], data });

/** The snapshot of a training after an iteration. */
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
          ...prefixed("policy", {
            ...{ acting: state.acting, newest: state.newest, frozen: state.frozen },
            ...state.lost.some((what) => what !== 0) ? { lost: state.lost } : {},
          }),
          ...prefixed("metrics", state.metrics as Readonly<Record<string, StoredTensor["data"]>>),
        ]),
      };
    }),
  );
};

/**
 * Restores a training from its snapshot, on a device of the same kind, without blocking the event loop.
 *
 * @param source the journal of the replay; null to start a new replay
 */
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
    TE.chainW((prepared): TE.TaskEither<SnapshotInvalid, Prepared<S>> => async () => {
      let filled: E.Either<SnapshotInvalid, Prepared<S>> | null = null;
      try {
        return filled = await wholeInPieces(fill(prepared, snapshot, source));
      } finally {
        if (filled === null || E.isLeft(filled)) prepared.running.executable.close();
      }
    }),
  ));

const wrong = (name: string, why: string): SnapshotInvalid => ({
  _tag: "SnapshotInvalid",
  message: oneLine(`Array "${name}" ${why}`),
});

/** Why a snapshot's arrays and numbers do not fit a training; null if they fit. */
function unfit<S>(
  { training, state }: Pick<Running<S>, "training"> & Pick<Prepared<S>, "state">,
  snapshot: Snapshot,
) {
  const { learner, replicas, chunk, environments } = training, { collector, replay: { cursor } } = state;
  const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
  const wanted: (readonly [name: string, size: number, integers: boolean])[] = [
    ...Object.entries(collector).flatMap(([name, { length }]) =>
      // Older versions did not record it.
      name === "nonFinite" && snapshot.tensors[`collector.${name}`] === undefined
        ? []
        : [[`collector.${name}`, length, false] as const]
    ),
    ...["rows", "transitions", "oldest", "sentRows", "sentTransitions"].map((name) =>
      [`replay.${name}`, replicas, false] as const
    ),
    ...Object.entries(learner.stateTypes(replicas)).map(([name, { shape, element }]) =>
      [`learner.${name}`, sizeOf(shape), element === "u32"] as const
    ),
    ["policy.acting", replicas * learner.policy.size, false],
    ["policy.newest", replicas * learner.policy.size, false],
    ["policy.frozen", replicas, true],
    ...Object.keys(snapshot.tensors).filter((name) => name.startsWith("metrics.")).map((name) =>
      [name, replicas, false] as const
    ),
  ];
  for (const [name, size, integers] of wanted) {
    const found = snapshot.tensors[name]?.data;
    if (found === undefined) return wrong(name, "is missing");
    if (found.length !== size) return wrong(name, `must have ${size} numbers: got ${found.length}`);
    const isIntegers = found instanceof Uint32Array || found instanceof Uint8Array;
    if (isIntegers !== integers) {
      return wrong(name, `must hold ${integers ? "32-bit integers" : "real numbers"}`);
    }
  }
  const numbers = (name: string): ArrayLike<number> => snapshot.tensors[`replay.${name}`]!.data;
  const isUpTo = (count: number, most: number): boolean =>
    Number.isSafeInteger(count) && count >= 0 && count <= most;
  for (
    const [name, most] of [
      ["rows", null],
      ["transitions", null],
      ["oldest", "transitions"],
      ["sentRows", "rows"],
      ["sentTransitions", "transitions"],
    ] as const
  ) {
    for (let r = 0; r < cursor.rows.length; r++) {
      const count = numbers(name)[r]!, limit = most === null ? Number.MAX_SAFE_INTEGER : numbers(most)[r]!;
      if (!isUpTo(count, limit)) {
        return wrong(`replay.${name}`, `must hold counts up to ${limit}: got ${count}`);
      }
    }
  }
  const { chunks, steps, updates, within } = snapshot, length = chunk / environments;
  const fits = steps === chunks * chunk && updates >= 0 && (within === null ||
    (isUpTo(within.own, length) && isUpTo(within.next, length) &&
      isUpTo(within.updates, updatesDue(training, steps))));
  return fits ? null : {
    _tag: "SnapshotInvalid",
    message: "Its numbers of steps and updates do not fit the training",
  } as const;
}

/** Copies a snapshot's arrays into a prepared training and refills its replay; without a source it starts a new one. */
function* fill<S>(
  { running, state }: Prepared<S>,
  snapshot: Snapshot,
  source: ReplaySource | null,
): Pieces<E.Either<SnapshotInvalid, Prepared<S>>> {
  const { training: { learner, replicas }, executable } = running;
  const { replay, collector } = state;
  const sentence = unfit({ training: running.training, state }, snapshot);
  if (sentence !== null) return E.left(sentence);
  const data = (name: string): StoredTensor["data"] => snapshot.tensors[name]!.data;
  for (const [name, target] of Object.entries(collector)) {
    target.set(snapshot.tensors[`collector.${name}`]?.data ?? target);
  }
  for (const name of ["rows", "transitions", "oldest"] as const) {
    replay.cursor[name].set(data(`replay.${name}`));
  }
  for (const name of Object.keys(learner.stateTypes(replicas))) {
    executable.write(name, data(`learner.${name}`));
  }
  const acting = data("policy.acting") as Float32Array;
  if (source === null) restartReplay(running, state, acting);
  else {
    const short = yield* refill(
      running,
      state,
      source,
      data("replay.sentRows"),
      data("replay.sentTransitions"),
    );
    if (short !== null) return E.left(short);
  }
  writeWindow(replay, executable);
  // In the program's order, not the file's, because lines of metrics are written in this order.
  const metrics = running.metricNames.flatMap((name): [string, Values][] => {
    const found = snapshot.tensors[`metrics.${name}`];
    return found === undefined ? [] : [[name, found.data as Values]];
  });
  const lost = snapshot.tensors["policy.lost"]?.data;
  return E.right({
    running,
    state: {
      ...state,
      chunks: snapshot.chunks,
      steps: snapshot.steps,
      updates: snapshot.updates,
      // A new replay has not been sent yet.
      within: source === null && snapshot.within !== null
        ? { ...snapshot.within, sent: false }
        : snapshot.within,
      acting,
      newest: data("policy.newest") as Float32Array,
      frozen: data("policy.frozen") as Uint32Array,
      lost: lost instanceof Uint32Array && lost.length === replicas ? lost : state.lost,
      metrics: Object.fromEntries(metrics),
    },
  });
}

/** Number of rows or transitions read from a journal at a time. */
const ROWS_PER_READ = 4096;

/**
 * Refills a replay according to its cursor: rows and transitions that had been sent are sent again, the others wait for
 * the next iteration. Returns null, or the failure if the journal lacks any of them.
 */
function* refill<S>(
  { training: { replicas, capacity }, executable }: Running<S>,
  { replay }: TrainingState,
  source: ReplaySource,
  sentRowsOf: ArrayLike<number>,
  sentTransitionsOf: ArrayLike<number>,
): Pieces<SnapshotInvalid | null> {
  const { rows, transitions, oldest, starts } = replay.cursor;
  const short: SnapshotInvalid = {
    _tag: "SnapshotInvalid",
    message: "Its journal does not hold the rows and transitions that it counts",
  };
  const start = (r: number, first: number, links: readonly number[]): void => {
    for (let k = 0; 2 * k < links.length; k++) starts[r * capacity + (first + k) % capacity] = links[2 * k]!;
  };
  for (let r = 0; r < replicas; r++) {
    const sentRows = sentRowsOf[r]!, sentTransitions = sentTransitionsOf[r]!;
    const needed = firstNeeded(replay.fields[0]!.rows, sentRows, sentTransitions, oldest[r]!);
    for (let first = needed.rows; first < sentRows; first += ROWS_PER_READ) {
      const part = source(r, [first, Math.min(sentRows, first + ROWS_PER_READ)], [0, 0]);
      if (part === null) return short;
      writeTransitions(replay, executable, r, first, 0, part);
      yield;
    }
    for (let first = needed.transitions; first < sentTransitions; first += ROWS_PER_READ) {
      const part = source(r, [0, 0], [first, Math.min(sentTransitions, first + ROWS_PER_READ)]);
      if (part === null) return short;
      writeTransitions(replay, executable, r, 0, first, part);
      start(r, first, part.links);
      yield;
    }
    const waiting = source(r, [sentRows, rows[r]!], [sentTransitions, transitions[r]!]);
    if (waiting === null) return short;
    start(r, sentTransitions, waiting.links);
    Object.assign(replay.recent[r]!, {
      ...waiting,
      firstRow: sentRows,
      firstTransition: sentTransitions,
      sentRows,
      sentTransitions,
      journalRows: rows[r],
      journalTransitions: transitions[r],
    });
  }
  return null;
}

/**
 * Starts a new replay with the current observations and collects the number of transitions at which learning begins,
 * since a minibatch cannot be drawn from an empty replay.
 */
function restartReplay<S>(
  { collector, training: { chunk, minimumReplay } }: Running<S>,
  { replay, collector: episodes }: TrainingState,
  acting: Float32Array,
): void {
  for (const numbers of [replay.cursor.rows, replay.cursor.transitions, replay.cursor.oldest]) {
    numbers.fill(0);
  }
  const { environment, environments } = collector, { stateSize } = environment.spec;
  const observe = checkedObserve(environment);
  for (let i = 0; i < episodes.rows.length; i++) {
    const state = episodes.states.slice(i * stateSize, (i + 1) * stateSize);
    episodes.rows[i] = appendRow(replay, Math.floor(i / environments), observe(state));
  }
  const steps = Math.ceil(Math.max(chunk, minimumReplay) / environments);
  collect(collector, episodes, replay, acting, steps);
}
