/**
 * What trials will cost in time, by runs that have ended: those of the same experiment, algorithm and device, first in `runs/`,
 * on this machine, else in `results/`, wherever those were made.
 *
 * It is an estimate: an update's time grows with the networks and the samples, and with what else the machine does.
 *
 * @module
 */

import { E } from "../deps.ts";
import { namesIn, readFile } from "../run/files.ts";
import type { JsonObject } from "../run/json.ts";
import type { Trial } from "./trials.ts";

/** A time in the largest unit that it has a few of. */
export const durationText = (seconds: number): string =>
  seconds < 90
    ? `${Math.ceil(seconds)} s`
    : seconds < 5400
    ? `${Math.ceil(seconds / 60)} min`
    : `${(seconds / 3600).toFixed(1)} h`;

/** What trials cost. */
export interface TrialCost {
  /** Seconds of one core; null where no such run is known. */
  readonly seconds: (trial: Trial) => number | null;
  /** What that is known from, in words. */
  readonly source: (trial: Trial) => string | null;
}

/** A run that has ended, as far as its cost goes. */
interface EndedRun {
  readonly config: JsonObject;
  readonly folder: string;
  /** Seconds for a step of one replica, with its share of updates and evaluations. */
  readonly secondsPerStep: number;
}

/** Options that an update's time depends on most. */
const SIZES: readonly string[] = [
  "hidden",
  "batch",
  "valueParticles",
  "fixedParticles",
  "movedParticles",
  "critics",
  "stepsPerUpdate",
];

async function jsonIn(path: string): Promise<JsonObject | null> {
  const bytes = await readFile(path)();
  if (E.isLeft(bytes)) return null;
  try {
    return JSON.parse(new TextDecoder().decode(bytes.right));
  } catch {
    return null; // it is being written
  }
}

/** A run's cost, where it has ended and says so. */
async function endedRun(folder: string, group: string): Promise<EndedRun | null> {
  const config = await jsonIn(`${folder}/config.json`), summary = await jsonIn(`${folder}/summary.json`);
  const { wallSeconds } = (summary?.timing ?? {}) as { readonly wallSeconds?: number };
  const steps = Number(summary?.environmentSteps) * Number(config?.replicas);
  return config === null || wallSeconds === undefined || !(steps > 0)
    ? null
    : { config, folder: group, secondsPerStep: wallSeconds / steps };
}

/** The cost of trials by the runs in some folders, of which the first that has any like a trial counts. */
export async function costFrom(folders: readonly string[]): Promise<TrialCost> {
  const known: EndedRun[] = [];
  for (const group of folders) {
    for (const name of await namesIn(group).catch(() => [])) {
      const own = await endedRun(`${group}/${name}`, group);
      if (own !== null) known.push(own);
      for (const trial of await namesIn(`${group}/${name}/trials`).catch(() => [])) {
        const run = await endedRun(`${group}/${name}/trials/${trial}`, group);
        if (run !== null) known.push(run);
      }
    }
  }
  const same = (names: readonly string[], { config }: EndedRun, { configuration }: Trial): boolean =>
    names.every((name) =>
      JSON.stringify(config[name]) === JSON.stringify(new Map(Object.entries(configuration)).get(name))
    );
  const like = (trial: Trial): readonly EndedRun[] => {
    const of = (names: readonly string[], folder: string): readonly EndedRun[] =>
      known.filter((run) => run.folder === folder && same(["experiment", "algorithm", ...names], run, trial));
    for (const names of [SIZES, []]) {
      for (const folder of folders) {
        const found = of(names, folder);
        if (found.length > 0) return found;
      }
    }
    return [];
  };
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
  return {
    seconds: (trial) => {
      const runs = like(trial), { steps, replicas } = trial.configuration;
      return runs.length === 0 ? null : steps * replicas * median(runs.map((run) => run.secondsPerStep));
    },
    source: (trial) => {
      const runs = like(trial);
      if (runs.length === 0) return null;
      const sizes = runs.every((run) => same(SIZES, run, trial)) ? "of the same sizes" : "of other sizes";
      return `${runs.length} runs ${sizes} in ${runs[0]!.folder}/`;
    },
  };
}

/** What all trials cost, and what that is known from, in lines. */
export function costText(trials: readonly Trial[], { seconds, source }: TrialCost): string {
  const known = trials.flatMap((trial) => seconds(trial) ?? []);
  if (known.length === 0) return "No run like these has ended here: what they cost cannot be told yet\n";
  const sum = known.reduce((a, b) => a + b, 0) * trials.length / known.length;
  const sources = [...new Set(trials.flatMap((trial) => source(trial) ?? []))];
  return `About ${durationText(sum)} of one core, estimated from ${sources.join(" and ")}\n`;
}
