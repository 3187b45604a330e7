/**
 * The swimmer: a chain of links that swims along x in a viscous medium.
 *
 * | | rllab (default; the paper's) | Gymnasium |
 * | --- | --- | --- |
 * | one action | 50 Euler steps of 1 ms | 4 RK4 steps of 10 ms |
 * | speed v | centre of mass along x, at the new state | first coordinate's displacement over the step |
 * | control cost | 0.005 Σ a² | 1e-4 Σ a² |
 * | observation | positions, velocities, centre of mass | positions without x and y, velocities |
 * | reset | N(0, 0.01²) and N(0, 0.1²) | both uniform in ± 0.1 |
 * | termination | never | never |
 *
 * An action can be held for several of these steps (our addition to both); the reward is then their mean, so that
 * returns scale with the number of actions per episode.
 *
 * Laws, tested: whole rllab episodes equal MuJoCo's to 1e-8; the mirrored swimmer earns the same; an episode that
 * crosses the finish line well before its end pays at least twice what it would without crossing.
 *
 * @module
 */

import { repeatedSpec, requireInterval } from "./action_repeat.ts";
import { bodyEnvironment, type BodyTask, type SpeedMeasure } from "./body_task.ts";
import { createChain } from "./dynamics/chain.ts";
import { stepChain } from "./dynamics/chain_motion.ts";
import { type ChainParameters, GYMNASIUM_SWIMMER, RLLAB_SWIMMER } from "./dynamics/chain_parameters.ts";
import { chainCentreOfMass } from "./dynamics/chain_view.ts";
import { InvalidBody } from "./dynamics/invalid_body.ts";
import { type DeterministicEnvironment, requireFinite, requireLength } from "./environment.ts";
import { type SwimmerObservation, swimmerSensors } from "./swimmer_observation.ts";
import { swimmerSymmetry } from "./swimmer_symmetry.ts";
import { swimmerView } from "./swimmer_view.ts";
import { normal, uniform } from "../src/random/draw.ts";
import type { Key } from "../src/random/key.ts";
import {
  anObject,
  anything,
  type Fields,
  isRecord,
  notNegative,
  oneOf,
  requireFields,
  requireFit,
} from "../src/given.ts";

export type { SwimmerObservation } from "./swimmer_observation.ts";

/** The swimmer's task reward, before the control cost. */
export type SwimmerTask =
  /** Speed towards +x. */
  | { readonly kind: "forward" }
  /** Speed along x, either way: |v|. */
  | { readonly kind: "undirected" }
  /**
   * |v|, plus `bonus` on every step that ends with the centre of mass beyond x = `position` (m). The paper gives
   * neither number. Ours: 2 m, well below the 4.8 m that the best published controllers swim in an episode; and 1, so
   * that 100 of 500 steps beyond the line earn more than the 96 of such a controller's whole episode. The bonus
   * depends on position and is not paid once, so that the reward is Markov and crossing again gains nothing.
   */
  | { readonly kind: "finish-line"; readonly position?: number; readonly bonus?: number };

/** Default finish line, m, and bonus per step; see {@link SwimmerTask}. */
export const FINISH_POSITION = 2, FINISH_BONUS = 1;

/** Options of a swimmer's environment. */
export interface SwimmerOptions {
  /** The variant; see the table above. */
  readonly variant?: "rllab" | "gymnasium";
  /** The task; default `forward`. */
  readonly task?: SwimmerTask;
  /**
   * Measurement of the speed v: as in the table, or (ours) as the centre of mass's net displacement over a control
   * interval divided by the interval's duration. Default `instantaneous`.
   */
  readonly speed?: SpeedMeasure;
  /** Number of the variant's steps for which an action is held; the reward is their mean. Default 1. */
  readonly repeat?: number;
  /** What is observed; default: the variant's own. */
  readonly observation?: SwimmerObservation;
  /** Weight of Σ a². */
  readonly controlCost?: number;
  /** Another body of the family. */
  readonly body?: ChainParameters;
}

const VARIANTS = {
  rllab: { body: RLLAB_SWIMMER, steps: 50, controlCost: 0.005, observation: "full" },
  gymnasium: { body: GYMNASIUM_SWIMMER, steps: 4, controlCost: 1e-4, observation: "compact" },
} as const;

const OPTIONS: Fields<SwimmerOptions> = {
  variant: oneOf("rllab", "gymnasium"),
  task: anObject,
  speed: oneOf("instantaneous", "net"),
  repeat: anything,
  observation: oneOf("full", "compact", "centred"),
  controlCost: notNegative,
  body: anObject,
};

const TASK: Fields<Extract<SwimmerTask, { readonly kind: "finish-line" }>> = {
  kind: oneOf("forward", "undirected", "finish-line"),
  position: { wanted: "a number", fits: (given) => typeof given === "number" && !Number.isNaN(given) },
  bonus: notNegative,
};

/** The swimmer's task, stepping in place in float64; {@link swimmer} turns it into an environment. */
export function swimmerTask(options: SwimmerOptions = {}): BodyTask {
  requireFields("The options of swimmer", options, OPTIONS, InvalidBody);
  const { variant = "rllab", task = { kind: "forward" }, speed = "instantaneous", repeat = 1 } = options;
  requireFields("The task of swimmer", task, TASK, InvalidBody);
  requireFit("kind", task.kind, TASK.kind, InvalidBody);
  requireInterval(repeat);
  const preset = VARIANTS[variant];
  const chain = createChain(options.body ?? preset.body);
  const { links, coordinates, parameters } = chain;
  const controlCost = options.controlCost ?? preset.controlCost;
  const line = task.kind === "finish-line" ? task.position ?? FINISH_POSITION : Infinity;
  const bonus = task.kind === "finish-line" ? task.bonus ?? FINISH_BONUS : 0;
  const observation = options.observation ?? preset.observation;
  const seconds = preset.steps * parameters.timeStep;
  const control = new Float64Array(links - 1), centre = new Float64Array(4);
  const stateSize = 2 * coordinates, net = speed === "net", start = new Float64Array(4);
  const held = repeat === 1 ? "" : `-${Number((repeat * seconds).toFixed(6))}s`;
  const directed = (v: number): number => task.kind === "forward" ? v : Math.abs(v);

  const symmetry = swimmerSymmetry(
    parameters,
    observation,
    task.kind === "undirected" && (net || variant === "rllab"),
  );
  const { components, observe } = swimmerSensors(chain, observation);

  return {
    spec: repeatedSpec({
      name: `swimmer-${variant}-${task.kind}${held}${net ? "-net" : ""}`,
      stateSize,
      observation: components,
      action: Array.from({ length: links - 1 }, (_, k) => ({
        name: `joint ${k + 1} torque`,
        unit: `${parameters.controlRange * parameters.gear} N m`,
      })),
      horizon: variant === "rllab" ? 500 : 1000,
      ...symmetry === null ? {} : { symmetry },
    }, repeat),
    initial: (key: Key): Float64Array => {
      if (variant === "gymnasium") return uniform(key, stateSize).map((unit) => 0.2 * unit - 0.1);
      return normal(key, stateSize).map((draw, i) => (i < coordinates ? 0.01 : 0.1) * draw);
    },
    advance: (state, action, outcome) => {
      let cost = 0;
      for (let k = 0; k < control.length; k++) {
        const held = Math.min(1, Math.max(-1, action[k]!));
        control[k] = held * parameters.controlRange;
        cost += held * held;
      }
      if (net) chainCentreOfMass(chain, state, start);
      let total = 0;
      for (let made = 0; made < repeat; made++) {
        const before = state[0]!;
        for (let i = 0; i < preset.steps; i++) stepChain(chain, state, control);
        chainCentreOfMass(chain, state, centre);
        const v = net ? 0 : variant === "rllab" ? centre[2]! : (state[0]! - before) / seconds;
        const reward = directed(v) - controlCost * cost + (centre[0]! > line ? bonus : 0);
        total = made === 0 ? reward : total + reward;
      }
      if (net) total += directed((centre[0]! - start[0]!) / seconds);
      outcome[0] = total / repeat;
      outcome[1] = 0;
    },
    observe,
    view: swimmerView(chain, repeat * seconds, line),
  };
}

/**
 * The swimmer's environment. The state is `[x, y, heading, joint angles, and their velocities]`; an action is the joint
 * torques in units of the maximum torque.
 *
 * @throws InvalidBody for an invalid body or option
 * @throws InvalidEnvironmentInput for a `repeat` that is not a positive integer
 *
 * @example
 * ```ts
 * import { swimmer } from "./swimmer.ts";
 * import { keyOf } from "../src/random/key.ts";
 * import assert from "node:assert/strict";
 * const env = swimmer({ task: { kind: "finish-line" } });
 * const { reward, terminated } = env.step(env.initial(keyOf(1)), Float32Array.of(1, -1));
 * assert.ok(Number.isFinite(reward) && !terminated);
 * ```
 */
export function swimmer(options: SwimmerOptions = {}): DeterministicEnvironment {
  return bodyEnvironment(swimmerTask(options));
}

/**
 * The swimmer's centre of mass (x, y; m) and its velocity (x, y; m/s) in a state.
 *
 * @param out `[4]`, allocated if not given
 * @throws InvalidEnvironmentInput for a state of another length or with a non-finite number
 */
export function swimmerCentre(
  state: Float64Array,
  body: ChainParameters = RLLAB_SWIMMER,
  out: Float64Array = new Float64Array(4),
): Float64Array {
  const chain = chainOf(body);
  requireFinite("A state of the swimmer", state, 2 * chain.coordinates);
  requireLength("The output for a swimmer's centre", out, 4);
  chainCentreOfMass(chain, state, out);
  return out;
}

const chains = new WeakMap<ChainParameters, ReturnType<typeof createChain>>();

function chainOf(body: ChainParameters): ReturnType<typeof createChain> {
  const known = isRecord(body) && chains.get(body) || createChain(body);
  chains.set(body, known);
  return known;
}
