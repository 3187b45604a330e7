/**
 * File access of runs: folders, created only if they hold no run yet, and files, written atomically.
 *
 * Laws, tested: a new run never overwrites an existing file; of several processes that start runs at the same time,
 * each gets its own folder; every file is complete, even if several processes write it at once.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { oneLine, thrownText } from "../given.ts";
import { isReadable } from "./permissions.ts";

/** A failed operation on a file or folder. */
export interface FileFailed {
  /** The discriminant. */
  readonly _tag: "FileFailed";
  /** The file or folder. */
  readonly path: string;
  /** The reason, as a clause for other sentences: `it does not exist`. */
  readonly reason: string;
  /** What failed and why, in a sentence. */
  readonly message: string;
}

/** A run's folder that another process is writing to. */
export interface FolderTaken {
  /** The discriminant. */
  readonly _tag: "FolderTaken";
  /** The folder. */
  readonly path: string;
  /** The failure, in a sentence. */
  readonly message: string;
}

/** A run's folder. */
export interface RunFolder {
  /** Path of the folder. */
  readonly path: string;
  /** Writes a file atomically. */
  readonly write: (name: string, content: string | Uint8Array) => TE.TaskEither<FileFailed, void>;
}

/** Length and digest of a file, for a manifest. */
export interface FileRecord {
  /** Path inside the run's folder. */
  readonly file: string;
  /** Its length. */
  readonly bytes: number;
  /** The SHA-256 of its bytes, in hexadecimal digits. */
  readonly sha256: string;
}

/** System errors whose names are cryptic; some carry only the number. */
const SYSTEM_ERRORS: readonly (readonly [code: string, number: number, reason: string])[] = [
  ["EIO", 5, "the disk does not answer"],
  ["EMFILE", 24, "too many files are open"],
  ["EFBIG", 27, "the file may not become so large"],
  ["ENOSPC", 28, "the disk is full"],
  ["EROFS", 30, "the file system is read-only"],
  ["ENAMETOOLONG", 36, "its name is too long"],
  ["ELOOP", 40, "its links lead in a circle"],
  ["EDQUOT", 122, "the disk quota is used up"],
];

/** Reasons for a missing file. */
const MISSING = "it does not exist", NOT_A_FOLDER = "a part of the path is not a folder";

/** Whether a failure means that the file does not exist. */
export const isMissing = ({ reason }: FileFailed): boolean => reason === MISSING || reason === NOT_A_FOLDER;

const reasonOf = (error: unknown): string => {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const known = SYSTEM_ERRORS.find(([name, number]) =>
    code === name || (code === undefined && String(message).includes(`(os error ${number})`))
  );
  if (known !== undefined) return known[2];
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "no permission";
  }
  if (error instanceof Deno.errors.NotFound) return MISSING;
  if (error instanceof Deno.errors.AlreadyExists) return "it exists already";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.NotADirectory) return NOT_A_FOLDER;
  return thrownText(error);
};

/** Runs an operation on a file; exceptions become failures. */
export const attempt = <A>(what: string, path: string, run: () => Promise<A>): TE.TaskEither<FileFailed, A> =>
  TE.tryCatch(
    run,
    (error) => {
      const reason = reasonOf(error);
      return { _tag: "FileFailed", path, reason, message: oneLine(`Cannot ${what} "${path}": ${reason}`) };
    },
  );

const encode = (content: string | Uint8Array): Uint8Array =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;

/** Writes a file atomically: under a temporary name, then renamed. */
export const writeWhole = (path: string, content: string | Uint8Array): TE.TaskEither<FileFailed, void> =>
  attempt("write", path, () => replace(`${path}.part`, path, content));

let written = 0;

/** The name of a temporary file in the same folder, which no other process uses. */
const partOf = (path: string): string => `${path}.${Deno.pid}-${written++}.part`;

/**
 * {@link writeWhole} for a file that several processes may write at once, each with its own temporary name, or where a
 * user has put a device or a pipe, which is written to.
 */
export const writeShared = (path: string, content: string | Uint8Array): TE.TaskEither<FileFailed, void> =>
  attempt(
    "write",
    path,
    async () =>
      await isStream(path)
        ? await Deno.writeFile(path, encode(content))
        : await replace(partOf(path), path, content),
  );

/**
 * Writes a file atomically unless it exists already; of several processes, exactly one writes it.
 *
 * @returns whether it was written
 */
export const writeNew = (path: string, content: string): TE.TaskEither<FileFailed, boolean> =>
  attempt("write", path, async () => {
    const part = partOf(path);
    try {
      await Deno.writeTextFile(part, content);
      await Deno.link(part, path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      throw error;
    } finally {
      await removeWhole(part);
    }
  });

/** Whether a path is that of a device or a pipe, which is written to instead of being replaced. */
async function isStream(path: string): Promise<boolean> {
  if (!isReadable(path)) return false; // writing may be all that is allowed
  try {
    const { isFile, isDirectory } = await Deno.stat(path);
    return !isFile && !isDirectory;
  } catch {
    return false; // nothing yet
  }
}

async function replace(part: string, path: string, content: string | Uint8Array): Promise<void> {
  try {
    await Deno.writeFile(part, encode(content));
    await Deno.rename(part, path);
  } catch (error) {
    await removeWhole(part).catch(() => {}); // the first error is reported
    throw error;
  }
}

/** Writes a file synchronously before the process exits, ignoring failures. */
export function writeBeforeExit(path: string, content: string): void {
  try {
    Deno.writeTextFileSync(`${path}.part`, content);
    Deno.renameSync(`${path}.part`, path);
  } catch {
    // The process exits; nothing can report it.
  }
}

/** The lock file in a run's folder, held by the process that writes there. */
const LOCK = "lock";

/** Number of attempts, and milliseconds between them, at a lock that another process may be probing. */
const LOCK_ATTEMPTS = 5, LOCK_RETRY_DELAY = 20;

/** A run's folder with its lock held by this process. */
export interface TakenFolder extends RunFolder {
  /** Releases the lock, as the system does when the process ends. */
  readonly release: () => Promise<void>;
}

/** Locks a run's folder for this process; fails if another process holds the lock. */
export const takeFolder = (path: string): TE.TaskEither<FileFailed | FolderTaken, TakenFolder> => {
  const file = `${path}/${LOCK}`;
  return pipe(
    attempt("write", file, async () => {
      for (let tries = 0; tries < LOCK_ATTEMPTS; tries++) {
        const lock = await Deno.open(file, { write: true, create: true });
        // The locked file must still be the one at this path, since releasing a folder removes its lock file.
        if (await lock.tryLock(true) && await isSameFile(lock, file)) return lock;
        lock.close();
        await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_DELAY));
      }
      return null;
    }),
    TE.chainW((lock): TE.TaskEither<FolderTaken, TakenFolder> =>
      lock === null
        ? TE.left({
          _tag: "FolderTaken",
          path,
          message: oneLine(`Another process is writing the run in "${path}"`),
        })
        : TE.right({
          ...folderAt(path),
          release: async () => {
            await removeWhole(file);
            lock.close();
          },
        })
    ),
  );
};

/** Whether an open file is the one at a path. */
async function isSameFile(open: Deno.FsFile, path: string): Promise<boolean> {
  try {
    const [held, named] = [await open.stat(), await Deno.stat(path)];
    return held.ino === named.ino && held.dev === named.dev;
  } catch {
    return false; // removed meanwhile
  }
}

/** Whether a process holds the lock of a run's folder. */
export async function isTaken(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(`${path}/${LOCK}`);
    return !await file.tryLock(false);
  } catch {
    return false; // there is no such file
  }
}

/** The folder of an existing run. */
export const folderAt = (path: string): RunFolder => ({
  path,
  write: (name, content) => writeWhole(`${path}/${name}`, content),
});

/** Creates and locks a run's folder, which may exist but must be empty. */
export const createRun = (path: string): TE.TaskEither<FileFailed | FolderTaken, TakenFolder> =>
  pipe(
    attempt("make the folder", path, () => Deno.mkdir(path, { recursive: true })),
    TE.chain(() => onlyLock(path)),
    TE.chainW(() => takeFolder(path)),
    // Checked again, because another process may have used the folder before it was locked.
    TE.chainFirstW((folder) =>
      pipe(
        onlyLock(path),
        TE.orElse((error) => async () => {
          await folder.release();
          return E.left(error);
        }),
      )
    ),
  );

/** Fails if a folder holds anything but a lock file. */
const onlyLock = (path: string): TE.TaskEither<FileFailed, null> =>
  pipe(
    attempt("read the folder", path, async () => {
      for await (const entry of Deno.readDir(path)) if (entry.name !== LOCK) return entry.name;
      return null;
    }),
    TE.chain((found): TE.TaskEither<FileFailed, null> => {
      if (found === null) return TE.right(null);
      const reason = `it is not empty (it holds "${found}")`;
      const message = `The folder "${path}" is not empty (it holds "${found}"): give a new one with --out`;
      return TE.left({ _tag: "FileFailed", path, reason, message });
    }),
  );

/** Creates and locks the first of the folders `<base>-1`, `<base>-2`, … that does not exist. */
export const createNextRun = (base: string): TE.TaskEither<FileFailed | FolderTaken, TakenFolder> =>
  pipe(
    attempt("make the folder", `${base}-1`, async () => {
      const parent = base.slice(0, base.lastIndexOf("/"));
      if (parent !== "") await Deno.mkdir(parent, { recursive: true });
      for (let n = 1;; n++) if (await makeFolder(`${base}-${n}`)) return `${base}-${n}`;
    }),
    TE.chainW(takeFolder),
  );

/** Creates the missing parent folders of a file. */
export const makeFoldersFor = (file: string): TE.TaskEither<FileFailed, void> => {
  const folder = file.slice(0, Math.max(0, file.lastIndexOf("/")));
  return folder === ""
    ? TE.right(undefined)
    : attempt("make the folder", folder, () => Deno.mkdir(folder, { recursive: true }));
};

/** Creates a folder unless it exists; returns whether it was created. */
export async function makeFolder(path: string): Promise<boolean> {
  try {
    await Deno.mkdir(path);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return false;
  }
}

/** Holds the lock of a file, which must exist, during an action. */
export async function whileLocked<A>(file: string, act: () => Promise<A>): Promise<A> {
  using lock = await Deno.open(file);
  await lock.lock(true);
  return await act();
}

/** Removes a file or folder recursively, if it exists. */
export async function removeWhole(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Removes the checkpoints and the journals of a run. */
export const removeProgress = (path: string): TE.TaskEither<FileFailed, void> =>
  attempt("remove what is left of the run in", path, async () => {
    for (const name of await namesIn(path)) {
      if (/^(checkpoint|replay(-\d+)?)$/.test(name)) await removeWhole(`${path}/${name}`);
    }
  });

/** {@link writeWhole}, synchronised to disk before the file is renamed. */
export const writeSynced = (path: string, content: string): TE.TaskEither<FileFailed, void> =>
  attempt("write", path, async () => {
    await syncedWrite(`${path}.part`, encode(content), 0);
    await Deno.rename(`${path}.part`, path);
  });

/** The files of a folder with a given ending, sorted by name, with their bytes. */
export const filesNamed = (
  path: string,
  ending: string,
): TE.TaskEither<FileFailed, readonly (readonly [name: string, bytes: Uint8Array])[]> =>
  attempt("read the folder", path, async () => {
    const names: string[] = [];
    for await (const { name, isFile } of Deno.readDir(path)) {
      if (isFile && name.endsWith(ending)) names.push(name);
    }
    return await Promise.all(
      names.sort().map(async (name) => [name, await Deno.readFile(`${path}/${name}`)] as const),
    );
  });

/** Names of a folder's entries; empty if the folder does not exist. */
export async function namesIn(path: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(path)) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names;
}

/** The canonical path of a file or folder, with links and dots resolved; the path itself if it does not exist. */
export const realPathOf = (path: string): Promise<string> => Deno.realPath(path).catch(() => path);

/** Names of a folder's subfolders, in natural order. */
export const foldersIn = (path: string): TE.TaskEither<FileFailed, readonly string[]> =>
  attempt("read the folder", path, async () => {
    const names: string[] = [];
    for await (const { name, isDirectory } of Deno.readDir(path)) if (isDirectory) names.push(name);
    return names.sort(new Intl.Collator("en", { numeric: true }).compare);
  });

/** Reads a whole file. */
export const readFile = (path: string): TE.TaskEither<FileFailed, Uint8Array> =>
  attempt("read", path, async () => {
    // Reading a named pipe or a device might never end. The pipes that a shell substitutes, as in `<(…)`, are under /dev.
    if (!/^\/(dev|proc)\//.test(path)) {
      const { isFile, isDirectory, isFifo } = await Deno.stat(path);
      if (!isFile && !isDirectory) throw new Error(isFifo ? "it is a pipe" : "it is a device");
    }
    return await Deno.readFile(path);
  });

/** Writes bytes at an offset, truncates the file after them, and synchronises it to disk. */
export async function syncedWrite(path: string, bytes: Uint8Array, at: number): Promise<void> {
  const file = await Deno.open(path, { write: true, create: true });
  try {
    await file.truncate(at);
    await file.seek(at, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
    await file.sync();
  } finally {
    file.close();
  }
}
