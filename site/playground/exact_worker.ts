/**
 * The Worker that solves the task exactly: the results of a policy with the optimal Q.
 *
 * @module
 */

import type { Goal } from "../../envs/point_mass.ts";
import { solveMultiGoal } from "../../src/exact/multi_goal.ts";
import { rollout } from "../../src/exact/multi_goal_policy.ts";
import { goalReached } from "../../envs/point_mass.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { HORIZON, type PlayOptions } from "./options.ts";

/** A request for the solution at a temperature. */
export interface ExactRequest {
  readonly id: number;
  readonly variant: PlayOptions["variant"];
  readonly goals: readonly Goal[];
  readonly temperature: number;
}

/** The results of the exact policy. */
export interface Exact {
  readonly id: number;
  /** Mean undiscounted return of its episodes, in the task's own reward. */
  readonly meanReturn: number;
  /** Fraction of all episodes that end in each goal. */
  readonly goalShares: readonly number[];
  /** Mean entropy in visited states, nats. */
  readonly entropy: number;
}

/**
 * Grid lines per unit of length (V is accurate to about 0.02 α); rollouts (fractions are accurate to 0.02); entropies.
 */
const LINES = 8, ROLLOUTS = 500, ENTROPIES = 60;

/** Solves the task and plays the exact policy. */
export function solve({ id, variant, goals, temperature }: ExactRequest): Exact {
  const rewardScale = 1 / temperature;
  const solution = solveMultiGoal({
    rules: variant,
    goals,
    rewardScale,
    linesPerUnit: LINES,
    tolerance: 1e-3,
  });
  const start = variant === "first-code" ? { start: [0, 0] as const } : {};
  const options = { rules: variant, goals, rewardScale, horizon: HORIZON, ...start };
  const episodes = Array.from(
    { length: ROLLOUTS },
    (_, k) => rollout(solution.actionValue, child(keyOf(0), k), options),
  );
  const counts = goals.map(() => 0), places: Goal[] = [];
  let total = 0;
  for (const { path, rawReturn, ended } of episodes) {
    total += rawReturn;
    places.push(...path.slice(0, -1));
    // The first code judges the position before the last step.
    const last = variant === "first-code" ? path.at(-2) ?? path[0]! : path[path.length - 1]!;
    const goal = ended ? goalReached(last, goals) : -1;
    if (goal >= 0) counts[goal]!++;
  }
  let entropy = 0;
  for (let k = 0; k < ENTROPIES; k++) {
    const [x, y] = places[Math.floor(k * places.length / ENTROPIES)]!;
    entropy += solution.actionLaw(x, y).entropy / ENTROPIES;
  }
  return {
    id,
    meanReturn: total / ROLLOUTS,
    goalShares: counts.map((count) => count / ROLLOUTS),
    entropy,
  };
}

/** The Worker's `postMessage`. */
declare const postMessage: (message: Exact) => void;
declare const addEventListener: (
  kind: "message",
  listener: (event: MessageEvent<ExactRequest>) => void,
) => void;

addEventListener("message", ({ data }) => postMessage(solve(data)));
