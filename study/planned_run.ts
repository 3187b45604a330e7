/**
 * A run of the study, before it is made: its flags, its cost, and what it starts from.
 *
 * @module
 */

import { flagOf } from "../src/run/configuration.ts";

/** A run of the study. */
export interface PlannedRun {
  /** Name of its folder below `runs/` and below `results/`. */
  readonly name: string;
  /** Which experiment. */
  readonly experiment: string;
  /** Its flags, by field. */
  readonly flags: Readonly<Record<string, string>>;
  /** What it costs on one core, min; measured, or, where it has never been run, estimated from shorter runs. */
  readonly minutes: number;
  /** Names of files that are kept of it beside those that are always kept, for other runs to start from or to be shown. */
  readonly keeps?: readonly string[];
}

/** Where the study reads and writes. */
export interface StudyFolders {
  /** Runs in work; not kept. */
  readonly runs: string;
  /** What is kept of finished runs. */
  readonly results: string;
}

/** The file of parameters, which other runs can start from. */
export const PARAMETERS = "parameters.safetensors";

/** The command that makes a planned run. */
export const commandOf = ({ experiment, flags }: PlannedRun): string =>
  `deno run --allow-read --allow-write cli.ts train ${experiment} ` +
  Object.entries(flags).map(([field, value]) => `${flagOf(field)} ${value}`).join(" ");

/** The name of the run that a planned run starts from; null for one that starts from random networks. */
export const startOf = ({ flags: { init } }: PlannedRun): string | null =>
  init === undefined ? null : init.slice(init.lastIndexOf("/") + 1);

/**
 * The runs of several groups in turns, the first of each group before the second of any, so that every group has a result
 * early. What a run starts from comes before it.
 */
export function inTurns(groups: readonly (readonly PlannedRun[])[]): readonly PlannedRun[] {
  const listed = new Set<PlannedRun>(), all = groups.flat();
  const list = (run: PlannedRun): void => {
    if (listed.has(run)) return;
    const start = all.find(({ name }) => name === startOf(run));
    if (start !== undefined) list(start);
    listed.add(run);
  };
  for (let turn = 0; turn < Math.max(...groups.map(({ length }) => length)); turn++) {
    for (const group of groups) if (turn < group.length) list(group[turn]!);
  }
  return [...listed];
}
