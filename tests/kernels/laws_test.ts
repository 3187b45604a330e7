/** What the kernels promise, by hand and by loops of their own. */
import { assert, fc } from "../deps.ts";
import { type Adam, ADAM_CONSTANTS, adamKernel, clock } from "../../src/kernels/adam.ts";
import { freezeWhereNotFinite } from "../../src/kernels/finite.ts";
import { layerNormalisation } from "../../src/kernels/layer_normalisation.ts";
import { ringKernel } from "../../src/kernels/replay.ts";
import { softValue } from "../../src/kernels/soft_value.ts";
import { type Bandwidth, bandwidthRule, stein } from "../../src/kernels/stein.ts";
import { call, input, type Tensor } from "../../src/tensor/expression.ts";
import { constant, slice } from "../../src/tensor/primitives.ts";
import { programOf } from "../../src/tensor/program.ts";
import { f32, type Operands, u32 } from "../../src/tensor/shape.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { compiled, evaluate, valuesOf } from "../device/evaluate.ts";
import { numbers, seed } from "./case.ts";

const near = (found: number, wanted: number, tolerance: number): void =>
  assert(Math.abs(found - wanted) <= tolerance, `${found} instead of ${wanted} ± ${tolerance}`);

Deno.test("Shifting all Q by c shifts the soft value by c, and constant Q gives Q + α d log 2", () =>
  fc.assert(
    fc.asyncProperty(seed, fc.constantFrom(-1000, -3, 0.5, 1e4), async (seed, c) => {
      const q = input(f32(2, 3, 5)), alpha = input(f32(2));
      const values = numbers(seed, 0, 30), temperature = numbers(seed, 1, 2, 0.1, 10);
      const of = async (given: readonly number[]): Promise<number[]> =>
        (await evaluate({ q, alpha }, { q: given, alpha: temperature }, {
          v: softValue(q, alpha, -2 * Math.LN2),
        }))["v"]!;
      const plain = await of(values), shifted = await of(values.map((x) => x + c));
      // Float64: a few units of the largest intermediate number, |c| / α · α.
      plain.forEach((v, i) => near(shifted[i]!, v + c, 1e-13 * (10 + Math.abs(c) * 10)));
      (await of(values.map(() => c))).forEach((v, i) =>
        near(v, c + temperature[Math.floor(i / 3)]! * 2 * Math.LN2, 1e-12 * (1 + Math.abs(c)))
      );
    }),
    { numRuns: 20, seed: 4 },
  ));

Deno.test("The soft value of cold samples is the largest Q, without overflow", async () => {
  const q = input(f32(1, 1, 3)), alpha = input(f32(1));
  const { v } = await evaluate({ q, alpha }, { q: [-5000, 9000, 8999], alpha: [0.01] }, {
    v: softValue(q, alpha, 0),
  });
  near(v[0]!, 9000 - 0.01 * Math.log(3), 1e-9);
});

Deno.test("The bandwidth is the lower median of the squared distances over log F, at least 1e-3", async () => {
  const x = input(f32(1, 1, 2, 1)), y = input(f32(1, 1, 2, 1)), alpha = constant(1, [1]);
  const found = async (xs: number[], ys: number[], rule: Bandwidth): Promise<number> =>
    (await evaluate({ x, y }, { x: xs, y: ys }, {
      h: stein(x, y, constant(0, [1, 1, 2, 1]), alpha, rule).bandwidth,
    }))["h"]![0]!;
  // Distances squared 1, 9, 4, 16: the lower of the two middle ones is 4.
  near(await found([0, -1], [1, 3], "median"), 4 / Math.log(2), 1e-14);
  near(await found([0, -1], [1, 3], "paper"), 4 / (2 * Math.log(3)), 1e-14);
  assert.equal(await found([0.5, 0.5], [0.5, 0.5], "median"), 1e-3);
  // The lowest decile of four distances is the least; of 16 × 16 the 26th from below.
  near(await found([0, -1], [1, 3], "decile"), 1 / Math.log(2), 1e-14);
  assert.equal(bandwidthRule("decile", 16, 16).rank, 25);
  // Of an odd number of distances it is the middle one; of 16 × 16 the 128th from below.
  assert.deepEqual([bandwidthRule("median", 3, 3).rank, bandwidthRule("median", 16, 16).rank], [4, 127]);
});

Deno.test("Layer normalisation gives each row mean 0 and variance 1, and neither a shift nor a factor of a row changes it", () =>
  fc.assert(
    fc.asyncProperty(
      seed,
      fc.constantFrom(2, 5, 16),
      fc.constantFrom(-7, 0, 100),
      fc.constantFrom(0.5, 3),
      async (seed, N, shift, factor) => {
        const z = input(f32(2, 3, N));
        // Far from ε = 1e-5, which a variance of at least 1 hides up to 1e-5 of itself.
        const values = numbers(seed, 0, 6 * N).map((x, i) => x + (i % N === 0 ? 10 : 0));
        const of = async (given: readonly number[]): Promise<number[]> =>
          (await evaluate({ z }, { z: given }, { y: layerNormalisation(z, "identity") }))["y"]!;
        const plain = await of(values), moved = await of(values.map((x) => factor * x + shift));
        for (let i = 0; i < 6 * N; i += N) {
          const row = plain.slice(i, i + N), sum = (xs: number[]): number => xs.reduce((a, b) => a + b);
          near(sum(row) / N, 0, 1e-12);
          near(sum(row.map((x) => x * x)) / N, 1, 1e-5);
        }
        plain.forEach((y, i) => near(moved[i]!, y, 1e-4 * Math.abs(y) + 1e-12));
      },
    ),
    { numRuns: 20, seed: 6 },
  ));

Deno.test("The Stein direction of two fixed particles is what its equation says, replica by replica", () =>
  fc.assert(
    fc.asyncProperty(seed, async (seed) => {
      const x = input(f32(2, 1, 2, 2)), y = input(f32(2, 1, 1, 2)), score = input(f32(2, 1, 2, 2));
      const alpha = input(f32(2));
      const given = {
        x: numbers(seed, 0, 8),
        y: numbers(seed, 1, 4),
        score: numbers(seed, 2, 8),
        alpha: [0.5, 0],
      };
      const found = await evaluate({ x, y, score, alpha }, given, {
        ...stein(x, y, score, alpha, "median"),
      });
      for (let r = 0; r < 2; r++) {
        const h = found["bandwidth"]![r]!;
        for (let k = 0; k < 2; k++) {
          let sum = 0;
          for (let i = 0; i < 2; i++) {
            const at = 4 * r + 2 * i;
            const squared = [0, 1].reduce((s, c) => s + (given.x[at + c]! - given.y[2 * r + c]!) ** 2, 0);
            const kappa = Math.exp(-squared / h), difference = given.x[at + k]! - given.y[2 * r + k]!;
            sum += kappa * given.score[at + k]! - given.alpha[r]! * 2 * difference * kappa / h;
          }
          near(found["direction"]![2 * r + k]!, sum / 2, 1e-12);
        }
      }
    }),
    { numRuns: 20, seed: 5 },
  ));

Deno.test("ADAM driven by its clock follows the published algorithm, and the target its interval and rate", async () => {
  for (const [interval, tau] of [[1, 0.25], [3, 1]]) {
    const [p, m, v, target, g] = Array.from({ length: 5 }, () => input(f32(1, 2))) as Operands<Tensor>;
    const updates = input(u32(1)), frozen = input(u32(1));
    const ticks = clock(updates, constant(interval, [1], "u32"));
    const params: Adam = { ...ADAM_CONSTANTS, target: true };
    const rates = constant([0.1, tau], [1, 2]);
    const next = call(adamKernel, [p, g, m, v, ticks.clock, rates, frozen, target], params);
    const program = programOf(
      { p, m, v, target, g, updates, frozen },
      { p: next[0], m: next[1], v: next[2], target: next[3], updates: ticks.updates },
    );
    const executable = await compiled(referenceDevice(), program);
    const x = [1, -2], first = [0, 0], second = [0, 0], followed = [5, 5];
    executable.write("p", x);
    executable.write("target", followed);
    for (let t = 1; t <= 7; t++) {
      const slope = [Math.sin(t), 3 * Math.cos(t)];
      executable.write("g", slope);
      executable.run();
      for (let i = 0; i < 2; i++) {
        first[i] = 0.9 * first[i]! + 0.1 * slope[i]!;
        second[i] = 0.999 * second[i]! + 0.001 * slope[i]! ** 2;
        x[i]! -= 0.1 * (first[i]! / (1 - 0.9 ** t)) / (Math.sqrt(second[i]! / (1 - 0.999 ** t)) + 1e-8);
        if (t % interval === 0) followed[i]! += tau * (x[i]! - followed[i]!);
      }
      const found = await valuesOf(executable, ["p", "target"]);
      // 1 - 0.999ᵗ loses three digits of float64, by either formula.
      for (let i = 0; i < 2; i++) {
        near(found["p"]![i]!, x[i]!, 1e-11), near(found["target"]![i]!, followed[i]!, 1e-11);
      }
    }
  }
});

Deno.test("A replica is frozen with the number of the update at which it first was not finite", async () => {
  const x = input(f32(4, 2)), frozen = input(u32(4)), update = input(u32(4));
  const { f } = await evaluate({ x, frozen, update }, {
    x: [1, NaN, 2, 3, Infinity, 0, -1e38, 1e38],
    frozen: [0, 0, 5, 0],
    update: [9, 9, 9, 9],
  }, { f: freezeWhereNotFinite(x, frozen, update) });
  assert.deepEqual(f, [9, 0, 5, 0]);
});

Deno.test("Drawn rows are uniform over the ring's window, which may wrap around", async () => {
  const key = input(u32(1, 2)), counter = input(u32(1)), window = input(u32(1, 2));
  const draws = 20_000;
  const ring = { count: draws, capacity: 10, stream: 4 };
  const [drawn] = call(ringKernel, [key, counter, window, constant(0, [1, 10, 2], "u32")], ring);
  const { rows } = await evaluate({ key, counter, window }, { key: [1, 2], counter: [3], window: [8, 5] }, {
    rows: slice(drawn, 2, 0, 1),
  });
  const counts = new Array<number>(10).fill(0);
  for (const row of rows) counts[row]!++;
  // Binomial with deviation √(20 000 · 0.2 · 0.8) = 57; five of them.
  counts.forEach((n, row) =>
    near(n, [8, 9, 0, 1, 2].includes(row) ? draws / 5 : 0, row > 2 && row < 8 ? 0 : 285)
  );
});
