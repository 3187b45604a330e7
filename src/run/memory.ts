/**
 * What a configuration asks of memory; see `src/train/memory.ts`.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Training } from "../train/loop.ts";
import { memoryBreaches, memoryBytes } from "../train/memory.ts";
import { breachesInvalid, type ConfigInvalid, type Configuration } from "./configuration.ts";
import { algorithmOf, type Experiment, trainingOf } from "./experiment.ts";

/** Bytes that a run's process takes beside its training: the runtime and the compiled code. */
const RUNTIME = 150 * 2 ** 20;

/** Bytes that a run of a configuration needs, about. */
export const runBytes = (experiment: Experiment, c: Configuration): number =>
  RUNTIME + memoryBytes(trainingOf(experiment, c), algorithmOf(c));

/** Refuses a configuration that needs more memory than any machine is asked for. */
export function fitsMemory<S>(training: Training<S>, c: Configuration): E.Either<ConfigInvalid, null> {
  const breaches = memoryBreaches(training, algorithmOf(c));
  return breaches.length === 0 ? E.right(null) : E.left(breachesInvalid(breaches));
}
