/**
 * Writing a page to where a user wants it, but never in the place of something else, such as a run's own file.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { type ConfigInvalid, configInvalid } from "./configuration.ts";
import { type FileFailed, writeShared } from "./files.ts";

/** How a page begins. */
const BEGINNING = "<!doctype html";

/** Whether a file holds something else than a page; false of what is empty, missing, no file, or may not be read. */
async function holdsOther(path: string): Promise<boolean> {
  const { state } = await Deno.permissions.query({ name: "read", path }); // who may only write is not asked for more
  if (state !== "granted") return false;
  try {
    if (!(await Deno.stat(path)).isFile) return false;
    using file = await Deno.open(path);
    const first = new Uint8Array(BEGINNING.length), count = await file.read(first);
    return count !== null && new TextDecoder().decode(first).toLowerCase() !== BEGINNING;
  } catch {
    return false;
  }
}

/** Writes a page, atomically; another page in its place is replaced, and any other file refused. */
export const writePage = (path: string, page: string): TE.TaskEither<ConfigInvalid | FileFailed, void> =>
  pipe(
    TE.rightTask<ConfigInvalid | FileFailed, boolean>(() => holdsOther(path)),
    TE.chainEitherK((other) =>
      other
        ? E.left(
          configInvalid("out", `--out "${path}" holds something else than a page: give it another name`),
        )
        : E.right(null)
    ),
    TE.chainW(() => writeShared(path, page)),
  );
