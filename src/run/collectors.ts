/**
 * Workers that collect for a run.
 *
 * @module
 */

import { type Collectors, collectorsWith } from "../train/collectors.ts";
import type { Configuration } from "./configuration.ts";

/** What a worker makes its environment and policy of. */
export interface CollectorSource {
  /** URL of a module that exports the experiment. */
  readonly module: string;
  /** The experiment's name. */
  readonly experiment: string;
  /** The run's. */
  readonly configuration: Configuration;
}

/** Starts so many workers. */
export const openCollectors = (workers: number, source: CollectorSource): Collectors =>
  collectorsWith(
    workers,
    () => new Worker(new URL("./collect_worker.ts", import.meta.url), { type: "module" }),
    source,
  );

/** How many workers collect unless it is said: on a GPU every core but the loop's, where that makes at least two. */
export function collectorsFor(device: string, cores: number, environments: number): number {
  const workers = Math.min(cores - 1, environments);
  return device === "webgpu" && workers >= 2 ? workers : 0;
}
