/**
 * What a configuration asks of memory; see `src/train/memory.ts`.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Training } from "../train/loop.ts";
import { memoryBreaches } from "../train/memory.ts";
import { breachesInvalid, type ConfigInvalid, type Configuration } from "./configuration.ts";
import { algorithmOf } from "./experiment.ts";

/** Refuses a configuration that needs more memory than any machine is asked for. */
export function fitsMemory<S>(training: Training<S>, c: Configuration): E.Either<ConfigInvalid, null> {
  const breaches = memoryBreaches(training, algorithmOf(c));
  return breaches.length === 0 ? E.right(null) : E.left(breachesInvalid(breaches));
}
