/**
 * What can go wrong inside a run besides files and devices: numbers that are none, and code that throws.
 *
 * Laws, tested: a checkpoint of a replica that still learns is finite; an environment that throws ends the run with an
 * error as a value; both leave the last checkpoint as it was.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import type { Snapshot } from "../train/snapshot.ts";

/** Every replica, or a checkpoint, has numbers that are none. */
export interface NonFinite {
  readonly _tag: "NonFinite";
  readonly message: string;
}

/** Code of an environment or of an experiment has thrown. */
export interface RunFailed {
  readonly _tag: "RunFailed";
  readonly message: string;
  /** What was thrown. */
  readonly cause: unknown;
}

/** A task whose exceptions are failures. */
export const guarded =
  <L, A>(what: string, task: TE.TaskEither<L, A>): TE.TaskEither<L | RunFailed, A> => async () => {
    try {
      return await task();
    } catch (cause) {
      const message = `${what} failed: ${cause instanceof Error ? cause.message : String(cause)}`;
      return E.left({ _tag: "RunFailed", message, cause });
    }
  };

/** The sentence for a replica that stopped being finite. */
export const frozenText = (replica: number, seed: number, update: number): string =>
  `Replica ${replica} (seed ${seed + replica}) was not finite at update ${update} and was frozen`;

/** Fails where every replica has stopped being finite, because then nothing is left to learn. */
export function someLearn(frozen: Uint32Array, seed: number, folder: string): E.Either<NonFinite, null> {
  if (frozen.some((at) => at === 0)) return E.right(null);
  const message = `${[...frozen].map((at, r) => frozenText(r, seed, at)).join("; ")}: ` +
    `no replica is left; the checkpoints in "${folder}" are from before`;
  return E.left({ _tag: "NonFinite", message });
}

/** Fails where an array of a replica that still learns has a number that is none. */
export function finiteSnapshot(
  snapshot: Snapshot,
  frozen: Uint32Array,
  seed: number,
): E.Either<NonFinite, Snapshot> {
  const replicas = frozen.length;
  for (const [name, { data }] of Object.entries(snapshot.tensors)) {
    if (!name.startsWith("learner.") || data instanceof Uint32Array) continue;
    const size = data.length / replicas;
    for (let r = 0; r < replicas; r++) {
      if (frozen[r] !== 0) continue;
      for (let i = r * size; i < (r + 1) * size; i++) {
        if (!Number.isFinite(data[i])) {
          const message = `Replica ${r} (seed ${seed + r}) has the number ${data[i]} in "${name.slice(8)}" ` +
            `at update ${snapshot.updates}: no checkpoint was written`;
          return E.left({ _tag: "NonFinite", message });
        }
      }
    }
  }
  return E.right(snapshot);
}
