/**
 * The command line: parses arguments, runs a command and returns its exit code.
 *
 * Exit codes: 0 done, 1 the run failed, 2 the command or configuration is wrong, 130 interrupted after a checkpoint.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { ALGORITHMS, algorithmsWith, OPTION_NAMES } from "../learn/algorithms.ts";
import { flagText, needText, unknownName } from "../learn/option.ts";
import { createNextRun, createRun } from "../run/files.ts";
import {
  configInvalid,
  type Configuration,
  fieldExpectation,
  type FieldName,
  FIELDS,
  flagOf,
  parseField,
  validate,
} from "../run/configuration.ts";
import { type Console, runContextOf } from "./console.ts";
import {
  buildCommand,
  buildRouteMap,
  type Command,
  type CommandContext,
  type FlagParametersForType,
  type RouteMap,
} from "./deps.ts";
import { algorithmOf, type Experiment, withHorizon } from "../run/experiment.ts";
import { type FileFields, readConfigFile } from "../run/config_file.ts";
import { evaluateCommand } from "./evaluate.ts";
import {
  countFlag,
  PROCESS_FLAGS,
  processContext,
  type ProcessFlags,
  runArgument,
  seedsOf,
  switchFlag,
  textFlag,
  VERBOSITY,
} from "./flags.ts";
import { listCommand } from "./list.ts";
import { withLive } from "./live.ts";
import { completionCommand } from "./completion.ts";
import { EXIT, printRun, type Verbosity } from "./exit_code.ts";
import { type Invocation, invoke } from "./invoke.ts";
import { fieldOf } from "./mistakes.ts";
import { versionCommand } from "./version.ts";
import { reportCommand } from "./report.ts";
import { withUsage } from "./routes.ts";
import { keepsItsOptions, resume } from "../run/resume.ts";
import { configurationIn } from "../run/warm_start.ts";
import { train } from "../run/run.ts";
import type { RunError } from "../run/context.ts";
import { asksForServer, type Connect, handOver } from "./server.ts";
import { sweepRoutes } from "./sweep.ts";
import { watchCommand } from "./watch.ts";
import { workerCommand } from "./worker.ts";

/** Texts of the given flags by field, validated but not yet parsed. */
type Flags = Readonly<Record<string, string | undefined>>;

/** The flags of `train`. */
type TrainFlags =
  & Readonly<
    Record<FieldName | "config" | "seeds" | "live" | "out" | keyof typeof PROCESS_FLAGS, string | undefined>
  >
  & Verbosity;

/** Runs an experiment's own command line; returns its exit code. */
export const main = (experiment: Experiment, words: readonly string[], console_: Console): Promise<number> =>
  invoke(
    experiment.name,
    (invocation) => trainCommand(experiment, invocation),
    words,
    console_,
    unknownFlags(experiment),
  );

/**
 * Runs the command line of all experiments; returns its exit code.
 *
 * @param connect connects to servers; without it, a separate program is started for them
 */
export const cli = (
  experiments: readonly Experiment[],
  words: readonly string[],
  console_: Console,
  connect: Connect | null = null,
): Promise<number> => {
  if (connect === null && asksForServer(words)) return handOver(words, console_);
  if (words.length === 1 && words[0] === "train") {
    console_.error(
      `softq train needs an experiment, one of ${experiments.map(({ name }) => name).join(", ")}\n`,
    );
    return Promise.resolve(EXIT.wrong);
  }
  return invoke(
    "softq",
    (invocation) => routes(experiments, connect, invocation),
    words,
    console_,
    unknownFlags(experiments.find(({ name }) => name === words[1])),
  );
};

const routes = (
  experiments: readonly Experiment[],
  connect: Connect | null,
  invocation: Invocation,
): RouteMap<CommandContext> =>
  buildRouteMap({
    routes: {
      train: trainRoutes(experiments, invocation),
      resume: resumeCommand(experiments, invocation),
      evaluate: evaluateCommand(experiments, invocation.console, invocation.exit),
      report: reportCommand(experiments, invocation.console, invocation.exit),
      watch: watchCommand(experiments, invocation.console, invocation.exit),
      list: listCommand(invocation.console, invocation.exit),
      sweep: sweepRoutes(experiments, connect, invocation),
      worker: workerCommand(experiments, connect, invocation),
      version: versionCommand(invocation.console, invocation.exit),
      completion: completionCommand(invocation.console, invocation.exit),
    },
    docs: {
      brief: "Soft Q-learning: energy-based policies for continuous control",
      fullDescription: "Soft Q-learning: energy-based policies for continuous control\n" +
        "Every command takes --debug, which shows where an exception came from.",
    },
  });

/** `train`, with a route for each experiment. */
function trainRoutes(experiments: readonly Experiment[], invocation: Invocation): RouteMap<CommandContext> {
  const commands = experiments.map((each) =>
    [each.name, withUsage(trainCommand(each, invocation), "[flags]")] as const
  );
  return withUsage(
    buildRouteMap({
      routes: Object.fromEntries(commands),
      docs: {
        brief: "Train an experiment's policy",
        fullDescription: "Trains an experiment's policy; softq train EXPERIMENT --help lists its flags",
      },
    }),
    `${experiments.map(({ name }) => name).join("|")} [flags]`,
  );
}

/** Flags of `train` besides the fields of a configuration. */
const OTHER_FLAGS = [
  "seeds",
  "config",
  "out",
  "live",
  ...Object.keys(PROCESS_FLAGS),
  ...Object.keys(VERBOSITY),
];

/**
 * The sentence for words of `train` with unknown flags: everything that is wrong with them, in the library's sentences.
 */
const unknownFlags = (experiment: Experiment | undefined) => (words: readonly string[]): string => {
  const given = new Map<string, string>();
  words.forEach((word, k) => {
    const found = /^(--[a-zA-Z][\w-]*)(?:=(.*))?$/s.exec(word);
    if (found !== null) given.set(fieldOf(found[1]!), found[2] ?? words[k + 1] ?? "");
  });
  const names = [...given.keys()].filter((name) => !OTHER_FLAGS.includes(name));
  const unknown = names.filter((name) => !Object.hasOwn(FIELDS, name)).toSorted();
  const sentences = unknown.map((name) =>
    unknownName(name, OPTION_NAMES, [...Object.keys(FIELDS), ...OTHER_FLAGS]).sentence(flagOf)
  );
  const known = Object.fromEntries(
    names.filter((name) => !unknown.includes(name)).map((name) => [name, given.get(name)]),
  );
  const rest = experiment === undefined ? E.right(null) : configure(experiment, known);
  return [...sentences, ...E.isLeft(rest) ? [rest.left.message] : []].join("; ");
};

/** The values that a field accepts, in words. */
const wantedOf = (experiment: Experiment, field: FieldName): string =>
  field === "variant" ? `one of ${experiment.variants.join(", ")}` : fieldExpectation(field);

/** The values of a field of a few choices; empty for others. */
const choicesOf = (experiment: Experiment, field: FieldName): readonly string[] =>
  /^one of (.*)$/.exec(wantedOf(experiment, field))?.[1]?.split(", ") ?? [];

/** A flag's line in the help: its sentence, its values if it is a list, and its default. */
function briefOf(experiment: Experiment, field: FieldName): string {
  const values = choicesOf(experiment, field), choices = values.length > 0 ? ` (${values.join(", ")})` : "";
  const owners = algorithmsWith(field), { name } = owners[0] ?? ALGORITHMS[0];
  const of = owners.length === 0 || owners.length === ALGORITHMS.length
    ? ""
    : `; ${owners.map((each) => each.name).join(", ")} only`;
  const { says, needs } = FIELDS[field];
  const needed = needs === undefined ? "" : `; needs ${needText(needs, flagOf)}`;
  return `${says}${choices}${needed}${of} [${flagText(experiment.preset(name, "study")[field])}]`;
}

/** The flags that `--help` shows; `--help-all` shows all. */
const SHOWN: readonly FieldName[] = [
  "algorithm",
  "scale",
  "seed",
  "replicas",
  "steps",
  "device",
  "variant",
  "environments",
  "hidden",
  "batch",
  "temperature",
  "rewardScale",
  "init",
  "evaluationInterval",
  "checkpointInterval",
  "metrics",
];

/** Parses the port of `--live`. */
const portOf = countFlag("", "port", 0, 65535);

function trainCommand(
  experiment: Experiment,
  { console: console_, exit }: Invocation,
): Command<CommandContext> {
  const fields = Object.keys(FIELDS) as FieldName[];
  const flags = {
    ...Object.fromEntries(
      fields.map((field) => [
        field,
        textFlag(
          briefOf(experiment, field),
          "value",
          () => {}, // validated as a whole later, in the library's sentences
          !SHOWN.includes(field),
          choicesOf(experiment, field),
        ),
      ]),
    ),
    config: textFlag("JSON file with fields, such as a run's config.json; flags override it", "file"),
    seeds: textFlag("several seeds side by side, as in 0..9, in the place of --seed and --replicas", "A..B"),
    live: textFlag(
      "port of a page on this machine that shows the run while it goes on; 0: any that is free",
      "port",
      (text) => void portOf.parse(text),
    ),
    ...PROCESS_FLAGS,
    out: textFlag(`folder of the run; must be new or empty [runs/${experiment.name}-N]`, "folder"),
  };
  return buildCommand<TrainFlags, [], CommandContext>({
    parameters: { flags: { ...flags, ...VERBOSITY } as FlagParametersForType<TrainFlags> },
    docs: {
      brief: experiment.brief,
      customUsage: ["[flags]"],
      fullDescription:
        `${experiment.brief}\nDefaults of soft-q at scale study in brackets; --help-all shows ` +
        `all ${fields.length} fields.\nLeast permissions: --allow-read and --allow-write of the run's folder; --allow-net=127.0.0.1 for --live.`,
    },
    func: async function (
      { out, config, live, until, threads, tuning, collectors, stopWith, json, quiet, ...texts }: TrainFlags,
    ): Promise<void> {
      const result = await pipe(
        readConfigFile(experiment, config),
        TE.chainEitherK((fields): E.Either<RunError, Configuration> => configure(experiment, texts, fields)),
        TE.chain((configuration) =>
          withLive(
            experiment,
            configuration,
            live === undefined ? null : portOf.parse(live),
            console_,
            (watched) =>
              train(
                experiment,
                configuration,
                out === undefined ? createNextRun(`runs/${experiment.name}`) : createRun(out),
                processContext(
                  { until, threads, tuning, collectors, stopWith },
                  runContextOf(watched, quiet === true),
                ),
              ),
          )
        ),
      )();
      exit(printRun(result, console_, { json, quiet }));
    },
  });
}

/** The configuration; fails if a flag sets an option that is taken over from another run. */
function contradiction(c: Configuration, given: Partial<Configuration>): E.Either<RunError, Configuration> {
  const { temperature, noise } = algorithmOf(c).kept;
  for (const [kept, options] of [["initTemperature", temperature], ["initNoise", noise ?? {}]] as const) {
    const replaced = Object.keys(options).find((field) => c[kept] === "kept" && Object.hasOwn(given, field));
    if (replaced !== undefined) {
      return E.left(configInvalid(replaced, `${flagOf(replaced)} contradicts ${flagOf(kept)} kept`));
    }
  }
  return E.right(c);
}

/** The configuration: flags override the fields of a file, which override the experiment's preset. */
export function configure(
  experiment: Experiment,
  { seeds, ...texts }: Flags,
  file: FileFields = {},
): E.Either<RunError, Configuration> {
  const given = Object.fromEntries(
    Object.entries(texts).flatMap(([field, text]) =>
      text === undefined ? [] : [[field, parseField(field as FieldName, text)]]
    ),
  ) as Partial<Configuration>;
  const { algorithm = ALGORITHMS[0].name, scale = "study" } = { ...file, ...given };
  if (seeds !== undefined && (given.seed !== undefined || given.replicas !== undefined)) {
    return E.left(configInvalid("seeds", `--seeds ${seeds} stands in the place of --seed and --replicas`));
  }
  const complete = (of: Partial<Configuration>): E.Either<RunError, Configuration> =>
    pipe(
      validate({ ...experiment.preset(algorithm, scale), ...file, ...given, ...of }, { ...file, ...given }),
      E.chain((c) => contradiction(c, given)),
      E.map((c) => withHorizon(experiment, c)),
    );
  return seeds === undefined ? complete({}) : E.chain(complete)(seedsOf(seeds));
}

/** Flags of `resume`. */
type ResumeFlags = ProcessFlags & Verbosity & {
  readonly from: number | undefined;
  readonly emptyReplay: boolean;
  readonly newMetrics: boolean;
};

/** Options of `train`, which a resumed run does not accept. */
type OtherOptions = Readonly<Partial<Record<FieldName, string>>>;

const resumeCommand = (
  experiments: readonly Experiment[],
  { console: console_, exit }: Invocation,
): Command<CommandContext> => {
  const flags = {
    from: countFlag("environment steps of the checkpoint to continue from [the newest]", "N", 0),
    emptyReplay: switchFlag("do without the replay's files; what follows is then not bit-exact"),
    newMetrics: switchFlag("keep damaged files of metrics under another name and begin them anew"),
    ...PROCESS_FLAGS,
    ...VERBOSITY,
    ...Object.fromEntries(
      Object.keys(FIELDS).map((field) => [field, textFlag("an option of train", "value", undefined, true)]),
    ),
  };
  return buildCommand<ResumeFlags & OtherOptions, [string], CommandContext>({
    parameters: {
      positional: {
        kind: "tuple",
        parameters: [runArgument],
      },
      flags: flags as FlagParametersForType<ResumeFlags & OtherOptions>,
    },
    docs: {
      brief: "Continue an interrupted run; the files come out as if it had never stopped",
      fullDescription:
        "Continues a run from its newest checkpoint, or begins it again where it has none yet; the files come out\n" +
        "as if it had never stopped.\n" +
        "Least permissions: --allow-read and --allow-write of the run's folder.",
    },
    func: async function (
      { from, emptyReplay, newMetrics, until, threads, tuning, collectors, stopWith, json, quiet, ...others },
      path: string,
    ): Promise<void> {
      const result = await pipe(
        keepingOptions(others, path),
        TE.chain(() =>
          resume(
            experiments,
            path,
            { from: from ?? null, emptyReplay, newMetrics },
            processContext(
              { until, threads, tuning, collectors, stopWith },
              runContextOf(console_, quiet === true),
            ),
          )
        ),
      )();
      exit(printRun(result, console_, { json, quiet }));
    },
  });
};

/** Fails if options are given to a resumed run, with advice. */
const keepingOptions = (given: OtherOptions, path: string): TE.TaskEither<RunError, null> => async () => {
  const field = (Object.keys(given) as FieldName[]).find((each) => given[each] !== undefined);
  if (field === undefined) return E.right(null);
  const stored = await configurationIn(path)();
  const experiment = E.isRight(stored) ? stored.right.experiment : "EXPERIMENT";
  const advice = `${keepsItsOptions(experiment, path)} ${flagOf(field)} ${given[field]}`;
  return E.left(configInvalid(field, `${flagOf(field)} cannot be changed by resume: ${advice}`));
};
