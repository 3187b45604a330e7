/**
 * Workers that collect for a run.
 *
 * @module
 */

import { type Collectors, collectorsWith } from "../train/collectors.ts";
import type { Configuration } from "./configuration.ts";

/** What a worker makes its environment and policy from. */
export interface CollectorSource {
  /** URL of a module that exports the experiment. */
  readonly module: string;
  /** The experiment's name. */
  readonly experiment: string;
  /** The run's configuration. */
  readonly configuration: Configuration;
}

/**
 * Starts workers.
 *
 * @param warn is told of a worker that keeps the run waiting; see {@link collectorsWith}
 */
export const openCollectors = (
  workers: number,
  source: CollectorSource,
  warn: (line: string) => void,
  seconds?: number,
): Collectors =>
  collectorsWith(
    workers,
    () => new Worker(new URL("./collect_worker.ts", import.meta.url), { type: "module" }),
    source,
    warn,
    seconds,
  );

/** The default number of workers: on a GPU all cores but one, if that makes at least two; else none. */
export function collectorsFor(device: string, cores: number, environments: number): number {
  const workers = Math.min(cores - 1, environments);
  return device === "webgpu" && workers >= 2 ? workers : 0;
}
