/**
 * Workers that collect: each makes the environment and policy for itself, out of what it is told at the start, and steps the
 * ranges that it is given.
 *
 * Laws, tested: the number of workers changes no bit of what is learned; what an environment throws in one is told in the
 * same words as without; after `close` none is left.
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
    };
  };

/** Workers that collect. */
export interface Collectors extends Aside {
  /** Ends them. */
  readonly close: () => void;
}

/** What a worker's failure is thrown as. */
function errorOf({ failed: { message, environment } }: Extract<CollectorAnswer, { failed: unknown }>): Error {
  if (environment === null) return new Error(message);
  const sentence = message.slice(`Environment "${environment.name}": `.length);
  return new EnvironmentFailed(environment.name, environment.part, sentence);
}

/** A worker that has been started. */
interface Hand {
  readonly ask: (order: RangeOrder) => Promise<CollectorAnswer>;
  readonly end: () => void;
}

/** Has a worker prepare itself, while others start. */
function handOf<Source>(worker: Worker, source: Source): Hand {
  let answer: (given: CollectorAnswer) => void = () => {};
  worker.onmessage = ({ data }: MessageEvent<CollectorAnswer>) => answer(data);
  worker.onerror = (event) => {
    event.preventDefault();
    answer({ failed: { message: event.message, environment: null } });
  };
  worker.postMessage({ prepare: source } satisfies CollectorMessage<Source>);
  return {
    ask: (order) =>
      new Promise((resolve) => {
        answer = resolve;
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
