/**
 * The claims of figures 3a and 6: soft Q-learning explores both ways and ends forward.
 *
 * @module
 */

import type { swimmer } from "../../experiments/swimmer.ts";
import type { ClaimRow } from "../../src/report/results.ts";
import { bySetting, isMaximumEntropy, type SeedOf } from "../seeds.ts";
import { share, typical } from "./rows.ts";

/** The rows of the swimmers. */
export const swimmerClaims = (seeds: readonly SeedOf<typeof swimmer>[]): readonly ClaimRow[] =>
  bySetting(seeds).flatMap((group) => {
    const { variant } = group[0]!.configuration;
    const most = isMaximumEntropy(group[0]!) ? (k: number, n: number) => k > n / 2 : null;
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
