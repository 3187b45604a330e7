/**
 * The boundary to an experiment's code: every call's result is validated before it is used.
 *
 * Laws, tested: an exception and a result of another kind become {@link ExperimentFailed}, which names the experiment,
 * the function, what was expected and what was found; the results of a valid experiment pass unchanged.
 *
 * @module
 */

import { EnvironmentFailed, wrongPromise } from "../../envs/boundary.ts";
import { partBreaches } from "../../envs/check_environment.ts";
import type { Environment } from "../../envs/environment.ts";
import { E } from "../deps.ts";
import { described, isPlain, isRecord, namesIn, oneLine, shown, thrownText } from "../given.ts";
import type { Experiment } from "./experiment.ts";
import { type MeasureTable, readMeasures } from "./measures.ts";

/** A part of an experiment, by its name. */
export type ExperimentPart =
  | "preset"
  | "settings"
  | "algorithms"
  | "environment"
  | "summarise"
  | "overall"
  | "curves"
  | "figures"
  | "gait";

/** A function of an experiment threw, or returned what it should not. Thrown internally; a `Left` of runs. */
export class ExperimentFailed extends Error {
  /** The name of this class of errors. */
  override readonly name = "ExperimentFailed";
  /** The discriminant. */
  readonly _tag = "ExperimentFailed";
  /** Name of the experiment. */
  readonly experiment: string;
  /** The part that failed. */
  readonly part: ExperimentPart;

  /**
   * The message is a sentence that begins with the experiment's name.
   *
   * @param experiment name of the experiment
   * @param part the part that failed
   * @param sentence what was expected of it and what was found
   * @param cause the exception, if the experiment threw one
   */
  constructor(experiment: string, part: ExperimentPart, sentence: string, cause?: unknown) {
    super(
      oneLine(`Experiment "${experiment}": ${part} ${sentence}`, Infinity),
      cause === undefined ? undefined : { cause },
    );
    this.experiment = experiment;
    this.part = part;
  }
}

/**
 * Calls a function of an experiment.
 *
 * @param wrong what is wrong with its result, as the rest of a sentence; null if nothing is
 * @throws ExperimentFailed if it throws or gives what it should not; failures of the environment keep their type
 */
export function callPart<A>(
  experiment: string,
  part: ExperimentPart,
  call: () => A,
  wrong: (result: unknown) => string | null,
): A {
  let result: A, why: string | null;
  try {
    result = call();
    why = wrongPromise(result) ?? wrong(result); // what it gives may have code of its own
  } catch (cause) {
    if (cause instanceof ExperimentFailed || cause instanceof EnvironmentFailed) throw cause;
    throw new ExperimentFailed(experiment, part, `threw: ${thrownText(cause)}`, cause);
  }
  if (why !== null) throw new ExperimentFailed(experiment, part, why);
  return result;
}

/** The error in a part of a configuration. */
export const wrongChanges = (given: unknown): string | null =>
  isPlain(given) ? null : `must return a plain object of options: got ${described(given)}`;

/** The deepest nesting of what is written as JSON; a value that holds itself is deeper. */
const MAX_DEPTH = 64;

/** The first part of a value that JSON does not have, in words; null if it has all. */
function wrongJson(name: string, value: unknown, depth = 0): string | null {
  if (
    value === null || typeof value === "number" || typeof value === "string" || typeof value === "boolean"
  ) {
    return null;
  }
  const at = name === "" ? "an object" : `an object whose "${name}" is a JSON value`;
  const of = (key: string | number): string => name === "" ? String(key) : `${name}.${key}`;
  if (depth === MAX_DEPTH) return `must return an object of at most ${MAX_DEPTH} levels: got a deeper one`;
  const parts: readonly (readonly [string | number, unknown])[] | null = Array.isArray(value)
    ? Array.from(value).map((each, k) => [k, each])
    : isPlain(value)
    ? namesIn(value).map((key) => [key, value[key]])
    : null;
  if (parts === null) return `must return ${at}: got ${described(value)}`;
  return parts.reduce<string | null>(
    (wrong, [key, each]) => wrong ?? wrongJson(of(key), each, depth + 1),
    null,
  );
}

/** The error in measures; without a table, whatever JSON has is one. */
export function wrongMeasures(
  given: unknown,
  table: MeasureTable | undefined,
  reserved: readonly string[] = [],
): string | null {
  if (!isPlain(given)) return `must return a plain object of measures: got ${described(given)}`;
  const wrong = wrongJson("", given);
  if (wrong !== null) return wrong;
  const taken = Object.keys(given).find((name) => reserved.includes(name));
  if (taken !== undefined) return `must not return "${taken}", which a run's summary.json has itself`;
  const read = table === undefined ? E.right(null) : readMeasures(table, given);
  return E.isLeft(read) ? `returned what is not its measures: ${read.left}` : null;
}

/** What a summary says of each replica besides its measures. */
const SUMMARY_NAMES = ["seed", "episodes", "overall", "frozenAt"];

/** The names of a run's own files and folders, and what may be none of an experiment's. */
const RUN_FILES =
  /^(?:config|manifest|summary|run)\.json$|^parameters\.safetensors$|^metrics|^lock$|^checkpoint$/;

/** The error in files by name. */
export function wrongFiles(given: unknown): string | null {
  if (!isPlain(given)) return `must return a plain object of files by name: got ${described(given)}`;
  for (const [name, content] of Object.entries(given)) {
    if (!/^[\w-][\w.,+ -]*$/.test(name)) {
      return `must name its files with letters, digits and . , + - _ alone: got ${shown(name)}`;
    }
    if (RUN_FILES.test(name) || /^replay|\.part$|^tensorboard/.test(name)) {
      return `must not name a file as a run's own: got ${shown(name)}`;
    }
    if (typeof content !== "string") {
      return `must return the text of each file: "${name}" is ${described(content)}`;
    }
  }
  return null;
}

/** The functions that every experiment has. */
const FUNCTIONS = ["preset", "environment", "summarise", "figures"] as const;

/** What is wrong with a value in an experiment's place, in a sentence; null if nothing is. */
export function wrongExperiment(given: unknown): string | null {
  if (!isRecord(given)) return `The experiment must be an object: got ${shown(given)}`;
  const { name, variants } = given,
    what = typeof name === "string" ? `The experiment "${name}"` : "The experiment";
  if (typeof name !== "string" || name === "") return `The experiment must have a name: got ${shown(name)}`;
  if (!Array.isArray(variants) || variants.length === 0 || !variants.every((v) => typeof v === "string")) {
    return `${what} must have the names of its variants, at least one: got ${shown(variants)}`;
  }
  const missing = FUNCTIONS.find((part) => typeof given[part] !== "function");
  return missing === undefined
    ? null
    : `${what} must have ${missing} as a function: got ${described(given[missing])}`;
}

/** The error in what should be an environment. */
function wrongEnvironment(given: unknown, variant: string): string | null {
  const breaches = partBreaches(given as Environment);
  return breaches.length === 0
    ? null
    : `must return an environment for the variant ${shown(variant)}: ${breaches.join("; ")}`;
}

/** The experiment with every function checked in every call. */
export function checkedExperiment(experiment: Experiment): Experiment {
  const { name, brief, variants, measures, module } = experiment; // no spread: a class has its methods on its prototype
  const part = <A>(of: ExperimentPart, call: () => A, wrong: (result: unknown) => string | null): A =>
    callPart(name, of, call, wrong);
  return {
    name,
    brief,
    variants,
    preset: (...given) => part("preset", () => experiment.preset(...given), wrongChanges),
    environment: (variant) =>
      part("environment", () => experiment.environment(variant), (given) => wrongEnvironment(given, variant)),
    summarise: (...given) =>
      part(
        "summarise",
        () => experiment.summarise(...given),
        (result) => wrongMeasures(result, measures, SUMMARY_NAMES),
      ),
    figures: (finished) => part("figures", () => experiment.figures(finished), wrongFiles),
    ...experiment.overall === undefined ? {} : {
      overall: (history) =>
        part(
          "overall",
          () => experiment.overall!(history),
          (result) => wrongMeasures(result, undefined),
        ),
    },
    ...experiment.gait === undefined ? {} : {
      gait: (seconds, action) => part("gait", () => experiment.gait?.(seconds, action), () => null),
    },
    ...measures === undefined ? {} : { measures },
    ...module === undefined ? {} : { module },
  };
}
