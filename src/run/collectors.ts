/**
 * Workers that collect: each makes the run's environment and policy for itself, from the experiment's module and the
 * configuration, and steps the ranges that it is given.
 *
 * Laws, tested: the number of workers changes no bit of a run; what an environment throws in one ends the run with the
 * same words as without; after `close` none is left.
 *
 * @module
 */

import { EnvironmentFailed, type EnvironmentPart } from "../../envs/boundary.ts";
import type { Aside, RangeChunk, RangeOrder } from "../train/aside.ts";
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

/** What a worker is sent: first what to prepare, then order after order. */
export type CollectorMessage = { readonly prepare: CollectorSource } | { readonly order: RangeOrder };

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

/** Starts a worker; it prepares itself while others start. */
function handOf(source: CollectorSource): Hand {
  const worker = new Worker(new URL("./collect_worker.ts", import.meta.url), { type: "module" });
  let answer: (given: CollectorAnswer) => void = () => {};
  worker.onmessage = ({ data }: MessageEvent<CollectorAnswer>) => answer(data);
  worker.onerror = (event) => {
    event.preventDefault();
    answer({ failed: { message: event.message, environment: null } });
  };
  worker.postMessage({ prepare: source } satisfies CollectorMessage);
  return {
    ask: (order) =>
      new Promise((resolve) => {
        answer = resolve;
        worker.postMessage({ order } satisfies CollectorMessage);
      }),
    end: () => worker.terminate(),
  };
}

/** Starts so many workers. */
export function openCollectors(workers: number, source: CollectorSource): Collectors {
  const hands = Array.from({ length: workers }, () => handOf(source));
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

/** How many workers collect unless it is said: on a GPU every core but the loop's, where that makes at least two. */
export function collectorsFor(device: string, cores: number, environments: number): number {
  const workers = Math.min(cores - 1, environments);
  return device === "webgpu" && workers >= 2 ? workers : 0;
}
