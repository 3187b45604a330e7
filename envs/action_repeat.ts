/**
 * Action repeat: a wrapper that holds each action for several steps of the wrapped environment.
 *
 * Laws, tested: the wrapper visits states of the wrapped environment; its rewards are sums or means of the wrapped
 * environment's rewards; it terminates in the same step; an episode lasts as long as before.
 *
 * @module
 */

import {
  type Environment,
  environment,
  type EnvironmentSpec,
  InvalidEnvironmentInput,
} from "./environment.ts";
import { requireEnvironment } from "./check_environment.ts";
import type { View } from "./view.ts";
import { child } from "../src/random/key.ts";
import { type Fields, oneOf, requireFields, requireFit, shown } from "../src/given.ts";

/** The reward of an interval: the sum of its steps' rewards, or the mean over the steps taken. */
export type IntervalReward = "sum" | "mean";

/** Options of {@link actionRepeat}. */
export interface ActionRepeat {
  /** The reward of an interval. */
  readonly reward: IntervalReward;
}

const OPTIONS: Fields<ActionRepeat> = { reward: oneOf("sum", "mean") };

/** Throws {@link InvalidEnvironmentInput} unless `count` is a valid number of steps per interval. */
export function requireInterval(count: number): void {
  if (!(Number.isSafeInteger(count) && count > 0)) {
    throw new InvalidEnvironmentInput(
      `An action must be repeated a positive number of times: got ${shown(count)}`,
    );
  }
}

/** The specification with actions held for `count` steps: an episode of the same duration, counted in intervals. */
export const repeatedSpec = (spec: EnvironmentSpec, count: number): EnvironmentSpec => ({
  ...spec,
  horizon: Math.max(1, Math.round(spec.horizon / count)),
});

/** The view with actions held for `count` steps: each step is shown for its whole duration. */
export const repeatedView = (view: View, count: number): View => ({
  ...view,
  interval: count * view.interval,
});

/**
 * An environment in which each action is held for `count` steps, or fewer if the task ends sooner. Its horizon is the
 * wrapped environment's, rounded to a whole number of intervals, so that an episode lasts as long as before.
 *
 * @param count steps per interval, at least 1
 * @throws InvalidEnvironmentInput for a count that is not a positive integer, or an unknown reward
 *
 * @example
 * ```ts
 * import { actionRepeat } from "./action_repeat.ts";
 * import { pointMass } from "./point_mass.ts";
 * import assert from "node:assert/strict";
 * const once = pointMass(), twice = actionRepeat(once, 2, { reward: "sum" });
 * const from = Float64Array.of(0, 0), right = Float32Array.of(1, 0);
 * const first = once.step(from, right), second = once.step(first.state, right);
 * const { state, reward } = twice.step(from, right, [0, 0]);
 * assert.deepEqual([...state], [2, 0]);
 * assert.equal(reward, first.reward + second.reward);
 * assert.equal(twice.spec.horizon, once.spec.horizon / 2);
 * ```
 */
export function actionRepeat(inner: Environment, count: number, options: ActionRepeat): Environment {
  requireEnvironment(inner);
  requireInterval(count);
  requireFields("The options of actionRepeat", options, OPTIONS, InvalidEnvironmentInput);
  const { reward } = options;
  requireFit("reward", reward, OPTIONS.reward, InvalidEnvironmentInput);
  const { spec, view } = inner;
  return environment({
    ...view === undefined ? {} : { view: repeatedView(view, count) },
    spec: { ...repeatedSpec(spec, count), name: `${spec.name}-repeat-${count}-${reward}` },
    initial: (key) => inner.initial(key),
    observe: (state) => inner.observe(state),
    step: (state, action, key) => {
      // Each step gets its own key.
      let last = inner.step(state, action, child(key, 0)), total = last.reward, made = 1;
      while (made < count && !last.terminated) {
        last = inner.step(last.state, action, child(key, made++));
        total += last.reward;
      }
      return {
        state: last.state,
        reward: reward === "sum" ? total : total / made,
        terminated: last.terminated,
      };
    },
  });
}
