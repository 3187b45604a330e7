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
  /** Appends text to a file. */
  readonly append: (name: string, text: string) => TE.TaskEither<FileFailed, void>;
  /** Cuts a file to a length; one that is not there stays so where the length is 0. */
  readonly cut: (name: string, bytes: number) => TE.TaskEither<FileFailed, void>;
}

const reasonOf = (error: unknown): string => {
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "no permission";
  }
  if (error instanceof Deno.errors.NotFound) return "it does not exist";
  if (error instanceof Deno.errors.AlreadyExists) return "it exists already";
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
    await Deno.rename(`${path}.part`, path);
  });

/** The folder of a run that exists. */
export const folderAt = (path: string): RunFolder => ({
  path,
  write: (name, content) => writeWhole(`${path}/${name}`, content),
  append: (name, text) =>
    attempt(
      "write",
      `${path}/${name}`,
      () => Deno.writeFile(`${path}/${name}`, encode(text), { append: true }),
    ),
  cut: (name, bytes) =>
    attempt("cut", `${path}/${name}`, async () => {
      try {
        await Deno.truncate(`${path}/${name}`, bytes);
      } catch (error) {
        if (bytes > 0 || !(error instanceof Deno.errors.NotFound)) throw error;
      }
    }),
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
