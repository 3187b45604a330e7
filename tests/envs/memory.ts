/**
 * Heap growth after a million batched steps: run with `--v8-flags=--expose-gc`; prints bytes per body.
 */

import { quadruped } from "../../envs/quadruped.ts";
import { swimmer } from "../../envs/swimmer.ts";
import type { Environment } from "../../envs/environment.ts";
import { MAZE } from "../../envs/worlds.ts";
import { keyOf } from "../../src/random/key.ts";

/** Bytes by which the heap has grown after `steps` steps of 25 environments, garbage collected. */
function growth(env: Environment, steps: number): number {
  const count = 25, { stateSize, observation, action } = env.spec;
  const states = new Float64Array(stateSize * count), actions = new Float32Array(action.length * count);
  const out = {
    states,
    observations: new Float32Array(observation.length * count),
    rewards: new Float64Array(count),
    terminated: new Uint8Array(count),
  };
  for (let e = 0; e < count; e++) states.set(env.initial(keyOf(e)), stateSize * e);
  const key = keyOf(0);
  let word = 1;
  const play = (batches: number): void => {
    for (let t = 0; t < batches; t++) {
      for (let i = 0; i < actions.length; i++) {
        word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
        actions[i] = word / 2 ** 31 - 1;
      }
      env.stepMany(states, actions, out, () => key);
    }
  };
  const collect = (globalThis as { gc?: () => void }).gc as () => void;
  play(400); // compile first
  collect();
  const before = Deno.memoryUsage().heapUsed;
  play(Math.round(steps / count));
  collect();
  return Deno.memoryUsage().heapUsed - before;
}

console.log(JSON.stringify({
  // One action of rllab's swimmer is 50 steps of its integrator.
  swimmer: growth(swimmer(), 20_000),
  quadruped: growth(quadruped({ observation: "compact", task: { kind: "speed" }, world: MAZE }), 1_000_000),
}));
