/**
 * A worker that collects for a run, with the environment of the experiment's module and the run's configuration.
 *
 * @module
 */

import { importedModule, serveCollector } from "../train/collect_service.ts";
import { collectorOf } from "../train/loop.ts";
import { checkedExperiment } from "./checked_experiment.ts";
import type { CollectorSource } from "./collectors.ts";
import { type Experiment, trainingOf } from "./experiment.ts";

/** Whether an export is the experiment of a name. */
const isExperiment = (value: unknown, name: string): value is Experiment =>
  typeof value === "object" && value !== null && "environment" in value && "name" in value &&
  value.name === name;

serveCollector<CollectorSource>(async ({ module, experiment, configuration }) => {
  const exports: readonly unknown[] = Object.values(await importedModule(module));
  const found = exports.find((value) => isExperiment(value, experiment));
  if (found === undefined) throw new Error(`"${module}" exports no experiment "${experiment}"`);
  return collectorOf(trainingOf(checkedExperiment(found), configuration));
});
