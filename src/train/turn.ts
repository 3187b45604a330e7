/**
 * A turn of the training loop: learning on one chunk while the next one is collected.
 *
 * Law, tested: a turn that is interrupted at any moment and completed by another call has the bits of an uninterrupted
 * one.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import type { DeviceError } from "../device/device.ts";
import { inPieces, type Pieces, type Stopped, unlessStopped, updatesInPieces } from "../device/pieces.ts";
import type { Values } from "../tensor/loops.ts";
import { type Aside, collectAside } from "./aside.ts";
import { collectInPieces } from "./collect.ts";
import {
  environmentFailures,
  type LoopError,
  type Running,
  type TrainingState,
  type TurnProgress,
  updatesDue,
} from "./loop.ts";
import { lostNumbers } from "./lost.ts";
import { flush } from "./replay.ts";

/**
 * One turn: sends the collected chunk to the device and learns from it, while the next chunk is collected. It yields to
 * the event loop every few hundredths of a second.
 *
 * The state's arrays are reused; the argument must not be used again.
 *
 * @param stopped whether to interrupt the turn. The resulting state then has the turn's progress in `within`, and
 * another call completes it with the bits of an uninterrupted turn
 */
export const turn = <S>(
  running: Running<S>,
  state: TrainingState,
  stopped?: Stopped,
): TE.TaskEither<LoopError, TrainingState> => environmentFailures(turnOf(running, state, stopped));

/** The progress of a turn that has not begun. */
const BEGINNING: TurnProgress = { own: 0, sent: false, updates: 0, next: 0 };

const turnOf = <S>(
  running: Running<S>,
  state: TrainingState,
  stopped?: Stopped,
): TE.TaskEither<DeviceError, TrainingState> =>
async () => {
  const progress = { ...state.within ?? BEGINNING }, before = progress.updates;
  const whole = running.aside === undefined
    ? await inPieces(workOf(running, state, progress), stopped)
    : await workAside(running, running.aside, state, progress, stopped);
  if (whole !== null) return await ended(running, state, progress.updates > before);
  // Another device may complete the turn without an update of its own, whose metrics it would not have.
  const metrics = progress.updates > before ? await metricsOf(running) : E.right(state.metrics);
  return E.map((metrics: TrainingState["metrics"]): TrainingState => ({
    ...state,
    metrics,
    within: progress,
  }))(
    metrics,
  );
};

/** The metrics of the last update that an executable has made. */
const metricsOf = <S>(
  { executable, metricNames }: Running<S>,
): Promise<E.Either<DeviceError, TrainingState["metrics"]>> => executable.read([...metricNames])();

/**
 * The state after a completed turn.
 *
 * @param updated whether this call has made updates of the turn; else their metrics are in the state
 */
const ended = async <S>(
  running: Running<S>,
  state: TrainingState,
  updated: boolean,
): Promise<E.Either<DeviceError, TrainingState>> => {
  const { training, executable, metricNames } = running, { learner, chunk } = training;
  const updates = updatesDue(training, state.steps);
  const names = [learner.policyEntry, "frozen", ...updated ? metricNames : []];
  const read: E.Either<DeviceError, Readonly<Record<string, Values>>> = await executable.read(names)();
  if (E.isLeft(read)) return read;
  const values = read.right, frozen = values["frozen"] as Uint32Array;
  const lost = await lostNumbers(running, state, frozen);
  return E.map((lost: Uint32Array): TrainingState => ({
    chunks: state.chunks + 1,
    steps: state.steps + chunk,
    updates: state.updates + updates,
    replay: state.replay,
    collector: state.collector,
    acting: state.newest, // the parameters after the chunk before this one
    newest: values[learner.policyEntry] as Float32Array,
    frozen,
    lost,
    metrics: updated ? Object.fromEntries(metricNames.map((name) => [name, values[name]!])) : state.metrics,
    within: null,
  }))(lost);
};

/** The progress of a turn, written in place. */
type Progressing = { -readonly [K in keyof TurnProgress]: TurnProgress[K] };

/**
 * The work of a turn with collecting on other cores. A chunk that the loop itself had begun is finished there; one that
 * is incomplete when the turn is interrupted is collected again.
 */
async function workAside<S>(
  running: Running<S>,
  aside: Aside,
  state: TrainingState,
  done: Progressing,
  stopped?: Stopped,
): Promise<true | null> {
  const { training: { chunk, environments, steps }, collector } = running, length = chunk / environments;
  const begin = (parameters: Float32Array) =>
    collectAside(aside, collector, state.collector, parameters, length);
  if (state.chunks === 0 && !done.sent && done.own === 0) {
    const put = await unlessStopped(begin(state.acting), stopped);
    if (put === null) return null;
    await inPieces(put(state.replay));
    done.own = length;
  }
  const collects = state.steps + chunk < steps && done.next === 0;
  if (!collects) return await inPieces(workOf(running, state, done), stopped);
  // A failure is examined after learning, since it may come before it is awaited.
  const begun = begin(state.newest).then(E.right, (failure: unknown) => E.left(failure));
  const whole = await inPieces(learningOf(running, state, done), stopped);
  const collected = whole === null ? null : await unlessStopped(begun, stopped);
  if (collected === null) return null;
  if (E.isLeft(collected)) throw collected.left;
  await inPieces(collected.right(state.replay));
  done.next = length;
  return true;
}

/** The remaining work of a turn; records its progress in `done`. Collects while the device is busy. */
function* workOf<S>(running: Running<S>, state: TrainingState, done: Progressing): Pieces<true> {
  const collecting = nextChunkOf(running, state, done);
  for (const value of learningOf(running, state, done)) {
    if (value instanceof Promise) {
      let busy = true;
      value.then(() => busy = false);
      while (busy && !collecting.next().done) yield;
    }
    yield value;
  }
  yield* collecting;
  return true;
}

/** The part of a turn that collects the next chunk. */
function* nextChunkOf<S>(
  { training: { chunk, environments, steps }, collector }: Running<S>,
  state: TrainingState,
  done: Progressing,
): Pieces<void> {
  if (state.steps + chunk >= steps) return;
  const length = chunk / environments;
  for (
    const _ of collectInPieces(collector, state.collector, state.replay, state.newest, length, done.next)
  ) {
    done.next++;
    yield;
  }
}

/** The part of a turn that learns; in the first turn, it first collects its own chunk. */
function* learningOf<S>(
  { training, collector, executable, pace }: Running<S>,
  state: TrainingState,
  done: Progressing,
): Pieces<true> {
  const { learner, environments, chunk } = training, { replay } = state;
  const length = chunk / environments, steps = state.steps + chunk;
  // Chunk 0 is collected in its own turn; every later one was collected in the turn before.
  if (state.chunks === 0 && !done.sent && done.own < length) {
    for (const _ of collectInPieces(collector, state.collector, replay, state.acting, length, done.own)) {
      done.own++;
      yield;
    }
  }
  for (const [name, values] of Object.entries(learner.settings(training.settings(steps)))) {
    executable.write(name, values);
  }
  if (!done.sent) flush(replay, executable);
  done.sent = true;
  yield* updatesInPieces(
    executable,
    updatesDue(training, state.steps) - done.updates,
    pace,
    (updates) => done.updates += updates,
  );
  return true;
}
