/**
 * The ablation of pretraining as a table: what each change costs, in distance and in directions.
 *
 * @module
 */

import type { pretrain } from "../experiments/pretrain.ts";
import { table } from "../src/report/markdown.ts";
import { rounded } from "../src/report/results.ts";
import { ABLATION, CHANGES } from "./plan/ablation.ts";
import { finite, type SeedOf } from "./seeds.ts";

type PretrainSeed = SeedOf<typeof pretrain>;

/** The name of the change that a run of the ablation makes; null of other runs. */
export const changeOf = ({ run: { name } }: Pick<PretrainSeed, "run">): string | null =>
  name.startsWith(ABLATION) ? name.slice(ABLATION.length, name.lastIndexOf("-")) : null;

/** Whether a seed's run differs from the base of the ablation in α at most. */
export const isSweep = (seed: Pick<PretrainSeed, "run">): boolean => {
  const change = changeOf(seed);
  return change === "base" || (change?.startsWith("alpha-") ?? false);
};

/** The table of the ablation, with each seed's number; empty if none of its runs is archived. */
export function ablationTable(seeds: readonly PretrainSeed[]): string {
  const rows = Object.entries(CHANGES).flatMap(([change, { words }]) => {
    const own = finite(seeds.filter((seed) => changeOf(seed) === change));
    if (own.length === 0) return [];
    const each = (value: (seed: (typeof own)[number]) => number, digits = 2): string =>
      own.map((seed) => rounded(value(seed), digits)).join(", ");
    return [[
      words,
      each(({ result }) => result.evaluation.medianDisplacement, 1),
      each(({ result }) => result.evaluation.octants, 0),
      each(({ result }) => result.evaluation.resultantLength),
      each(({ result }) => 100 * result.evaluation.survivedShare, 0),
    ]];
  });
  return rows.length === 0
    ? ""
    : "Which of the changes does it? Each run changes one thing and learns for about 100 000 updates from scratch (two " +
      "critics, 128 transitions, control every 0.06 s with γ = 0.97, pay for net displacement, the body's symmetry, " +
      "8 value samples of the mixture, the decile's bandwidth, an averaged sampler, networks of 64); each number is " +
      "a seed's, over 100 episodes:\n\n" +
      table(
        ["change", "median displacement in 10 s (m)", "octants", "resultant", "stays up (%)"],
        rows,
      );
}
