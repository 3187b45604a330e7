/**
 * Reading what a run has written about itself. Each file is checked before anything is made of it, because it may have been
 * cut, edited or mixed up since.
 *
 * Law, tested: whatever is in these files, reading them gives a value, and an error names the file.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import { type ConfigInvalid, configInvalid } from "./configuration.ts";
import { z } from "./deps.ts";
import { readFile } from "./files.ts";

/** An object of JSON whose known fields have been checked. */
export type Written = Readonly<Record<string, unknown>>;

const count = z.int().min(0);

/** What is known of each file; what is not named may be anything. */
const SCHEMAS = {
  summary: z.looseObject({
    environmentSteps: count,
    updates: count,
    evaluation: z.array(z.looseObject({ seed: count })),
    timing: z.looseObject({ wallSeconds: z.number() }).optional(),
  }),
  manifest: z.looseObject({ exit: z.string() }),
  metrics: z.looseObject({ step: count, replica: count, evaluation: z.looseObject({}).optional() }),
  other: z.looseObject({}),
} as const;

/** Evaluations of one replica by columns; a column has a value for each step. */
const table = z.object({
  step: z.array(count),
  evaluation: z.record(z.string(), z.array(z.json())),
}).refine(({ step, evaluation }) => Object.values(evaluation).every(({ length }) => length === step.length), {
  message: "every column must have a value for each step",
});

/** Evaluations of one replica as version 0.1 kept them. */
const list = z.array(z.object({ step: count, evaluation: z.record(z.string(), z.json()) }));

const KEPT_RUN = z.looseObject({
  command: z.string(),
  manifest: z.record(z.string(), z.json()),
  parameters: z.string().optional(),
});

/** The kinds of files that are read. */
export type WrittenKind = keyof typeof SCHEMAS;

/** What a text holds, checked; where it is wrong, what is wrong with it. */
function checkedText<T>(schema: z.ZodType<T>, text: string): E.Either<string, T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return E.left("is not JSON");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return E.right(parsed.data);
  const [{ path, message }] = parsed.error.issues as [z.z.core.$ZodIssue];
  return E.left(`is not what a run writes: ${path.length === 0 ? "" : `${path.join(".")}: `}${message}`);
}

const missing = (message: string): boolean => /does not exist/.test(message);

const checkedFile =
  <T>(schema: z.ZodType<T>, path: string): TE.TaskEither<ConfigInvalid, T | null> => async () => {
    const read = await readFile(path)();
    if (E.isLeft(read)) {
      const { message } = read.left;
      return missing(message) ? E.right(null) : E.left(configInvalid("run", message));
    }
    const checked = checkedText(schema, new TextDecoder().decode(read.right));
    return E.isLeft(checked) ? E.left(configInvalid("run", `"${path}" ${checked.left}`)) : checked;
  };

/** Reads a file of a run; null where it is not there. */
export const writtenIn = (kind: WrittenKind, path: string): TE.TaskEither<ConfigInvalid, Written | null> =>
  checkedFile<Written>(SCHEMAS[kind], path);

/** Reads what `run.json` says of a kept run; null where there is none. */
export const keptRunFile = (path: string): TE.TaskEither<ConfigInvalid, z.output<typeof KEPT_RUN> | null> =>
  checkedFile(KEPT_RUN, `${path}/run.json`);

/** The evaluations of a kept run's replicas; none where there is no such file. */
export const keptEvaluations = (
  path: string,
): TE.TaskEither<ConfigInvalid, readonly (z.output<typeof table> | z.output<typeof list>)[] | null> =>
  checkedFile(z.array(z.union([table, list])), `${path}/evaluations.json`);

/** Reads the lines of a run's metrics; none where there is no such file. A last line that is being written is left out. */
export const metricsLinesIn =
  (path: string): TE.TaskEither<ConfigInvalid, readonly Written[]> => async () => {
    const read = await readFile(path)();
    if (E.isLeft(read)) {
      const { message } = read.left;
      return missing(message) ? E.right([]) : E.left(configInvalid("run", message));
    }
    const records: Written[] = [];
    for (const [k, line] of new TextDecoder().decode(read.right).split("\n").slice(0, -1).entries()) {
      const checked = checkedText<Written>(SCHEMAS.metrics, line);
      if (E.isLeft(checked)) {
        return E.left(configInvalid("run", `Line ${k + 1} of "${path}" ${checked.left}`));
      }
      records.push(checked.right);
    }
    return E.right(records);
  };
