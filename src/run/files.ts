/**
 * All file access of a run: its folder, made only if it holds no run yet, and whole files that appear at once.
 *
 * Law, tested: an existing file is never overwritten by a new run, and a file that is there is complete.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";

/** A file or folder that cannot be used. */
export interface FileFailed {
  /** Tells this failure from others. */
  readonly _tag: "FileFailed";
  /** The file or folder. */
  readonly path: string;
  /** What could not be done and why, in a sentence. */
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
  readonly bytes: number;
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

const reasonOf = (error: unknown): string => {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const known = SYSTEM_ERRORS.find(([name, number]) =>
    code === name || (code === undefined && String(message).includes(`(os error ${number})`))
  );
  if (known !== undefined) return known[2];
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "no permission";
  }
  if (error instanceof Deno.errors.NotFound) return "it does not exist";
  if (error instanceof Deno.errors.AlreadyExists) return "it exists already";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.NotADirectory) return "a part of the path is not a folder";
  return error instanceof Error ? error.message : String(error);
};

/** Runs file access, with its failure as a value that says what could not be done. */
export const attempt = <A>(what: string, path: string, run: () => Promise<A>): TE.TaskEither<FileFailed, A> =>
  TE.tryCatch(
    run,
    (error) => ({ _tag: "FileFailed", path, message: `Cannot ${what} "${path}": ${reasonOf(error)}` }),
  );

const encode = (content: string | Uint8Array): Uint8Array =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;

/** Writes a whole file beside its place and moves it there. */
export const writeWhole = (path: string, content: string | Uint8Array): TE.TaskEither<FileFailed, void> =>
  attempt("write", path, async () => {
    await Deno.writeFile(`${path}.part`, encode(content));
    await Deno.rename(`${path}.part`, path).catch(async (error) => {
      await removeWhole(`${path}.part`);
      throw error;
    });
  });

/** The file in a run's folder that the process that writes there holds. */
const LOCK = "lock";

/**
 * Takes a run's folder for this process, and gives what lets it go; null where another process has it. The system lets go
 * of it when the process ends, however it ends.
 */
export const takeFolder = (path: string): TE.TaskEither<FileFailed, (() => Promise<void>) | null> =>
  attempt("write", `${path}/${LOCK}`, async () => {
    const file = await Deno.open(`${path}/${LOCK}`, { write: true, create: true });
    if (!await file.tryLock(true)) {
      file.close();
      return null;
    }
    return async () => {
      file.close();
      await removeWhole(`${path}/${LOCK}`);
    };
  });

/** Whether some process has taken a run's folder. */
export async function isTaken(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(`${path}/${LOCK}`);
    return !await file.tryLock(true);
  } catch {
    return false; // there is no such file
  }
}

/** The folder of a run that exists. */
export const folderAt = (path: string): RunFolder => ({
  path,
  write: (name, content) => writeWhole(`${path}/${name}`, content),
});

/** Makes a run's folder. It may exist, but must be empty. */
export const createRun = (path: string): TE.TaskEither<FileFailed, RunFolder> =>
  pipe(
    attempt("make the folder", path, () => Deno.mkdir(path, { recursive: true })),
    TE.chain(() =>
      attempt("read the folder", path, async () => {
        for await (const entry of Deno.readDir(path)) return entry.name;
        return null;
      })
    ),
    TE.chain((found): TE.TaskEither<FileFailed, RunFolder> => {
      if (found === null) return TE.right(folderAt(path));
      const message = `The folder "${path}" is not empty (it holds "${found}"): give a new one with --out`;
      return TE.left({ _tag: "FileFailed", path, message });
    }),
  );

/** The first of `<base>-1`, `<base>-2`, … that does not exist. */
export const freePath = (base: string): TE.TaskEither<FileFailed, string> => async () => {
  for (let n = 1;; n++) {
    try {
      await Deno.lstat(`${base}-${n}`);
    } catch (error) {
      return error instanceof Deno.errors.NotFound
        ? E.right(`${base}-${n}`)
        : E.left({ _tag: "FileFailed", path: base, message: `Cannot read "${base}": ${reasonOf(error)}` });
    }
  }
};

/** Makes a folder in one that exists, if it is not there yet. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** Removes a file or folder with all that it holds, if it is there. */
export async function removeWhole(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

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

/** Names of all that is in a folder; none where there is no such folder. */
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
