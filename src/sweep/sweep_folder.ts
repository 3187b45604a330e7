/**
 * The folder of a sweep: its definition in `sweep.json`, and users' requests in `control.json`.
 *
 *     sweep.json            the sweep file that it was started with
 *     control.json          whether it is paused, and the cancelled trials
 *     configurations/       a complete configuration for each started trial
 *     trials/NAME/          a run's usual files for each trial
 *
 * Law, tested: a folder that contains a sweep is used for that sweep only.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { type ConfigInvalid, configInvalid } from "../run/configuration.ts";
import { z } from "../run/deps.ts";
import { attempt, type FileFailed, namesIn, readFile, writeShared } from "../run/files.ts";
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
export const UNCONTROLLED: Control = { paused: false, cancelled: [] };

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Creates the folder of a sweep, or opens one that contains the same sweep. */
export const openSweepFolder = (
  folder: string,
  file: SweepFile,
): TE.TaskEither<FileFailed | ConfigInvalid, void> =>
  pipe(
    attempt("make the folder", folder, () => Deno.mkdir(`${folder}/trials`, { recursive: true })),
    TE.chainW(() => TE.fromTask(() => namesIn(folder))),
    TE.chainW((names): TE.TaskEither<FileFailed | ConfigInvalid, void> => {
      if (!names.includes("sweep.json")) {
        const foreign = names.find((name) => name !== "trials" && name !== "lock");
        return foreign === undefined ? writeShared(`${folder}/sweep.json`, jsonText(file)) : TE.left(
          configInvalid(
            "out",
            `The folder "${folder}" holds no sweep (but "${foreign}"): give a new one with --out`,
          ),
        );
      }
      return pipe(
        sweepIn(folder),
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
    }),
  );

/** The sweep file in a folder. */
export const sweepIn = (folder: string): TE.TaskEither<FileFailed | ConfigInvalid, SweepFile> =>
  pipe(
    readFile(`${folder}/sweep.json`),
    TE.mapLeft((): FileFailed | ConfigInvalid => configInvalid("sweep", `"${folder}" holds no sweep`)),
    TE.chainEitherKW((bytes) => parseSweep(text(bytes))),
  );

/** The requests to a sweep; none if the file is missing or incomplete. */
export async function controlIn(folder: string): Promise<Control> {
  const bytes = await readFile(`${folder}/control.json`)();
  if (E.isLeft(bytes)) return UNCONTROLLED;
  try {
    const parsed = controlSchema.safeParse(JSON.parse(text(bytes.right)));
    return parsed.success ? parsed.data : UNCONTROLLED;
  } catch {
    return UNCONTROLLED;
  }
}

/** Writes the requests to a sweep. */
export const writeControl = (folder: string, control: Control): TE.TaskEither<FileFailed, void> =>
  writeShared(`${folder}/control.json`, jsonText(control));
