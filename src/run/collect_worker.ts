/**
 * A worker that collects: see `collectors.ts`.
 *
 * @module
 */

import { EnvironmentFailed } from "../../envs/boundary.ts";
import { stepRange } from "../train/aside.ts";
import type { Collector } from "../train/collect.ts";
import { collectorOf } from "../train/loop.ts";
import type { CollectorAnswer, CollectorMessage, CollectorSource } from "./collectors.ts";
import { type Experiment, trainingOf } from "./experiment.ts";

/** What a worker is to itself; the types of a page know it by another name. */
const scope = globalThis as typeof globalThis & {
  onmessage: (event: MessageEvent<CollectorMessage>) => void;
  readonly postMessage: (answer: CollectorAnswer, transfer: readonly ArrayBufferLike[]) => void;
};

/** Whether a module's export is the experiment of a name. */
const isExperiment = (value: unknown, name: string): value is Experiment =>
  typeof value === "object" && value !== null && "environment" in value && "name" in value &&
  value.name === name;

/** Makes the environment and policy of a run. */
async function collectorFrom({ module, experiment, configuration }: CollectorSource): Promise<Collector> {
  const exports = Object.values(await import(module));
  const found = exports.find((value) => isExperiment(value, experiment)) as Experiment | undefined;
  if (found === undefined) throw new Error(`"${module}" exports no experiment "${experiment}"`);
  return collectorOf(trainingOf(found, configuration));
}

let prepared: Promise<Collector> = Promise.reject(new Error("Nothing has been prepared"));
prepared.catch(() => {});

async function carryOut({ order }: Extract<CollectorMessage, { order: unknown }>): Promise<void> {
  try {
    const chunk = stepRange(await prepared, order);
    const buffers = [...Object.values(chunk.state), ...Object.values(chunk.stepped)].map(({ buffer }) =>
      buffer
    );
    scope.postMessage({ chunk }, buffers);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const environment = error instanceof EnvironmentFailed
      ? { name: error.environment, part: error.part }
      : null;
    scope.postMessage({ failed: { message, environment } }, []);
  }
}

scope.onmessage = ({ data }) => {
  if ("order" in data) return void carryOut(data);
  prepared = collectorFrom(data.prepare);
  prepared.catch(() => {}); // told with the first order
};
