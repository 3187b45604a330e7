/** How long free runs of the quadruped stay beside the referee's: contact is chaotic, so rounding grows. */

import { STATE_SIZE } from "../../envs/dynamics/quadruped_model.ts";
import {
  GYMNASIUM_QUADRUPED,
  type QuadrupedParameters,
  RLLAB_QUADRUPED,
} from "../../envs/dynamics/quadruped_parameters.ts";
import { createQuadruped, stepQuadruped } from "../../envs/dynamics/quadruped_step.ts";
import { quadruped } from "../../envs/quadruped.ts";
import { uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { assert } from "../deps.ts";
import { maxDifference } from "../envs/recorded.ts";
import { loadReferee, quadrupedModel } from "../envs/referee.ts";
import { freshSeed } from "../seed.ts";

const THRESHOLDS = [1e-9, 1e-6, 1e-3];

/** The steps at which a free run first differs by more than each threshold, of 2000 at full random torque. */
function partings(parameters: QuadrupedParameters, seed: number): number[] {
  const body = createQuadruped(parameters),
    referee = loadReferee(quadrupedModel(parameters)),
    key = keyOf(seed);
  const ours = quadruped().initial(key).slice(0, STATE_SIZE),
    theirs = new Float64Array(STATE_SIZE),
    length = 2000;
  const parted = THRESHOLDS.map(() => length);
  referee.setState(ours);
  for (let t = 0; t < length; t++) {
    const control = uniform(child(key, 1), 8, t).map((unit) => parameters.controlRange * (2 * unit - 1));
    stepQuadruped(body, ours, control);
    referee.step(control);
    referee.getState(theirs);
    const apart = maxDifference(ours, theirs);
    THRESHOLDS.forEach((threshold, i) => {
      if (apart > threshold && parted[i] === length) parted[i] = t;
    });
  }
  referee.close();
  return parted;
}

Deno.test("free runs of 2000 steps part from the referee's late, and where is printed", () => {
  for (
    const [name, parameters] of [["rllab", RLLAB_QUADRUPED], ["gymnasium", GYMNASIUM_QUADRUPED]] as const
  ) {
    const runs = Array.from({ length: 20 }, () => partings(parameters, freshSeed()));
    THRESHOLDS.forEach((threshold, i) => {
      const steps = runs.map((run) => run[i]!).sort((a, b) => a - b);
      console.log(`${name}: beyond ${threshold} after ${steps.join(" ")} steps (2000: not at all)`);
    });
    // Full torque is harder than the walks of the other tests: Gymnasium's stiff contacts part first.
    assert.ok(runs.every(([first]) => first > 100), name);
  }
});
