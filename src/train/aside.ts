/**
 * Collecting beside the learning loop: the environments are divided into ranges, each is stepped elsewhere, such as in a
 * worker, and what they gave is put into the replay in the order in which one thread would have collected it.
 *
 * Laws, tested: the replay and the collector's state have the same bits however many ranges there are, and as without
 * ranges; until {@link merge} nothing of the state has changed, so that a chunk may be dropped and collected again.
 *
 * @module
 */

import type { Pieces } from "../device/pieces.ts";
import { appendStep, type Collector, type CollectorState } from "./collect.ts";
import type { Replay } from "./replay.ts";
import { type Range, type RangeState, rangeState, type Stepped, steppedOf, stepperOf } from "./stepper.ts";

/** A chunk of a range: all that stepping it needs beside the collector. */
export interface RangeOrder {
  /** Which environments. */
  readonly range: Range;
  /** Where they stand. */
  readonly state: RangeState;
  /** Parameters of their replicas' policies. */
  readonly parameters: Float32Array;
  /** Steps that each environment has made. */
  readonly time: number;
  /** Steps that each is to make. */
  readonly steps: number;
}

/** What a range did in a chunk. */
export interface RangeChunk {
  /** Where its environments stand then. */
  readonly state: RangeState;
  /** `[steps·C, …]` what each step gave, one after the other. */
  readonly stepped: Stepped;
}

/** Steps ranges elsewhere, and gives what each did in their order; rejects with what an environment threw. */
export interface Aside {
  /** Into how many ranges the environments are divided at most. */
  readonly workers: number;
  /** Steps ranges at the same time. */
  readonly run: (orders: readonly RangeOrder[]) => Promise<readonly RangeChunk[]>;
}

/** Divides environments into at most so many ranges whose lengths differ by one at most. */
export function rangesOf(count: number, parts: number): readonly Range[] {
  const ranges = Math.max(1, Math.min(count, parts));
  return Array.from({ length: ranges }, (_, k) => ({
    from: Math.floor(k * count / ranges),
    to: Math.floor((k + 1) * count / ranges),
  }));
}

/** The orders of a chunk; what they hold is copied, so that the state may be used meanwhile. */
export function ordersOf(
  collector: Collector,
  state: CollectorState,
  parameters: Float32Array,
  steps: number,
  parts: number,
): readonly RangeOrder[] {
  const { environments, keys } = collector, size = parameters.length / keys.length;
  return rangesOf(state.steps.length, parts).map((range) => {
    const { states, steps: made, episodes, noise } = rangeState(collector, state, range);
    const first = Math.floor(range.from / environments), last = Math.floor((range.to - 1) / environments);
    return {
      range,
      state: {
        states: states.slice(),
        steps: made.slice(),
        episodes: episodes.slice(),
        noise: noise.slice(),
      },
      parameters: parameters.slice(first * size, (last + 1) * size),
      time: state.time[0]!,
      steps,
    };
  });
}

/** Carries an order out; its state is written in place. */
export function stepRange(collector: Collector, order: RangeOrder): RangeChunk {
  const { range, state, parameters, time, steps } = order, count = range.to - range.from;
  const { stepped, step } = stepperOf(collector, state, range, parameters, time);
  const all = steppedOf(collector, count, steps);
  const fields = Object.keys(all) as (keyof Stepped)[];
  for (let t = 0; t < steps; t++) {
    step();
    for (const field of fields) all[field].set(stepped[field], t * stepped[field].length);
  }
  return { state, stepped: all };
}

/** Puts the chunks of all ranges into state and replay, a step of every environment a piece: all of it or nothing. */
export function* merge(
  collector: Collector,
  state: CollectorState,
  replay: Replay,
  orders: readonly RangeOrder[],
  chunks: readonly RangeChunk[],
): Pieces<void> {
  const [{ time, steps }] = orders as [RangeOrder];
  for (let t = 0; t < steps; t++) {
    orders.forEach(({ range }, k) => {
      const at = t * (range.to - range.from);
      appendStep(collector, state, replay, chunks[k]!.stepped, range, time + t, at);
    });
    yield "inside";
  }
  orders.forEach(({ range }, k) => {
    const into = rangeState(collector, state, range), from = chunks[k]!.state;
    into.states.set(from.states);
    into.steps.set(from.steps);
    into.episodes.set(from.episodes);
    into.noise.set(from.noise);
  });
  state.time[0] = time + steps;
}

/** Collects a chunk aside: gives, when it is done, what puts it into state and replay. */
export async function collectAside(
  aside: Aside,
  collector: Collector,
  state: CollectorState,
  parameters: Float32Array,
  steps: number,
): Promise<(replay: Replay) => Pieces<void>> {
  const orders = ordersOf(collector, state, parameters, steps, aside.workers);
  const chunks = await aside.run(orders);
  return (replay) => merge(collector, state, replay, orders, chunks);
}
