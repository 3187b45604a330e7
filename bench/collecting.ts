/**
 * Collecting alone: environment steps per second of all environments together, by the loop itself and by workers.
 *
 *     deno run -A bench/collecting.ts [--rounds N] [--seconds S] [--json FILE]
 *
 * Ten environments of one replica act with the study's network and collect chunk after chunk. Workers begin the
 * next chunk before the last one is merged, as in a training that has finished learning by then.
 *
 * @module
 */

import { pretrain } from "../experiments/pretrain.ts";
import { swimmer } from "../experiments/swimmer.ts";
import { openCollectors } from "../src/run/collectors.ts";
import { type Experiment, trainingOf } from "../src/run/experiment.ts";
import { runSynchronously } from "../src/device/pieces.ts";
import { collectInParallel, type Merge } from "../src/train/parallel.ts";
import { collect, emptyCollector, resetAll } from "../src/train/collect.ts";
import { collectorOf } from "../src/train/loop.ts";
import { emptyReplay } from "../src/train/replay.ts";
import {
  commandLine,
  interleaved,
  machine,
  ratio,
  short,
  table,
  type Work,
  writeResults,
} from "./measure.ts";

const ENVIRONMENTS = 10;
/** Minimum number of environment steps in a chunk; all environments make the same number. */
const CHUNK = 500;

/** One row of the table. */
export interface CollectingResult {
  readonly experiment: string;
  /** Environment steps per second, by the number of workers; 0: by the loop itself. */
  readonly rates: Readonly<Record<string, number>>;
  /** Ratios to the loop's own rate, by the number of workers. */
  readonly ratios: Readonly<Record<string, number>>;
}

/**
 * Collecting chunks with a number of workers; the rate is in environment steps per second.
 *
 * @param workers 0: by the loop itself
 * @param environments number of environments
 * @param name of the work
 */
export function collecting(
  experiment: Experiment,
  workers: number,
  environments = ENVIRONMENTS,
  name = String(workers),
): { readonly work: Work; readonly close: () => void } {
  const steps = Math.ceil(CHUNK / environments), size = environments * steps;
  const preset = experiment.preset("soft-q", "study");
  const configuration = { ...preset, environments, chunk: size, steps: 1000 * size };
  const training = trainingOf(experiment, configuration), collector = collectorOf(training);
  const { observation, action } = collector.environment.spec;
  const replay = emptyReplay({
    replicas: 1,
    capacity: 100_000,
    observation: observation.length,
    action: action.length,
  });
  const state = emptyCollector(collector);
  resetAll(collector, state, replay);
  const parameters = training.learner.initial(collector.keys)[training.learner.policyEntry] as Float32Array;
  const { module = "" } = experiment;
  const aside = workers === 0
    ? null
    : openCollectors(workers, { module, experiment: experiment.name, configuration }, console.warn);
  const begin = (after: number): Promise<Merge> | null =>
    aside && collectInParallel(aside, collector, state, parameters, steps, after);
  return {
    work: {
      name,
      rate: async (seconds) => {
        const start = performance.now();
        let chunks = 0, begun = begin(0);
        for (let last = false; !last; chunks++) {
          last = performance.now() - start > 1000 * seconds;
          const next = last ? null : begin(steps);
          if (begun === null) collect(collector, state, replay, parameters, steps);
          else runSynchronously((await begun)(replay));
          begun = next;
        }
        return 1000 * chunks * size / (performance.now() - start);
      },
    },
    close: () => aside?.close(),
  };
}

/** The results as a table. */
export function collectingTable(results: readonly CollectingResult[]): string {
  const numbers = Object.keys(results[0]!.rates).map(Number);
  return table(
    [
      "steps a second",
      ...numbers.map((n) => n === 0 ? "the loop itself" : `${n} worker${n === 1 ? "" : "s"}`),
    ],
    results.map(({ experiment, rates, ratios }) => [
      experiment,
      ...numbers.map((n) => `${short(rates[n]!)}${n === 0 ? "" : ` (${ratios[n]!.toFixed(2)} ×)`}`),
    ]),
  );
}

if (import.meta.main) {
  const { json, ...effort } = commandLine({ rounds: 7, seconds: 1 });
  const cores = navigator.hardwareConcurrency,
    numbers = [...new Set([0, 1, 2, cores - 1, cores])].sort((a, b) => a - b);
  const results: CollectingResult[] = [];
  for (const experiment of [swimmer, pretrain]) {
    const all = numbers.map((workers) => collecting(experiment, workers));
    const measured = await interleaved(all.map(({ work }) => work), effort);
    for (const { close } of all) close();
    const byWorkers = (value: (each: typeof measured[number]) => number): Readonly<Record<string, number>> =>
      Object.fromEntries(measured.map((each) => [each.name, value(each)]));
    results.push({
      experiment: experiment.name,
      rates: byWorkers(({ median }) => median),
      ratios: byWorkers((each) => ratio(each, measured[0]!)),
    });
  }
  console.log(`${machine().processor}, ${cores} cores, load ${machine().load}\n`);
  console.log(collectingTable(results));
  if (json !== null) await writeResults(json, "collecting", results, `${cores} cores`);
}
