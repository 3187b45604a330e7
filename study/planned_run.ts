/**
 * A planned run of the study: its flags, its cost, and the run it starts from.
 *
 * @module
 */

import { flagOf } from "../src/run/configuration.ts";

/** A run of the study. */
export interface PlannedRun {
  /** Name of its folder in `runs/` and in `results/`. */
  readonly name: string;
  /** Name of its experiment. */
  readonly experiment: string;
  /** Its flags, by field. */
  readonly flags: Readonly<Record<string, string>>;
  /** Its cost on one core, min: measured, or estimated from shorter runs if it has never been run. */
  readonly minutes: number;
  /** Names of additional files to archive, which other runs start from or which are shown. */
  readonly keeps?: readonly string[];
}

/** The study's folders. */
export interface StudyFolders {
  /** Runs in progress; not archived. */
  readonly runs: string;
  /** Archived files of finished runs. */
  readonly results: string;
}

/** The file of parameters, which other runs can start from. */
export const PARAMETERS = "parameters.safetensors";

/** The command of a planned run. */
export const commandOf = ({ experiment, flags }: PlannedRun): string =>
  `deno run --allow-read --allow-write cli.ts train ${experiment} ` +
  Object.entries(flags).map(([field, value]) => `${flagOf(field)} ${value}`).join(" ");

/** The name of the run in a folder. */
export const runNameOf = (folder: string): string => folder.slice(folder.lastIndexOf("/") + 1);

/** The name of the run that a planned run starts from; null if it starts from random networks. */
export const startOf = ({ flags: { init } }: PlannedRun): string | null =>
  init === undefined ? null : runNameOf(init);

/**
 * Interleaves the runs of several groups, the first of each before the second of any, so that every group has a result
 * early. The run that another starts from comes before it.
 */
export function roundRobin(groups: readonly (readonly PlannedRun[])[]): readonly PlannedRun[] {
  const listed = new Set<PlannedRun>(), all = groups.flat();
  const list = (run: PlannedRun): void => {
    if (listed.has(run)) return;
    const start = all.find(({ name }) => name === startOf(run));
    if (start !== undefined) list(start);
    listed.add(run);
  };
  for (let round = 0; round < Math.max(...groups.map(({ length }) => length)); round++) {
    for (const group of groups) if (round < group.length) list(group[round]!);
  }
  return [...listed];
}
