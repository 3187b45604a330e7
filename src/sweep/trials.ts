/**
 * The trials of a sweep: complete configurations, all validated before any is started.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { ALGORITHMS } from "../learn/algorithms.ts";
import { noSuchName } from "../learn/option.ts";
import { type ConfigInvalid, configInvalid, type Configuration, validate } from "../run/configuration.ts";
import { type Algorithm, type Experiment, experimentNamed, type Scale } from "../run/experiment.ts";
import { caught } from "../run/faults.ts";
import { readFile } from "../run/files.ts";
import type { JsonObject } from "../run/json.ts";
import { NUMBER } from "../run/measures.ts";
import { checkFeasible } from "../run/run.ts";
import { type Halving, halvingOf, parseSweep, type Setting, settingsOf, type SweepFile } from "./space.ts";

/** One run of a sweep. */
export interface Trial extends Setting {
  /** Its configuration. */
  readonly configuration: Configuration;
}

/** A validated sweep. */
export interface Sweep {
  /** Its name. */
  readonly name: string;
  /** All trials, in order. */
  readonly trials: readonly Trial[];
  /** The early stopping rule; without successive halving, a single rung at the end. */
  readonly halving: Halving;
  /** Whether the file asks for successive halving. */
  readonly stopsEarly: boolean;
}

/** The sweep that a file describes, or the first error in it or in one of its trials. */
export function sweepOf(experiments: readonly Experiment[], file: SweepFile): E.Either<ConfigInvalid, Sweep> {
  const trials: Trial[] = [];
  let steps = 0;
  for (const setting of settingsOf(file)) {
    const experiment = experimentNamed(experiments, setting.experiment);
    if (E.isLeft(experiment)) return E.left(configInvalid("sweep", experiment.left.message));
    const configuration = caught(
      "The experiment",
      () => configurationOf(experiment.right, setting.fields, file),
    );
    if (E.isLeft(configuration)) {
      const field = configuration.left._tag === "ConfigInvalid" ? configuration.left.field : "sweep";
      return E.left(configInvalid(field, `Trial ${setting.name}: ${configuration.left.message}`));
    }
    trials.push({ ...setting, configuration: configuration.right });
    steps += configuration.right.steps * configuration.right.replicas;
  }
  const most = file.budget?.steps ?? Infinity;
  if (file.halving === undefined && steps > most) {
    return E.left(
      configInvalid("sweep", `The trials make ${steps} environment steps: its budget is ${most}`),
    );
  }
  const halving = halvingOf(file) ??
    { metric: "meanReturn", goal: "greatest", rungs: [Infinity], reduction: 2 };
  return E.right({ name: file.name, trials, halving, stopsEarly: file.halving !== undefined });
}

/** Reads a sweep from its file. */
export const readSweep = (
  experiments: readonly Experiment[],
  path: string,
): TE.TaskEither<ConfigInvalid, { readonly file: SweepFile; readonly sweep: Sweep }> =>
  pipe(
    readFile(path),
    TE.mapLeft(({ message }) => configInvalid("sweep", message)),
    TE.chainEitherK((bytes) => parseSweep(new TextDecoder().decode(bytes))),
    TE.bindTo("file"),
    TE.bind("sweep", ({ file }) => TE.fromEither(sweepOf(experiments, file))),
  );

/** Names of the numbers that an experiment's evaluations have; null if it does not say. */
const numbersOf = ({ measures }: Experiment): readonly string[] | null =>
  measures === undefined ? null : Object.keys(measures).filter((name) => measures[name] === NUMBER);

/** The complete configuration of one setting. */
function configurationOf(
  experiment: Experiment,
  fields: JsonObject,
  { halving }: SweepFile,
): E.Either<ConfigInvalid, Configuration> {
  const { algorithm = ALGORITHMS[0].name, scale = "study", variant } = fields as {
    algorithm?: Algorithm;
    scale?: Scale;
    variant?: string;
  };
  const checked = validate({ ...experiment.preset(algorithm, scale, variant), ...fields });
  if (E.isLeft(checked)) return checked;
  const { metric } = halving ?? {}, numbers = numbersOf(experiment);
  if (metric !== undefined && numbers !== null && !numbers.includes(metric)) {
    return E.left(configInvalid("metric", noSuchName("measure", metric, numbers)));
  }
  const feasible = checkFeasible(experiment, checked.right);
  if (E.isLeft(feasible)) {
    const { message } = feasible.left;
    return E.left(configInvalid("sweep", message));
  }
  const { evaluationInterval } = checked.right;
  const late = halving?.rungs.slice(0, -1).find((rung) =>
    evaluationInterval === 0 || rung % evaluationInterval !== 0
  );
  return late === undefined ? checked : E.left(
    configInvalid(
      "evaluationInterval",
      `--evaluation-interval must divide the rungs, where trials are compared: got ${evaluationInterval} and a rung of ${late}`,
    ),
  );
}
