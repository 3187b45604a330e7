/**
 * An iteration of the training loop: learning on one chunk while the next one is collected.
 *
 * Law, tested: an iteration that is interrupted at any moment and completed by another call has the bits of an
 * uninterrupted one.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import type { DeviceError } from "../device/device.ts";
import { inPieces, type Pieces, type Stopped, unlessStopped, updatesInPieces } from "../device/pieces.ts";
import type { Values } from "../tensor/loops.ts";
import { collectInParallel, type ParallelStepper } from "./parallel.ts";
import { collectInPieces } from "./collect.ts";
import {
  type BegunChunk,
  environmentFailures,
  type IterationProgress,
  type LoopError,
  type Running,
  type TrainingState,
  updatesDue,
} from "./loop.ts";
import { nonFiniteCauses } from "./non_finite_causes.ts";
import { flushInPieces } from "./replay.ts";

/**
 * One iteration: sends the collected chunk to the device and learns from it, while the next chunk is collected. It
 * yields to the event loop between pieces of work.
 *
 * The new state reuses the arrays of the old one, which must not be used again.
 *
 * @param stopped whether to interrupt the iteration. The resulting state then has the iteration's progress in `within`,
 * and another call completes it with the bits of an uninterrupted iteration
 */
export const iterate = <S>(
  running: Running<S>,
  state: TrainingState,
  stopped?: Stopped,
): TE.TaskEither<LoopError, TrainingState> => environmentFailures(iterationOf(running, state, stopped));

/** The progress of an iteration that has not begun. */
const NO_PROGRESS: IterationProgress = { own: 0, sent: false, updates: 0, next: 0 };

const iterationOf = <S>(
  running: Running<S>,
  state: TrainingState,
  stopped?: Stopped,
): TE.TaskEither<DeviceError, TrainingState> =>
async () => {
  const progress = { ...state.within ?? NO_PROGRESS }, before = progress.updates;
  const worked = running.parallel === undefined
    ? await workAlone(running, state, progress, stopped)
    : await workInParallel(running, running.parallel, state, progress, stopped);
  if (worked === null || E.isLeft(worked)) {
    return worked ?? await interrupted(running, state, progress, before);
  }
  return await stateAfterIteration(running, state, worked.right);
};

/** The state of an interrupted iteration. */
const interrupted = async <S>(
  { executable, metricNames }: Running<S>,
  state: TrainingState,
  progress: IterationProgress,
  before: number,
): Promise<E.Either<DeviceError, TrainingState>> => {
  // Another device may complete the iteration without an update of its own, whose metrics it would not have.
  const metrics: E.Either<DeviceError, TrainingState["metrics"]> = progress.updates > before
    ? await executable.read([...metricNames])()
    : E.right(state.metrics);
  return E.map((metrics: TrainingState["metrics"]): TrainingState => ({
    ...state,
    metrics,
    within: progress,
    begun: null,
  }))(metrics);
};

/** The outputs of an iteration's updates, and the chunk after the next one, if its collection has begun. */
interface Worked {
  readonly learned: Readonly<Record<string, Values>>;
  readonly begun: BegunChunk | null;
}

/**
 * Reads the outputs of an iteration's updates.
 *
 * @param updated whether this call has made updates of the iteration; else their metrics are in the state
 */
const learnedBy = <S>(
  { training: { learner }, executable, metricNames }: Running<S>,
  updated: boolean,
): Promise<E.Either<DeviceError, Worked["learned"]>> =>
  executable.read([learner.policyEntry, "frozen", ...updated ? metricNames : []])();

/** The state after a completed iteration. */
const stateAfterIteration = async <S>(
  running: Running<S>,
  state: TrainingState,
  { learned, begun }: Worked,
): Promise<E.Either<DeviceError, TrainingState>> => {
  const { training, metricNames } = running, { learner: { policyEntry }, chunk } = training;
  const frozen = learned["frozen"] as Uint32Array;
  const lost = await nonFiniteCauses(running, state, frozen);
  return E.map((lost: Uint32Array): TrainingState => ({
    chunks: state.chunks + 1,
    steps: state.steps + chunk,
    updates: state.updates + updatesDue(training, state.steps),
    replay: state.replay,
    collector: state.collector,
    acting: state.newest, // the parameters after the chunk before this one
    newest: learned[policyEntry] as Float32Array,
    frozen,
    lost,
    metrics: metricNames.every((name) => name in learned)
      ? Object.fromEntries(metricNames.map((name) => [name, learned[name]!]))
      : state.metrics,
    within: null,
    begun,
  }))(lost);
};

/** The progress of an iteration, written in place. */
type MutableProgress = { -readonly [K in keyof IterationProgress]: IterationProgress[K] };

/** The work of an iteration without collectors on other cores; null if it is interrupted. */
async function workAlone<S>(
  running: Running<S>,
  state: TrainingState,
  done: MutableProgress,
  stopped?: Stopped,
): Promise<E.Either<DeviceError, Worked> | null> {
  const before = done.updates;
  if (await inPieces(workOf(running, state, done), stopped) === null) return null;
  const learned = await learnedBy(running, done.updates > before);
  return E.map((learned: Worked["learned"]): Worked => ({ learned, begun: null }))(learned);
}

/**
 * The work of an iteration with collecting on other cores; null if it is interrupted. A chunk that the loop itself had
 * begun is finished there; one that is incomplete when the iteration is interrupted is collected again. As soon as the
 * iteration has learned, the collection of the chunk after the next one begins, so that no core waits while the next
 * one is merged.
 */
async function workInParallel<S>(
  running: Running<S>,
  parallel: ParallelStepper,
  state: TrainingState,
  done: MutableProgress,
  stopped?: Stopped,
): Promise<E.Either<DeviceError, Worked> | null> {
  const { training: { chunk, environments, steps, learner }, collector } = running;
  const length = chunk / environments, before = done.updates;
  const begin = (parameters: Float32Array, after = 0) =>
    collectInParallel(parallel, collector, state.collector, parameters, length, after);
  // A failure is examined after learning, since it may come before it is awaited.
  const begun = (chunk: ReturnType<typeof begin>): BegunChunk =>
    chunk.then(E.right, (failure: unknown) => E.left(failure));
  if (state.chunks === 0 && !done.sent && done.own === 0) {
    const put = await unlessStopped(begin(state.acting), stopped);
    if (put === null) return null;
    await inPieces(put(state.replay));
    done.own = length;
  }
  const collects = state.steps + chunk < steps && done.next === 0;
  if (!collects) return await workAlone(running, state, done, stopped);
  const next = state.begun ?? begun(begin(state.newest));
  if (await inPieces(learnInPieces(running, state, done), stopped) === null) return null;
  const learned = await learnedBy(running, done.updates > before);
  if (E.isLeft(learned)) return learned;
  const newest = learned.right[learner.policyEntry] as Float32Array;
  const afterNext = state.steps + 2 * chunk < steps ? begun(begin(newest, length)) : null;
  const collected = await unlessStopped(next, stopped);
  if (collected === null) return null;
  if (E.isLeft(collected)) throw collected.left;
  await inPieces(collected.right(state.replay));
  done.next = length;
  return E.right({ learned: learned.right, begun: afterNext });
}

/** The remaining work of an iteration; records its progress in `done`. Collects while the device is busy. */
function* workOf<S>(running: Running<S>, state: TrainingState, done: MutableProgress): Pieces<true> {
  const collecting = nextChunkOf(running, state, done);
  for (const value of learnInPieces(running, state, done)) {
    if (value instanceof Promise) {
      let busy = true;
      value.then(() => busy = false);
      for (let amid = false; busy || amid;) {
        const next = collecting.next();
        if (next.done) break;
        amid = next.value === "inside"; // a step that has begun is finished before learning goes on
        yield next.value;
      }
    }
    yield value;
  }
  yield* collecting;
  return true;
}

/** The part of an iteration that collects the next chunk. */
function* nextChunkOf<S>(
  { training: { chunk, environments, steps }, collector }: Running<S>,
  state: TrainingState,
  done: MutableProgress,
): Pieces<void> {
  if (state.steps + chunk >= steps) return;
  const length = chunk / environments;
  for (
    const value of collectInPieces(collector, state.collector, state.replay, state.newest, length, done.next)
  ) {
    if (value === undefined) done.next++;
    yield value;
  }
}

/** The part of an iteration that learns; in the first iteration, it first collects its own chunk. */
function* learnInPieces<S>(
  { training, collector, executable, pace }: Running<S>,
  state: TrainingState,
  done: MutableProgress,
): Pieces<true> {
  const { learner, environments, chunk } = training, { replay } = state;
  const length = chunk / environments, steps = state.steps + chunk;
  // Chunk 0 is collected in its own iteration; every later one was collected in the iteration before.
  if (state.chunks === 0 && !done.sent && done.own < length) {
    for (const value of collectInPieces(collector, state.collector, replay, state.acting, length, done.own)) {
      if (value === undefined) done.own++;
      yield value;
    }
  }
  for (const [name, values] of Object.entries(learner.settings(training.settings(steps)))) {
    executable.write(name, values);
  }
  if (!done.sent) yield* flushInPieces(replay, executable);
  done.sent = true;
  yield* updatesInPieces(
    executable,
    updatesDue(training, state.steps) - done.updates,
    pace,
    (updates) => done.updates += updates,
  );
  return true;
}
