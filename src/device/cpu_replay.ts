/**
 * The CPU device's loops for drawing and reading minibatches.
 *
 * @module
 */

import type { Ring, Rows, Transitions } from "../kernels/replay.ts";
import { indexOf } from "../random/draw.ts";
import { philox } from "../random/philox.ts";
import { copyBlocks, type Routine, startOf, type View } from "./host.ts";
import type { Rank2, Rank3 } from "../tensor/shape.ts";

const ring: Routine = ([key, counter, window, links], [numbers, linked], params) => {
  const { count, capacity, stream } = params as Ring;
  const last = links.type.shape[1]! - 1, words = new Uint32Array(4);
  return () => {
    for (let r = 0; r < numbers.replicas; r++) {
      const k0 = key.values[startOf(key, r)]!, k1 = key.values[startOf(key, r) + 1]!;
      const first = window.values[startOf(window, r)]!, length = window.values[startOf(window, r) + 1]!;
      for (let b = 0; b < count; b++) {
        if (b % 4 === 0) philox(b >>> 2, counter.values[startOf(counter, r)]!, stream, 0, k0, k1, words);
        const number = (first + indexOf(words[b % 4]!, length)) % capacity;
        numbers.values[startOf(numbers, r) + b] = number;
        const from = startOf(links, r) + 2 * Math.min(number, last), to = startOf(linked, r) + 2 * b;
        linked.values[to] = links.values[from]!;
        linked.values[to + 1] = links.values[from + 1]!;
      }
    }
  };
};

const rows: Routine = ([segment, numbers, before], [out], params) => {
  const { first } = params as Rows;
  const [, n, W] = segment.type.shape as Rank3, B = numbers.type.shape[1]!;
  return () => {
    if (before.values !== out.values || before.offset !== out.offset) copyBlocks(before, out);
    for (let r = 0; r < out.replicas; r++) {
      for (let b = 0; b < B; b++) {
        const row = numbers.values[startOf(numbers, r) + b]! - first;
        if (row < 0 || row >= n) continue;
        const from = startOf(segment, r) + row * W, to = startOf(out, r) + b * W;
        for (let k = 0; k < W; k++) out.values[to + k] = segment.values[from + k]!;
      }
    }
  };
};

const transitions: Routine = ([numbers, links, ...rest], [action, outcome, observation], params) => {
  const { first, chained } = params as Transitions;
  const [actions, outcomes, states, ...before] = rest;
  const [, B] = numbers.type.shape as Rank2, A = actions.type.shape[2]!, S = states.type.shape[2]!;
  /** The element at which a number's row starts, or -1 where another segment has it. */
  const find = (segment: View, k: number, number: number, r: number): number => {
    const [, n, W] = segment.type.shape as Rank3, row = number - first[k]!;
    if (chained && (row < 0 || row >= n)) return -1;
    return startOf(segment, r) + Math.min(row, n - 1) * W;
  };
  return () => {
    [action, outcome, observation].forEach((out, k) => {
      if (chained && (before[k]!.values !== out.values || before[k]!.offset !== out.offset)) {
        copyBlocks(before[k]!, out);
      }
    });
    for (let r = 0; r < numbers.replicas; r++) {
      for (let b = 0; b < B; b++) {
        const number = numbers.values[startOf(numbers, r) + b]!;
        const act = find(actions, 0, number, r), end = find(outcomes, 1, number, r);
        if (act >= 0) {
          for (let k = 0; k < A; k++) {
            action.values[startOf(action, r) + b * A + k] = actions.values[act + k]!;
          }
        }
        for (let k = 0; k < 2; k++) {
          if (end >= 0) outcome.values[startOf(outcome, r) + k * B + b] = outcomes.values[end + k]!;
          const from = find(states, 2, links.values[startOf(links, r) + 2 * b + k]!, r);
          const to = startOf(observation, r) + (k * B + b) * S;
          if (from >= 0) observation.values.set(states.values.subarray(from, from + S), to);
        }
      }
    }
  };
};

const turnedTransitions: Routine = ([drawn, table, ...rest], [action, outcome, observation], params) => {
  const { first, chained } = params as Transitions;
  const [actions, outcomes, states, ...before] = rest;
  const [, B] = drawn.type.shape as Rank2,
    [, G] = table.type.shape as Rank2,
    A = actions.type.shape[2]!,
    S = states.type.shape[2]!;
  /** The element at which a number's row starts, or -1 where another segment has it. */
  const find = (segment: View, k: number, number: number, r: number): number => {
    const [, n, W] = segment.type.shape as Rank3, row = number - first[k]!;
    if (chained && (row < 0 || row >= n)) return -1;
    return startOf(segment, r) + Math.min(row, n - 1) * W;
  };
  /** Copies a row of W numbers as the entries from `turn` on say: number e, or number e - W with the other sign. */
  const turnRow = (source: View, from: number, turn: number, target: View, to: number, W: number): void => {
    for (let k = 0; k < W; k++) {
      const entry = table.values[turn + k]!;
      target.values[to + k] = entry < W ? source.values[from + entry]! : -source.values[from + entry - W]!;
    }
  };
  return () => {
    [action, outcome, observation].forEach((out, k) => {
      if (chained && (before[k]!.values !== out.values || before[k]!.offset !== out.offset)) {
        copyBlocks(before[k]!, out);
      }
    });
    for (let r = 0; r < drawn.replicas; r++) {
      for (let b = 0; b < B; b++) {
        const at = startOf(drawn, r) + 4 * b, number = drawn.values[at]!;
        const turn = startOf(table, r) + Math.min(drawn.values[at + 3]!, G - 1) * (A + S);
        const act = find(actions, 0, number, r), end = find(outcomes, 1, number, r);
        if (act >= 0) turnRow(actions, act, turn, action, startOf(action, r) + b * A, A);
        for (let k = 0; k < 2; k++) {
          if (end >= 0) outcome.values[startOf(outcome, r) + k * B + b] = outcomes.values[end + k]!;
          const from = find(states, 2, drawn.values[at + 1 + k]!, r);
          if (from >= 0) {
            turnRow(states, from, turn + A, observation, startOf(observation, r) + (k * B + b) * S, S);
          }
        }
      }
    }
  };
};

/** Routines by the names of their kernels. */
export const replayRoutines: Readonly<Record<string, Routine>> = {
  ring,
  rows,
  transitions,
  turnedTransitions,
};
