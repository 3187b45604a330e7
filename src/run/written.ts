/**
 * Reading the files of a run. Each file is validated, because it may have been truncated, edited or replaced since.
 *
 * Law, tested: whatever these files contain, reading them returns a value, and an error names the file.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { repeatedKey } from "../train/safetensors.ts";
import { digest } from "./checkpoint/checkpoint.ts";
import { type ConfigInvalid, configInvalid } from "./configuration.ts";
import { runId } from "./manifest.ts";
import { z } from "./deps.ts";
import { type FileRecord, isMissing, readFile } from "./files.ts";
import { firstIssue } from "./issue.ts";

/** A JSON object whose known fields have been validated. */
export type Written = Readonly<Record<string, unknown>>;

const count = z.int().min(0);

/** A manifest's records of a run's results; absent in older versions. */
const files = z.array(z.looseObject({ file: z.string(), bytes: count, sha256: z.string() })).optional();

/** A string of a manifest; null or absent if it is not known. */
const word = z.string().nullish();

/** The known fields of a manifest besides `exit`; older versions record fewer. */
const described = {
  run: z.string().optional(),
  version: word,
  revision: word,
  deno: word,
  device: word,
  adapter: word,
  tiles: z.record(z.string(), z.string()).optional(),
  processor: word,
  started: word,
  ended: word,
  fault: word,
  files,
};

/** The known fields of each file; others may be anything. */
const SCHEMAS = {
  summary: z.looseObject({
    environmentSteps: count,
    updates: count,
    evaluation: z.array(z.looseObject({ seed: count })),
    timing: z.looseObject({ wallSeconds: z.number() }).optional(),
  }),
  manifest: z.looseObject({ exit: z.string(), ...described }),
  metrics: z.looseObject({
    step: count,
    replica: count,
    evaluation: z.looseObject({}).optional(),
    timing: z.looseObject({ seconds: z.number() }).optional(),
  }),
  other: z.looseObject({}),
} as const;

/** Evaluations of one replica by columns, each with a value for each step. */
const table = z.object({
  step: z.array(count),
  evaluation: z.record(z.string(), z.array(z.json())),
}).refine(({ step, evaluation }) => Object.values(evaluation).every(({ length }) => length === step.length), {
  message: "every column must have a value for each step",
});

/** Evaluations of one replica, as version 0.1 wrote them. */
const list = z.array(z.object({ step: count, evaluation: z.record(z.string(), z.json()) }));

const ARCHIVED_RUN = z.looseObject({
  command: z.string(),
  manifest: z.looseObject(described),
  parameters: z.string().optional(),
});

/** The kinds of files with a schema. */
export type WrittenKind = keyof typeof SCHEMAS;

/** Parses and validates a JSON text, or returns what is wrong with it. */
function checkedText<T>(schema: z.ZodType<T>, text: string): E.Either<string, T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return E.left("is not JSON");
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) return E.left(`has the key ${JSON.stringify(repeated)} twice`);
  const parsed = schema.safeParse(value);
  if (parsed.success) return E.right(parsed.data);
  const { where, what } = firstIssue(parsed.error);
  return E.left(`is not what a run writes: ${where === "" ? "" : `${where}: `}${what}`);
}

const checkedFile =
  <T>(schema: z.ZodType<T>, path: string): TE.TaskEither<ConfigInvalid, T | null> => async () => {
    const read = await readFile(path)();
    if (E.isLeft(read)) {
      return isMissing(read.left) ? E.right(null) : E.left(configInvalid("run", read.left.message));
    }
    const checked = checkedText(schema, new TextDecoder().decode(read.right));
    return E.isLeft(checked) ? E.left(configInvalid("run", `"${path}" ${checked.left}`)) : checked;
  };

/** Reads a file of a run; null if it does not exist. */
export const writtenIn = (kind: WrittenKind, path: string): TE.TaskEither<ConfigInvalid, Written | null> =>
  checkedFile<Written>(SCHEMAS[kind], path);

/** Reads an archived run's `run.json`; null if it does not exist. */
export const archivedRunFile = (
  path: string,
): TE.TaskEither<ConfigInvalid, z.output<typeof ARCHIVED_RUN> | null> =>
  checkedFile(ARCHIVED_RUN, `${path}/run.json`);

/** Reads the evaluations of an archived run's replicas; null if the file does not exist. */
export const archivedEvaluations = (
  path: string,
): TE.TaskEither<ConfigInvalid, readonly (z.output<typeof table> | z.output<typeof list>)[] | null> =>
  checkedFile(z.array(z.union([table, list])), `${path}/evaluations.json`);

/** Validates the lines of a run's metrics, without an incomplete last line. */
export function metricsLines(
  path: string,
  text: string,
  replicas: number,
): E.Either<ConfigInvalid, readonly Written[]> {
  const records: Written[] = [];
  for (const [k, line] of text.split("\n").slice(0, -1).entries()) {
    const refuse = (why: string) => E.left(configInvalid("run", `Line ${k + 1} of "${path}" ${why}`));
    const checked = checkedText<Written>(SCHEMAS.metrics, line);
    if (E.isLeft(checked)) return refuse(checked.left);
    const replica = Number(checked.right["replica"]);
    if (replica >= replicas) return refuse(`is of replica ${replica}: the run has ${replicas}`);
    records.push(checked.right);
  }
  return E.right(records);
}

/** Reads the lines of a run's metrics; empty if the file does not exist. See {@link metricsLines}. */
export const metricsLinesIn =
  (path: string, replicas: number): TE.TaskEither<ConfigInvalid, readonly Written[]> => async () => {
    const read = await readFile(path)();
    if (E.isRight(read)) return metricsLines(path, new TextDecoder().decode(read.right), replicas);
    return isMissing(read.left) ? E.right([]) : E.left(configInvalid("run", read.left.message));
  };

/** Reads the manifest of a run or of an archived run; null if it does not exist. */
export const manifestIn = (folder: string): TE.TaskEither<ConfigInvalid, Written | null> =>
  pipe(
    writtenIn("manifest", `${folder}/manifest.json`),
    TE.chain((manifest) =>
      manifest !== null
        ? TE.right(manifest)
        : pipe(archivedRunFile(folder), TE.map((archived) => archived?.manifest ?? null))
    ),
  );

/**
 * Fails if a run's configuration, or one of the named results, does not match its record in the manifest. Missing files
 * are left to their readers.
 */
export const intact =
  (folder: string, manifest: Written | null, names: readonly string[]): TE.TaskEither<ConfigInvalid, null> =>
  async () => {
    const id = manifest?.["run"];
    if (typeof id === "string") {
      const config = await checkedFile(SCHEMAS.other, `${folder}/config.json`)();
      if (E.isLeft(config)) return config;
      // The id is a digest of the stored configuration, which may be of an older version with fewer options.
      if (config.right !== null && runId(config.right) !== id) {
        const message = `"${folder}/config.json" has been damaged or changed: it is not that of run ${id}`;
        return E.left(configInvalid("run", message));
      }
    }
    const records = (manifest?.["files"] ?? []) as readonly FileRecord[];
    for (const { file, bytes, sha256 } of records.filter(({ file }) => names.includes(file))) {
      const read = await readFile(`${folder}/${file}`)();
      if (E.isRight(read) && (read.right.length !== bytes || digest(read.right) !== sha256)) {
        const message = `"${folder}/${file}" has been damaged or changed: it is not what the run wrote`;
        return E.left(configInvalid("run", message));
      }
    }
    return E.right(null);
  };
