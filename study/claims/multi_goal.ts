/**
 * The claims of figure 1: soft Q-learning reaches all goals; DDPG, and soft actor-critic at a low temperature, reach
 * one.
 *
 * @module
 */

import type { multiGoal } from "../../experiments/multi_goal.ts";
import type { ClaimRow } from "../../src/report/results.ts";
import { bySetting, finite, type FiniteSeedOf, type SeedOf, temperatureOf } from "../seeds.ts";
import { share, typical } from "./rows.ts";

type MultiGoalSeed = FiniteSeedOf<typeof multiGoal>;

const sharesOf = ({ result }: MultiGoalSeed): readonly number[] => result.evaluation.goalShares;
const mostVisited = (seed: MultiGoalSeed): number => sharesOf(seed).indexOf(Math.max(...sharesOf(seed)));

/**
 * The least α, in units of the unscaled reward, at which the policy is meant to retain all goals; the paper's is 10.
 */
const RETAINING = 5;

/** The rows of the multi-goal runs. */
export const multiGoalClaims = (seeds: readonly SeedOf<typeof multiGoal>[]): readonly ClaimRow[] =>
  bySetting(seeds).flatMap((group) => {
    const { configuration } = group[0]!, { variant } = configuration;
    const retains = temperatureOf(configuration) >= RETAINING, fromOrigin = variant === "first-code";
    const starts = `starts from ${fromOrigin ? "the origin exactly" : "N(0, 0.1²)"}`;
    const goals = new Set(finite(group).map(mostVisited)).size;
    return [
      ...retains
        ? [share(
          "some goal in at least 95 % of 400 episodes, each goal in 10 to 40 %; in at least 9 of 10 seeds",
          group,
          (seed) =>
            seed.result.evaluation.successRate >= 0.95 && sharesOf(seed).every((x) => x >= 0.1 && x <= 0.4),
          (k, n) => n >= 10 && k >= 0.9 * n,
          "",
        )]
        : [],
      share(
        `${starts}: commits to one goal in at least 90 % of its episodes`,
        group,
        (seed) => Math.max(...sharesOf(seed)) >= 0.9,
        retains ? null : (k, n) => k === n && goals > 1,
        `${goals} different goals over the seeds; ` + (
          retains
            ? "it should not"
            : fromOrigin
            ? "the paper does not say where episodes start"
            : "with starts spread by 0.1, the best deterministic policy goes to the nearest goal"
        ),
      ),
      typical(
        `${starts}: return; aim of a policy that commits: at least -130`,
        group,
        ({ result }) => result.evaluation.meanReturn,
        retains ? null : (mean) => mean >= -130,
        "",
        retains
          ? "it trades return for entropy"
          : fromOrigin
          ? "this variant rewards the position before a step: by its rule the final code's optimum, -111, is -136"
          : "the deterministic optimum is -111",
      ),
    ];
  });
