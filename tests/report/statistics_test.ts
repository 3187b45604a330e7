import { assert } from "../deps.ts";
import { fc } from "../deps.ts";
import { uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import {
  bootstrap,
  deviationOf,
  interquartileMean,
  lead,
  meanOf,
  octantsOf,
  quantileOf,
  resultantLength,
  stratifiedBootstrap,
  wilson,
} from "../../src/report/statistics.ts";

/** Differences are of rounding: some 1e-16 for each of at most a hundred operations on numbers of size 100. */
const near = (a: number, b: number): void =>
  assert(Math.abs(a - b) <= 1e-10 * (1 + Math.abs(b)), `${a} ${b}`);

Deno.test("Wilson's interval ends where the score test rejects, and stays within 0 and 1", () => {
  const z = 1.959964;
  for (const [k, n] of [[9, 10], [5, 10], [1, 30], [15, 400], [0, 10], [10, 10]]) {
    const interval = wilson(k, n);
    assert(interval[0] >= 0 && interval[1] <= 1 && interval[0] <= k / n && interval[1] >= k / n);
    for (const p of interval) {
      if (p === 0 || p === 1) continue;
      near(((k / n - p) ** 2) / (p * (1 - p) / n), z * z); // the score statistic, squared
    }
  }
  assert.deepEqual(wilson(0, 0), [0, 1]);
});

Deno.test("Wilson's interval holds the true share in about 95 of 100 samples", () => {
  const p = 0.3, n = 40, samples = 4000;
  let held = 0;
  for (let k = 0; k < samples; k++) {
    const hits = uniform(child(keyOf(3), k), n).filter((u) => u < p).length, [low, high] = wilson(hits, n);
    if (low <= p && p <= high) held++;
  }
  // The binomial law gives 0.956 here; four deviations of a share of 4000 are 0.013.
  assert(Math.abs(held / samples - 0.956) < 0.013, String(held / samples));
});

Deno.test("The interquartile mean moves and scales with its numbers and ignores outliers", () => {
  const numbers = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(fc.property(numbers, fc.integer({ min: -5, max: 5 }), (values, a) => {
    near(interquartileMean(values.map((x) => 2 * x + a)), 2 * interquartileMean(values) + a);
  }));
  near(interquartileMean([1, 2, 3, 4]), 2.5);
  near(interquartileMean([-1e9, 1, 2, 3, 4, 5, 6, 1e9]), 3.5);
  near(interquartileMean([7]), 7);
  near(interquartileMean([0, 10]), 5);
  near(interquartileMean([0, 3, 9]), (0.25 * 0 + 3 + 0.25 * 9) / 1.5);
});

Deno.test("The stratified bootstrap repeats itself, holds its estimate, and never mixes strata", () => {
  const key = keyOf(1), strata = [[1, 2, 3, 4], [11, 12, 13, 14]];
  assert.deepEqual(stratifiedBootstrap(strata, key), stratifiedBootstrap(strata, key));
  const [low, high] = stratifiedBootstrap(strata, key);
  assert(low < 7.5 && 7.5 < high);
  // A stratum of one run is always drawn once: with strata of one nothing varies.
  assert.deepEqual(stratifiedBootstrap([[1], [5], [9], [30]], key), [7, 7]);
});

Deno.test("A lead's interval lies above zero if the strata are separated, and changes sign with them", () => {
  const key = keyOf(2), high = [11, 12, 13, 14], low = [1, 2, 3, 4];
  near(lead([high, low]), 10);
  const [from, to] = bootstrap([high, low], lead, key);
  assert(7 <= from && from < 10 && 10 < to && to <= 13, `${from} to ${to}`);
  const [below, above] = bootstrap([low, low.map((x) => x + 0.1)], lead, key);
  assert(below < 0 && 0 < above, `${below} to ${above}`);
  const [least, most] = bootstrap([low, high], lead, key);
  assert(-13 <= least && most <= -7, `${least} to ${most}`);
});

Deno.test("Quantiles interpolate; mean and deviation are those of the numbers", () => {
  near(quantileOf([3, 1, 2], 0.5), 2);
  near(quantileOf([1, 2], 0.25), 1.25);
  near(meanOf([1, 2, 6]), 3);
  near(deviationOf([1, 2, 6]), Math.sqrt(14 / 3));
  assert(Number.isNaN(quantileOf([], 0.5)));
});

Deno.test("Evenly spread directions have no resultant and eight octants; equal ones have one of each", () => {
  const even = Array.from({ length: 16 }, (_, k) => 2 * Math.PI * k / 16 - 3);
  assert(resultantLength(even) < 1e-12);
  assert.equal(octantsOf(even), 8);
  near(resultantLength([1, 1, 1]), 1);
  assert.equal(octantsOf([1, 1 + 2 * Math.PI, -0.1, -0.2]), 2);
});
