/**
 * Workers that step a caller's environment while the device learns. A function cannot be sent to a worker: each imports
 * the environment for itself, from the caller's module.
 *
 * A module of its own, `@softq/softq/collectors`, because it names the worker's file by its own place, which a bundle of one
 * script does not have.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Environment } from "../../envs/environment.ts";
import { wrongValue } from "../learn/option.ts";
import { collectorsWith } from "./collectors.ts";
import type { CollectorsOpened } from "./trained.ts";

/** Where workers find the environment, and how many there are. */
export interface CollectorModule {
  /** URL of the module that exports it, for example `import.meta.url`; it must do no more than define things. */
  readonly module: string | URL;
  /** The name that it is exported by; `environment` unless given. */
  readonly name?: string;
  /** How many workers; there are never more than environments. */
  readonly workers: number;
}

/** What a worker makes its environment and policy of. */
export interface EnvironmentSource {
  /** URL of the module. */
  readonly module: string;
  /** The environment's name in it. */
  readonly name: string;
  /** What {@link interfaceOf} says of the one that is trained in. */
  readonly expected: string;
  /** The algorithm's name. */
  readonly algorithm: string;
  /** Its options, checked. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What an environment says of itself, to be compared. */
export const interfaceOf = (
  { spec: { name, stateSize, observation, action, horizon } }: Environment,
): string => JSON.stringify({ name, stateSize, observation, action, horizon: String(horizon) });

/**
 * Workers for the context of a training, which then has the bits that it has without.
 *
 * @example
 * ```ts
 * import { E, pointMass, trainSoftQ } from "../../mod.ts";
 * import { collectors } from "./environment_collectors.ts";
 * import assert from "node:assert/strict";
 * // The module of the workers exports the environment by the name "environment".
 * const task = `export { pointMass } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};`;
 * const module = URL.createObjectURL(new Blob([task], { type: "text/typescript" }));
 * const refused = await trainSoftQ(pointMass(), { steps: 50, minimumReplay: 10 }, {
 *   collectors: collectors({ module, workers: 2 }),
 * })();
 * assert.ok(E.isLeft(refused) && /exports no environment "environment"/.test(refused.left.message));
 * ```
 */
export const collectors =
  ({ module, name = "environment", workers }: CollectorModule): CollectorsOpened =>
  (environment, { algorithm, options }) => {
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
    ));
  };
