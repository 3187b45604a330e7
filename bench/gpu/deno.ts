/**
 * Starting softq's own programs: with the lock that names what they import, and without access to the network's
 * registries.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);

/** The words that run a program of this repository, by its path below the root. */
export const denoWords = (program: string, ...words: readonly string[]): string[] => [
  ...["run", "-A", "--quiet", "--no-check", "--lock", new URL("tests/deno.lock", ROOT).pathname],
  new URL(program, ROOT).pathname,
  ...words,
];
