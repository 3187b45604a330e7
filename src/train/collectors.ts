/**
 * Workers that collect: each makes the environment and policy for itself, out of what it is told at the start, and steps the
 * ranges that it is given.
 *
 * Laws, tested: the number of workers changes no bit of what is learned; what an environment throws in one is told in the
 * same words as without; an order that nobody waits for any more disturbs none that comes after it; a worker that has ended
 * by itself is a failure, and no wait without end; after `close` none is left.
 *
 * @module
 */

import { EnvironmentFailed, type EnvironmentPart } from "../../envs/boundary.ts";
import type { Aside, RangeChunk, RangeOrder } from "./aside.ts";

/** What a worker is sent: first of what to make its environment and policy, then order after order. */
export type CollectorMessage<Source> = { readonly prepare: Source } | { readonly order: RangeOrder };

/** What it answers an order: a chunk, or what the environment or something else threw. */
export type CollectorAnswer =
  | { readonly chunk: RangeChunk }
  | {
    readonly failed: {
      readonly message: string;
      /** Of an environment that failed, else null. */
      readonly environment: { readonly name: string; readonly part: EnvironmentPart } | null;
      /** What was thrown, as far as it can be sent. */
      readonly cause?: unknown;
    };
  };

/** Workers that collect. */
export interface Collectors extends Aside {
  /** Ends them. */
  readonly close: () => void;
}

/** What a worker's failure is thrown as. */
function errorOf(
  { failed: { message, environment, cause } }: Extract<CollectorAnswer, { failed: unknown }>,
): Error {
  if (environment === null) return new Error(message, cause === undefined ? undefined : { cause });
  const sentence = message.slice(`Environment "${environment.name}": `.length);
  return new EnvironmentFailed(environment.name, environment.part, sentence, cause);
}

/** A worker that has been started. */
interface Hand {
  readonly ask: (order: RangeOrder) => Promise<CollectorAnswer>;
  readonly end: () => void;
}

/** Has a worker prepare itself, while others start. */
function handOf<Source>(worker: Worker, source: Source): Hand {
  // Orders are answered in their order, those of a turn that has been left too.
  const waiting: ((answer: CollectorAnswer) => void)[] = [];
  let ended: CollectorAnswer | null = null;
  worker.onmessage = ({ data }: MessageEvent<CollectorAnswer>) => waiting.shift()?.(data);
  worker.onerror = (event) => {
    event.preventDefault();
    const failed = ended = { failed: { message: event.message, environment: null } };
    for (const answer of waiting.splice(0)) answer(failed);
  };
  worker.postMessage({ prepare: source } satisfies CollectorMessage<Source>);
  return {
    ask: (order) =>
      new Promise((resolve) => {
        if (ended !== null) return resolve(ended);
        waiting.push(resolve);
        worker.postMessage({ order } satisfies CollectorMessage<Source>);
      }),
    end: () => worker.terminate(),
  };
}

/**
 * Starts so many workers.
 *
 * @param start starts one, whose module is of `collect_service.ts`
 * @param source what each makes its environment and policy of
 */
export function collectorsWith<Source>(workers: number, start: () => Worker, source: Source): Collectors {
  const hands = Array.from({ length: workers }, () => handOf(start(), source));
  return {
    workers,
    close: () => hands.forEach(({ end }) => end()),
    run: async (orders) => {
      const answers = await Promise.all(orders.map((order, k) => hands[k]!.ask(order)));
      return answers.map((answer) => {
        if ("failed" in answer) throw errorOf(answer);
        return answer.chunk;
      });
    },
  };
}
