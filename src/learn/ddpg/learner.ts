/**
 * DDPG as a learner: the update of `ddpg.ts` with its initial state and policy.
 *
 * It explores by the noise that the collector adds to its actions; its updates draw no random numbers but the minibatch.
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
import { type Learner, networkBlocks, type WrittenSettings } from "../learner.ts";
import { initialise } from "../network.ts";
import type { LearningNumbers } from "../options.ts";
import { samplerPolicy } from "../policy.ts";

/** The settings as they are written to the device, one record of numbers a replica. */
export const ddpgSettings = (each: readonly LearningNumbers[]): WrittenSettings => ({
  rewardScale: each.map((s) => s.rewardScale),
  discount: each.map((s) => s.discount),
  criticRates: each.flatMap((s) => [s.criticRate, s.targetRate]),
  policyRates: each.flatMap((s) => [s.samplerRate, s.targetRate]),
  targetInterval: each.map((s) => s.targetInterval),
});

/** Size up to which the last layers' weights are drawn at first (Lillicrap et al., section 7; rllab). */
export const LAST_LAYER_LIMIT = 3e-3;

/** DDPG with the given choices. */
export function ddpgLearner(o: Ddpg): Learner<LearningNumbers> {
  const layouts = ddpgLayouts(o), { critic, policy } = layouts;
  return {
    batch: o.batch,
    stateTypes: (R) => ({
      critic: f32(R, critic.size),
      criticFirst: f32(R, critic.size),
      criticSecond: f32(R, critic.size),
      criticTarget: f32(R, critic.size),
      policy: f32(R, policy.size),
      policyFirst: f32(R, policy.size),
      policySecond: f32(R, policy.size),
      policyTarget: f32(R, policy.size),
      updates: u32(R),
      frozen: u32(R),
    }),
    settingTypes: (R) => ({
      rewardScale: f32(R),
      discount: f32(R),
      criticRates: f32(R, 2),
      policyRates: f32(R, 2),
      targetInterval: u32(R),
    }),
    initial: (keys) => initialState(keys, layouts),
    settings: ddpgSettings,
    update: (state, settings, minibatch) => {
      const step = ddpgStep(
        o,
        state as unknown as DdpgState,
        settings as unknown as DdpgSettings,
        minibatch,
      );
      return {
        state: { ...step.state },
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
  };
}

function initialState(
  keys: readonly Key[],
  { critic, policy }: DdpgLayouts,
): Readonly<Record<string, Float32Array | Uint32Array>> {
  const R = keys.length;
  const q = new Float32Array(R * critic.size), f = new Float32Array(R * policy.size);
  keys.forEach((root, r) => {
    const key = stream(root, "initialisation");
    initialise(critic, child(key, 0), q, r * critic.size, LAST_LAYER_LIMIT);
    initialise(policy, child(key, 1000), f, r * policy.size, LAST_LAYER_LIMIT);
  });
  return {
    critic: q,
    criticFirst: new Float32Array(q.length),
    criticSecond: new Float32Array(q.length),
    criticTarget: q.slice(),
    policy: f,
    policyFirst: new Float32Array(f.length),
    policySecond: new Float32Array(f.length),
    policyTarget: f.slice(),
    updates: new Uint32Array(R),
    frozen: new Uint32Array(R),
  };
}
