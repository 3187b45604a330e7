/**
 * Soft actor-critic as a learner: the update of `update.ts` with its random numbers, initial state and policy.
 *
 * @module
 */

import { noise } from "../../kernels/noise.ts";
import { child, type Key, stream, STREAMS } from "../../random/key.ts";
import { mean } from "../../tensor/primitives.ts";
import { f32, type Operands, u32 } from "../../tensor/shape.ts";
import {
  initialOptimised,
  initialOptimisedWithTarget,
  type Learner,
  learnerOf,
  networkBlocks,
  optimisedTypes,
  optimisedTypesWithTarget,
} from "../learner.ts";
import { initialiseInPieces } from "../network.ts";
import type { Leaves, TypesOf } from "../record.ts";
import type { SacNumbers } from "./options.ts";
import { squashedGaussian } from "./policy.ts";
import { type Sac, sacLayouts, type SacSettings, type SacState, sacStep } from "./update.ts";
import type { Tensor } from "../../tensor/expression.ts";

/** Types of the state. */
export const sacStateTypes = (o: Sac, replicas: number): TypesOf<SacState> => {
  const { criticSize, policy } = sacLayouts(o);
  return {
    critic: optimisedTypesWithTarget(replicas, criticSize),
    policy: optimisedTypes(replicas, policy.size),
    ...o.temperatureRule === "automatic" ? { logTemperature: optimisedTypes(replicas, 1) } : {},
    updates: u32(replicas),
    frozen: u32(replicas),
  };
};

/** Types of the settings. */
export const sacSettingTypes = (replicas: number): TypesOf<SacSettings> => ({
  temperature: f32(replicas),
  targetEntropy: f32(replicas),
  rewardScale: f32(replicas),
  discount: f32(replicas),
  criticRates: f32(replicas, 2),
  policyRates: f32(replicas, 2),
  temperatureRates: f32(replicas, 2),
  targetInterval: u32(replicas),
});

/** The settings as they are written to the device, one record of numbers per replica. */
export const sacSettings = (each: readonly SacNumbers[]): Leaves<SacSettings, readonly number[]> => ({
  temperature: each.map((s) => s.temperature),
  targetEntropy: each.map((s) => s.targetEntropy),
  rewardScale: each.map((s) => s.rewardScale),
  discount: each.map((s) => s.discount),
  criticRates: each.flatMap((s) => [s.criticRate, s.targetRate]),
  policyRates: each.flatMap((s) => [s.samplerRate, 0]),
  temperatureRates: each.flatMap((s) => [s.temperatureRate, 0]),
  targetInterval: each.map((s) => s.targetInterval),
});

/**
 * Soft actor-critic with the given choices.
 *
 * @param temperature α before the first update, if it is learned
 */
export function sacLearner(o: Sac, temperature = 1): Learner<SacNumbers> {
  const { critic, policy } = sacLayouts(o);
  return learnerOf<SacState, SacSettings, SacNumbers>({
    batch: o.batch,
    state: (replicas) => sacStateTypes(o, replicas),
    settings: sacSettingTypes,
    initial: (keys) => initialState(o, keys, temperature),
    written: sacSettings,
    update: (state, settings, minibatch, key) => {
      const [next, current] = noise(key, state.updates, o.action, [
        { rows: o.batch, law: "normal", stream: STREAMS.valueSamples },
        { rows: o.batch, law: "normal", stream: STREAMS.samplerNoise },
      ]) as Operands<Tensor>;
      const step = sacStep(o, state, settings, minibatch, { next, current });
      const { loss, objective, entropy } = step;
      return {
        state: step.state,
        metrics: { loss, q: mean(step.q, 1), objective, entropy, temperature: step.temperature },
      };
    },
    policy: squashedGaussian(policy),
    policyEntry: "policy",
    blocks: [
      ...[0, 1].flatMap((c) => networkBlocks(critic, `critic${c}`, "critic", c * critic.size)),
      ...[0, 1].flatMap((c) => networkBlocks(critic, `target${c}`, "criticTarget", c * critic.size)),
      ...networkBlocks(policy, "policy", "policy"),
    ],
  });
}

function* initialState(
  o: Sac,
  keys: readonly Key[],
  temperature: number,
): Generator<void, Leaves<SacState, Float32Array | Uint32Array>, void> {
  const R = keys.length, { critic, policy, criticSize } = sacLayouts(o);
  const q = new Float32Array(R * criticSize), f = new Float32Array(R * policy.size);
  for (const [r, root] of keys.entries()) {
    const key = stream(root, "initialisation");
    for (const c of [0, 1]) {
      yield* initialiseInPieces(critic, child(key, c), q, r * criticSize + c * critic.size);
    }
    yield* initialiseInPieces(policy, child(key, 1000), f, r * policy.size);
  }
  return {
    critic: initialOptimisedWithTarget(q),
    policy: initialOptimised(f),
    ...o.temperatureRule === "automatic"
      ? { logTemperature: initialOptimised(new Float32Array(R).fill(Math.log(temperature))) }
      : {},
    updates: new Uint32Array(R),
    frozen: new Uint32Array(R),
  };
}
