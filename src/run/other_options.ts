/**
 * A run keeps the options that it began with. A request for others is refused, with the command of a new run that has
 * them.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import { configurationAtStart } from "./checkpoint/reader.ts";
import {
  completedRecord,
  configInvalid,
  type Configuration,
  FIELD_NAMES,
  type FieldName,
  flagOf,
  parseField,
  pathWord,
  resumeCommand,
  shellWord,
  validate,
} from "./configuration.ts";
import type { RunError } from "./context.ts";
import { algorithmOf, type Experiment, trainingOf } from "./experiment.ts";
import { namesIn } from "./files.ts";
import { configurationIn } from "./stored_run.ts";
import { type Written, writtenIn } from "./written.ts";

/** Whether a run has written its results; some may have been removed since. */
export const isFinished = (names: readonly string[], manifest: Written | null): boolean =>
  names.includes("summary.json") || manifest?.["exit"] === "done";

/** Reads a run's manifest; null if there is none that can be read. */
export const readableManifest = async (path: string): Promise<Written | null> => {
  const read = await writtenIn("manifest", `${path}/manifest.json`)();
  return E.isRight(read) ? read.right : null;
};

/** Fails if `config.json` was changed since the run began, naming the changed options. */
export const unchangedSince = (
  path: string,
  experiment: Experiment,
  configuration: Configuration,
): TE.TaskEither<RunError, null> =>
async () => {
  const begun = await configurationAtStart(path);
  if (begun === null) return E.right(null);
  const before = completedRecord(begun);
  const now: Readonly<Record<string, unknown>> = { ...configuration };
  const changed = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((field) =>
    JSON.stringify(before[field]) !== JSON.stringify(now[field])
  );
  if (changed.length === 0) return E.right(null);
  const text = (value: unknown): string => JSON.stringify(value) ?? "not there";
  const what = changed.map((field) => `"${field}" was ${text(before[field])} and is ${text(now[field])}`);
  const flags = FIELD_NAMES.filter((field) => changed.includes(field) && Object.hasOwn(now, field)).map((
    field,
  ) => `${flagOf(field)}=${shellWord(now[field])}`);
  const was = validate(before), fits = E.isLeft(was) || sameNetworks(experiment, was.right, configuration);
  return E.left(configInvalid(
    changed[0]!,
    `"${path}/config.json" has been changed since the run began: ${
      what.join(", ")
    }; put that back: ${await fixedOptionsText(experiment.name, path, fits, flags)}`,
  ));
};

/** Whether the networks of one configuration can be those that another starts from; a variant may observe more. */
function sameNetworks(experiment: Experiment, a: Configuration, b: Configuration): boolean {
  if (a.variant !== b.variant) return true;
  const networks = (c: Configuration): string => {
    const { learner: { blocks } } = trainingOf(experiment, c);
    return JSON.stringify([blocks.map(({ name, shape }) => [name, shape]), algorithmOf(c).metadata]);
  };
  return networks(a) === networks(b);
}

/**
 * Advice on continuing a run with other options.
 *
 * @param fits whether its networks can be used with them
 * @param flags the other options
 */
const fixedOptionsText = async (
  experiment: string,
  path: string,
  fits: boolean,
  flags: readonly string[],
): Promise<string> => {
  const finished = isFinished(await namesIn(path).catch(() => []), await readableManifest(path));
  const words = ["deno task softq train", experiment, `--config ${pathWord(`${path}/config.json`)}`];
  const command = [...words, ...fits ? [`--init ${pathWord(path)}`] : [], ...flags].join(" ");
  const start = !fits
    ? "begins with new networks"
    : finished
    ? "starts from its networks"
    : `starts from its networks once it has ended (${resumeCommand(path)})`;
  return `a run keeps the options that it began with; with others, a new one ${start}: ${command}`;
};

/** Refuses options of `train` for a run that is to be resumed, with advice. */
export const refuseOptions = (
  experiments: readonly Experiment[],
  path: string,
  given: Readonly<Partial<Record<FieldName, string | undefined>>>,
): TE.TaskEither<RunError, null> =>
async () => {
  const fields = FIELD_NAMES.filter((each) => given[each] !== undefined), [field] = fields;
  if (field === undefined) return E.right(null);
  const stored = await configurationIn(path)();
  const name = E.isRight(stored) ? stored.right.experiment : "EXPERIMENT";
  const experiment = experiments.find((each) => each.name === name);
  const asked = E.isRight(stored)
    ? validate({
      ...stored.right,
      ...Object.fromEntries(fields.map((each) => [each, parseField(each, given[each]!)])),
    })
    : stored;
  const fits = experiment === undefined || E.isLeft(asked) || E.isLeft(stored) ||
    sameNetworks(experiment, stored.right, asked.right);
  const flags = fields.map((each) => `${flagOf(each)}=${shellWord(given[each])}`);
  const advice = await fixedOptionsText(name, path, fits, flags);
  return E.left(configInvalid(field, `${flagOf(field)} cannot be changed by resume: ${advice}`));
};
