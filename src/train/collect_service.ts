/**
 * The worker's side of collecting; `collectors.ts` is the side of the training.
 *
 * @module
 */

import { EnvironmentFailed } from "../../envs/boundary.ts";
import { type RangeChunk, rangeStepper, type RangeTask } from "./parallel.ts";
import type { Collector } from "./collect.ts";
import type { CollectorAnswer, CollectorMessage } from "./collectors.ts";
import { thrownText } from "../given.ts";

/** The global scope of a worker, which TypeScript's DOM types do not declare. */
interface WorkerScope<Source> {
  onmessage: (event: MessageEvent<CollectorMessage<Source>>) => void;
  readonly postMessage: (answer: CollectorAnswer, transfer: readonly ArrayBufferLike[]) => void;
}

/**
 * Lets this worker execute tasks.
 *
 * @param collectorFrom makes the environment and policy; an exception is reported as the answer to the first task
 */
export function serveCollector<Source>(collectorFrom: (source: Source) => Promise<Collector>): void {
  const scope = globalThis as typeof globalThis & WorkerScope<Source>;
  let prepared: Promise<(task: RangeTask) => RangeChunk> = Promise.reject(
    new Error("Nothing has been prepared"),
  );
  prepared.catch(() => {});
  const carryOut = async (task: RangeTask): Promise<void> => {
    try {
      const chunk = (await prepared)(task);
      const arrays = [...Object.values(chunk.state), ...Object.values(chunk.stepped)];
      scope.postMessage({ chunk }, arrays.map(({ buffer }) => buffer));
    } catch (error) {
      const message = thrownText(error);
      const ofEnvironment = error instanceof EnvironmentFailed;
      const environment = ofEnvironment ? { name: error.environment, part: error.part } : null;
      const failed = { message, environment };
      try {
        scope.postMessage({ failed: { ...failed, cause: ofEnvironment ? error.cause : error } }, []);
      } catch {
        scope.postMessage({ failed }, []); // the cause cannot be cloned: a function, for example
      }
    }
  };
  scope.onmessage = ({ data }) => {
    if ("task" in data) return void carryOut(data.task);
    prepared = collectorFrom(data.prepare).then(rangeStepper);
    prepared.catch(() => {}); // reported as the answer to the first task
  };
}
