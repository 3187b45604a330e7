/** The address of the page: parsing inverts writing, and no address makes parsing fail. */

import { GOALS, POINT_MASS_VARIANTS } from "../../envs/point_mass.ts";
import { readAddress, writeAddress } from "../../site/playground/address.ts";
import { spreadLabels } from "../../site/playground/label_spacing.ts";
import {
  ALGORITHMS,
  BANDWIDTHS,
  changedTemperature,
  commandOf,
  LIMITS,
  PLAY_DEFAULTS,
  PROPOSALS,
  SQUASHES,
  temperatureAt,
} from "../../site/playground/options.ts";
import {
  DEVICES,
  PAGE_DEFAULTS,
  type PageState,
  scheduleOf,
  SPEEDS,
  type TrainingSchedule,
  withSchedules,
} from "../../site/playground/page_state.ts";
import { NORMALISATIONS } from "../../src/learn/network.ts";
import { assert, fc } from "../deps.ts";

const thousandths = (least: number, most: number): fc.Arbitrary<number> =>
  fc.integer({ min: Math.ceil(1000 * least), max: Math.floor(1000 * most) }).map((n) => n / 1000);
const place = fc.tuple(thousandths(-7, 7), thousandths(-7, 7));
const temperature = thousandths(...LIMITS.temperature);
const learners = fc.subarray([...ALGORITHMS], { minLength: 1 }).chain((algorithms) =>
  fc.record({ algorithms: fc.constant(algorithms), front: fc.constantFrom(...algorithms) })
);
const temperatures = fc.tuple(
  temperature,
  fc.uniqueArray(fc.integer({ min: 1, max: 9999 }), { maxLength: 4 }),
).chain(([first, steps]) =>
  fc.tuple(
    ...steps.sort((a, b) => a - b).map((from) => fc.record({ from: fc.constant(from), value: temperature })),
  )
    .map((rest) => [{ from: 0, value: first }, ...rest])
);
const until = fc.option(fc.nat(LIMITS.steps[1]));
// Records of fast-check have no prototype.
const schedule: fc.Arbitrary<TrainingSchedule> = fc.record({ temperatures, until }).map((each) => ({
  ...each,
}));
const digit = fc.constantFrom(..."0123456789abcdef"), letter = fc.constantFrom(..."aZ_09.-");
const file = fc.record({
  name: fc.string({ unit: letter, minLength: 1, maxLength: 80 }),
  digest: fc.oneof(fc.constant(""), fc.string({ unit: digit, minLength: 16, maxLength: 16 })),
});
const state: fc.Arbitrary<PageState> = fc.tuple(
  learners,
  fc.record({
    options: fc.record({
      seed: fc.maxSafeNat(),
      variant: fc.constantFrom(...POINT_MASS_VARIANTS),
      goals: fc.array(place, { minLength: 1, maxLength: 8 }),
      temperatures,
      squash: fc.constantFrom(...SQUASHES),
      proposal: fc.constantFrom(...PROPOSALS),
      bandwidth: fc.constantFrom(...BANDWIDTHS),
      normalisation: fc.constantFrom(...NORMALISATIONS),
      hidden: fc.array(fc.integer({ min: 8, max: 256 }), { minLength: 1, maxLength: 4 }),
    }),
    looked: place,
    particles: fc.boolean(),
    speed: fc.constantFrom(...SPEEDS),
    device: fc.constantFrom(...DEVICES),
    until,
    file: fc.option(file),
  }),
  fc.array(fc.option(schedule), { minLength: ALGORITHMS.length, maxLength: ALGORITHMS.length }),
).map(([ofLearners, rest, schedules]) => {
  const own = ALGORITHMS.flatMap((name, k) => schedules[k] ? [[name, schedules[k]] as const] : []);
  return withSchedules(
    { ...rest, ...ofLearners, otherTemperatures: {}, otherUntil: {} },
    Object.fromEntries(own),
  );
});

Deno.test("A state written into the address is read back unchanged, also percent-encoded", () =>
  fc.assert(fc.property(state, fc.boolean(), (given, encoded) => {
    const text = writeAddress(given);
    const sent = encoded
      ? text.split("&").map((part) => {
        const [name, ...value] = part.split("=");
        return [name, ...value.length > 0 ? [encodeURIComponent(value.join("="))] : []].join("=");
      }).join("&")
      : text;
    // Records of fast-check have no prototype.
    assert.deepEqual(readAddress(`#${sent}`), { state: structuredClone(given), complaints: [] });
  })));

Deno.test("Each learner has its own schedule, by default that of the learner in front", () =>
  fc.assert(fc.property(state, schedule, schedule, (given, first, second) => {
    const [one, two] = given.algorithms as [string, string?];
    if (two === undefined) return;
    const found = withSchedules({ ...given, front: one }, { [one]: first, [two]: second });
    assert.deepEqual(scheduleOf(found, one), first);
    // Who is not in front stops at the latest with who is: the page has no limit for one of them alone.
    assert.deepEqual(scheduleOf(found, two), { ...second, until: second.until ?? first.until });
    assert.deepEqual(
      scheduleOf(withSchedules({ ...given, front: one }, { [one]: first, [two]: first }), two),
      first,
    );
  })));

Deno.test("The page as it opens has an empty address", () => {
  assert.equal(writeAddress(PAGE_DEFAULTS), "");
  assert.deepEqual(readAddress(""), { state: PAGE_DEFAULTS, complaints: [] });
});

Deno.test("No text makes reading an address fail, and each part that is not understood is reported in a short sentence", () => {
  const names = [
    "alpha",
    "goals",
    "seed",
    "hidden",
    "state",
    "at",
    "learn",
    "front",
    "at-sac",
    "alpha-sac",
    "file",
    "__proto__",
    "constructor",
  ];
  const part = fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), fc.string()).map(([a, b]) =>
    `${a}=${b}`
  );
  fc.assert(fc.property(fc.array(part), (parts) => {
    const { state: found, complaints } = readAddress(parts.join("&"));
    assert.deepEqual(readAddress(writeAddress(found)), { state: found, complaints: [] });
    for (const complaint of complaints) assert(complaint.length < 260 && complaint.endsWith("."), complaint);
  }));
  const wrong =
    "alpha=-1&goals=9,9&seed=1.5&reward=none&hidden=7&state=1&speed=2&at=-3&learn=sarsa&front=sac&squash=&at-sac=5&alpha-sac=3&file=abc,../x&colour=red";
  const { state: found, complaints } = readAddress(wrong);
  assert.deepEqual(found, PAGE_DEFAULTS);
  assert.equal(complaints.length, wrong.split("&").length);
  assert.match(complaints[0], /^In the address alpha must be temperatures from 0.5 to 50, .* “-1” is not\.$/);
  assert.match(complaints.at(-1)!, /“colour”, which this page does not know/);
});

Deno.test("A temperature applies from the step at which it is set, and replaces later ones", () => {
  const first = [{ from: 0, value: 10 }];
  const second = changedTemperature(first, 500, 3);
  assert.deepEqual([1, 500, 501, 9999].map((steps) => temperatureAt(second, steps)), [10, 10, 3, 3]);
  assert.deepEqual(changedTemperature(second, 500, 4), [{ from: 0, value: 10 }, { from: 500, value: 4 }]);
  assert.deepEqual(changedTemperature(second, 200, 4), [{ from: 0, value: 10 }, { from: 200, value: 4 }]);
  assert.deepEqual(changedTemperature(first, 0, 4), [{ from: 0, value: 4 }]);
});

Deno.test("There is a command where the command line can learn the same, and none otherwise", () => {
  assert.match(
    commandOf(PLAY_DEFAULTS, "soft-q", 400) ?? "",
    /train multi-goal .*--steps 400 .*--temperature 1 /,
  );
  assert.match(commandOf(PLAY_DEFAULTS, "ddpg", 400) ?? "", /--algorithm ddpg/);
  assert.match(
    commandOf(PLAY_DEFAULTS, "sac", 400) ?? "",
    /--algorithm sac .*--temperature 1 --temperature-rule fixed/,
  );
  assert.equal(commandOf({ ...PLAY_DEFAULTS, goals: GOALS.slice(1) }, "soft-q", 400), null);
  assert.equal(
    commandOf(
      { ...PLAY_DEFAULTS, temperatures: changedTemperature(PLAY_DEFAULTS.temperatures, 9, 1) },
      "soft-q",
      400,
    ),
    null,
  );
});

Deno.test("Labels of lines are separated, in their order and within bounds if there is room", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 8 }), (heights) => {
      const placed = spreadLabels(heights.map((y) => ({ y })), 6, 94).map(({ y }) => y);
      placed.forEach((y, k) => {
        assert(y >= 6 - 1e-9 && y <= 94 + 1e-9);
        if (k > 0) assert(y >= placed[k - 1]! + 11 - 1e-9);
      });
      assert.equal(placed.length, heights.length);
    }),
  );
  // What is apart already stays where it is.
  assert.deepEqual(spreadLabels([{ y: 50 }, { y: 20 }], 6, 94), [{ y: 20 }, { y: 50 }]);
});
