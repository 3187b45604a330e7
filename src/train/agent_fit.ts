/**
 * Whether an agent fits an environment. An agent identifies the numbers of an observation or action by position, so
 * the names must be the same, in the same order.
 *
 * @module
 */

import type { EnvironmentSpec } from "../../envs/environment.ts";
import type { Agent } from "../learn/agent.ts";

/** A difference between an environment and what an agent needs. */
export interface Misfit {
  /** What the agent needs, in words, such as `one with 2 numbers in an observation`. */
  readonly wanted: string;
  /** What the environment has. */
  readonly got: unknown;
}

/**
 * The first difference between an environment's observations or actions and an agent's: in number or, if the agent
 * knows them, in names; null if there is none.
 */
export function misfitOf(agent: Agent, spec: EnvironmentSpec, what: "observation" | "action"): Misfit | null {
  const here = spec[what].map(({ name }) => name);
  if (agent[what] !== here.length) {
    return { wanted: `one with ${agent[what]} numbers in an ${what}`, got: here.length };
  }
  const k = agent.names?.[what].findIndex((name, i) => name !== here[i]) ?? -1;
  return k < 0 ? null : {
    wanted: `one whose ${what} has ${JSON.stringify(agent.names![what][k])} in place ${k}`,
    got: here[k],
  };
}
