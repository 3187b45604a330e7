/**
 * The configuration that a run's folder stores, of this or an older version.
 *
 * Law, tested: the folder of a newer version whose configuration this one does not understand is named as such.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };
import { E, pipe, TE } from "../deps.ts";
import { oneLine } from "../given.ts";
import {
  completed,
  type ConfigInvalid,
  configInvalid,
  type Configuration,
  validate,
} from "./configuration.ts";
import { isMissing, readFile } from "./files.ts";

/** A stored configuration: what `config.json` says, and what it means to this version. */
export interface StoredRun {
  /** The contents of `config.json`, whose digest is the run's id. */
  readonly stored: unknown;
  /** The complete configuration. */
  readonly configuration: Configuration;
}

/** The JSON value in a file; undefined if there is none. */
async function valueIn(path: string): Promise<unknown> {
  const read = await readFile(path)();
  try {
    return E.isRight(read) ? JSON.parse(new TextDecoder().decode(read.right)) : undefined;
  } catch {
    return undefined;
  }
}

/** A property of a value; undefined if it has none. */
const property = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

const { compare } = new Intl.Collator("en", { numeric: true });

/**
 * The version of softq that made a run's folder, according to its manifest, if it is newer than this one; else null.
 * Nothing else of the manifest is read, since a newer version may write another one.
 */
async function newerVersion(folder: string): Promise<string | null> {
  const manifest = await valueIn(`${folder}/manifest.json`) ??
    property(await valueIn(`${folder}/run.json`), "manifest");
  const found = /^\d+\.\d+\.\d+(?=$|[-+])/.exec(String(property(manifest, "version")))?.[0];
  return found !== undefined && compare(found, project.version) > 0 ? found : null;
}

/** Why this version does not understand a folder's `config.json`, if a newer one made the folder; else null. */
export async function newerText(folder: string): Promise<string | null> {
  const version = await newerVersion(folder);
  return version === null ? null : oneLine(
    `"${folder}" was made by softq ${version}, and this is ${project.version}, which does not understand its ` +
      `config.json: use softq ${version} or newer`,
    Infinity,
  );
}

/** Reads a folder's `config.json`. */
const storedIn = (folder: string): TE.TaskEither<ConfigInvalid, unknown> =>
  pipe(
    readFile(`${folder}/config.json`),
    TE.mapLeft((error) =>
      configInvalid(
        "run",
        isMissing(error)
          ? `"${folder}" is not a run: its config.json does not exist ("softq list FOLDER" names the runs in a folder)`
          : error.message,
      )
    ),
    TE.chainEitherK((bytes) =>
      E.tryCatch(
        (): unknown => JSON.parse(new TextDecoder().decode(bytes)),
        () => configInvalid("run", `"${folder}/config.json" is not JSON`),
      )
    ),
  );

/** Reads the configuration of a run's folder, of this or an older version. */
export const storedRun = (folder: string): TE.TaskEither<ConfigInvalid, StoredRun> =>
  pipe(
    storedIn(folder),
    TE.chain((stored) => async (): Promise<E.Either<ConfigInvalid, StoredRun>> => {
      const valid = validate(completed(stored));
      if (E.isRight(valid)) return E.right({ stored, configuration: valid.right });
      const newer = await newerText(folder);
      if (newer !== null) return E.left(configInvalid("run", newer));
      return E.left({ ...valid.left, message: oneLine(`"${folder}/config.json": ${valid.left.message}`) });
    }),
  );

/** Reads the configuration alone; see {@link storedRun}. */
export const configurationIn = (folder: string): TE.TaskEither<ConfigInvalid, Configuration> =>
  pipe(storedRun(folder), TE.map(({ configuration }) => configuration));
