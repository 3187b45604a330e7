/**
 * Whether an agent fits an environment: it observes and acts by position, so that the names must stand in one order.
 *
 * @module
 */

import type { EnvironmentSpec } from "../../envs/environment.ts";
import type { Agent } from "../learn/agent.ts";

/** What an environment would have to be for an agent, in words, and what it is. */
export interface Misfit {
  /** What would be right, as in `one with 2 numbers in an observation`. */
  readonly wanted: string;
  /** What there is. */
  readonly got: unknown;
}

/** How an environment's observations or actions differ from an agent's in number or, where it knows them, in names. */
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
