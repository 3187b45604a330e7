/** Random cases of the kernels that move rows and words: all of them are exact. */
import { fc } from "./deps.ts";
import { finiteKernel } from "../../src/kernels/finite.ts";
import { ringKernel } from "../../src/kernels/replay.ts";
import { type Transitions, transitionsKernel } from "../../src/kernels/transitions.ts";
import { bits } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import type { Kernel } from "../../src/tensor/expression.ts";
import { f32, u32 } from "../../src/tensor/shape.ts";
import { type Case, exact, length, numbers, replicas, seed } from "./case.ts";

const words = (seed: number, index: number, count: number): number[] => [
  ...bits(child(keyOf(seed), index), count),
];

/** Values of which some replicas' are spoilt by a number that is none, anywhere. */
const finites = (more: number): fc.Arbitrary<Case> =>
  fc.record({
    R: fc.constantFrom(1, 2, 3, 5),
    n: fc.oneof(length, fc.constantFrom(255, 256, 257, 1023)),
    columns: fc.constantFrom(0, 1, 3),
    spoilt: fc.array(fc.tuple(fc.nat(), fc.constantFrom(NaN, Infinity, -Infinity)), { maxLength: 3 }),
    frozen: fc.array(fc.nat(5), { minLength: 5, maxLength: 5 }),
    seed,
  }).map(({ R, n, columns, spoilt, frozen, seed }) => {
    const size = R * n * Math.max(columns, 1);
    // The largest finite numbers are finite: their sum would not be.
    const values = numbers(seed, 0, size).map((x, i) =>
      i % 7 === 3 ? Math.sign(x) * 3.4028234663852886e38 : x
    );
    for (const [at, value] of spoilt) values[at % size] = value;
    return {
      title: `finite ${JSON.stringify({ R, n, columns, spoilt: spoilt.length, more, seed })}`,
      kernel: finiteKernel as Kernel,
      params: null,
      inputs: [
        columns > 0 ? f32(R, n, columns) : f32(R, n),
        u32(R),
        u32(R),
        ...more > 0 ? [f32(R, more)] : [],
      ],
      values: [
        values,
        Array.from({ length: R }, (_, r) => Math.max(0, frozen[r]! - 3)),
        Array.from({ length: R }, (_, r) => 100 + r),
        ...more > 0
          ? [numbers(seed, 1, R * more).map((x, i) => (seed + i) % (3 * more) === 0 ? Infinity : x)]
          : [],
      ],
      tolerance: exact,
    };
  });

const rings: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  count: length,
  capacity: fc.oneof(length, fc.constantFrom(1000, 1_000_000)),
  stream: fc.nat(12),
  start: fc.nat(),
  live: fc.nat(),
  links: length, // fewer than the ring has where other segments have the rest
  seed,
}).map(({ R, count, capacity, stream, start, live, links, seed }) => ({
  title: `ring ${JSON.stringify({ R, count, capacity, stream, start, live, links, seed })}`,
  kernel: ringKernel as Kernel,
  params: { count, capacity, stream },
  inputs: [u32(R, 2), u32(R), u32(R, 2), u32(R, links, 2)],
  values: [
    words(seed, 0, 2 * R),
    words(seed, 1, R),
    Array.from({ length: R }, (_, r) => [(start + r) % capacity, 1 + (live + r) % capacity]).flat(),
    words(seed, 2, 2 * R * links),
  ],
  tolerance: exact,
}));

/** Transitions out of fields that are cut into segments at different numbers, with and without earlier segments. */
const transitions: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  B: length,
  A: fc.constantFrom(1, 2, 3, 8),
  S: fc.constantFrom(1, 2, 5, 24),
  lengths: fc.tuple(length, length, length),
  chained: fc.boolean(),
  first: fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)),
  seed,
}).map(({ R, B, A, S, lengths: [n, ends, rows], chained, first: later, seed }) => {
  const first = chained ? later : [0, 0, 0];
  const reach = Math.max(...first) + Math.max(n, ends, rows) + 3;
  const sizes = [
    R * n * A,
    R * ends * 2,
    R * rows * S,
    ...chained ? [R * B * A, R * 2 * B, R * 2 * B * S] : [],
  ];
  return {
    title: `transitions ${JSON.stringify({ R, B, A, S, n, ends, rows, first, chained, seed })}`,
    kernel: transitionsKernel as Kernel,
    params: { first, chained, turned: false },
    inputs: [
      u32(R, B, 3),
      ...[f32(R, n, A), f32(R, ends, 2), f32(R, rows, S)],
      ...chained ? [f32(R, B, A), f32(R, 2, B), f32(R, 2 * B, S)] : [],
    ],
    values: [
      words(seed, 0, 3 * R * B).map((word) => word % reach),
      ...sizes.map((size, k) => numbers(seed, 2 + k, size)),
    ],
    tolerance: exact,
  };
});

/** The same, turned by signed permutations that are drawn as well; elements beyond the table's count as its last. */
const turnedTransitions: fc.Arbitrary<Case> = fc.tuple(transitions, fc.constantFrom(1, 2, 3, 8), seed)
  .map(([{ title, params, inputs, values, tolerance }, G, seed]) => {
    const [drawn, ...fields] = values, [{ shape: [R, B] }, actions, , rows] = inputs;
    const A = actions.shape[2]!, S = rows.shape[2]!;
    const elements = words(seed, 0, R * B).map((word) => word % (G + 1));
    /** Entries of a random signed permutation of W numbers. */
    const entries = (index: number, W: number): number[] =>
      words(seed, index, W).map((word, k): [number, number] => [word, k]).sort(([a], [b]) => a - b)
        .map(([word, k]) => word % 2 === 0 ? k : W + k);
    return {
      title: `turned ${title} ${JSON.stringify({ G, seed })}`,
      kernel: transitionsKernel as Kernel,
      params: { ...params as Transitions, turned: true },
      inputs: [u32(R, B, 4), ...inputs.slice(1, 4), u32(R, G, A + S), ...inputs.slice(4)],
      values: [
        elements.flatMap((element, k) => [...drawn.slice(3 * k, 3 * k + 3), element]),
        ...fields.slice(0, 3),
        Array.from({ length: R * G }, (_, k) => [...entries(1 + 2 * k, A), ...entries(2 + 2 * k, S)]).flat(),
        ...fields.slice(3),
      ],
      tolerance,
    };
  });

/** Cases by kernel. */
export const rowCases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  finite: finites(0),
  finitePair: fc.constantFrom(1, 130).chain(finites),
  ring: rings,
  transitions,
  turnedTransitions,
};
