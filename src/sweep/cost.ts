/**
 * Estimates the cost of trials from finished runs of the same experiment, algorithm and device: first those in `runs/`,
 * on this machine, else those in `results/`, from any machine.
 *
 * It is only an estimate: an update's time depends on the networks, the number of samples and the machine's other load.
 *
 * @module
 */

import { E } from "../deps.ts";
import { counted } from "../report/quantities.ts";
import { completedRecord } from "../run/configuration.ts";
import { namesIn, readFile } from "../run/files.ts";
import type { JsonObject } from "../run/json.ts";
import type { Trial } from "./trials.ts";

/** A duration as text, in a suitable unit. */
export const durationText = (seconds: number): string =>
  seconds < 90
    ? `${Math.ceil(seconds)} s`
    : seconds < 5400
    ? `${Math.ceil(seconds / 60)} min`
    : `${(seconds / 3600).toFixed(1)} h`;

/** Cost estimates of trials. */
export interface TrialCost {
  /** Core seconds; null if no comparable run is known. */
  readonly seconds: (trial: Trial) => number | null;
  /** The source of the estimate, in words. */
  readonly source: (trial: Trial) => string | null;
}

/** A finished run's cost. */
interface EndedRun {
  readonly config: Readonly<Record<string, unknown>>;
  readonly folder: string;
  /** Seconds per step of one replica, including its share of updates and evaluations. */
  readonly secondsPerStep: number;
}

/** The options with the largest effect on an update's time. */
const SIZES: readonly string[] = [
  "hidden",
  "batch",
  "valueParticles",
  "fixedParticles",
  "movedParticles",
  "critics",
  "normalisation",
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

/** A run's cost; null if it has not finished or recorded none. */
async function endedRun(folder: string, group: string): Promise<EndedRun | null> {
  const config = await jsonIn(`${folder}/config.json`), summary = await jsonIn(`${folder}/summary.json`);
  const { wallSeconds } = (summary?.["timing"] ?? {}) as { readonly wallSeconds?: unknown };
  const steps = Number(summary?.["environmentSteps"]) * Number(config?.["replicas"]);
  return config === null || typeof wallSeconds !== "number" || !(steps > 0 && wallSeconds >= 0)
    ? null
    // A configuration of an older version lacks the options that were added since.
    : { config: completedRecord(config), folder: group, secondsPerStep: wallSeconds / steps };
}

/** Cost estimates from the runs in some folders; for each trial, the first folder with comparable runs counts. */
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
      return `${counted(runs.length, "run")} ${sizes} in ${runs[0]!.folder}/`;
    },
  };
}

/** The total cost of trials and its source, as text. */
export function costText(trials: readonly Trial[], { seconds, source }: TrialCost): string {
  const known = trials.flatMap((trial) => seconds(trial) ?? []);
  if (known.length === 0) return "No run like these has ended here: what they cost cannot be told yet\n";
  const sum = known.reduce((a, b) => a + b, 0) * trials.length / known.length;
  const sources = [...new Set(trials.flatMap((trial) => source(trial) ?? []))];
  return `About ${durationText(sum)} of one core, estimated from ${sources.join(" and ")}\n`;
}
