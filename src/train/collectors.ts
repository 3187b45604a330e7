/**
 * Workers that collect: each makes its own environment and policy from the message that prepares it, and steps the
 * ranges that it is sent.
 *
 * Laws, tested: the number of workers changes no bit of the result; an exception of an environment in a worker is
 * reported in the same words as without workers; an abandoned task does not disturb later ones; a worker that ends by
 * itself is a failure, not an endless wait; a module that is imported, or an environment that steps, for ever is named,
 * once; after `close` no worker is left.
 *
 * @module
 */

import { EnvironmentFailed, type EnvironmentPart } from "../../envs/boundary.ts";
import { LONG_WAIT, patience } from "../patience.ts";
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

/**
 * Message from a worker: that it has made its environment and policy, or the answer to the task of an id. Whatever else
 * it sends is not from the collector.
 */
export type CollectorReply =
  | { readonly id: "prepared" }
  | { readonly id: number; readonly answer: CollectorAnswer };

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

/** What a worker does while a training waits for it. */
type Occupation = "importing" | "stepping";

/**
 * Lets a worker prepare itself, without waiting for it.
 *
 * @param slow is called whenever there has been no message for so many seconds, although one is due
 */
function preparedWorker<Source>(
  worker: Worker,
  source: Source,
  slow: (occupation: Occupation) => void,
  seconds: number,
): CollectorWorker {
  const waiting = new Map<number, (answer: CollectorAnswer) => void>();
  let ended: CollectorAnswer | null = null, tasks = 0, occupation: Occupation = "importing";
  const { begin, end } = patience(seconds, () => slow(occupation));
  worker.onmessage = ({ data }: MessageEvent<CollectorReply | null>) => {
    if (data?.id === "prepared") {
      occupation = "stepping";
    } else {
      const id = data?.id ?? -1, resolve = waiting.get(id);
      waiting.delete(id);
      if (data !== null) resolve?.(data.answer);
    }
    if (waiting.size > 0) begin();
    else end();
  };
  worker.onerror = (event) => {
    event.preventDefault();
    const failed = ended = { failed: { message: event.message, environment: null } };
    for (const answer of waiting.values()) answer(failed);
    waiting.clear();
    end();
  };
  worker.postMessage({ prepare: source } satisfies CollectorMessage<Source>);
  return {
    ask: (task) =>
      new Promise((resolve) => {
        if (ended !== null) return resolve(ended);
        const id = tasks++;
        waiting.set(id, resolve);
        begin();
        worker.postMessage({ task, id } satisfies CollectorMessage<Source>);
      }),
    end: () => {
      end();
      worker.terminate();
    },
  };
}

/**
 * Starts workers.
 *
 * @param start starts a worker whose module calls `serveCollector`
 * @param source what each worker makes its environment and policy from
 * @param warn is told, once for each occupation, of a worker that takes longer; the training goes on waiting for it,
 * since nothing but patience tells a slow module or environment from one that never ends
 * @param seconds how much longer
 */
export function collectorsWith<Source extends { readonly module: string }>(
  workers: number,
  start: () => Worker,
  source: Source,
  warn: (line: string) => void,
  seconds: number = LONG_WAIT,
): Collectors {
  const told = new Set<Occupation>();
  const slow = (occupation: Occupation): void => {
    if (told.has(occupation)) return;
    told.add(occupation);
    const what = occupation === "importing" ? "importing" : "stepping the environment of";
    warn(`A worker has been ${what} "${source.module}" for ${seconds} s: the training waits for it`);
  };
  const started = Array.from({ length: workers }, () => preparedWorker(start(), source, slow, seconds));
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
