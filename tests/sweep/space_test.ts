/** Laws of sweeps' files: what they accept, and the settings that follow from them. */
import { assert, fc } from "../deps.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { E } from "../../src/deps.ts";
import { parseSweep, settingsOf, sizeOf, type SweepFile } from "../../src/sweep/space.ts";
import { sweepOf } from "../../src/sweep/trials.ts";

const ALPHA = {
  name: "alpha",
  experiment: "multi-goal",
  configuration: { steps: 600 },
  axes: { temperature: [0.5, 1, 2], seed: [0, 1] },
};

const parsed = (value: unknown): SweepFile => {
  const file = parseSweep(JSON.stringify(value));
  assert(E.isRight(file), E.isLeft(file) ? file.left.message : "");
  return file.right;
};

const refusal = (value: unknown): string => {
  const file = parseSweep(typeof value === "string" ? value : JSON.stringify(value));
  const end = E.isLeft(file) ? file : sweepOf(EXPERIMENTS, file.right);
  assert(E.isLeft(end), `accepted ${JSON.stringify(value)}`);
  return end.left.message;
};

Deno.test("A grid of three temperatures and two seeds is six trials, the last axis changing fastest", () => {
  const settings = settingsOf(parsed(ALPHA));
  assert.deepEqual(
    settings.map(({ name, values }) => [name, values]),
    [0.5, 1, 2].flatMap((temperature, i) =>
      [0, 1].map((seed, j) => [
        `${2 * i + j}_temperature-${temperature}_seed-${seed}`,
        { temperature, seed },
      ])
    ),
  );
  const sweep = sweepOf(EXPERIMENTS, parsed(ALPHA));
  assert(E.isRight(sweep));
  for (const { configuration, values } of sweep.right.trials) {
    assert.equal(configuration.steps, 600);
    assert.equal(configuration.temperature, values.temperature);
  }
});

Deno.test("A grid has the product of its axes' sizes, and no setting twice", () => {
  const axis = fc.uniqueArray(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 5 });
  fc.assert(fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), axis, { maxKeys: 4 }), (axes) => {
    const file = parsed({ ...ALPHA, configuration: {}, axes });
    const settings = settingsOf(file), size = Object.values(axes).reduce((n, each) => n * each.length, 1);
    assert.equal(settings.length, size);
    assert.equal(sizeOf(file), size);
    assert.equal(new Set(settings.map(({ values }) => JSON.stringify(values))).size, size);
    assert.equal(new Set(settings.map(({ name }) => name)).size, size);
  }));
});

Deno.test("A range holds both ends exactly and is evenly spaced, on a log range in the logarithm", () => {
  const ends = fc.tuple(
    fc.double({ min: 1e-6, max: 1, noNaN: true }),
    fc.double({ min: 1.5, max: 1e6, noNaN: true }),
  );
  fc.assert(
    fc.property(
      ends,
      fc.integer({ min: 2, max: 30 }),
      fc.constantFrom("linear", "log"),
      ([from, to], count, scale) => {
        const values = settingsOf(parsed({ ...ALPHA, axes: { temperature: { from, to, count, scale } } }))
          .map(({ values }) => Number(values["temperature"]));
        assert.equal(values.length, count);
        assert.equal(values[0], from);
        assert.equal(values[count - 1], to);
        const at = (x: number): number => scale === "log" ? Math.log(x) : x;
        const step = (at(to) - at(from)) / (count - 1);
        // Values are rounded to six digits: half a unit of the sixth, relative to the value or to its logarithm's
        // slope.
        values.forEach((value, k) => {
          const expected = at(from) + k * step, slack = scale === "log" ? 1e-5 : 1e-5 * value;
          assert(Math.abs(at(value) - expected) <= slack + 1e-12, `${value} at ${k}`);
        });
      },
    ),
  );
});

Deno.test("Random trials depend on the seed and their number alone: more of them begin with the fewer", () => {
  const random = (trials: number, seed: number) =>
    settingsOf(
      parsed({
        ...ALPHA,
        axes: { temperature: { from: 0.1, to: 10, scale: "log" }, seed: [0, 1, 2] },
        search: { random: trials, seed },
      }),
    )
      .map(({ values }) => values);
  assert.deepEqual(random(20, 7).slice(0, 5), random(5, 7));
  assert.notDeepEqual(random(5, 7), random(5, 8));
  for (const { temperature, seed } of random(200, 1)) {
    assert(Number(temperature) >= 0.1 && Number(temperature) <= 10);
    assert([0, 1, 2].includes(Number(seed)));
  }
  // Half of a log range's draws lie below its geometric mean, 1: 100 ± 4 standard deviations of 7.
  const below = random(200, 1).filter(({ temperature }) => Number(temperature) < 1).length;
  assert(below > 72 && below < 128, `${below}`);
});

Deno.test("A faulty sweep is refused in one line before anything starts", () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    ["{", /is not JSON/],
    [{ ...ALPHA, experiment: "chess" }, /no experiment "chess": there are multi-goal/],
    [{ ...ALPHA, name: "Two words" }, /name/],
    [{ ...ALPHA, axis: {} }, /axis/],
    [{ ...ALPHA, axes: { temperature: [] } }, /temperature/],
    [{ ...ALPHA, axes: { temperature: [1, -1] } }, /^Trial 1_temperature--1: .*temperature.*above 0/],
    [{ ...ALPHA, axes: { temprature: [1] } }, /temprature.*temperature/],
    [{ ...ALPHA, axes: { steps: [600] } }, /both an axis and a field/],
    [{ ...ALPHA, axes: { temperature: { from: 2, to: 1, count: 3 } } }, /must rise/],
    [{ ...ALPHA, axes: { temperature: { from: 0, to: 1, count: 3, scale: "log" } } }, /above 0/],
    [{ ...ALPHA, axes: { temperature: { from: 1, to: 2 } } }, /needs a count/],
    [
      { ...ALPHA, axes: Object.fromEntries("abcdef".split("").map((a) => [a, Array(10).fill(1)])) },
      /1000000 trials/,
    ],
    [{ ...ALPHA, budget: { trials: 5 } }, /6 trials: 5 are its budget/],
    [{ ...ALPHA, budget: { steps: 3000 } }, /3600 environment steps: its budget is 3000/],
    [{ ...ALPHA, halving: { metric: "meanReturn", rungs: [400, 200] } }, /rungs must rise/],
    [{ ...ALPHA, configuration: { steps: 600, variant: "nonsense" } }, /variant/],
    ...["meanreturn", "goalShares"].map((metric) =>
      [
        { ...ALPHA, configuration: { evaluationInterval: 200 }, halving: { metric, rungs: [200, 400] } },
        new RegExp(`no measure "${metric}": .*successRate, meanReturn`),
      ] as const
    ),
    [{ ...ALPHA, axes: { seed: [0, 1, 0] } }, /"seed" has a value twice/],
  ];
  for (const [value, expected] of cases) {
    const message = refusal(value);
    assert.match(message, expected);
    assert(!message.includes("\n"), message);
  }
});
