/** An experiment's own functions that throw, or return something else: named, told in one line, and nothing is lost. */
import { assert, fc } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { E, TE } from "../../src/deps.ts";
import {
  checkedExperiment,
  ExperimentFailed,
  type ExperimentPart,
} from "../../src/run/checked_experiment.ts";
import { defineExperiment, type ExperimentParts, RETURNS } from "../../src/run/define_experiment.ts";
import type { Experiment } from "../../src/run/experiment.ts";
import { NUMBER } from "../../src/run/measures.ts";
import { createRun, resume, train, trainedRun } from "../../src/run/mod.ts";
import { afterTurns, softq, TINY } from "../cli/softq.ts";
import { withFolder } from "./run_fixture.ts";
import { resumeCommand } from "../../src/run/configuration.ts";
import { oneLine } from "../../src/given.ts";
import { runContextOf } from "../../src/terminal/console.ts";

/** The parts of a sound experiment, each a function. */
const SOUND = {
  environment: () => pointMass(),
  settings: () => ({ rewardScale: 0.5 }),
  algorithms: () => ({ targetInterval: 7 }),
  summarise: RETURNS.summarise,
  overall: (history: readonly unknown[]) => ({ count: history.length }),
  curves: () => ({ "curve.svg": "<svg/>" }),
  figures: () => ({ "data.json": "{}" }),
};

type Part = keyof typeof SOUND;

const PARTS = Object.keys(SOUND) as Part[];

const made = (changes: Partial<Record<Part, () => unknown>>): Experiment => {
  const { algorithms, overall, ...rest } = { ...SOUND, ...changes };
  const parts = {
    ...rest,
    name: "own",
    brief: "An experiment of a user.",
    variants: { usual: 0, other: 1 },
    scales: {},
    measures: RETURNS.measures,
    algorithms: { "soft-q": algorithms },
    overall: { measures: { count: NUMBER }, summarise: overall },
  };
  return defineExperiment(
    parts as unknown as ExperimentParts<number, typeof RETURNS.measures, { count: typeof NUMBER }>,
  );
};

/** The name that an error says. */
const sentenceOf = (part: Part): RegExp => new RegExp(`^Experiment "own": ${part} \\S.*$`);

const thrower = (thrown: unknown) => (): never => {
  throw thrown;
};

const circular = (() => {
  const self: Record<string, unknown> = {};
  self["self"] = self;
  return self;
})();

/** What no part may return. */
const never: fc.Arbitrary<() => unknown> = fc.oneof(
  fc.constantFrom(new Error("boom"), "boom", undefined, null, 7n, Symbol("s"), {}, new TypeError(""))
    .map(thrower),
  fc.constantFrom(null, NaN, Infinity, 0, "text", true, 7n, [], [1], new Map(), new Float64Array(2))
    .map((value) => () => value),
  fc.constantFrom(() => Promise.resolve({}), () => Promise.reject(new Error("later")), () => () => {}),
  fc.constant(() => Object.create({ inherited: 1 })),
  fc.constant(() => new Proxy({}, { ownKeys: thrower(new Error("no keys")) })),
);

/** What is no JSON. */
const noJson = fc.constantFrom<unknown>(
  undefined,
  7n,
  Symbol("s"),
  () => {},
  new Date(0),
  new Map(),
  circular,
);

const result = (experiment: Experiment, part: Part): unknown => {
  const checked = checkedExperiment(experiment), c = checked.preset("soft-q", "smoke", "other");
  switch (part) {
    case "environment":
      return checked.environment("usual");
    case "summarise":
      return checked.summarise([], "usual");
    case "overall":
      return checked.overall!([]);
    case "curves":
    case "figures":
      return checked.figures(
        { configuration: c, history: [] } as unknown as Parameters<
          Experiment["figures"]
        >[0],
      );
    default:
      return c;
  }
};

function failureOf(experiment: Experiment, part: Part): ExperimentFailed {
  try {
    result(experiment, part);
  } catch (error) {
    assert(error instanceof ExperimentFailed, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: `${part} was taken` });
}

Deno.test("Whatever an experiment's functions throw or return instead of their result is refused by name, in one line", () => {
  fc.assert(
    fc.property(fc.constantFrom(...PARTS), never, (part, wrong) => {
      const { message, experiment, part: named, cause } = failureOf(made({ [part]: wrong }), part);
      assert.match(message, sentenceOf(part));
      assert(!/undefined \w|\[object|\n/.test(message), message);
      assert.deepEqual([experiment, named satisfies ExperimentPart], ["own", part]);
      if (/threw: boom/.test(message)) assert(cause !== undefined);
    }),
    { numRuns: 300 },
  );
  fc.assert(fc.property(fc.constantFrom("summarise", "overall"), noJson, (part, value) => {
    const { message } = failureOf(
      made({ [part]: () => ({ ...RETURNS.summarise([]), count: 1, more: { value } }) }),
      part,
    );
    assert.match(message, sentenceOf(part));
  }));
});

Deno.test("Measures that are missing or reserved, and files with names that would harm, are refused", () => {
  const cases: readonly (readonly [part: Part, given: unknown, sentence: RegExp])[] = [
    [
      "summarise",
      { meanReturn: 1 },
      /^Experiment "own": summarise returned what is not its measures: "mean\w+" should be a number: got nothing$/,
    ],
    [
      "summarise",
      { ...RETURNS.summarise([]), seed: 3 },
      /summarise must not return "seed", which a run's summary\.json has itself$/,
    ],
    [
      "overall",
      { count: "many" },
      /overall returned what is not its measures: "count" should be a number: got "many"$/,
    ],
    ["figures", { "../../x.svg": "" }, /figures must name its files .*: got "\.\.\/\.\.\/x\.svg"$/],
    ["figures", { "config.json": "" }, /figures must not name a file as a run's own: got "config\.json"$/],
    ["curves", { "a.svg": 7 }, /curves must return the text of each file: "a\.svg" is 7$/],
    [
      "environment",
      undefined,
      /environment must return an environment for the variant "usual": an environment must be an object: got undefined$/,
    ],
  ];
  for (const [part, given, sentence] of cases) {
    assert.match(failureOf(made({ [part]: () => given }), part).message, sentence);
  }
});

/** The smallest configuration that evaluates on the way. */
const words = (out: string): readonly string[] =>
  ["train", "own", ...TINY, "--steps=200", "--chunk=50", "--metrics=jsonl", `--out=${out}`]
    .filter((word) => !/^--(metrics=all|steps=400)$/.test(word));

Deno.test("A run whose experiment fails during training or at its end keeps what it has learned: once mended, it ends with the same files", () =>
  withFolder(async (folder) => {
    assert.equal((await softq(words(`${folder}/whole/run`), {}, [made({})])).code, 0);
    const files = async (run: string) => {
      const text = (name: string): Promise<string> => Deno.readTextFile(`${run}/${name}`);
      const { timing: _, ...summary } = JSON.parse(await text("summary.json"));
      return [summary, await text("curve.svg"), await Deno.readFile(`${run}/parameters.safetensors`)];
    };
    const failing = (part: Part, call: number): Experiment => {
      let calls = 0;
      const sound = SOUND[part] as () => unknown;
      return made({
        [part]: (...given: []) => {
          if (++calls === call) throw new Error("a comma is missing");
          return sound(...given);
        },
      });
    };
    // The example for the columns, an evaluation on the way, and the last one.
    for (
      const [part, call, checkpoint] of [
        ["summarise", 1, null],
        ["summarise", 2, 100],
        ["figures", 1, 200],
      ] as const
    ) {
      const run = `${folder}/${part}-${call}/run`;
      const { code, error, out } = await softq(words(run), {}, [failing(part, call)]);
      assert.deepEqual([code, out], [1, ""], error);
      const lines = error.trimEnd().split("\n");
      assert.equal(lines.at(-1), `Experiment "own": ${part} threw: a comma is missing`);
      assert.equal(
        lines.at(-2),
        `The run in "${run}" has failed; once that is mended, this ${
          checkpoint === null ? "begins it again" : "goes on from its last checkpoint"
        }: deno task softq resume ${run}`,
      );
      assert.match(
        JSON.parse(await Deno.readTextFile(`${run}/manifest.json`)).exit,
        /^failed: Experiment "own"/,
      );
      if (checkpoint !== null) {
        const { steps } = JSON.parse(await Deno.readTextFile(`${run}/checkpoint/latest.json`));
        assert.equal(steps, checkpoint);
      }
      const again = await softq(["resume", run], {}, [made({})]);
      assert.equal(again.code, 0, again.error);
      assert.deepEqual(await files(run), await files(`${folder}/whole/run`));
    }
  }));

Deno.test("From code, too, an experiment's exception is a Left with its cause, in every function that takes one", () =>
  withFolder(async (folder) => {
    const boom = new Error("boom"), broken = made({ environment: thrower(boom) });
    const context = runContextOf({
      out: () => {},
      error: () => {},
      isTerminal: false,
      width: () => 80,
      now: () => 0,
      date: () => "2026-01-01T00:00:00.000Z",
      interrupted: () => false,
    });
    const c = {
      ...made({}).preset("soft-q", "smoke"),
      steps: 100,
      hidden: [8],
      evaluationEpisodes: 1,
      device: "cpu" as const,
    };
    const ended = await train(made({}), c, createRun(`${folder}/run`), context)();
    assert(E.isRight(ended));
    const results: readonly E.Either<unknown, unknown>[] = await Promise.all([
      train(broken, c, createRun(`${folder}/other`), context)(),
      resume([broken], `${folder}/run`, { from: null, emptyReplay: false, newMetrics: false }, context)(),
      trainedRun([broken], `${folder}/run`)(),
    ]);
    for (const found of results) {
      assert(E.isLeft(found) && found.left instanceof ExperimentFailed, JSON.stringify(found));
      assert.deepEqual([found.left._tag, found.left.part, found.left.cause], [
        "ExperimentFailed",
        "environment",
        boom,
      ]);
      assert.equal(found.left.message, 'Experiment "own": environment threw: boom');
    }
    for (const name of ["resume", "evaluate", "watch"]) {
      const { code, error } = await softq([name, `${folder}/run`], {}, [broken]);
      assert.deepEqual([code, error], [1, 'Experiment "own": environment threw: boom\n'], name);
    }
    assert.deepEqual((await softq(["list", folder], {}, [made({ settings: thrower(boom) })])).code, 0);
  }));

Deno.test("An invalid experiment, and an observer that throws, are reported as such", () =>
  withFolder(async (folder) => {
    const sound = made({}),
      silent = {
        say: () => {},
        progress: () => ({ report: () => {}, interrupt: () => {}, finish: () => {} }),
      };
    const context = {
      ...silent,
      now: () => 0,
      date: () => "2026-01-01T00:00:00.000Z",
      interrupted: () => false,
    };
    const c = {
      ...sound.preset("soft-q", "smoke"),
      steps: 100,
      hidden: [8],
      evaluationEpisodes: 1,
      device: "cpu" as const,
    };
    const cases: readonly (readonly [unknown, string])[] = [
      [null, "The experiment must be an object: got null"],
      [{ ...sound, name: 7 }, "The experiment must have a name: got 7"],
      [
        { ...sound, variants: [] },
        'The experiment "own" must have the names of its variants, at least one: got []',
      ],
      [
        { ...sound, figures: undefined },
        'The experiment "own" must have figures as a function: got undefined',
      ],
    ];
    for (const [given, sentence] of cases) {
      const found = await train(
        given as Experiment,
        c,
        TE.left({ _tag: "FileFailed", path: "", reason: "", message: "" }),
        context,
      )();
      assert(E.isLeft(found) && found.left._tag === "ConfigInvalid");
      assert.equal(found.left.message, sentence);
    }
    const cause = new Error("no screen");
    const observed = await train(sound, c, createRun(`${folder}/run`), {
      ...context,
      observe: () => Promise.reject(cause),
    })();
    assert(E.isLeft(observed) && observed.left._tag === "RunFailed");
    assert.equal(observed.left.message, "The run failed: no screen");
    assert.equal(observed.left.cause, cause);
  }));

Deno.test("The command that a run prints continues it in a shell, whatever its folder is called", () =>
  withFolder(async (folder) => {
    const wordsOf = async (command: string): Promise<readonly string[]> => {
      // The shell's own words, each with a zero behind it, in the place of the program.
      const { stdout } = await new Deno.Command("bash", {
        args: ["-c", command.replace("deno task softq", "printf '%s\\0'")],
      }).output();
      return new TextDecoder().decode(stdout).split("\0").slice(0, -1);
    };
    const path = `${folder}/it's "$HOME\`x\` new\nline\t%s \\n α`;
    const { code, error } = await softq(["train", "multi-goal", ...TINY, "--out", path], afterTurns(1));
    assert.equal(code, 130, error);
    const [, command] = /continue with: (.*)\n$/.exec(error) ?? [];
    assert.deepEqual(await wordsOf(command!), ["resume", path]);
    const again = await softq(await wordsOf(command!), afterTurns(1));
    assert.deepEqual([again.code, /continue with: (.*)\n$/.exec(again.error)?.[1]], [130, command]);
    for (
      const name of [
        "a b",
        "it's",
        'q"$HOME`x`',
        "-x",
        "--help",
        "new\nline",
        "α %s \\n",
        "tab\there",
        "\u202ex",
      ]
    ) {
      const printed = resumeCommand(name), word = name.startsWith("-") ? `./${name}` : name;
      assert.equal(oneLine(printed), printed);
      assert.deepEqual(await wordsOf(printed), ["resume", word]);
    }
  }));
