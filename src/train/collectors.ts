/**
 * Workers that collect: each makes its own environment and policy from the message that prepares it, and steps the
 * ranges that it is sent.
 *
 * Laws, tested: the number of workers changes no bit of the result; an exception of an environment in a worker is
 * reported in the same words as without workers; an abandoned task does not disturb later ones; a worker that ends by
 * itself is a failure, not an endless wait; after `close` no worker is left.
 *
 * @module
 */

import { EnvironmentFailed, type EnvironmentPart } from "../../envs/boundary.ts";
import type { ParallelStepper, RangeChunk, RangeTask } from "./parallel.ts";

/** Messages to a worker: first the source of its environment and policy, then tasks. */
export type CollectorMessage<Source> = { readonly prepare: Source } | {
  readonly task: RangeTask;
  readonly id: number;
};

/** A worker's answer to a task: a chunk, or an exception of the environment or of anything else. */
export type CollectorAnswer =
  | { readonly chunk: RangeChunk }
  | {
    readonly failed: {
      readonly message: string;
      /** The environment that failed; null if the failure has another origin. */
      readonly environment: { readonly name: string; readonly part: EnvironmentPart } | null;
      /** What was thrown; absent if it cannot be cloned. */
      readonly cause?: unknown;
    };
  };

/** Message from a worker: the answer to the task of an id. Whatever else it sends is not from the collector. */
export interface CollectorReply {
  readonly id: number;
  readonly answer: CollectorAnswer;
}

/** Workers that collect. */
export interface Collectors extends ParallelStepper {
  /** Terminates the workers. */
  readonly close: () => void;
}

/** The error to throw for a worker's failure. */
function errorOf(
  { failed: { message, environment, cause } }: Extract<CollectorAnswer, { failed: unknown }>,
): Error {
  if (environment === null) return new Error(message, cause === undefined ? undefined : { cause });
  const sentence = message.slice(`Environment "${environment.name}": `.length);
  return new EnvironmentFailed(environment.name, environment.part, sentence, cause);
}

/** A worker with its pending tasks. */
interface CollectorWorker {
  readonly ask: (task: RangeTask) => Promise<CollectorAnswer>;
  readonly end: () => void;
}

/** Lets a worker prepare itself, without waiting for it. */
function preparedWorker<Source>(worker: Worker, source: Source): CollectorWorker {
  const waiting = new Map<number, (answer: CollectorAnswer) => void>();
  let ended: CollectorAnswer | null = null, tasks = 0;
  worker.onmessage = ({ data }: MessageEvent<CollectorReply | null>) => {
    const id = data?.id ?? -1, resolve = waiting.get(id);
    waiting.delete(id);
    if (data !== null) resolve?.(data.answer);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    const failed = ended = { failed: { message: event.message, environment: null } };
    for (const answer of waiting.values()) answer(failed);
    waiting.clear();
  };
  worker.postMessage({ prepare: source } satisfies CollectorMessage<Source>);
  return {
    ask: (task) =>
      new Promise((resolve) => {
        if (ended !== null) return resolve(ended);
        const id = tasks++;
        waiting.set(id, resolve);
        worker.postMessage({ task, id } satisfies CollectorMessage<Source>);
      }),
    end: () => worker.terminate(),
  };
}

/**
 * Starts workers.
 *
 * @param start starts a worker whose module calls `serveCollector`
 * @param source what each worker makes its environment and policy from
 */
export function collectorsWith<Source>(workers: number, start: () => Worker, source: Source): Collectors {
  const started = Array.from({ length: workers }, () => preparedWorker(start(), source));
  return {
    workers,
    close: () => started.forEach(({ end }) => end()),
    run: async (tasks) => {
      const answers = await Promise.all(tasks.map((task, k) => started[k]!.ask(task)));
      return answers.map((answer) => {
        if ("failed" in answer) throw errorOf(answer);
        return answer.chunk;
      });
    },
  };
}
