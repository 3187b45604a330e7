/**
 * Writes a build to its folder and nowhere else: the task has write permission only there.
 *
 * Law, tested: afterwards the folder has the files of the build and no others. Of builds that end at the same time,
 * whichever was last leaves each of its scripts and folders whole.
 *
 * @module
 */

/** Files by their names, relative to a folder. */
type Files = ReadonlyMap<string, Uint8Array>;

/** Number of attempts to move a file or folder into place while concurrent builds do the same. */
const RENAME_ATTEMPTS = 10;

/** Suffix of the temporary folders in which builds are written before they are moved into place. */
const TEMPORARY_SUFFIX = ".part";

/** Writes files to a folder. */
function write(folder: string, files: Files): void {
  for (const [name, content] of files) {
    const path = `${folder}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeFileSync(path, content);
  }
}

/** Removes a file or a folder, if it is there. */
function removeIfPresent(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Puts a file or a folder in the place of the one of an earlier build. */
function putInPlace(made: string, place: string): void {
  for (let tries = 1;; tries++) {
    try {
      removeIfPresent(place);
      return Deno.renameSync(made, place);
    } catch (error) {
      if (tries === RENAME_ATTEMPTS) throw error;
    }
  }
}

const namesIn = (folder: string): readonly string[] => [...Deno.readDirSync(folder)].map(({ name }) => name);

/** Replaces a folder's contents by the files of a build, all of which are written before the first is replaced. */
export function publish(folder: string, files: Files): void {
  const part = `${folder}/${Deno.pid}${TEMPORARY_SUFFIX}`;
  try {
    write(part, files);
    const names = namesIn(part);
    for (const name of names) putInPlace(`${part}/${name}`, `${folder}/${name}`);
    for (const name of namesIn(folder)) {
      if (!names.includes(name) && !name.endsWith(TEMPORARY_SUFFIX)) removeIfPresent(`${folder}/${name}`);
    }
  } finally {
    removeIfPresent(part);
  }
}
