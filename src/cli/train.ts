/**
 * `softq train EXPERIMENT`: trains an experiment's policy.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { ALGORITHMS, algorithmsWith } from "../learn/algorithms.ts";
import { flagText, needText } from "../learn/option.ts";
import { readConfigFile } from "../run/config_file.ts";
import { FIELD_NAMES, type FieldName, FIELDS, flagOf } from "../run/configuration.ts";
import { checkedExperiment } from "../run/checked_experiment.ts";
import type { Experiment } from "../run/experiment.ts";
import { caught } from "../run/faults.ts";
import { createNextRun, createRun } from "../run/files.ts";
import { withLive } from "../run/live_page.ts";
import { train } from "../run/run.ts";
import { runContextOf } from "../terminal/console.ts";
import { command, type Invocation } from "./command.ts";
import { configure, unknownFlagsText } from "./configure.ts";
import { buildRouteMap, type CommandContext, type RouteMap } from "./deps.ts";
import { countFlag, type ParsedFlag, PROCESS_FLAGS, textFlag, VERBOSITY } from "./flags.ts";
import { printRun } from "../terminal/result.ts";
import { withUsage } from "./routes.ts";

/** The values of a field of a few choices; empty for others. */
function choicesOf(experiment: Experiment, field: FieldName): readonly string[] {
  const row = FIELDS[field];
  return field === "variant" ? experiment.variants : row.kind === "choice" ? row.of.map(String) : [];
}

/** An experiment's configurations at scale study by algorithm, or what is wrong with the experiment. */
const presetsOf = (experiment: Experiment) =>
  new Map(ALGORITHMS.map(({ name }) => [
    name,
    caught("The experiment", () => E.right(checkedExperiment(experiment).preset(name, "study"))),
  ]));

/** A flag's line in the help: its sentence, its values if it is a list, and its default. */
function briefOf(experiment: Experiment, presets: ReturnType<typeof presetsOf>, field: FieldName): string {
  const values = choicesOf(experiment, field), choices = values.length > 0 ? ` (${values.join(", ")})` : "";
  const owners = algorithmsWith(field), { name } = owners[0] ?? ALGORITHMS[0];
  const of = owners.length === 0 || owners.length === ALGORITHMS.length
    ? ""
    : `; ${owners.map((each) => each.name).join(", ")} only`;
  const { description, needs } = FIELDS[field];
  const needed = needs === undefined ? "" : `; needs ${needText(needs, flagOf)}`;
  const preset = presets.get(name)!;
  return `${description}${choices}${needed}${of} [${
    E.isRight(preset) ? flagText(preset.right[field]) : preset.left.message
  }]`;
}

/** A flag for each field, whose text is validated with the whole configuration, in the library's sentences. */
function fieldFlags(experiment: Experiment): Readonly<Record<FieldName, ParsedFlag<string>>> {
  const presets = presetsOf(experiment);
  return Object.fromEntries(
    FIELD_NAMES.map((field) => [
      field,
      textFlag(
        briefOf(experiment, presets, field),
        "value",
        FIELDS[field].common !== true,
        choicesOf(experiment, field),
      ),
    ]),
  ) as Record<FieldName, ParsedFlag<string>>;
}

/** Flags besides the fields of a configuration. */
const otherFlags = ({ name }: Pick<Experiment, "name">) => ({
  config: textFlag("JSON file with fields, such as a run's config.json; flags override it", "file"),
  seeds: textFlag("several seeds side by side, as in 0..9, in the place of --seed and --replicas", "A..B"),
  live: countFlag(
    "port of a page on this machine that shows the run while it goes on; 0: any that is free",
    "port",
    0,
    65535,
  ),
  ...PROCESS_FLAGS,
  out: textFlag(`folder of the run; must be new or empty [runs/${name}-N]`, "folder"),
  ...VERBOSITY,
});

/** The command for an experiment. */
export const trainCommand = (experiment: Experiment, invocation: Invocation) =>
  command(invocation, {
    brief: experiment.brief,
    usage: ["[flags]"],
    listed: "[flags]",
    help:
      `${experiment.brief}\nDefaults of soft-q at scale study${
        experiment.variants.length > 1 ? ` and variant ${experiment.variants[0]}` : ""
      } in brackets; --help-all shows ` +
      `all ${FIELD_NAMES.length} fields.\nLeast permissions: --allow-read and --allow-write of the run's folder; --allow-net=127.0.0.1 for --live.`,
    flags: { ...fieldFlags(experiment), ...otherFlags(experiment) },
    run: async (flags) => {
      const { console } = invocation, { config, live, out } = flags;
      const folder = out === undefined ? createNextRun(`runs/${experiment.name}`) : createRun(out);
      const result = await pipe(
        readConfigFile(experiment, config),
        TE.chainEitherKW((fields) => configure(experiment, flags, fields)),
        TE.chainW((configuration) =>
          withLive(
            experiment,
            configuration,
            live,
            (line) => console.error(`${line}\n`),
            runContextOf(console, flags),
            (context) => train(experiment, configuration, folder, context),
          )
        ),
      )();
      return printRun(result, console, flags);
    },
  });

/** `train`, with a route for each experiment. */
export function trainRoutes(invocation: Invocation): RouteMap<CommandContext> {
  const { experiments } = invocation;
  return withUsage(
    buildRouteMap({
      routes: Object.fromEntries(experiments.map((each) => [each.name, trainCommand(each, invocation)])),
      docs: {
        brief: "Train an experiment's policy",
        fullDescription: "Trains an experiment's policy; softq train EXPERIMENT --help lists its flags",
      },
    }),
    `${experiments.map(({ name }) => name).join("|")} [flags]`,
  );
}

/** The sentence for words of `train` with unknown flags. */
export const unknownFlags = (experiment: Experiment | undefined) => (words: readonly string[]): string =>
  unknownFlagsText(experiment, words, Object.keys(otherFlags({ name: "" })));
