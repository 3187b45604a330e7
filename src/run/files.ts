/**
 * All file access of a run: its folder, made only if it holds no run yet, and whole files that appear at once.
 *
 * Laws, tested: an existing file is never overwritten by a new run; of several processes that begin a run at once each gets
 * a folder of its own; a file that is there is complete, also where several processes write it at once.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";

/** A file or folder that cannot be used. */
export interface FileFailed {
  /** The discriminant. */
  readonly _tag: "FileFailed";
  /** The file or folder. */
  readonly path: string;
  /** Why, in words that others can put into a sentence of theirs: `it does not exist`. */
  readonly reason: string;
  /** What could not be done and why, in a sentence. */
  readonly message: string;
}

/** A run's folder that another process writes to. */
export interface FolderTaken {
  /** The discriminant. */
  readonly _tag: "FolderTaken";
  /** The folder. */
  readonly path: string;
  /** What is the matter, in a sentence. */
  readonly message: string;
}

/** A run's folder. */
export interface RunFolder {
  /** Path of the folder. */
  readonly path: string;
  /** Writes a whole file; it appears complete or not at all. */
  readonly write: (name: string, content: string | Uint8Array) => TE.TaskEither<FileFailed, void>;
}

/** A file as a manifest records it. */
export interface FileRecord {
  /** Path inside the run's folder. */
  readonly file: string;
  /** Its length. */
  readonly bytes: number;
  /** The SHA-256 of its bytes, in hexadecimal digits. */
  readonly sha256: string;
}

/** Errors of the system that its own name does not explain, by their number where no name is given. */
const SYSTEM_ERRORS: readonly (readonly [code: string, number: number, reason: string])[] = [
  ["EIO", 5, "the disk does not answer"],
  ["EFBIG", 27, "the file may not become so large"],
  ["ENOSPC", 28, "the disk is full"],
  ["EROFS", 30, "the file system is read-only"],
  ["EDQUOT", 122, "the disk quota is used up"],
];

/** Why a file cannot be read that is not there. */
const MISSING = "it does not exist", NO_FOLDER = "a part of the path is not a folder";

/** Whether a file could not be read because it is not there. */
export const isMissing = ({ reason }: FileFailed): boolean => reason === MISSING || reason === NO_FOLDER;

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
  if (error instanceof Deno.errors.NotADirectory) return NO_FOLDER;
  return error instanceof Error ? error.message : String(error);
};

/** Runs file access, with its failure as a value that says what could not be done. */
export const attempt = <A>(what: string, path: string, run: () => Promise<A>): TE.TaskEither<FileFailed, A> =>
  TE.tryCatch(
    run,
    (error) => {
      const reason = reasonOf(error);
      return { _tag: "FileFailed", path, reason, message: `Cannot ${what} "${path}": ${reason}` };
    },
  );

const encode = (content: string | Uint8Array): Uint8Array =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;

/** Writes a whole file beside its place and moves it there. */
export const writeWhole = (path: string, content: string | Uint8Array): TE.TaskEither<FileFailed, void> =>
  writeThrough(`${path}.part`, path, content);

let written = 0;

/** A name beside a file's that no other process uses. */
const partOf = (path: string): string => `${path}.${Deno.pid}-${written++}.part`;

/** Like {@link writeWhole}, for a file that several processes may write at once: each writes beside it in a file of its own. */
export const writeShared = (path: string, content: string | Uint8Array): TE.TaskEither<FileFailed, void> =>
  writeThrough(partOf(path), path, content);

/**
 * Like {@link writeShared}, unless there is such a file already, which then stays: of several processes one writes it.
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

const writeThrough = (
  part: string,
  path: string,
  content: string | Uint8Array,
): TE.TaskEither<FileFailed, void> =>
  attempt("write", path, async () => {
    try {
      await Deno.writeFile(part, encode(content));
      await Deno.rename(part, path);
    } catch (error) {
      await removeWhole(part).catch(() => {}); // what went wrong first is told
      throw error;
    }
  });

/** Writes a whole file as far as that is possible, before a process ends. */
export function writeNow(path: string, content: string): void {
  try {
    Deno.writeTextFileSync(`${path}.part`, content);
    Deno.renameSync(`${path}.part`, path);
  } catch {
    // Nobody is left to tell.
  }
}

/** The file in a run's folder that the process that writes there holds. */
const LOCK = "lock";

/** How often, and after how many milliseconds, a lock is tried again that another process may only be looking at. */
const TRIES = 5, PAUSE = 20;

/** A run's folder that no other process writes to until it is released. */
export interface TakenFolder extends RunFolder {
  /** Lets other processes write again; the system does the same when this process ends, however it ends. */
  readonly release: () => Promise<void>;
}

/** Takes a run's folder for this process; a failure where another process has it. */
export const takeFolder = (path: string): TE.TaskEither<FileFailed | FolderTaken, TakenFolder> => {
  const file = `${path}/${LOCK}`;
  return pipe(
    attempt("write", file, async () => {
      for (let tries = 0; tries < TRIES; tries++) {
        const lock = await Deno.open(file, { write: true, create: true });
        // The file that is locked must be the one that others will find: releasing a folder removes its lock.
        if (await lock.tryLock(true) && await isSameFile(lock, file)) return lock;
        lock.close();
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
      return null;
    }),
    TE.chainW((lock): TE.TaskEither<FolderTaken, TakenFolder> =>
      lock === null
        ? TE.left({
          _tag: "FolderTaken",
          path,
          message: `Another process is writing the run in "${path}"`,
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

/** Whether an open file is the one that a path names now. */
async function isSameFile(open: Deno.FsFile, path: string): Promise<boolean> {
  try {
    const [held, named] = [await open.stat(), await Deno.stat(path)];
    return held.ino === named.ino && held.dev === named.dev;
  } catch {
    return false; // it has been removed meanwhile
  }
}

/** Whether some process has taken a run's folder. */
export async function isTaken(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(`${path}/${LOCK}`);
    return !await file.tryLock(false);
  } catch {
    return false; // there is no such file
  }
}

/** The folder of a run that exists. */
export const folderAt = (path: string): RunFolder => ({
  path,
  write: (name, content) => writeWhole(`${path}/${name}`, content),
});

/** Makes a run's folder and takes it. It may exist, but must be empty. */
export const createRun = (path: string): TE.TaskEither<FileFailed | FolderTaken, TakenFolder> =>
  pipe(
    attempt("make the folder", path, () => Deno.mkdir(path, { recursive: true })),
    TE.chain(() => onlyLock(path)),
    TE.chainW(() => takeFolder(path)),
    // Once more, because another process may have come first and ended.
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

/** Fails where a folder holds anything but a lock. */
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

/** Makes and takes the first of the folders `<base>-1`, `<base>-2`, … that does not exist; several processes get several. */
export const createNextRun = (base: string): TE.TaskEither<FileFailed | FolderTaken, TakenFolder> =>
  pipe(
    attempt("make the folder", `${base}-1`, async () => {
      const parent = base.slice(0, base.lastIndexOf("/"));
      if (parent !== "") await Deno.mkdir(parent, { recursive: true });
      for (let n = 1;; n++) if (await makeFolder(`${base}-${n}`)) return `${base}-${n}`;
    }),
    TE.chainW(takeFolder),
  );

/** Makes the folders that a file is to be in, where they are not there yet. */
export const makeFoldersFor = (file: string): TE.TaskEither<FileFailed, void> => {
  const folder = file.slice(0, Math.max(0, file.lastIndexOf("/")));
  return folder === ""
    ? TE.right(undefined)
    : attempt("make the folder", folder, () => Deno.mkdir(folder, { recursive: true }));
};

/** Makes a folder in one that exists, if it is not there yet; whether it was not. */
export async function makeFolder(path: string): Promise<boolean> {
  try {
    await Deno.mkdir(path);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return false;
  }
}

/** Does something while no other process does so with the same file, which must exist. */
export async function whileLocked<A>(file: string, act: () => Promise<A>): Promise<A> {
  using lock = await Deno.open(file);
  await lock.lock(true);
  return await act();
}

/** Removes a file or folder with all that it holds, if it is there. */
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

/** Like {@link writeWhole}, and waits until the file is on the disk before it is moved. */
export const writeSynced = (path: string, content: string): TE.TaskEither<FileFailed, void> =>
  attempt("write", path, async () => {
    await syncedWrite(`${path}.part`, encode(content), 0);
    await Deno.rename(`${path}.part`, path);
  });

/** The files of a folder whose names end so, in order, with their bytes. */
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

/** Names of all that is in a folder; empty if the folder does not exist. */
export async function namesIn(path: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(path)) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names;
}

/** Names of the folders in a folder, in order. */
export const foldersIn = (path: string): TE.TaskEither<FileFailed, readonly string[]> =>
  attempt("read the folder", path, async () => {
    const names: string[] = [];
    for await (const { name, isDirectory } of Deno.readDir(path)) if (isDirectory) names.push(name);
    return names.sort(new Intl.Collator("en", { numeric: true }).compare);
  });

/** Reads a whole file. */
export const readFile = (path: string): TE.TaskEither<FileFailed, Uint8Array> =>
  attempt("read", path, () => Deno.readFile(path));

/** Writes bytes at an offset, cuts what comes after them, and waits until they are on the disk. */
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
