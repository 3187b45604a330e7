/**
 * A worker that collects for a training from code, with the environment of the caller's module.
 *
 * @module
 */

import { E } from "../deps.ts";
import { environmentFailure } from "../../envs/check_environment.ts";
import type { Environment } from "../../envs/environment.ts";
import { algorithmNamed, configured } from "../learn/algorithms.ts";
import { type EnvironmentSource, interfaceOf } from "./environment_collectors.ts";
import { importedModule, serveCollector } from "./collect_service.ts";
import { collectorOf } from "./loop.ts";
import { trainingOf } from "./training.ts";

/** Whether an export is an environment. */
const isEnvironment = (value: unknown): value is Environment =>
  typeof value === "object" && value !== null && environmentFailure(value as Environment) === null;

serveCollector<EnvironmentSource>(async ({ module, name, expected, algorithm, options }) => {
  const environment = (await importedModule(module))[name];
  if (!isEnvironment(environment)) throw new Error(`"${module}" exports no environment "${name}"`);
  if (interfaceOf(environment) !== expected) {
    throw new Error(
      `The environment "${name}" that "${module}" exports is not the one that is trained in`,
    );
  }
  const known = algorithmNamed(algorithm), ready = known === undefined ? null : configured(known, options);
  if (ready === null || E.isLeft(ready)) {
    throw new Error(`There is no algorithm "${algorithm}" with these options`);
  }
  return collectorOf(trainingOf(environment, ready.right));
});
