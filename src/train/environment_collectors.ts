/**
 * Workers that step a caller's environment while the device learns. Functions cannot be sent to a worker, so each
 * imports the environment from the caller's module.
 *
 * It has an entry point of its own, `@softq/softq/collectors`, because it resolves the worker's file relative to its
 * own URL, which fails in a bundle of a single script.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Environment } from "../../envs/environment.ts";
import { wrongValue } from "../learn/option.ts";
import { collectorsWith } from "./collectors.ts";
import type { CollectorsOpened } from "./trained.ts";
import { warn } from "../patience.ts";
import { anything, type Fields, text, wrongFields } from "../given.ts";

/** The module of the environment, and the number of workers. */
export interface CollectorModule {
  /**
   * URL of the module that exports the environment, for example `import.meta.url`; importing it must have no effects.
   */
  readonly module: string | URL;
  /** Name of the export; `environment` unless given. */
  readonly name?: string;
  /** Number of workers, at most one for each environment. */
  readonly workers: number;
}

/** What a worker makes its environment and policy from. */
export interface EnvironmentSource {
  /** URL of the module. */
  readonly module: string;
  /** Name of the export. */
  readonly name: string;
  /** {@link interfaceOf} the environment of the training. */
  readonly expected: string;
  /** The algorithm's name. */
  readonly algorithm: string;
  /** Its validated options. */
  readonly options: Readonly<Record<string, unknown>>;
}

const MODULE: Fields<CollectorModule> = { module: anything, name: text, workers: anything };

/** An environment's specification as text, for comparison. */
export const interfaceOf = (
  { spec: { name, stateSize, observation, action, horizon } }: Environment,
): string => JSON.stringify({ name, stateSize, observation, action, horizon: String(horizon) });

/**
 * Workers for the context of a training. They do not change its bits.
 *
 * @returns a function for `TrainContext.collectors`; it reports wrong arguments, and the training reports a module that
 * cannot be imported or exports another environment. If the training has to wait ten seconds for a module to be imported
 * or for an environment's steps, `console.warn` says so once
 *
 * @example
 * ```ts
 * import { E, pointMass, trainSoftQ } from "../../mod.ts";
 * import { collectors } from "./environment_collectors.ts";
 * import assert from "node:assert/strict";
 * // The workers expect an export named "environment", which this module lacks.
 * const task = `export { pointMass } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};`;
 * const module = URL.createObjectURL(new Blob([task], { type: "text/typescript" }));
 * const refused = await trainSoftQ(pointMass(), { steps: 50, minimumReplay: 10 }, {
 *   collectors: collectors({ module, workers: 2 }),
 * })();
 * assert.ok(E.isLeft(refused) && /exports no environment "environment"/.test(refused.left.message));
 * ```
 */
export const collectors =
  (given: CollectorModule): CollectorsOpened => (environment, { algorithm, options }) => {
    const wrong = wrongFields("collectors", given, MODULE);
    if (wrong !== null) return E.left([{ field: "collectors", sentence: () => wrong }]);
    const { module, name = "environment", workers } = given;
    const breaches = [
      ...Number.isSafeInteger(workers) && workers > 0
        ? []
        : [wrongValue("collectors.workers", "an integer from 1", workers)],
      ...URL.canParse(String(module)) ? [] : [wrongValue("collectors.module", "the URL of a module", module)],
    ];
    if (breaches.length > 0) return E.left(breaches);
    const source: EnvironmentSource = {
      module: String(module),
      name,
      expected: interfaceOf(environment),
      algorithm: algorithm.name,
      options: { ...options },
    };
    return E.right(collectorsWith(
      Math.min(workers, options.replicas * options.environments),
      () => new Worker(new URL("./environment_worker.ts", import.meta.url), { type: "module" }),
      source,
      warn,
    ));
  };
