/** Long runs of uniformly random torques in a world: forbidden events, and the depth of penetration. */

import { findContacts } from "../../envs/dynamics/quadruped_contact.ts";
import { computeMotion } from "../../envs/dynamics/quadruped_motion.ts";
import { type Quadruped, STATE_SIZE } from "../../envs/dynamics/quadruped_model.ts";
import { RLLAB_QUADRUPED } from "../../envs/dynamics/quadruped_parameters.ts";
import { createQuadruped, stepQuadruped } from "../../envs/dynamics/quadruped_step.ts";
import { quadrupedPoints } from "../../envs/dynamics/quadruped_view.ts";
import { quadruped } from "../../envs/quadruped.ts";
import type { World } from "../../envs/worlds.ts";
import { fillBits, unitOf } from "../../src/random/draw.ts";
import { child, type Key, keyOf } from "../../src/random/key.ts";
import { loadReferee, quadrupedModel } from "./referee.ts";

/** The result of a long run. */
export interface Endured {
  /** Steps taken, of all seeds together. */
  readonly steps: number;
  /** Seeds that produced a non-finite number. */
  readonly notFinite: number;
  /** Body centres that passed through a wall. */
  readonly passed: number;
  /** Greatest depth of a contact over a run, and the depth that one step in a thousand exceeds, m. */
  readonly deepest: number;
  readonly quantile: number;
}

/** Steps a body in place; the referee or ours. */
type Stepper = (state: Float64Array, control: Float64Array) => void;

/** Depth of the deepest contact of a state, m, by our contact finder (its distances equal the referee's). */
export function depthOf(body: Quadruped, state: Float64Array): number {
  computeMotion(body, state);
  findContacts(body, state);
  let depth = 0;
  for (let c = 0; c < body.work.count[0]!; c++) depth = Math.max(depth, -body.work.contactDistance[c]!);
  return depth;
}

const WEST = 0, EAST = 1, SOUTH = 2, NORTH = 3, INSIDE = 4;

/** On which side of a wall a point lies. */
function sideOf(bounds: Float64Array, wall: number, x: number, y: number): number {
  const at = 4 * wall;
  if (x < bounds[at]!) return WEST;
  if (x > bounds[at + 1]!) return EAST;
  if (y < bounds[at + 2]!) return SOUTH;
  return y > bounds[at + 3]! ? NORTH : INSIDE;
}

/**
 * Watches the 13 body centres and counts those that come out of a wall on the side opposite to the one they came from.
 */
function watcher(body: Quadruped): (state: Float64Array) => number {
  const { count, bounds } = body.walls, points = new Float64Array(39), centres = new Float64Array(26);
  const last = new Int8Array(13 * count).fill(-1), entered = new Int8Array(13 * count).fill(-1);
  return (state) => {
    quadrupedPoints(body, state, points);
    for (let axis = 0; axis < 2; axis++) {
      centres[axis] = points[axis]!;
      for (let leg = 0; leg < 4; leg++) {
        const hip = points[3 + 9 * leg + axis]!,
          ankle = points[6 + 9 * leg + axis]!,
          foot = points[9 + 9 * leg + axis]!;
        centres[2 + 6 * leg + axis] = (points[axis]! + hip) / 2;
        centres[4 + 6 * leg + axis] = (hip + ankle) / 2;
        centres[6 + 6 * leg + axis] = (ankle + foot) / 2;
      }
    }
    let passed = 0;
    for (let part = 0; part < 13; part++) {
      for (let wall = 0; wall < count; wall++) {
        const at = part * count + wall,
          side = sideOf(bounds, wall, centres[2 * part]!, centres[2 * part + 1]!);
        if (side === INSIDE) {
          if (entered[at]! < 0) entered[at] = last[at]!;
        } else {
          // From one side to the opposite one, through the wall or over it in a single step.
          const from = entered[at]! >= 0 ? entered[at]! : last[at]!;
          if (from >= 0 && (from ^ 1) === side) passed++;
          entered[at] = -1;
        }
        last[at] = side;
      }
    }
    return passed;
  };
}

function run(world: World, seeds: number, steps: number, stepper: Stepper): Endured {
  const body = createQuadruped(RLLAB_QUADRUPED, world.walls), initial = quadruped({ world }).initial;
  const words = new Uint32Array(8), control = new Float64Array(8), depths = new Float64Array(seeds * steps);
  let notFinite = 0, passed = 0, taken = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const key: Key = keyOf(seed), torques = child(key, 1), watch = watcher(body);
    const state = initial(child(key, 0)).slice(0, STATE_SIZE);
    for (let t = 0; t < steps; t++) {
      fillBits(torques, t, 0, words);
      for (let i = 0; i < 8; i++) control[i] = 150 * (2 * unitOf(words[i]!) - 1);
      stepper(state, control);
      if (!state.every(Number.isFinite)) {
        notFinite++;
        break;
      }
      depths[taken++] = depthOf(body, state);
      passed += watch(state);
    }
  }
  const sorted = depths.subarray(0, taken).sort();
  return {
    steps: taken,
    notFinite,
    passed,
    deepest: sorted[taken - 1]!,
    quantile: sorted[Math.floor(0.999 * taken)]!,
  };
}

/** Our own body under uniform torques of ± 150 N m, rllab's step, for `seeds` runs of `steps` steps. */
export function endure(world: World, seeds: number, steps: number): Endured {
  const body = createQuadruped(RLLAB_QUADRUPED, world.walls);
  return run(world, seeds, steps, (state, control) => stepQuadruped(body, state, control));
}

/** The referee's body under the same torques. */
export function endureReferee(world: World, seeds: number, steps: number): Endured {
  const referee = loadReferee(quadrupedModel(RLLAB_QUADRUPED, world.walls));
  try {
    return run(world, seeds, steps, (state, control) => {
      referee.setState(state);
      referee.step(control);
      referee.getState(state);
    });
  } finally {
    referee.close();
  }
}
