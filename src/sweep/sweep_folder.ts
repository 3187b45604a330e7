/**
 * The folder of a sweep: its definition in `sweep.json`, and users' requests in `control.json`.
 *
 *     sweep.json            the sweep file that it was started with
 *     control.json          whether it is paused, and the cancelled trials
 *     parts/I-N/            locked by the process that runs part I of N
 *     configurations/       a complete configuration for each started trial
 *     trials/NAME/          a run's usual files for each trial
 *
 * Laws, tested: a folder that contains a sweep is used for that sweep only, even if several are started concurrently;
 * concurrent requests are not lost.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { type ConfigInvalid, configInvalid } from "../run/configuration.ts";
import { z } from "../run/deps.ts";
import {
  attempt,
  type FileFailed,
  isMissing,
  namesIn,
  readFile,
  whileLocked,
  writeNew,
  writeShared,
} from "../run/files.ts";
import { jsonText } from "../run/json.ts";
import { parseSweep, type SweepFile } from "./space.ts";

/** Requests to a sweep in progress. */
export interface Control {
  /** Start no trial; running trials write a checkpoint and wait. */
  readonly paused: boolean;
  /** Names of cancelled trials. */
  readonly cancelled: readonly string[];
}

const controlSchema = z.strictObject({ paused: z.boolean(), cancelled: z.array(z.string()) });

/** No requests. */
export const NO_REQUESTS: Control = { paused: false, cancelled: [] };

/** The file of a sweep's definition. */
const DEFINITION = "sweep.json";

/** Names allowed in a sweep's folder before its definition exists, including a partially written definition. */
const OWN = /^(trials|parts|lock)$|^sweep\.json\..*part$/;

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Creates the folder of a sweep, or opens one that contains the same sweep. */
export const openSweepFolder = (
  folder: string,
  file: SweepFile,
): TE.TaskEither<FileFailed | ConfigInvalid, void> =>
  pipe(
    attempt("make the folder", folder, () => Deno.mkdir(`${folder}/trials`, { recursive: true })),
    TE.chainW(() => TE.fromTask(() => namesIn(folder))),
    TE.chainW((names): TE.TaskEither<FileFailed | ConfigInvalid, unknown> => {
      if (names.includes(DEFINITION)) return TE.right(null);
      const foreign = names.find((name) => !OWN.test(name));
      return foreign === undefined ? writeNew(`${folder}/${DEFINITION}`, jsonText(file)) : TE.left(
        configInvalid(
          "out",
          `The folder "${folder}" holds no sweep (but "${foreign}"): give a new one with --out`,
        ),
      );
    }),
    // Another process may have come first.
    TE.chainW(() => sweepIn(folder)),
    TE.filterOrElseW(
      (found) => jsonText(found) === jsonText(file),
      (found) =>
        configInvalid(
          "out",
          `The folder "${folder}" holds another sweep, "${found.name}": give a new one with --out`,
        ),
    ),
    TE.map(() => undefined),
  );

/** The sweep file in a folder. */
export const sweepIn = (folder: string): TE.TaskEither<FileFailed | ConfigInvalid, SweepFile> =>
  pipe(
    readFile(`${folder}/${DEFINITION}`),
    TE.mapLeft((): FileFailed | ConfigInvalid => configInvalid("sweep", `"${folder}" holds no sweep`)),
    TE.chainEitherKW((bytes) => parseSweep(text(bytes))),
  );

/** The requests to a sweep; none if there is no such file. */
export const controlIn = (folder: string): TE.TaskEither<ConfigInvalid, Control> => async () => {
  const path = `${folder}/control.json`, bytes = await readFile(path)();
  if (E.isLeft(bytes)) {
    return isMissing(bytes.left) ? E.right(NO_REQUESTS) : E.left(configInvalid("sweep", bytes.left.message));
  }
  const json = E.tryCatch((): unknown => JSON.parse(text(bytes.right)), String);
  const parsed = controlSchema.safeParse(E.isRight(json) ? json.right : null);
  return parsed.success ? E.right(parsed.data) : E.left(
    configInvalid("sweep", `"${path}" is not what a sweep writes: what was cancelled or paused is not known`),
  );
};

/** Changes the requests to a sweep, while holding a lock. */
export const changeControl = (
  folder: string,
  change: (control: Control) => Control,
): TE.TaskEither<FileFailed | ConfigInvalid, void> => {
  const file = `${folder}/control.json`;
  const changed = pipe(
    controlIn(folder),
    TE.chainW((control) => writeShared(file, jsonText(change(control)))),
  );
  return pipe(
    attempt("write", file, () => whileLocked(`${folder}/${DEFINITION}`, changed)),
    TE.chainEitherKW((written) => written),
  );
};
