/**
 * Several bodies driven by a policy side by side, with their recorded states.
 *
 * Law, tested: equal keys and equal pushes give equal states; a push at an earlier time starts a new trajectory there.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import type { Agent } from "../../src/learn/agent.ts";
import { child, type Key, keyOf } from "../../src/random/key.ts";

/** Bodies side by side; time is measured in steps. */
export interface Simulation {
  readonly environment: Environment;
  /** Number of bodies. */
  readonly count: number;
  /** Number of steps simulated. */
  readonly length: () => number;
  /** Body k's state after `step` steps, or its final state if its episode has ended. */
  readonly state: (k: number, step: number) => Float64Array;
  /** Whether body k's episode had ended by then. */
  readonly ended: (k: number, step: number) => boolean;
  /** Simulates one more step. */
  readonly advance: () => void;
  /** Discards the states after `step`, and adds to two components of body k's state there. */
  readonly push: (k: number, step: number, at: number, dx: number, dy: number) => void;
}

/**
 * Starts a simulation.
 *
 * @param sameStart whether all bodies have the same initial state, so that only the policy's draws differ
 */
export function simulate(
  environment: Environment,
  agent: Agent,
  seed: number,
  count: number,
  sameStart: boolean,
): Simulation {
  const root = keyOf(seed);
  const keys = Array.from({ length: count }, (_, k): Key => child(root, k));
  const lives = keys.map((_, k) => [environment.initial(child(root, sameStart ? count : count + 1 + k))]);
  const ends: number[] = keys.map(() => Infinity);
  let length = 0;
  return {
    environment,
    count,
    length: () => length,
    state: (k, step) => lives[k]![Math.min(step, lives[k]!.length - 1)]!,
    ended: (k, step) => step >= ends[k]!,
    advance: () => {
      for (let k = 0; k < count; k++) {
        if (ends[k]! <= length) continue;
        const state = lives[k]![length]!, key = child(keys[k]!, length);
        const { state: next, terminated } = environment.step(
          state,
          agent.act(environment.observe(state), child(key, 0)),
          child(key, 1),
        );
        lives[k]!.push(next);
        if (terminated) ends[k] = length + 1;
      }
      length++;
    },
    push: (k, step, at, dx, dy) => {
      for (let other = 0; other < count; other++) {
        lives[other]!.length = Math.min(lives[other]!.length, step + 1);
        if (ends[other]! > step) ends[other] = Infinity;
      }
      length = step;
      if (ends[k]! <= step) return;
      const pushed = lives[k]![step]!.slice();
      pushed[at]! += dx;
      pushed[at + 1]! += dy;
      lives[k]![step] = pushed;
    },
  };
}
