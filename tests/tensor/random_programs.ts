/**
 * Random programs for the tests of plans: inputs that are carried from run to run (swapped, passed through, renewed),
 * values inside other values (reshape, slice, place), constants, and kernels that may work in place.
 */
import { fc } from "../deps.ts";
import { type Adam, ADAM_CONSTANTS, adamKernel } from "../../src/kernels/adam.ts";
import { dense } from "../../src/kernels/dense.ts";
import { freezeWhereNotFinite } from "../../src/kernels/finite.ts";
import { transitionsKernel } from "../../src/kernels/transitions.ts";
import { call, input, type Kernel, type Tensor } from "../../src/tensor/expression.ts";
import * as p from "../../src/tensor/primitives.ts";
import { type Program, programOf } from "../../src/tensor/program.ts";
import { f32, type Rank3, sameShape, sameType, sizeOf, u32 } from "../../src/tensor/shape.ts";

/** A kernel with two outputs that may each lie where an operand lay, and with scratch memory. */
const twin: Kernel<null> = {
  name: "twin",
  types: ([a, b]) => [a, b],
  definition: ([a, b]) => [p.tanh(p.add(a, b)), p.mul(p.sub(a, b), 0.5)],
  inPlace: () => [[0, 0], [1, 1]],
  scratch: ([a]) => [sizeOf(a.shape), 3],
};

/** Picks from a list by a number of any size. */
const pick = <A>(items: readonly A[], n: number): A => items[n % items.length]!;

/** What one instruction may do to the values that there are; null where nothing fits. */
type Instruction = (pool: readonly Tensor[], a: number, b: number) => readonly Tensor[] | null;

const real = (pool: readonly Tensor[]): Tensor[] => pool.filter((t) => t.type.element === "f32");
const ofRank = (pool: readonly Tensor[], rank: number): Tensor[] =>
  real(pool).filter((t) => t.shape.length === rank);
const like = (pool: readonly Tensor[], t: Tensor): Tensor[] => pool.filter((o) => sameType(o.type, t.type));

const instructions: readonly Instruction[] = [
  (pool, a) => [p.tanh(pick(real(pool), a))],
  (pool, a) => [p.neg(pick(real(pool), a))],
  (pool, a) => [p.stopGradient(pick(real(pool), a))],
  (pool, a, b) => {
    const x = pick(real(pool), a);
    return [p.add(x, pick(like(pool, x), b))];
  },
  (pool, a, b) => {
    const x = pick(real(pool), a);
    return [p.mul(p.tanh(x), pick(like(pool, x), b))];
  },
  (pool, a) => {
    const x = pick(real(pool), a);
    return [p.add(x, p.constant([...Array(sizeOf(x.shape)).keys()].map((i) => Math.sin(a + i)), x.shape))];
  },
  (pool, a) => { // joins or splits the axes after the first
    const x = pick(real(pool), a), size = sizeOf(x.shape) / x.shape[0]!;
    return [
      p.reshape(
        x,
        x.shape.length > 2
          ? [x.shape[0]!, size]
          : size % 2 === 0
          ? [x.shape[0]!, 2, size / 2]
          : [x.shape[0]!, size, 1],
      ),
    ];
  },
  (pool, a) => { // does away with the replicas
    const x = pick(real(pool), a);
    return [p.reshape(x, [1, sizeOf(x.shape)])];
  },
  (pool, a, b) => {
    const x = pick(real(pool).filter((t) => t.shape.length > 1), a), length = x.shape[1]!;
    const start = b % length;
    return [p.slice(x, 1, start, 1 + (b >> 3) % (length - start))];
  },
  (pool, a, b) => {
    const x = pick(ofRank(pool, 3), a);
    return x === undefined ? null : [p.slice(x, 2, b % x.shape[2]!, 1)];
  },
  (pool, a, b) => { // parts side by side, sometimes with gaps, sometimes the same part twice
    const x = pick(real(pool).filter((t) => t.shape.length > 1), a);
    const fits = real(pool).filter((t) =>
      t.shape.length === x.shape.length && t.shape[0] === x.shape[0] &&
      sameShape(t.shape.slice(2), x.shape.slice(2))
    );
    const y = pick(fits, b), gap = (b >> 2) % 3;
    const starts = [gap, gap + x.shape[1]! + (a & 1)];
    return [p.place([x, y], 1, starts, starts[1]! + y.shape[1]! + gap)];
  },
  (pool, a) => {
    const x = pick(real(pool).filter((t) => t.shape.length > 1), a);
    return [p.sum(x, 1), p.max(x, 1)];
  },
  (pool, a, b) => { // a first layer and its products
    const x = pick(ofRank(pool, 3), a);
    if (x === undefined) return null;
    const [R, , K] = x.shape as Rank3;
    const weights = p.constant(Array.from({ length: R * K * 3 }, (_, i) => Math.cos(b + i)), [R, K, 3]);
    return [dense(x, weights, { bias: false, activation: "tanh" })];
  },
  (pool, a, b) => {
    const x = pick(real(pool), a);
    return call(twin, [x, pick(like(pool, x), b)], null);
  },
  (pool, a, b) => { // ADAM on whatever vectors there are, the same one twice included
    const x = pick(ofRank(pool, 2), a);
    if (x === undefined) return null;
    const R = x.shape[0]!,
      others = like(pool, x),
      frozen = pick(pool.filter((t) => sameType(t.type, u32(R))), b);
    if (frozen === undefined) return null;
    const square = p.mul(pick(others, b >> 4), pick(others, b >> 4));
    const operands = [x, pick(others, b), pick(others, b >> 2), square];
    const clock = p.constant([0.1, 0.001, b & 1], [R, 3].slice(1)), rates = p.constant([0.1, 0.5], [2]);
    const params: Adam = { ...ADAM_CONSTANTS, target: true };
    return call(adamKernel as Kernel, [
      ...operands,
      p.broadcast(clock, [R, 3]),
      p.broadcast(rates, [R, 2]),
      frozen,
      pick(others, b >> 6),
    ], params);
  },
  (pool, a, b) => {
    const segment = pick(ofRank(pool, 3), a);
    if (segment === undefined) return null;
    const [R, n, W] = segment.shape as Rank3;
    const before = pick(ofRank(pool, 3).filter((t) => t.shape[0] === R && t.shape[2] === W), b);
    const B = before.shape[1]!, drawn = Array.from({ length: R * B * 3 }, (_, i) => (b + i) % (n + 2));
    const operands = [
      ...[p.constant(drawn, [R, B, 3], "u32"), segment, p.constant(0.5, [R, n, 2]), segment],
      ...[before, p.constant(1, [R, 2, B]), p.constant(2, [R, 2 * B, W])],
    ];
    const params = { first: [b & 1, 0, b & 1], chained: true, turned: false };
    return call(transitionsKernel as Kernel, operands, params);
  },
  (pool, a, b) => {
    const x = pick(real(pool), a), words = pool.filter((t) => sameType(t.type, u32(x.shape[0]!)));
    return words.length === 0 ? null : [freezeWhereNotFinite(x, pick(words, b), pick(words, b >> 3))];
  },
];

/** Random programs of R replicas with up to `most` instructions. */
export const randomProgram = (most: number): fc.Arbitrary<Program> =>
  fc.record({
    R: fc.constantFrom(1, 2, 3),
    code: fc.array(fc.tuple(fc.nat(), fc.nat(1 << 12), fc.nat(1 << 12)), { maxLength: most }),
    next: fc.array(fc.option(fc.nat(1 << 12), { nil: null, freq: 3 }), { minLength: 6, maxLength: 6 }),
    extra: fc.array(fc.nat(1 << 12), { minLength: 1, maxLength: 3 }),
  }).map(({ R, code, next, extra }) => {
    const inputs: Record<string, Tensor> = {
      a: input(f32(R, 4)),
      b: input(f32(R, 4)),
      c: input(f32(R, 3, 2)),
      d: input(f32(R, 3, 2)),
      e: input(u32(R)),
      f: input(u32(R)),
    };
    const pool: Tensor[] = Object.values(inputs);
    for (const [which, a, b] of code) {
      const made = pick(instructions, which)(pool, a, b);
      // Values stay small enough to be evaluated naively, equation by equation.
      if (made !== null) pool.push(...made.filter((t) => sizeOf(t.shape) <= 120));
    }
    // A carried input's next value is any value of its type: itself, another input, or a computed one.
    const carried = Object.entries(inputs).flatMap(([name, tensor], k): [string, Tensor][] => {
      const chosen = next[k]!;
      return chosen === null ? [] : [[name, pick([...like(pool, tensor)].reverse(), chosen)]];
    });
    const others = extra.map((n, k): [string, Tensor] => [`y${k}`, pick([...pool].reverse(), n)]);
    return programOf(inputs, Object.fromEntries([...others, ...carried]));
  });
