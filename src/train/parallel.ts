/**
 * Collecting beside the learning loop: the environments are divided into ranges, each range is stepped elsewhere, such
 * as in a worker, and the transitions enter the replay in the order in which a single thread would have collected them.
 *
 * Laws, tested: the bits of the replay and of the collector's state do not depend on the number of ranges, and are
 * those of collecting in the loop itself; the state does not change before {@link merge}, so a chunk may be discarded
 * and collected again; the bits of a chunk do not depend on whether it is begun before or after the previous one is
 * merged.
 *
 * @module
 */

import type { Pieces } from "../device/pieces.ts";
import { appendStep, type Collector, type CollectorState } from "./collect.ts";
import type { Replay } from "./replay.ts";
import {
  type Range,
  type RangeState,
  rangeState,
  stepperOf,
  type StepResults,
  stepResultsOf,
} from "./stepper.ts";

/** The inputs for stepping a range through a chunk, besides the collector. */
export interface RangeTask {
  /** The environments. */
  readonly range: Range;
  /** Their state at the start; null to continue from the end of the previous task of the same range. */
  readonly state: RangeState | null;
  /** Policy parameters of their replicas. */
  readonly parameters: Float32Array;
  /** Steps that each environment has made before this task. */
  readonly time: number;
  /** Steps that each environment has to make. */
  readonly steps: number;
}

/** The result of stepping a range through a chunk. */
export interface RangeChunk {
  /** The state of its environments at the end. */
  readonly state: RangeState;
  /** `[steps·C, …]` the results of all steps, in order. */
  readonly stepped: StepResults;
}

/** Steps ranges outside the loop. */
export interface ParallelStepper {
  /** The maximum number of ranges. */
  readonly workers: number;
  /**
   * Steps ranges in parallel, each after its earlier tasks; the results are in the order of the ranges. Rejects with
   * what an environment threw.
   */
  readonly run: (tasks: readonly RangeTask[]) => Promise<readonly RangeChunk[]>;
}

/** Divides environments into at most `parts` ranges, whose lengths differ by at most one. */
export function rangesOf(count: number, parts: number): readonly Range[] {
  const ranges = Math.max(1, Math.min(count, parts));
  return Array.from({ length: ranges }, (_, k) => ({
    from: Math.floor(k * count / ranges),
    to: Math.floor((k + 1) * count / ranges),
  }));
}

/**
 * The tasks of a chunk. They hold copies, so that the state may be used meanwhile.
 *
 * @param after steps of each environment that have been requested and are not merged yet, after which the chunk begins
 */
export function tasksOf(
  collector: Collector,
  state: CollectorState,
  parameters: Float32Array,
  steps: number,
  parts: number,
  after = 0,
): readonly RangeTask[] {
  const { environments, keys } = collector, size = parameters.length / keys.length;
  return rangesOf(state.steps.length, parts).map((range) => {
    const first = Math.floor(range.from / environments), last = Math.floor((range.to - 1) / environments);
    return {
      range,
      state: after > 0 ? null : copyOf(rangeState(collector, state, range)),
      parameters: parameters.slice(first * size, (last + 1) * size),
      time: state.time[0]! + after,
      steps,
    };
  });
}

const copyOf = ({ states, steps, episodes, noise }: RangeState): RangeState => ({
  states: states.slice(),
  steps: steps.slice(),
  episodes: episodes.slice(),
  noise: noise.slice(),
});

/** Executes the tasks of a range one after another, and overwrites the state of each. */
export function rangeStepper(collector: Collector): (task: RangeTask) => RangeChunk {
  let last: RangeState | null = null;
  return (task) => {
    const { range, parameters, time, steps } = task, count = range.to - range.from;
    const state = task.state ?? last;
    if (state === null) throw new Error("There is no completed task to continue from");
    last = null; // a step may throw
    const { stepped, groups } = stepperOf(collector, state, range, parameters, time);
    const all = stepResultsOf(collector, count, steps);
    const fields = Object.keys(all) as (keyof StepResults)[];
    for (let t = 0; t < steps; t++) {
      for (const { step } of groups) step();
      for (const field of fields) all[field].set(stepped[field], t * stepped[field].length);
    }
    last = copyOf(state);
    return { state, stepped: all };
  };
}

/**
 * Merges the chunks of all ranges into state and replay, one step of every environment per piece. It must not be
 * abandoned.
 */
export function* merge(
  collector: Collector,
  state: CollectorState,
  replay: Replay,
  tasks: readonly RangeTask[],
  chunks: readonly RangeChunk[],
): Pieces<void> {
  const [{ time, steps }] = tasks as [RangeTask];
  for (let t = 0; t < steps; t++) {
    tasks.forEach(({ range }, k) => {
      const at = t * (range.to - range.from);
      appendStep(collector, state, replay, chunks[k]!.stepped, range, time + t, at);
    });
    yield "inside";
  }
  tasks.forEach(({ range }, k) => {
    const into = rangeState(collector, state, range), from = chunks[k]!.state;
    into.states.set(from.states);
    into.steps.set(from.steps);
    into.episodes.set(from.episodes);
    into.noise.set(from.noise);
  });
  state.time[0] = time + steps;
}

/** Merges a chunk that was collected outside the loop into the replay and the collector's state. */
export type Merge = (replay: Replay) => Pieces<void>;

/**
 * Collects a chunk outside the loop; resolves to the function that merges it.
 *
 * @param after steps of each environment in a chunk that has been begun before and is not merged yet
 */
export async function collectInParallel(
  parallel: ParallelStepper,
  collector: Collector,
  state: CollectorState,
  parameters: Float32Array,
  steps: number,
  after = 0,
): Promise<Merge> {
  const tasks = tasksOf(collector, state, parameters, steps, parallel.workers, after);
  const chunks = await parallel.run(tasks);
  return (replay) => merge(collector, state, replay, tasks, chunks);
}
