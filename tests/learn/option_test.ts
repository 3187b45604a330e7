/** Options: rows against their own defaults, and one validation for the library and the command line. */
import { assert, fc } from "../deps.ts";
import { multiGoal } from "../../experiments/multi_goal.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { E, TE } from "../../src/deps.ts";
import type { Algorithm } from "../../src/learn/algorithm.ts";
import { algorithmNamed, ALGORITHMS, configured, OPTION_NAMES } from "../../src/learn/algorithms.ts";
import {
  accepts,
  expectation,
  flagText,
  optionsWithoutEffect,
  type OptionTable,
  parsed,
} from "../../src/learn/option.ts";
import { LEARNING_OPTIONS } from "../../src/learn/options.ts";
import { FIELDS, flagOf, RUN_OPTIONS } from "../../src/run/configuration.ts";
import { memoryBreaches } from "../../src/train/memory.ts";
import { trainingOf } from "../../src/train/training.ts";
import { trainDdpg, trainSoftQ } from "../../src/train/train.ts";
import { type Outcome, softq } from "../cli/softq.ts";
import { withFolder } from "../run/run_fixture.ts";

const TABLES: readonly (readonly [string, OptionTable])[] = [
  ["run", RUN_OPTIONS],
  ...ALGORITHMS.map(({ name, options }) => [name, options] as const),
];

Deno.test("Numbers of flags are decimal: what is no number, or too small for one, stays a text, and there is no -0", () => {
  const { temperatureEnd, seed, hidden } = FIELDS;
  for (
    const text of [
      "0x10",
      "0b11",
      "0o7",
      "٣",
      "５",
      "",
      " ",
      "1_000",
      "5n",
      "1e",
      "--5",
      "1e-400",
      "-0.001e-999",
      "NaN",
      "null",
    ]
  ) {
    assert.equal(parsed(temperatureEnd, text), text);
    assert.equal(parsed(seed, text), text);
    assert.deepEqual(parsed(hidden, `8,${text}`), [8, text]);
  }
  const numbers = {
    "5": 5,
    "+5": 5,
    "007": 7,
    " 5 ": 5,
    ".5": 0.5,
    "5.": 5,
    "1e3": 1000,
    "1E-3": 0.001,
    "1e400": Infinity,
  };
  for (const [text, value] of Object.entries(numbers)) assert.equal(parsed(temperatureEnd, text), value);
  for (const zero of ["0", "-0", "0e9", "-0.0"]) assert(Object.is(parsed(seed, zero), 0), zero);
  assert.deepEqual(parsed(hidden, "64, 64"), [64, 64]);
});

Deno.test("Every row accepts its default, has a sentence and a source, and its default survives as a flag's text", () => {
  for (const [owner, table] of TABLES) {
    for (const [name, row] of Object.entries(table)) {
      assert(accepts(row, row.default), `${owner}: ${name}`);
      assert.deepEqual(parsed(row, flagText(row.default)), row.default, `${owner}: ${name}`);
      assert(
        row.description.length > 0 && row.source.length > 0 && !row.description.endsWith("."),
        `${owner}: ${name}`,
      );
    }
  }
});

Deno.test("What a row accepts survives as a flag's text", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...TABLES.flatMap(([, table]) => Object.values(table))),
      values,
      (row, value) => {
        if (accepts(row, value)) assert.deepEqual(parsed(row, flagText(value)), value);
      },
    ),
    { numRuns: 5000, seed: 1 },
  );
});

Deno.test("A number outside of a row's bounds is refused, and the sentence has the bound", () => {
  for (const [, table] of TABLES) {
    for (const row of Object.values(table)) {
      if (row.kind === "integer") {
        const most = row.to ?? 2 ** 32 - 1;
        assert(accepts(row, row.from) && accepts(row, most));
        for (
          const wrong of [row.from - 1, most + 1, row.from + 0.5, NaN, Infinity, undefined, null, "1", [1]]
        ) {
          assert(!accepts(row, wrong), String(wrong));
        }
        assert(expectation(row, most + 1).endsWith(` to ${most}`));
      }
      if (row.kind === "number") {
        for (
          const wrong of [NaN, Infinity, 1e39, 1e-60, undefined, null, "1", [1], (row.to ?? Infinity) + 1]
        ) {
          assert(!accepts(row, wrong), String(wrong));
        }
      }
    }
  }
});

/** What may be given for an option, right or wrong. */
const values: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom<unknown>(1, 2, 5, 10, 25, 50, 100, 200, 400, 0, -1, 0.5, 0.99, 1e-3),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e300, 1e-60, 1.5),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>("copy", "polyak", "none", "pre-tanh", "sampler", "shared", "x"),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>([8], [8, 8], [0], [8, 1.5], ["8"]) },
);

/** The same, and what no flag can say. */
const jsonValues: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: values },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, { steps: 1 }, [[8]], "", "1") },
);

const algorithms = fc.constantFrom(...ALGORITHMS.map(({ name }) => name));

/** Names of all options of all algorithms, and some that are none. */
const names = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom(...OPTION_NAMES) },
  { weight: 1, arbitrary: fc.constantFrom("stepz", "temperatur", "colour", "constructor", "toString") },
);

const records = (of: fc.Arbitrary<unknown>) =>
  fc.dictionary(names, of, { maxKeys: 6, noNullPrototype: true });

const stopped = TE.left({ _tag: "DeviceFailed", message: "It has started" } as const);

/** `--value-particles` as `valueParticles`. */
const named = (text: string): string =>
  text.trim().replace(
    /--([a-z][a-z-]*)/g,
    (_, flag: string) => flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );

/** What the library says of a record on top of the experiment's preset; null where it accepts it. */
function libraryVerdict(
  algorithm: Algorithm,
  record: Readonly<Record<string, unknown>>,
): string | null {
  const preset = Object.entries(multiGoal.preset(algorithm.name, "smoke")).filter(([name]) =>
    Object.hasOwn(algorithm.options, name)
  );
  const complete = { ...Object.fromEntries(preset), ...record }, result = configured(algorithm, complete);
  // On top of a preset only the record asks for something.
  const idle = optionsWithoutEffect(algorithm.options, record, complete).map(({ sentence }) =>
    sentence((name) => name)
  );
  if (E.isRight(result)) {
    if (idle.length > 0) return idle.join("; ");
    const [breach] = memoryBreaches(trainingOf(pointMass(), result.right, true), result.right);
    return breach?.sentence((name) => name) ?? null;
  }
  assert.equal(result.left.message, result.left.broken.map(({ message }) => message).join("; "));
  assert.equal(result.left.field, result.left.broken[0].field);
  return [result.left.message, ...idle].join("; ");
}

/** What the command line says; null where the configuration is accepted, though memory may not hold it. */
function commandVerdict({ code, error }: Outcome): string | null {
  if (code !== 2) {
    assert(error.includes("It has started"), error);
    return null;
  }
  return named(error);
}

/** The interval of the log follows the chunk, so that only the algorithm's options decide. */
const intervals = (
  { chunk }: Readonly<Record<string, unknown>>,
  preset: number,
): Readonly<Record<string, number>> => ({
  evaluationInterval: 0,
  logInterval: typeof chunk === "number" && accepts(FIELDS.chunk, chunk) ? chunk : preset,
});

Deno.test("For ten thousand generated records library and command line give the same sentences", () =>
  withFolder(async (folder) => {
    const file = `${folder}/c.json`, seen = { accepted: 0, refused: 0 };
    const start = { openDevice: () => stopped };
    const compare = (library: string | null, command: string | null, what: string): void => {
      assert.equal(command, library, what);
      seen[library === null ? "accepted" : "refused"]++;
    };
    await fc.assert(
      fc.asyncProperty(algorithms, records(jsonValues), async (algorithmName, record) => {
        const algorithm = algorithmNamed(algorithmName)!;
        const all = { ...record, algorithm: algorithm.name, scale: "smoke", ...intervals(record, 100) };
        const content = JSON.stringify(all);
        await Deno.writeTextFile(file, content);
        const outcome = await softq(
          ["train", "multi-goal", `--config=${file}`, `--out=${folder}/run`],
          start,
        );
        compare(libraryVerdict(algorithm, record), commandVerdict(outcome), content);
      }),
      { numRuns: 5000, seed: 3 },
    );
    await fc.assert(
      fc.asyncProperty(algorithms, records(values), async (algorithmName, record) => {
        const algorithm = algorithmNamed(algorithmName)!;
        const known = Object.fromEntries(
          Object.entries(record).filter(([name]) => OPTION_NAMES.includes(name)),
        );
        // A flag's text is one of several values: the library is given the one that the row means.
        const meant = Object.fromEntries(
          Object.entries(known).map((
            [name, value],
          ) => [name, parsed(FIELDS[name as keyof typeof FIELDS]!, flagText(value))]),
        );
        const all = { ...known, algorithm: algorithm.name, scale: "smoke", ...intervals(meant, 100) };
        const words = Object.entries(all).map(([name, value]) => `${flagOf(name)}=${flagText(value)}`);
        const outcome = await softq(["train", "multi-goal", ...words, `--out=${folder}/run`], start);
        compare(libraryVerdict(algorithm, meant), commandVerdict(outcome), words.join(" "));
      }),
      { numRuns: 5000, seed: 4 },
    );
    assert(seen.accepted > 500 && seen.refused > 2000, JSON.stringify(seen));
  }));

Deno.test("Undefined, wrong types, unknown names and others' options are refused from code, all at once", async () => {
  const given = JSON.parse(
    '{"steps":"50","critics":3,"squash":"nonsense","noiseSet":-3,"temperatureEnd":-1,"stepz":1}',
  );
  const trained = await trainSoftQ(pointMass(), {
    ...given,
    target: undefined,
    explorationNoise: undefined,
  })();
  assert(E.isLeft(trained) && trained.left._tag === "OptionsInvalid");
  assert.equal(
    trained.left.message,
    'There is no option "stepz": did you mean "steps"?; steps must be an integer from 1: got "50"; ' +
      "target must be one of copy, polyak: got undefined; " +
      "explorationNoise must be one of none, ornstein-uhlenbeck: got undefined; " +
      'squash must be one of pre-tanh, post-tanh, bounds-penalty: got "nonsense"; critics must be 1 or 2: got 3; ' +
      "temperatureEnd must be a number from 0: got -1; noiseSet must be an integer from 0: got -3",
  );
  assert.equal(trained.left.broken.length, 8);
  const foreign = await trainDdpg(pointMass(), { ...JSON.parse('{"temperature":1}') })();
  assert(E.isLeft(foreign));
  assert.equal(foreign.left.message, "temperature belongs to soft-q, sac: ddpg has no use for it");
  for (const none of [null, [], "steps", 5]) {
    const refused = await trainSoftQ(pointMass(), none as never)();
    assert(E.isLeft(refused) && refused.left._tag === "OptionsInvalid", String(none));
    assert.match(refused.left.message, /^The options must be a plain object: got/);
  }
});

Deno.test("Seeds of replicas that are not exact integers are refused, and the largest exact ones are not", async () => {
  const most = 2 ** 53 - 1,
    small = { steps: 25, minimumReplay: 10, hidden: [4], batch: 2, valueParticles: 2 };
  for (const field of ["seed", "noiseSeed"] as const) {
    const refused = await trainSoftQ(pointMass(), { ...small, noiseSet: 2, [field]: most, replicas: 2 })();
    assert(E.isLeft(refused));
    assert.equal(
      refused.left.message,
      `${field} must leave room below 2^53 for the seeds of replicas (2): got ${most}`,
    );
  }
  const trained = await trainSoftQ(pointMass(), {
    ...small,
    noiseSet: 2,
    seed: most - 1,
    noiseSeed: most - 1,
    replicas: 2,
  })();
  assert(E.isRight(trained));
});

Deno.test("Inherited options are refused, because defaults would replace them", async () => {
  const options = { steps: 50, minimumReplay: 25, hidden: [8], batch: 4 };
  const holders: readonly unknown[] = [
    new Map(Object.entries(options)),
    new Set([1]),
    new Date(0),
    Promise.resolve(options),
    Object.create(options),
    new (class {
      get steps() {
        return 50;
      }
    })(),
  ];
  for (const given of holders) {
    const refused = await trainSoftQ(pointMass(), given as typeof options)();
    assert(E.isLeft(refused));
    assert.match(refused.left.message, /^The options must be a plain object: got an? \w+$/);
    const context = await trainSoftQ(pointMass(), options, given as Parameters<typeof trainSoftQ>[2])();
    assert(E.isLeft(context));
    assert.match(context.left.message, /^context must be a plain object: got an? \w+$/);
  }
});

Deno.test("A sentence shows any value on one short line: cyclic and deep lists, long texts, control characters", async () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  let deep: unknown[] = [];
  for (let k = 0; k < 1e5; k++) deep = [deep];
  const values = [cyclic, deep, Array(1e5).fill("x"), "x".repeat(1e5), "a\n\x1b[2J\x9bb", 8n, new Map()];
  for (const value of values) {
    const refused = await trainSoftQ(pointMass(), { hidden: value as number[] })();
    assert(E.isLeft(refused) && refused.left._tag === "OptionsInvalid");
    assert.match(refused.left.message, /^hidden must be \P{Cc}{1,200}$/u);
  }
});

Deno.test("Networks have at most 64 hidden layers, and the sentence says so where there are more", () => {
  const hidden = LEARNING_OPTIONS.hidden;
  assert(accepts(hidden, Array(64).fill(2)) && !accepts(hidden, Array(65).fill(2)));
  assert.match(expectation(hidden, Array(65).fill(2)), /^at most 64 positive integers/);
});
