/**
 * Sampling the replay: which transitions form a minibatch; `transitions.ts` reads them.
 *
 * @module
 */

import ringSource from "../../shaders/random.wgsl" with { type: "text" };
import { indexOf } from "../random/draw.ts";
import { philox } from "../random/philox.ts";
import type { Kernel } from "../tensor/expression.ts";
import { gridOf } from "../tensor/launch.ts";
import {
  add,
  broadcast,
  concat,
  constant,
  gather,
  random,
  remainder,
  reshape,
  slice,
} from "../tensor/primitives.ts";
import { shader } from "../tensor/shader.ts";
import { sameShape, u32 } from "../tensor/shape.ts";
import { startOf } from "../tensor/view.ts";

const ringShader = shader("random.wgsl", ringSource, {
  count: "u32",
  each: "u32",
  blocks: "u32",
  stream: "u32",
  capacity: "u32",
  linkCount: "u32",
  out: "write",
  keys: "read",
  counters: "read",
  window: "read",
  links: "read",
});

/** Parameters of {@link ringKernel}. */
export interface Ring {
  /** Number of transitions drawn for each replica. */
  readonly count: number;
  /** Capacity of the ring, in transitions. */
  readonly capacity: number;
  /** Number of the random stream, one of `STREAMS`. */
  readonly stream: number;
}

/**
 * Transitions drawn uniformly, with replacement, from a window of a ring, and the observation rows that they link.
 * Inputs: key `u32[R,2]`, counter `u32[R]`, window `u32[R,2]` (first transition, number of them), links `u32[R,n,2]`
 * (rows before and after). Output `u32[R,count,3]`: each transition's number and its two links; a transition past the
 * given links uses the last of them.
 */
export const ringKernel: Kernel<Ring> = {
  name: "ring",
  types: (types, { count }) => {
    const [key, counter, window, links] = types;
    const R = counter.shape[0]!;
    const fits = sameShape(key.shape, [R, 2]) && sameShape(window.shape, [R, 2]) &&
      sameShape(links.shape, [R, links.shape[1]!, 2]) && types.every((type) => type.element === "u32");
    return fits ? [u32(R, count, 3)] : null;
  },
  wants: "it needs a key u32[R,2], a counter u32[R], a window u32[R,2] and links u32[R,n,2]",
  definition: ([key, counter, window, links], { count, capacity, stream }) => {
    const R = counter.shape[0]!;
    const limit = reshape(slice(window, 1, 1, 1), [R]);
    const drawn = random(key, counter, "index", stream, [count], limit);
    const moved = add(drawn, slice(window, 1, 0, 1));
    const numbers = remainder(moved, broadcast(constant(capacity, [], "u32"), moved.shape));
    return [concat([reshape(numbers, [R, count, 1]), gather(links, numbers)], 2)];
  },
  launches: ([, counter, , links], _, { count, capacity, stream }) => {
    const blocks = Math.ceil(count / 4), total = counter.shape[0]! * blocks;
    return [ringShader.launch("ring", gridOf(total), {
      count: total,
      each: count,
      ...{ blocks, stream, capacity, linkCount: links.shape[1]! },
      out: { output: 0 },
      keys: { input: 0 },
      counters: { input: 1 },
      window: { input: 2 },
      links: { input: 3 },
    })];
  },
  loop: ([key, counter, window, links], [out], { count, capacity, stream }) => {
    const last = links.type.shape[1]! - 1, words = new Uint32Array(4);
    return () => {
      for (let r = 0; r < out.replicas; r++) {
        const k = startOf(key, r), at = startOf(window, r);
        const first = window.values[at]!, length = window.values[at + 1]!;
        for (let b = 0; b < count; b++) {
          if (b % 4 === 0) {
            philox(
              b >>> 2,
              counter.values[startOf(counter, r)]!,
              stream,
              0,
              key.values[k]!,
              key.values[k + 1]!,
              words,
            );
          }
          const number = (first + indexOf(words[b % 4]!, length)) % capacity;
          const from = startOf(links, r) + 2 * Math.min(number, last), to = startOf(out, r) + 3 * b;
          out.values[to] = number;
          out.values[to + 1] = links.values[from]!;
          out.values[to + 2] = links.values[from + 1]!;
        }
      }
    };
  },
};
