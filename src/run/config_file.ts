/**
 * `--config FILE`: fields of a configuration from a JSON file.
 *
 * Law, tested: the `config.json` of a run repeats that run exactly; other flags override its fields.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { repeatedKey } from "../train/safetensors.ts";
import { readFile } from "./files.ts";
import {
  completed,
  type ConfigInvalid,
  configInvalid,
  type Configuration,
  validate,
} from "./configuration.ts";
import type { Experiment } from "./experiment.ts";
import { newerText } from "./stored_run.ts";

/** Fields that a file sets, not yet validated. */
export type FileFields = Partial<Configuration>;

/** Reads the fields; a file that names an experiment must name this one. */
export const readConfigFile = (
  experiment: Experiment,
  path: string | undefined,
): TE.TaskEither<ConfigInvalid, FileFields> =>
  path === undefined ? TE.right({}) : pipe(
    readFile(path),
    TE.mapLeft(({ reason }) => configInvalid("config", `--config "${path}" cannot be read: ${reason}`)),
    TE.chainEitherK((bytes): E.Either<ConfigInvalid, FileFields> => {
      const refuse = (why: string) => E.left(configInvalid("config", `--config "${path}" ${why}`));
      let value: unknown;
      try {
        const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
        value = JSON.parse(text);
        const repeated = repeatedKey(text);
        if (repeated !== undefined) return refuse(`has the key ${JSON.stringify(repeated)} twice`);
      } catch {
        return refuse("is not JSON");
      }
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return refuse("must hold an object with the fields of a configuration");
      }
      const fields = completed(value) as FileFields;
      return fields.experiment !== undefined && fields.experiment !== experiment.name
        ? refuse(`is of the experiment ${JSON.stringify(fields.experiment)}, not of "${experiment.name}"`)
        : E.right(fields);
    }),
    TE.chainFirst((fields) => async (): Promise<E.Either<ConfigInvalid, null>> => {
      const folder = /^(.*)\/config\.json$/.exec(path)?.[1];
      if (folder === undefined || E.isRight(validate(fields))) return E.right(null);
      const newer = await newerText(folder);
      return newer === null ? E.right(null) : E.left(configInvalid("config", `--config: ${newer}`));
    }),
  );
