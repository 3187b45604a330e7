/** The laws of draws: the same words everywhere, exact uniform numbers, normal moments, indices without bias. */
import { assert, fc } from "../deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { bits, indexOf, normal, uniform, unitOf } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { input } from "../../src/tensor/expression.ts";
import type { Distribution } from "../../src/tensor/loops.ts";
import { random } from "../../src/tensor/primitives.ts";
import { programOf } from "../../src/tensor/program.ts";
import { u32 } from "../../src/tensor/shape.ts";
import { runProgram } from "../device/evaluate.ts";

const word = fc.integer({ min: 0, max: 0xffffffff });
const key = fc.tuple(word, word);

Deno.test("A draw's prefix does not depend on its length, nor on the draws of other counters and streams", () =>
  fc.assert(
    fc.property(key, fc.nat(40), fc.nat(40), word, fc.nat(20), (key, count, more, counter, stream) => {
      const long = bits(key, count + more, counter, stream);
      assert.deepEqual(bits(key, count, counter, stream), long.subarray(0, count));
      assert.deepEqual(
        normal(key, count, counter, stream),
        normal(key, count + more, counter, stream).subarray(0, count),
      );
    }),
    { seed: 1 },
  ));

for (const device of [referenceDevice(), cpuDevice()]) {
  Deno.test(`The primitive draws the host's numbers on the ${device.kind} device, replica by replica`, () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(key, word, fc.integer({ min: 1, max: 1 << 20 })), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 21 }),
        fc.nat(12),
        async (replicas, count, stream) => {
          const R = replicas.length;
          const inputs = { key: input(u32(R, 2)), counter: input(u32(R)), limit: input(u32(R)) };
          const draw = (distribution: Distribution) =>
            random(
              inputs.key,
              inputs.counter,
              distribution,
              stream,
              [count],
              distribution === "index" ? inputs.limit : undefined,
            );
          const found = await runProgram(
            device,
            programOf(inputs, {
              bits: draw("bits"),
              uniform: draw("uniform"),
              normal: draw("normal"),
              index: draw("index"),
            }),
            {
              key: replicas.flatMap(([key]) => key),
              counter: replicas.map(([, counter]) => counter),
              limit: replicas.map(([, , limit]) => limit),
            },
          );
          const host = (f: (r: number) => ArrayLike<number>): number[] =>
            replicas.flatMap((_, r) => Array.from(f(r)));
          const stored = (x: number): number => device.kind === "cpu" ? Math.fround(x) : x;
          const of = ([key, counter]: (typeof replicas)[number]) => [key, count, counter, stream] as const;
          assert.deepEqual([...found["bits"]], host((r) => bits(...of(replicas[r]!))));
          assert.deepEqual([...found["uniform"]], host((r) => uniform(...of(replicas[r]!))));
          assert.deepEqual([...found["normal"]], host((r) => normal(...of(replicas[r]!))).map(stored));
          const indices = host((r) =>
            bits(...of(replicas[r]!)).map((word) => indexOf(word, replicas[r]![2]))
          );
          assert.deepEqual([...found["index"]], indices);
        },
      ),
      { numRuns: 40, seed: 2 },
    ));
}

Deno.test("A uniform number is the centre of one of 2^23 cells, exact in float32 and strictly between 0 and 1", () => {
  assert.deepEqual([unitOf(0), unitOf(0xffffffff)], [2 ** -24, 1 - 2 ** -24]);
  fc.assert(
    fc.property(word, (w) => {
      const unit = unitOf(w);
      assert(unit > 0 && unit < 1);
      assert.equal(Math.fround(unit), unit);
      assert.equal(Math.floor(unit * 2 ** 23), w >>> 9);
    }),
    { numRuns: 1000, seed: 3 },
  );
});

Deno.test("An index lies below its count, and is over- or under-represented by less than one word in 2^32", () => {
  fc.assert(
    fc.property(word, fc.integer({ min: 1, max: 0xffffffff }), (w, count) => {
      assert.equal(indexOf(w, count), Number(BigInt(w) * BigInt(count) >> 32n));
      assert(indexOf(w, count) < count);
    }),
    { numRuns: 1000, seed: 4 },
  );
  // Index i is drawn by the words from ⌈i 2³²/n⌉ to ⌈(i + 1) 2³²/n⌉ - 1: their number is ⌊2³²/n⌋ or one more.
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1 << 24 }), fc.nat(), (count, n) => {
      const i = n % count, from = Math.ceil(i * 2 ** 32 / count), to = Math.ceil((i + 1) * 2 ** 32 / count);
      assert.equal(indexOf(from, count), i);
      assert.equal(indexOf(to - 1, count), i);
      if (from > 0) assert.equal(indexOf(from - 1, count), i - 1);
      assert([0, 1].includes(to - from - Math.floor(2 ** 32 / count)));
    }),
    { numRuns: 500, seed: 5 },
  );
  assert.equal(indexOf(0xffffffff, 0), 0);
});

const COUNT = 100_000;

/** Fails unless the mean of `values` is that of a law with the given mean and deviation: five standard errors. */
function meanIs(values: Iterable<number>, mean: number, deviation: number, what: string): void {
  let sum = 0, count = 0;
  for (const value of values) sum += value, count++;
  const error = Math.abs(sum / count - mean), allowed = 5 * deviation / Math.sqrt(count);
  assert(error <= allowed, `${what}: off by ${error}, allowed ${allowed}`);
}

Deno.test("Uniform numbers have the moments of the uniform law and fill cells evenly", () => {
  const draws = uniform(keyOf(1), COUNT, 5, 3);
  meanIs(draws, 1 / 2, Math.sqrt(1 / 12), "mean");
  meanIs(draws.map((u) => u * u), 1 / 3, Math.sqrt(1 / 5 - 1 / 9), "square");
  const cells = new Array<number>(64).fill(0);
  for (const u of draws) cells[Math.floor(64 * u)]!++;
  const chi = cells.reduce((sum, n) => sum + (n - COUNT / 64) ** 2 / (COUNT / 64), 0);
  // χ² with 63 degrees of freedom: mean 63, deviation 11.2; five of them.
  assert(Math.abs(chi - 63) < 56, `χ² = ${chi}`);
});

Deno.test("Normal numbers have the moments of the normal law, and the two of a pair are independent", () => {
  const draws = normal(keyOf(2), COUNT, 1, 6);
  meanIs(draws, 0, 1, "mean");
  meanIs(draws.map((x) => x ** 2), 1, Math.sqrt(2), "variance");
  meanIs(draws.map((x) => x ** 3), 0, Math.sqrt(15), "skewness");
  meanIs(draws.map((x) => x ** 4), 3, Math.sqrt(105 - 9), "kurtosis");
  // P(|x| > 2) = 0.0455.
  meanIs(draws.map((x) => Math.abs(x) > 2 ? 1 : 0), 0.0455, Math.sqrt(0.0455), "tail");
  const pairs = Array.from({ length: COUNT / 2 }, (_, j) => draws[2 * j]! * draws[2 * j + 1]!);
  meanIs(pairs, 0, 1, "correlation");
  meanIs(
    pairs.map((_, j) => draws[2 * j]! ** 2 * draws[2 * j + 1]! ** 2),
    1,
    Math.sqrt(9 - 1),
    "square correlation",
  );
});

Deno.test("Draws of neighbouring keys, counters and streams are not correlated", () => {
  const root = keyOf(3), count = 20_000;
  const base = normal(root, count, 7, 4);
  const others = [
    normal(root, count, 8, 4),
    normal(root, count, 7, 5),
    normal(child(root, 0), count, 7, 4),
    normal([(root[0] ^ 1) >>> 0, root[1]], count, 7, 4),
    normal(keyOf(4), count, 7, 4),
  ];
  for (const other of others) meanIs(base.map((x, i) => x * other[i]!), 0, 1, "correlation");
  meanIs(base.slice(1).map((x, i) => x * base[i]!), 0, 1, "correlation of neighbours");
});
