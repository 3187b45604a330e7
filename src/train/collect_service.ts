/**
 * The worker's side of collecting; `collectors.ts` is the side of the training.
 *
 * @module
 */

import { EnvironmentFailed } from "../../envs/boundary.ts";
import { type RangeChunk, rangeStepper, type RangeTask } from "./parallel.ts";
import type { Collector } from "./collect.ts";
import type { CollectorAnswer, CollectorMessage, CollectorReply } from "./collectors.ts";
import { thrownText } from "../given.ts";

/** The global scope of a worker, which TypeScript's DOM types do not declare. */
interface WorkerScope<Source> {
  onmessage: (event: MessageEvent<CollectorMessage<Source>>) => void;
  readonly postMessage: (reply: CollectorReply, transfer: readonly ArrayBufferLike[]) => void;
}

/** What ends a worker: for its answers, which no event would replace, the training would wait for ever. */
const ENDS = [["self", "close"], ["Deno", "exit"], ["process", "exit"]] as const;

/** Makes whatever ends this worker throw instead, which is reported as any exception of its module. */
function forbidEnding(): void {
  for (const [name, end] of ENDS) {
    const owner: unknown = Reflect.get(globalThis, name);
    if (typeof owner !== "object" || owner === null || !(end in owner)) continue;
    Reflect.set(owner, end, () => {
      throw new Error(`${name}.${end} must not be called in a worker that collects`);
    });
  }
}

/** Imports a module of the caller's. */
export async function importedModule(module: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(module);
  } catch (cause) {
    throw new Error(`"${module}" cannot be imported: ${thrownText(cause)}`, { cause });
  }
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
  forbidEnding();
  const carryOut = async (task: RangeTask, id: number): Promise<void> => {
    const send = (answer: CollectorAnswer, transfer: readonly ArrayBufferLike[]): void =>
      scope.postMessage({ id, answer }, transfer);
    try {
      const chunk = (await prepared)(task);
      const arrays = [...Object.values(chunk.state), ...Object.values(chunk.stepped)];
      send({ chunk }, arrays.map(({ buffer }) => buffer));
    } catch (error) {
      const message = thrownText(error);
      const ofEnvironment = error instanceof EnvironmentFailed;
      const environment = ofEnvironment ? { name: error.environment, part: error.part } : null;
      const failed = { message, environment };
      try {
        send({ failed: { ...failed, cause: ofEnvironment ? error.cause : error } }, []);
      } catch {
        send({ failed }, []); // the cause cannot be cloned: a function, for example
      }
    }
  };
  scope.onmessage = ({ data }) => {
    if ("task" in data) return void carryOut(data.task, data.id);
    prepared = collectorFrom(data.prepare).then(rangeStepper);
    // A failure is reported as the answer to the first task.
    prepared.then(() => scope.postMessage({ id: "prepared" }, []), () => {});
  };
}
