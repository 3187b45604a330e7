/**
 * The quadruped: a ball on four legs that runs in a given direction, in any direction, or to a goal, on a plane or
 * among walls.
 *
 * | | rllab (default; the paper's) | Gymnasium |
 * | --- | --- | --- |
 * | one action | one RK4 step of 20 ms | 5 RK4 steps of 10 ms |
 * | forward speed | centre of mass along x, at the new state | torso's displacement along x over the step |
 * | control cost | 0.005 Σ a² | 0.5 Σ a² |
 * | contact cost | 0.0005 Σ clip(f, ± 1)² | the same |
 * | survival | 0.05 per step | 1 per step, while healthy |
 * | observation | positions, velocities, clipped contact forces, torso's rotation, centre of mass: 125 | the same without x, y, the world's zero forces, rotation and centre: 105 |
 * | reset | pose + N(0, 0.01²), velocities N(0, 0.1²) | pose ± 0.1 uniform, velocities N(0, 0.1²) |
 * | termination | torso's height outside [0.2, 1], or non-finite | the same |
 *
 * Contact forces f (torque and force on each body, 84 numbers) depend on the applied torques, so a state includes the
 * last control. Gymnasium's engine reads torso position and contact forces from its last Runge–Kutta stage; here both
 * belong to the new state.
 *
 * An action can be held for several of these steps (our addition to both); the reward is then their mean, so that
 * returns scale with the number of actions per episode.
 *
 * Laws, tested: whole rllab episodes equal MuJoCo's to 1e-8; motion and speed reward are equivariant under rotation of
 * the body by 90°.
 *
 * @module
 */

import { repeatedSpec, requireInterval } from "./action_repeat.ts";
import { bodyEnvironment, type BodyTask, type SpeedMeasure } from "./body_task.ts";
import { InvalidBody } from "./dynamics/invalid_body.ts";
import { type Quadruped, STATE_SIZE } from "./dynamics/quadruped_model.ts";
import {
  GYMNASIUM_QUADRUPED,
  type QuadrupedParameters,
  RLLAB_QUADRUPED,
} from "./dynamics/quadruped_parameters.ts";
import { createQuadruped, stepQuadruped } from "./dynamics/quadruped_step.ts";
import { centreOfMass, CONTACT_FORCES, contactForces, torsoUp } from "./dynamics/quadruped_view.ts";
import { type DeterministicEnvironment, InvalidEnvironmentInput } from "./environment.ts";
import { observationOf, QUADRUPED_OBSERVATIONS, type QuadrupedObservation } from "./quadruped_observation.ts";
import { quadrupedSymmetry } from "./quadruped_symmetry.ts";
import { quadrupedView } from "./quadruped_view.ts";
import { imageOf, type PlaneSymmetry } from "./symmetry.ts";
import { inTravelFrame } from "./travel_frame.ts";
import { normal, uniform } from "../src/random/draw.ts";
import type { Key } from "../src/random/key.ts";
import { createWorld, PLANE, type World } from "./worlds.ts";
import {
  anObject,
  aNumber,
  anything,
  aPair,
  type Fields,
  notNegative,
  oneOf,
  orNull,
  positive,
  requireFields,
  requireFit,
} from "../src/given.ts";

export { quadrupedCentre, quadrupedRotation, quadrupedUp } from "./quadruped_measures.ts";
export type { QuadrupedObservation } from "./quadruped_observation.ts";

/** The quadruped's task reward, before costs and survival. */
export type QuadrupedTask =
  /** Speed towards +x, m/s. */
  | { readonly kind: "forward" }
  /** Speed of the centre of mass in any horizontal direction, m/s: the paper's pretraining, which names no costs. */
  | { readonly kind: "speed" }
  /**
   * `height · exp(-d² / (2 width²))` with d the centre of mass's distance to the goal, m. The paper says "a Gaussian"
   * and gives no numbers. Ours: height 1; width 3 m, so that at the start of the maze, 8 m away, it is still 3 % of the
   * height.
   */
  | {
    readonly kind: "goal";
    readonly position?: readonly [number, number];
    readonly width?: number;
    readonly height?: number;
  };

/** Default width, m, and height of the goal's Gaussian; see {@link QuadrupedTask}. */
export const GOAL_WIDTH = 3, GOAL_HEIGHT = 1;

/** The costs and the survival reward of a step. */
export interface QuadrupedCosts {
  /** Weight of Σ a². */
  readonly control: number;
  /** Weight of Σ clip(contact forces, ± 1)². */
  readonly contact: number;
  /** Survival reward of each step. */
  readonly survival: number;
}

/** The termination rule. */
export interface QuadrupedEnd {
  /** An episode terminates when the height of the torso's centre leaves this range, m. */
  readonly height: readonly [number, number];
  /**
   * An episode terminates when the vertical component of the torso's up-axis falls below this (1 upright, 0 on its
   * side); `null` for no such rule. The paper terminates episodes in which the body flips over but gives no rule. Ours:
   * 0, a tilt of 90°, beyond which the torso is upside-down.
   */
  readonly uprightness: number | null;
}

/** Options of a quadruped's environment. */
export interface QuadrupedOptions {
  /** The variant; see the table above. */
  readonly variant?: "rllab" | "gymnasium";
  /** The task; default `forward`. */
  readonly task?: QuadrupedTask;
  /** Measurement of speed in tasks that reward it; default `instantaneous`. */
  readonly speed?: SpeedMeasure;
  /** Number of the variant's steps for which an action is held; the reward is their mean. Default 1. */
  readonly repeat?: number;
  /** The observation; default `full`. */
  readonly observation?: QuadrupedObservation;
  /**
   * Frame of observations and actions: the world's (default), or (ours) turned by quarter turns, legs renumbered, so
   * that the centre of mass's velocity lies within 45° of a heading (rad, counter-clockwise from +x). There, what is
   * learned for one direction holds for all four; where quarter turns do not preserve the task or the world, two more
   * components observe the frame: the direction of its x axis in the world. It needs a body that they preserve.
   */
  readonly frame?: "world" | { readonly heading: number };
  /** The world; default the empty plane. */
  readonly world?: World;
  /** Default: the variant's for `forward`, none for `speed` and `goal`. */
  readonly costs?: Partial<QuadrupedCosts>;
  /**
   * Default: heights [0.2, 1]; flipping over terminates `speed` and `goal` but not `forward`, as in rllab and
   * Gymnasium.
   */
  readonly end?: Partial<QuadrupedEnd>;
  /** Another body of the family. */
  readonly body?: QuadrupedParameters;
}

const NO_COSTS: QuadrupedCosts = { control: 0, contact: 0, survival: 0 };
const VARIANTS = {
  rllab: {
    body: RLLAB_QUADRUPED,
    steps: 1,
    costs: { control: 0.005, contact: 0.0005, survival: 0.05 },
    height: 0.55,
    ankle: 1,
    horizon: 500,
  },
  gymnasium: {
    body: GYMNASIUM_QUADRUPED,
    steps: 5,
    costs: { control: 0.5, contact: 0.0005, survival: 1 },
    height: 0.75,
    ankle: 0,
    horizon: 1000,
  },
} as const;

/** Length of the quadruped's state: 15 positions, 14 velocities, the last control (8). */
export const QUADRUPED_STATE: number = STATE_SIZE + 8;

const OPTIONS: Fields<QuadrupedOptions> = {
  variant: oneOf("rllab", "gymnasium"),
  task: anObject,
  speed: oneOf("instantaneous", "net"),
  repeat: anything,
  observation: oneOf(...QUADRUPED_OBSERVATIONS),
  frame: anything,
  world: anObject,
  costs: anObject,
  end: anObject,
  body: anObject,
};

const TASK: Fields<Extract<QuadrupedTask, { readonly kind: "goal" }>> = {
  kind: oneOf("forward", "speed", "goal"),
  position: aPair,
  width: positive,
  height: aNumber,
};

const FRAME: Fields<{ readonly heading: number }> = { heading: aNumber };

const COSTS: Fields<QuadrupedCosts> = { control: notNegative, contact: notNegative, survival: notNegative };

const END: Fields<QuadrupedEnd> = { height: aPair, uprightness: orNull(aNumber) };

/** The options with their defaults; the goal is the origin if the task has none. */
function checkedOptions(options: QuadrupedOptions): {
  readonly world: World;
  readonly costs: QuadrupedCosts;
  readonly end: QuadrupedEnd;
  readonly task: QuadrupedTask;
  readonly goal: readonly [number, number];
} {
  const { variant = "rllab", task = { kind: "forward" }, speed = "instantaneous" } = options;
  requireFields("The task of quadruped", task, TASK, InvalidBody);
  requireFit("kind", task.kind, TASK.kind, InvalidBody);
  requireFields("The costs of quadruped", options.costs ?? {}, COSTS, InvalidBody);
  requireFields("The end of quadruped", options.end ?? {}, END, InvalidBody);
  requireInterval(options.repeat ?? 1);
  if (speed !== "instantaneous" && task.kind === "goal") {
    throw new InvalidBody(`A goal task does not reward speed, so its measure cannot be set: got ${speed}`);
  }
  const world = createWorld(options.world ?? PLANE);
  const costs = { ...(task.kind === "forward" ? VARIANTS[variant].costs : NO_COSTS), ...options.costs };
  const end: QuadrupedEnd = {
    height: [0.2, 1],
    uprightness: task.kind === "forward" ? null : 0,
    ...options.end,
  };
  if (!(end.height[0] < end.height[1])) {
    throw new InvalidBody(`The quadruped's range of heights must not be empty: got ${end.height}`);
  }
  const goal = task.kind === "goal" ? task.position ?? world.goal : [0, 0] as const;
  if (goal === null) throw new InvalidBody(`World ${world.name} has no goal: give the task's position`);
  return { world, costs, end, task, goal };
}

/** The quadruped's task, stepping in place in float64; {@link quadruped} turns it into an environment. */
export function quadrupedTask(options: QuadrupedOptions = {}): BodyTask {
  requireFields("The options of quadruped", options, OPTIONS, InvalidBody);
  const { variant = "rllab", repeat = 1, frame = "world" } = options, preset = VARIANTS[variant];
  const { world, costs, end, task, goal } = checkedOptions(options);
  const body = createQuadruped(options.body ?? preset.body, world.walls), { parameters } = body;
  const centre = new Float64Array(6),
    control = new Float64Array(8),
    forces = new Float64Array(CONTACT_FORCES);
  const seconds = preset.steps * parameters.timeStep;
  const kind = task.kind, [low, high] = end.height, uprightness = end.uprightness ?? -Infinity;
  const width = task.kind === "goal" ? task.width ?? GOAL_WIDTH : 1;
  const height = task.kind === "goal" ? task.height ?? GOAL_HEIGHT : 1;
  const net = options.speed === "net", start = new Float64Array(6);
  const held = repeat === 1 ? "" : `-${Number((repeat * seconds).toFixed(6))}s`;
  /** The task reward of a step to `state`, whose centre of mass has been computed, before costs and survival. */
  const paid = (state: Float64Array, before: number): number => {
    if (kind === "forward") return variant === "rllab" ? centre[3]! : (state[0]! - before) / seconds;
    if (kind === "speed") return Math.sqrt(centre[3]! * centre[3]! + centre[4]! * centre[4]!);
    const dx = centre[0]! - goal[0], dy = centre[1]! - goal[1];
    return height * Math.exp(-(dx * dx + dy * dy) / (2 * width * width));
  };
  const { components, write } = observationOf(body, variant, options.observation ?? "full");
  const bodySymmetry = (keeps: (g: PlaneSymmetry) => boolean) =>
    quadrupedSymmetry(parameters, variant, options.observation ?? "full", keeps);
  // Only rotations and reflections that preserve the walls, the goal and the rewarded direction are symmetries.
  const symmetry = world.walls.length > 0 ? null : bodySymmetry((g) => {
    const fixed = kind === "goal" ? goal : kind === "forward" ? [1, 0] as const : [0, 0] as const;
    return imageOf(g, fixed).every((value, k) => value === fixed[k]);
  });
  const actuator = ["hip 4", "ankle 4", "hip 1", "ankle 1", "hip 2", "ankle 2", "hip 3", "ankle 3"];

  const inWorld: BodyTask = {
    spec: repeatedSpec({
      name: `quadruped-${variant}-${kind}-${world.name}${held}${net ? "-net" : ""}${
        frame === "world" ? "" : "-travel"
      }`,
      stateSize: QUADRUPED_STATE,
      observation: components,
      action: actuator.map((joint) => ({
        name: `${joint} torque`,
        unit: `${parameters.controlRange * parameters.gear} N m`,
      })),
      horizon: preset.horizon,
      ...symmetry === null ? {} : { symmetry },
    }, repeat),
    initial: (key: Key): Float64Array => initialState(body, variant, world, key),
    requireState: (state) => {
      if (state[3] === 0 && state[4] === 0 && state[5] === 0 && state[6] === 0) {
        throw new InvalidEnvironmentInput("A state's quaternion must not be zero: got 0, 0, 0, 0");
      }
    },
    advance: (state, action, outcome) => {
      let effort = 0;
      for (let i = 0; i < 8; i++) {
        const held = Math.min(1, Math.max(-1, action[i]!));
        effort += held * held;
        control[i] = held * parameters.controlRange;
        state[STATE_SIZE + i] = control[i]!;
      }
      if (net) centreOfMass(body, state, start);
      let total = 0, made = 0, ended = false;
      while (made < repeat && !ended) {
        const before = state[0]!;
        for (let i = 0; i < preset.steps; i++) stepQuadruped(body, state, control);
        centreOfMass(body, state, centre);
        ended = !(state[2]! >= low && state[2]! <= high) || torsoUp(state) < uprightness || !finite(state);
        let reward = net ? 0 : paid(state, before);
        if (costs.contact !== 0) {
          contactForces(body, state, control, forces);
          reward -= costs.contact * impactOf(forces);
        }
        // rllab rewards survival on the last step too; Gymnasium only while the body is healthy.
        reward = reward - costs.control * effort + (variant === "gymnasium" && ended ? 0 : costs.survival);
        total = made === 0 ? reward : total + reward;
        made++;
      }
      if (net) {
        const dx = centre[0]! - start[0]!, dy = centre[1]! - start[1]!;
        total += (kind === "forward" ? dx : Math.sqrt(dx * dx + dy * dy)) / seconds;
      }
      outcome[0] = total / made;
      outcome[1] = ended ? 1 : 0;
    },
    observe: write,
    view: quadrupedView(body, repeat * seconds, world, kind === "goal" ? goal : world.goal, end.height),
  };
  if (frame === "world") return inWorld;
  requireFields("The frame of quadruped", frame, FRAME, InvalidBody);
  requireFit("heading", frame.heading, FRAME.heading, InvalidBody);
  const moving = new Float64Array(6), velocity = moving.subarray(3, 5);
  return inTravelFrame(inWorld, {
    symmetry: bodySymmetry(() => true) ?? [],
    heading: frame.heading,
    velocity: (state) => {
      centreOfMass(body, state, moving);
      return velocity;
    },
  });
}

/** Σ clip(f, ± 1)² over the contact forces. */
function impactOf(forces: Float64Array): number {
  let impact = 0;
  for (let i = 0; i < CONTACT_FORCES; i++) {
    const clipped = Math.min(1, Math.max(-1, forces[i]!));
    impact += clipped * clipped;
  }
  return impact;
}

function finite(state: Float64Array): boolean {
  for (let i = 0; i < STATE_SIZE; i++) if (!Number.isFinite(state[i])) return false;
  return true;
}

/** The variant's noisy initial pose, at the world's start. */
function initialState(body: Quadruped, variant: "rllab" | "gymnasium", world: World, key: Key): Float64Array {
  const state = new Float64Array(QUADRUPED_STATE), preset = VARIANTS[variant];
  state.set([world.start[0], world.start[1], preset.height]);
  state[3] = Math.cos(world.heading / 2);
  state[6] = Math.sin(world.heading / 2);
  for (let leg = 0; leg < 4; leg++) state[8 + 2 * leg] = preset.ankle * body.legs[3 * leg + 2]!;
  if (variant === "rllab") {
    const draws = normal(key, STATE_SIZE);
    for (let i = 0; i < STATE_SIZE; i++) state[i]! += (i < 15 ? 0.01 : 0.1) * draws[i]!;
  } else {
    const positions = uniform(key, 15), velocities = normal(key, 14, 1);
    for (let i = 0; i < 15; i++) state[i]! += 0.2 * positions[i]! - 0.1;
    for (let i = 0; i < 14; i++) state[15 + i] = 0.1 * velocities[i]!;
  }
  return state;
}

/**
 * The quadruped's environment. The state is torso centre x y z, quaternion w x y z, hip and ankle of legs 1 to 4, their
 * velocities (linear in world axes, angular in torso axes), and the last control; an action is the torques of the
 * actuators hip 4, ankle 4, hip 1, ankle 1, … in units of the maximum torque.
 *
 * @throws InvalidBody for an invalid body, world or option
 * @throws InvalidEnvironmentInput for a `repeat` that is not a positive integer
 *
 * @example
 * ```ts
 * import { quadruped } from "./quadruped.ts";
 * import { MAZE } from "./worlds.ts";
 * import { keyOf } from "../src/random/key.ts";
 * import assert from "node:assert/strict";
 * const env = quadruped({ task: { kind: "goal" }, world: MAZE, observation: "compact-position" });
 * assert.equal(env.observe(env.initial(keyOf(1))).length, 29);
 * ```
 */
export function quadruped(options: QuadrupedOptions = {}): DeterministicEnvironment {
  return bodyEnvironment(quadrupedTask(options));
}
