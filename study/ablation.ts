/**
 * The ablation of pretraining as a table: what each change costs, in distance and in directions.
 *
 * @module
 */

import type { MEASURES } from "../experiments/pretrain_measures.ts";
import { table } from "../src/report/markdown.ts";
import { rounded } from "../src/report/results.ts";
import type { ValuesOf } from "../src/run/measures.ts";
import type { ArchivedRun } from "./archived_run.ts";
import { ABLATION, CHANGES } from "./plan/ablation.ts";

/** What the table needs of a seed. */
interface AblationSeed {
  readonly run: Pick<ArchivedRun, "name">;
  readonly result: null | {
    readonly evaluation: Pick<
      ValuesOf<typeof MEASURES>,
      "medianDisplacement" | "octants" | "resultantLength" | "survivedShare"
    >;
  };
}

/** The name of the change that a run of the ablation makes; null of other runs. */
export const changeOf = ({ name }: Pick<ArchivedRun, "name">): string | null =>
  name.startsWith(ABLATION) ? name.slice(ABLATION.length, name.lastIndexOf("-")) : null;

/** Whether a run differs from the base of the ablation in α at most. */
export const isSweep = (run: Pick<ArchivedRun, "name">): boolean => {
  const change = changeOf(run);
  return change === "base" || (change?.startsWith("alpha-") ?? false);
};

/** The table of the ablation, with each seed's number; empty if none of its runs is archived. */
export function ablationTable(seeds: readonly AblationSeed[]): string {
  const rows = Object.entries(CHANGES).flatMap(([change, { words }]) => {
    const own = seeds.filter(({ run }) => changeOf(run) === change).flatMap(({ result }) =>
      result?.evaluation ?? []
    );
    if (own.length === 0) return [];
    const each = (value: (evaluation: (typeof own)[number]) => number, digits = 2): string =>
      own.map((evaluation) => rounded(value(evaluation), digits)).join(", ");
    return [[
      words,
      each(({ medianDisplacement }) => medianDisplacement, 1),
      each(({ octants }) => octants, 0),
      each(({ resultantLength }) => resultantLength),
      each(({ survivedShare }) => 100 * survivedShare, 0),
    ]];
  });
  return rows.length === 0
    ? ""
    : "Which of the settings makes the quadruped run far? Each line changes one of them, or the few that it names, and " +
      "each run learns for about 100 000 updates from scratch (two critics, 128 transitions, control every 0.06 s with γ = 0.97, pay for net displacement, the body's symmetry, " +
      "8 value samples of the mixture, the decile's bandwidth, an averaged sampler, networks of 64); each number is " +
      "a seed's, over 100 episodes:\n\n" +
      table(
        ["change", "median displacement in 10 s (m)", "octants", "resultant", "stays up (%)"],
        rows,
      );
}
