/**
 * The claims of figure 3b: soft Q-learning finds the way around the blocked passage.
 *
 * @module
 */

import type { maze } from "../../experiments/maze.ts";
import type { ClaimRow } from "../../src/report/results.ts";
import { controlsOf, isSteady } from "../controls.ts";
import { bySetting, isMaximumEntropy, type SeedOf } from "../seeds.ts";
import { runNameOf } from "../planned_run.ts";
import { share, STEADY, typical } from "./rows.ts";

/** The rows of the mazes. */
export const mazeClaims = (seeds: readonly SeedOf<typeof maze>[]): readonly ClaimRow[] =>
  bySetting(seeds).flatMap((group) => {
    const { init, symmetry, variant } = group[0]!.configuration;
    const remark = [
      ...variant === "gaussian-5m" ? ["Gaussian of 5m"] : [],
      ...controlsOf({ variant, symmetry }),
      ...init === "" ? [] : [`started from ${runNameOf(init)}`],
      ...isSteady(group[0]!.configuration) ? [STEADY] : [],
      "geometry estimated",
    ].join("; ");
    // There is no evaluation before a success in the first one.
    const seen = group.filter(({ result }) => result === null || result.overall.upperShareBefore !== null);
    return [
      share(
        "comes nearer than 1.75 m in an evaluation; paper: all runs, DDPG 60 %, at any time",
        group,
        ({ result }) => result.overall.firstSuccess !== null,
        isMaximumEntropy(group[0]!) ? (k, n) => k === n : null,
        remark,
      ),
      typical(
        "least distance to the goal in any evaluation",
        group,
        ({ result }) => result.overall.leastDistance,
        null,
        "m",
        remark,
      ),
      ...seen.length === 0 ? [] : [share(
        "before success, both passages in at least 20 % of episodes",
        seen,
        ({ result: { overall } }) =>
          (overall.upperShareBefore ?? 0) >= 0.2 && (overall.lowerShareBefore ?? 0) >= 0.2,
        null,
        remark,
      )],
    ];
  });
