/**
 * Builds an environment from a task that steps in place: one implementation serves the pure single step and the batched
 * step.
 *
 * Law, tested: `stepMany` gives the bits of `step` and allocates nothing.
 *
 * @module
 */

import {
  type DeterministicEnvironment,
  type EnvironmentSpec,
  InvalidEnvironmentInput,
  requireFinite,
  type StepBatch,
} from "./environment.ts";
import type { View } from "./view.ts";
import type { Key } from "../src/random/key.ts";

/**
 * Measurement of the centre of mass's speed: at the end of each step, as in the paper, or (ours) as its net
 * displacement over a control interval divided by the interval's duration, so that moving back and forth within
 * an interval earns nothing.
 */
export type SpeedMeasure = "instantaneous" | "net";

/** A task on a body, stepping in place in float64; {@link bodyEnvironment} turns it into an environment. */
export interface BodyTask {
  /** Names, sizes and horizon. */
  readonly spec: EnvironmentSpec;
  /** Draws an initial state. */
  readonly initial: (key: Key) => Float64Array;
  /** Throws {@link InvalidEnvironmentInput} for finite numbers that are not a valid state of this body. */
  readonly requireState?: (state: Float64Array) => void;
  /**
   * One step of `state`, in place.
   *
   * @param action finite; components are clipped to ± 1, the actuators' range
   * @param outcome `[2]` receives the reward, and 1 if the task terminated, else 0
   */
  readonly advance: (state: Float64Array, action: Float64Array, outcome: Float64Array) => void;
  /** Writes the observation of a state to `out` from `offset`. */
  readonly observe: (state: Float64Array, out: Float32Array | Float64Array, offset: number) => void;
  /** How its states are drawn. */
  readonly view: View;
}

/**
 * The environment of a task on a body.
 *
 * Its functions throw {@link InvalidEnvironmentInput} for a state or an action of the wrong length or with a non-finite
 * component, which the message names. Actions are clipped to ± 1 (the actuators' range).
 */
export function bodyEnvironment(task: BodyTask): DeterministicEnvironment {
  const { spec, initial, advance, observe, requireState, view } = task;
  const { stateSize } = spec, observations = spec.observation.length, actions = spec.action.length;
  const held = new Float64Array(stateSize), asked = new Float64Array(actions), outcome = new Float64Array(2);
  const expectState = (state: Float64Array): void => {
    requireFinite("A state", state, stateSize);
    if (requireState !== undefined) requireState(state);
  };
  return {
    spec,
    view,
    initial,
    observe: (state) => {
      expectState(state);
      const out = new Float32Array(observations);
      observe(state, out, 0);
      return out;
    },
    step: (state, action) => {
      expectState(state);
      requireFinite("An action", action, actions);
      const next = state.slice();
      asked.set(action);
      advance(next, asked, outcome);
      return { state: next, reward: outcome[0]!, terminated: outcome[1]! === 1 };
    },
    stepMany: (states, chosen, out) => {
      const count = batchSize(spec, states, chosen, out);
      for (let e = 0; e < count; e++) {
        const from = e * stateSize, first = e * actions;
        for (let i = 0; i < stateSize; i++) held[i] = states[from + i]!;
        for (let i = 0; i < actions; i++) asked[i] = chosen[first + i]!;
        expectState(held);
        requireFinite("An action", asked, actions);
        advance(held, asked, outcome);
        for (let i = 0; i < stateSize; i++) out.states[from + i] = held[i]!;
        observe(held, out.observations, e * observations);
        out.rewards[e] = outcome[0]!;
        out.terminated[e] = outcome[1]!;
      }
    },
  };
}

/** The number of environments in a batch; throws unless the lengths of its arrays agree. */
function batchSize(
  spec: EnvironmentSpec,
  states: Float64Array,
  actions: Float32Array,
  out: StepBatch,
): number {
  const count = states.length / spec.stateSize;
  if (!Number.isInteger(count)) {
    throw new InvalidEnvironmentInput(
      `A batch of states must have a multiple of ${spec.stateSize} numbers: got ${states.length}`,
    );
  }
  expectLength("A batch of actions", actions.length, count * spec.action.length);
  expectLength("A batch's next states", out.states.length, states.length);
  expectLength("A batch's observations", out.observations.length, count * spec.observation.length);
  expectLength("A batch's rewards", out.rewards.length, count);
  expectLength("A batch's ends", out.terminated.length, count);
  return count;
}

function expectLength(what: string, found: number, expected: number): void {
  if (found !== expected) {
    throw new InvalidEnvironmentInput(`${what} must have ${expected} numbers: got ${found}`);
  }
}
