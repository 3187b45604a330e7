/**
 * The claims of figures 3a and 6: soft Q-learning explores both ways and ends forward.
 *
 * @module
 */

import type { swimmer } from "../../experiments/swimmer.ts";
import type { ClaimRow } from "../../src/report/results.ts";
import { medianOf } from "../../src/report/statistics.ts";
import { bySetting, finite, isMaximumEntropy, type SeedOf } from "../seeds.ts";
import { runNameOf } from "../planned_run.ts";
import { share, typical } from "./rows.ts";

/** The rows of swimmers without a line, from which the line is chosen (docs/choices.md); the paper has none. */
const undirected = (group: readonly SeedOf<typeof swimmer>[], variant: string): readonly ClaimRow[] => [
  typical(
    "without a line, median distance from the start after 25 s",
    group,
    ({ result }) => medianOf(result.evaluation.distances.map(Math.abs)),
    null,
    "m",
    variant,
  ),
  share(
    "without a line, at least a quarter of the episodes end beyond 0.5 m on either side",
    group,
    ({ result: { evaluation } }) => Math.min(evaluation.forwardShare, evaluation.backwardShare) >= 0.25,
    null,
    variant,
  ),
];

/** Whether the policy from which a run starts swims both ways. */
const startsBothWays = (
  seeds: readonly SeedOf<typeof swimmer>[],
  { configuration: { init } }: SeedOf<typeof swimmer>,
): boolean =>
  finite(seeds).some(({ run, result: { evaluation: { forwardShare, backwardShare } } }) =>
    init !== "" && run.name === runNameOf(init) && forwardShare > 0 && backwardShare > 0
  );

/** The rows of the swimmers. */
export const swimmerClaims = (seeds: readonly SeedOf<typeof swimmer>[]): readonly ClaimRow[] =>
  bySetting(seeds).flatMap((group) => {
    const { variant, init } = group[0]!.configuration;
    const remark = init === "" ? variant : `${variant}, started from ${runNameOf(init)}`;
    const most = isMaximumEntropy(group[0]!) ? (k: number, n: number) => k > n / 2 : null;
    if (variant.startsWith("undirected")) return undirected(group, variant);
    return [
      share(
        "crosses the finish line in an evaluation; paper: all runs, at any time",
        group,
        ({ result }) => result.overall.firstCrossing !== null,
        most,
        remark,
      ),
      share(
        "ends forward, mean beyond 0.5 m, after crossing; paper: all, DDPG 80 %",
        group,
        ({ result: { overall } }) => overall.firstCrossing !== null && overall.endsForward,
        most,
        remark,
      ),
      share(
        "ends backward; paper: none, DDPG 20 %",
        group,
        ({ result }) => result.overall.endsBackward,
        null,
        remark,
      ),
      share(
        `before the first crossing${
          init === "" ? "" : " or at the start"
        } one policy's episodes end beyond 0.5 m both ways`,
        group,
        (seed) => seed.result.overall.bothWaysBeforeCrossing || startsBothWays(seeds, seed),
        most,
        remark,
      ),
      typical(
        "farthest forward in any evaluation",
        group,
        ({ result }) => result.overall.bestDistance,
        null,
        "m",
        remark,
      ),
    ];
  });
