/**
 * Writing a page to the path that a user gives. It may replace another page, but no other file, such as one of a run.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { type ConfigInvalid, configInvalid } from "./configuration.ts";
import { type FileFailed, writeShared } from "./files.ts";
import { isReadable } from "./permissions.ts";

/** How a page begins. */
const BEGINNING = "<!doctype html";

/** Whether a path is a file that holds something other than a page; false if it is empty, missing or unreadable. */
async function holdsOther(path: string): Promise<boolean> {
  if (!isReadable(path)) return false; // writing may be all that is allowed
  try {
    if (!(await Deno.stat(path)).isFile) return false;
    using file = await Deno.open(path);
    const first = new Uint8Array(BEGINNING.length), count = await file.read(first);
    return count !== null && new TextDecoder().decode(first).toLowerCase() !== BEGINNING;
  } catch {
    return false;
  }
}

/** Writes a page atomically; refuses to replace a file that is not a page. */
export const writePage = (path: string, page: string): TE.TaskEither<ConfigInvalid | FileFailed, void> =>
  pipe(
    TE.rightTask<ConfigInvalid | FileFailed, boolean>(() => holdsOther(path)),
    TE.chainEitherK((other) =>
      other
        ? E.left(
          configInvalid("out", `--out "${path}" holds something other than a page: choose another name`),
        )
        : E.right(null)
    ),
    TE.chainW(() => writeShared(path, page)),
  );
