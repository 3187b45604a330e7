/**
 * Soft Q-learning as a learner: the update of `update.ts` with its random numbers, initial state and policy.
 *
 * @module
 */

import { child, type Key, stream } from "../../random/key.ts";
import { meansOf } from "../../kernels/means.ts";
import type { Squash } from "../../kernels/score.ts";
import { f32, u32 } from "../../tensor/shape.ts";
import { softQDiagnostics } from "./diagnostics.ts";
import {
  initialOptimised,
  initialOptimisedWithTarget,
  type Learner,
  learnerOf,
  networkBlocks,
  optimisedTypes,
  optimisedTypesWithTarget,
} from "../learner.ts";
import type { Leaves, TypesOf } from "../record.ts";
import { initialiseInPieces } from "../network.ts";
import { samplerPolicy } from "../policy.ts";
import type { SoftQNumbers } from "./options.ts";
import { drawNoise } from "./noise.ts";
import { type SoftQ, softQLayouts, type SoftQSettings, type SoftQState, softQStep } from "./update.ts";

/** The settings as they are written to the device, one record of numbers per replica. */
export const softQSettings = (
  each: readonly SoftQNumbers[],
  noiseSet: number,
): Leaves<SoftQSettings, readonly number[]> => ({
  temperature: each.map((s) => s.temperature),
  rewardScale: each.map((s) => s.rewardScale),
  discount: each.map((s) => s.discount),
  criticRates: each.flatMap((s) => [s.criticRate, s.targetRate]),
  samplerRates: each.flatMap((s) => [s.samplerRate, s.samplerAverage ?? 0]),
  targetInterval: each.map((s) => s.targetInterval),
  ...noiseSet > 0
    ? {
      noiseCount: each.map((s) => s.noiseCount ?? noiseSet),
      noiseKey: each.flatMap((s) => s.noiseKey ?? [0, 0]),
    }
    : {},
});

/** How a squash rule maps the sampler's output to the action's bounds. */
export const boundOf = (squash: Squash): "tanh" | "clip" => squash === "bounds-penalty" ? "clip" : "tanh";

/** Whether an average of the sampler is kept. */
const averages = ({ samplerAverage = 0 }: Pick<SoftQ, "samplerAverage">): boolean => samplerAverage > 0;

/** Types of the state. */
export const softQStateTypes = (o: SoftQ, replicas: number): TypesOf<SoftQState> => {
  const { criticSize, sampler } = softQLayouts(o);
  return {
    critic: optimisedTypesWithTarget(replicas, criticSize),
    sampler: averages(o)
      ? optimisedTypesWithTarget(replicas, sampler.size)
      : optimisedTypes(replicas, sampler.size),
    updates: u32(replicas),
    frozen: u32(replicas),
  };
};

/** Types of the settings. */
export const softQSettingTypes = (
  { noiseSet = 0 }: Pick<SoftQ, "noiseSet">,
  replicas: number,
): TypesOf<SoftQSettings> => ({
  temperature: f32(replicas),
  rewardScale: f32(replicas),
  discount: f32(replicas),
  criticRates: f32(replicas, 2),
  samplerRates: f32(replicas, 2),
  targetInterval: u32(replicas),
  ...noiseSet > 0 ? { noiseCount: u32(replicas), noiseKey: u32(replicas, 2) } : {},
});

/**
 * Soft Q-learning with the given choices.
 *
 * @param diagnostics whether an update's metrics include those of `diagnostics.ts`, which cost some dispatches and
 * do not affect learning
 */
export function softQLearner(o: SoftQ, diagnostics = false): Learner<SoftQNumbers> {
  const layouts = softQLayouts(o), { noiseSet = 0 } = o;
  const { critic, sampler } = layouts;
  const policyEntry = averages(o) ? "samplerTarget" : "sampler";
  const critics = Array.from({ length: o.critics }, (_, c) => c);
  return learnerOf<SoftQState, SoftQSettings, SoftQNumbers>({
    batch: o.batch,
    state: (replicas) => softQStateTypes(o, replicas),
    settings: (replicas) => softQSettingTypes(o, replicas),
    initial: (keys) => initialState(keys, layouts, critics, averages(o)),
    written: (each) => softQSettings(each, noiseSet),
    update: (state, settings, minibatch, key) => {
      const { noiseKey, noiseCount } = settings;
      const set = noiseKey === undefined || noiseCount === undefined
        ? null
        : { size: noiseSet, count: noiseCount, key: noiseKey };
      const step = softQStep(o, state, settings, minibatch, drawNoise(o, key, state.updates, set));
      const [q, softValue, bandwidth] = meansOf([step.q, step.value, step.bandwidth]);
      return {
        state: step.state,
        metrics: {
          loss: step.loss,
          q,
          value: softValue,
          bandwidth,
          proposalFallback: step.fallback,
          ...diagnostics ? softQDiagnostics(step, settings.temperature) : {},
        },
      };
    },
    policy: samplerPolicy(sampler, boundOf(o.squash)),
    policyEntry,
    blocks: [
      ...critics.flatMap((c) => networkBlocks(critic, `critic${c}`, "critic", c * critic.size)),
      ...critics.flatMap((c) => networkBlocks(critic, `target${c}`, "criticTarget", c * critic.size)),
      // A file's sampler is the one that acts; a training that starts from the file initialises the sampler itself with it, too.
      ...networkBlocks(sampler, "sampler", policyEntry).map((block) =>
        averages(o) ? { ...block, starts: "sampler" } : block
      ),
    ],
  });
}

function* initialState(
  keys: readonly Key[],
  { critic, sampler, criticSize }: ReturnType<typeof softQLayouts>,
  critics: readonly number[],
  averaged: boolean,
): Generator<void, Leaves<SoftQState, Float32Array | Uint32Array>, void> {
  const R = keys.length;
  const q = new Float32Array(R * criticSize), f = new Float32Array(R * sampler.size);
  for (const [r, root] of keys.entries()) {
    const key = stream(root, "initialisation");
    for (const c of critics) {
      yield* initialiseInPieces(critic, child(key, c), q, r * criticSize + c * critic.size);
    }
    yield* initialiseInPieces(sampler, child(key, 1000), f, r * sampler.size);
  }
  return {
    critic: initialOptimisedWithTarget(q),
    sampler: averaged ? initialOptimisedWithTarget(f) : initialOptimised(f),
    updates: new Uint32Array(R),
    frozen: new Uint32Array(R),
  };
}
