/**
 * The claims of figures 3a and 6: soft Q-learning explores both ways and ends forward.
 *
 * @module
 */

import type { swimmer } from "../../experiments/swimmer.ts";
import type { ClaimRow } from "../../src/report/results.ts";
import { medianOf } from "../../src/report/statistics.ts";
import { bySetting, isMaximumEntropy, type SeedOf } from "../seeds.ts";
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

/** The rows of the swimmers. */
export const swimmerClaims = (seeds: readonly SeedOf<typeof swimmer>[]): readonly ClaimRow[] =>
  bySetting(seeds).flatMap((group) => {
    const { variant } = group[0]!.configuration;
    const most = isMaximumEntropy(group[0]!) ? (k: number, n: number) => k > n / 2 : null;
    if (variant.startsWith("undirected")) return undirected(group, variant);
    return [
      share(
        "crosses the finish line in an evaluation; paper: all runs, at any time",
        group,
        ({ result }) => result.overall.firstCrossing !== null,
        most,
        variant,
      ),
      share(
        "ends forward, mean beyond 0.5 m; paper: all, DDPG 80 %",
        group,
        ({ result }) => result.overall.endsForward,
        most,
        variant,
      ),
      share(
        "ends backward; paper: none, DDPG 20 %",
        group,
        ({ result }) => result.overall.endsBackward,
        null,
        variant,
      ),
      share(
        "before the first crossing one policy's episodes end beyond 0.5 m both ways",
        group,
        ({ result }) => result.overall.bothWaysBeforeCrossing,
        most,
        variant,
      ),
      typical(
        "farthest forward in any evaluation",
        group,
        ({ result }) => result.overall.bestDistance,
        null,
        "m",
        variant,
      ),
    ];
  });
