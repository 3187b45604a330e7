/**
 * DDPG as a learner: the update of `update.ts` with its initial state and policy.
 *
 * It explores by noise that the collector adds to its actions; its updates draw no random numbers except for the minibatch.
 *
 * @module
 */

import { child, type Key, stream } from "../../random/key.ts";
import { mean } from "../../tensor/primitives.ts";
import { f32, u32 } from "../../tensor/shape.ts";
import {
  type Ddpg,
  type DdpgLayouts,
  ddpgLayouts,
  type DdpgSettings,
  type DdpgState,
  ddpgStep,
} from "./update.ts";
import {
  initialOptimisedWithTarget,
  type Learner,
  learnerOf,
  networkBlocks,
  optimisedTypesWithTarget,
} from "../learner.ts";
import type { Leaves, TypesOf } from "../record.ts";
import { initialiseInPieces } from "../network.ts";
import type { LearningNumbers } from "../options.ts";
import { samplerPolicy } from "../policy.ts";

/** The settings as they are written to the device, one record of numbers per replica. */
export const ddpgSettings = (
  each: readonly LearningNumbers[],
): Leaves<DdpgSettings, readonly number[]> => ({
  rewardScale: each.map((s) => s.rewardScale),
  discount: each.map((s) => s.discount),
  criticRates: each.flatMap((s) => [s.criticRate, s.targetRate]),
  policyRates: each.flatMap((s) => [s.samplerRate, s.targetRate]),
  targetInterval: each.map((s) => s.targetInterval),
});

/** Maximum magnitude of the last layers' initial weights (Lillicrap et al., section 7; rllab). */
export const LAST_LAYER_LIMIT = 3e-3;

/** Types of the state. */
export const ddpgStateTypes = (o: Ddpg, replicas: number): TypesOf<DdpgState> => {
  const { critic, policy } = ddpgLayouts(o);
  return {
    critic: optimisedTypesWithTarget(replicas, critic.size),
    policy: optimisedTypesWithTarget(replicas, policy.size),
    updates: u32(replicas),
    frozen: u32(replicas),
  };
};

/** Types of the settings. */
export const ddpgSettingTypes = (replicas: number): TypesOf<DdpgSettings> => ({
  rewardScale: f32(replicas),
  discount: f32(replicas),
  criticRates: f32(replicas, 2),
  policyRates: f32(replicas, 2),
  targetInterval: u32(replicas),
});

/** DDPG with the given choices. */
export function ddpgLearner(o: Ddpg): Learner<LearningNumbers> {
  const layouts = ddpgLayouts(o), { critic, policy } = layouts;
  return learnerOf<DdpgState, DdpgSettings, LearningNumbers>({
    batch: o.batch,
    state: (replicas) => ddpgStateTypes(o, replicas),
    settings: ddpgSettingTypes,
    initial: (keys) => initialState(keys, layouts),
    written: ddpgSettings,
    update: (state, settings, minibatch) => {
      const step = ddpgStep(o, state, settings, minibatch);
      return {
        state: step.state,
        metrics: { loss: step.loss, q: mean(step.q, 1), objective: step.objective },
      };
    },
    policy: samplerPolicy(policy, "tanh"),
    policyEntry: "policy",
    blocks: [
      ...networkBlocks(critic, "critic0", "critic"),
      ...networkBlocks(critic, "target0", "criticTarget"),
      ...networkBlocks(policy, "policy", "policy"),
      ...networkBlocks(policy, "policyTarget", "policyTarget"),
    ],
  });
}

function* initialState(
  keys: readonly Key[],
  { critic, policy }: DdpgLayouts,
): Generator<void, Leaves<DdpgState, Float32Array | Uint32Array>, void> {
  const R = keys.length;
  const q = new Float32Array(R * critic.size), f = new Float32Array(R * policy.size);
  for (const [r, root] of keys.entries()) {
    const key = stream(root, "initialisation");
    yield* initialiseInPieces(critic, child(key, 0), q, r * critic.size, LAST_LAYER_LIMIT);
    yield* initialiseInPieces(policy, child(key, 1000), f, r * policy.size, LAST_LAYER_LIMIT);
  }
  return {
    critic: initialOptimisedWithTarget(q),
    policy: initialOptimisedWithTarget(f),
    updates: new Uint32Array(R),
    frozen: new Uint32Array(R),
  };
}
