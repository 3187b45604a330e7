/**
 * The memory that a configuration needs; see `src/train/memory.ts`.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Training } from "../train/loop.ts";
import { memoryBreaches, memoryBytes } from "../train/memory.ts";
import { breachesInvalid, type ConfigInvalid, type Configuration } from "./configuration.ts";
import { algorithmOf, type Experiment, trainingOf } from "./experiment.ts";

/** Memory of a run's process besides its training, in bytes: the runtime and the compiled code. */
const RUNTIME = 150 * 2 ** 20;

/** An estimate of the memory of a run, in bytes. */
export const runBytes = (experiment: Experiment, c: Configuration): number =>
  RUNTIME + memoryBytes(trainingOf(experiment, c), algorithmOf(c));

/** Refuses a configuration that is too large for any machine. */
export function fitsMemory<S>(training: Training<S>, c: Configuration): E.Either<ConfigInvalid, null> {
  const breaches = memoryBreaches(training, algorithmOf(c));
  return breaches.length === 0 ? E.right(null) : E.left(breachesInvalid(breaches));
}
