/**
 * Workers that collect in an environment of the caller's, which they import by themselves: functions cannot be sent.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import type { Configured } from "../learn/algorithm.ts";
import type { LearningOptions } from "../learn/options.ts";
import { type Collectors, collectorsWith } from "./collectors.ts";

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

/** Starts the workers. */
export function environmentCollectors<O extends LearningOptions>(
  { module, name = "environment", workers }: CollectorModule,
  environment: Environment,
  { algorithm, options }: Configured<O>,
): Collectors {
  const source: EnvironmentSource = {
    module: String(module),
    name,
    expected: interfaceOf(environment),
    algorithm: algorithm.name,
    options: { ...options },
  };
  return collectorsWith(
    Math.min(workers, options.replicas * options.environments),
    () => new Worker(new URL("./environment_worker.ts", import.meta.url), { type: "module" }),
    source,
  );
}
