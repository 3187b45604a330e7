/**
 * Soft Q-learning as a learner: the update of `soft_q.ts` with its random numbers, initial state and policy.
 *
 * @module
 */

import { child, type Key, stream, STREAMS } from "../../random/key.ts";
import type { Tensor } from "../../tensor/expression.ts";
import { concat, constant, gather, random } from "../../tensor/primitives.ts";
import { meansOf } from "../../kernels/means.ts";
import { type Draw, noise } from "../../kernels/noise.ts";
import { f32, u32 } from "../../tensor/shape.ts";
import { softQDiagnostics } from "./diagnostics.ts";
import { type Learner, networkBlocks, type WrittenSettings } from "../learner.ts";
import { initialise } from "../network.ts";
import { samplerPolicy } from "../policy.ts";
import type { SoftQHyper } from "./options.ts";
import { proposalRows } from "./proposal.ts";
import { type SoftQ, softQLayouts, type SoftQSettings, type SoftQState, softQStep } from "./update.ts";

/** The settings as they are written to the device, one record of numbers a replica. */
export const softQSettings = (each: readonly SoftQHyper[], noiseSet: number): WrittenSettings => ({
  temperature: each.map((s) => s.temperature),
  rewardScale: each.map((s) => s.rewardScale),
  discount: each.map((s) => s.discount),
  criticRates: each.flatMap((s) => [s.criticRate, s.targetRate]),
  samplerRates: each.flatMap((s) => [s.samplerRate, 0]),
  targetInterval: each.map((s) => s.targetInterval),
  ...noiseSet > 0
    ? {
      noiseCount: each.map((s) => s.noiseCount ?? noiseSet),
      noiseKey: each.flatMap((s) => s.noiseKey ?? [0, 0]),
    }
    : {},
});

/**
 * Soft Q-learning with the given choices.
 *
 * @param diagnostics whether an update's metrics include those of `diagnostics.ts`, which cost some dispatches and
 * leave what is learned alone
 */
export function softQLearner(o: SoftQ, diagnostics = false): Learner<SoftQHyper> {
  const layouts = softQLayouts(o), { noiseSet = 0 } = o;
  const { critic, sampler, criticSize } = layouts;
  const critics = Array.from({ length: o.critics }, (_, c) => c);
  const rows = proposalRows(o);
  return {
    batch: o.batch,
    stateTypes: (R) => ({
      critic: f32(R, criticSize),
      criticFirst: f32(R, criticSize),
      criticSecond: f32(R, criticSize),
      criticTarget: f32(R, criticSize),
      sampler: f32(R, sampler.size),
      samplerFirst: f32(R, sampler.size),
      samplerSecond: f32(R, sampler.size),
      updates: u32(R),
      frozen: u32(R),
    }),
    settingTypes: (R) => ({
      temperature: f32(R),
      rewardScale: f32(R),
      discount: f32(R),
      criticRates: f32(R, 2),
      samplerRates: f32(R, 2),
      targetInterval: u32(R),
      ...noiseSet > 0 ? { noiseCount: u32(R), noiseKey: u32(R, 2) } : {},
    }),
    initial: (keys) => initialState(keys, layouts, critics),
    settings: (each) => softQSettings(each, noiseSet),
    update: (state, settings, minibatch, key) => {
      const s = state as unknown as SoftQState, R = s.updates.shape[0];
      const normal = (stream: number, rows: number): Draw => ({ rows, law: "normal", stream });
      const particles = [
        normal(STREAMS.samplerNoise, o.batch * o.fixedParticles),
        normal(STREAMS.movedNoise, o.batch * o.movedParticles),
      ];
      // With a fixed set of noises the sampler is asked for nothing else, but for equation 33, which needs a density.
      const ofSetToo = noiseSet > 0 && o.valueProposal === "mixture";
      const beside = (ofSetToo ? 0 : rows.noise) + rows.jitter;
      const drawn = noise(key, s.updates, o.action, [
        ...rows.value > 0
          ? [{ rows: rows.value, law: "uniform", stream: STREAMS.valueSamples } as const]
          : [],
        ...beside > 0 ? [normal(STREAMS.proposal, beside)] : [],
        ...noiseSet > 0 ? [] : particles,
      ]);
      // The set is the same in every update: it is drawn anew at counter 0, which is cheaper than to carry it along.
      const ofSet = ({ stream, rows }: Draw): Tensor => {
        const counter = constant(0, [R], "u32");
        const set = random(settings.noiseKey, counter, "normal", STREAMS.noiseSet, [noiseSet, o.action]);
        return gather(set, random(key, s.updates, "index", stream, [rows], settings.noiseCount));
      };
      const [fixed, moved] = noiseSet > 0 ? particles.map(ofSet) : drawn.slice(-2);
      const value = drawn[0], normals = drawn[rows.value > 0 && beside > 0 ? 1 : 0];
      const proposal = ofSetToo
        ? concat([ofSet(normal(STREAMS.mixtureCentres, rows.noise)), normals], 1)
        : normals;
      const given = { value, proposal, fixed, moved };
      const step = softQStep(o, s, settings as unknown as SoftQSettings, minibatch, given);
      const [q, softValue, bandwidth] = meansOf([step.q, step.value, step.bandwidth]);
      return {
        state: { ...step.state },
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
    policy: samplerPolicy(sampler, o.squash === "bounds-penalty" ? "clip" : "tanh"),
    policyEntry: "sampler",
    blocks: [
      ...critics.flatMap((c) => networkBlocks(critic, `critic${c}`, "critic", c * critic.size)),
      ...critics.flatMap((c) => networkBlocks(critic, `target${c}`, "criticTarget", c * critic.size)),
      ...networkBlocks(sampler, "sampler", "sampler"),
    ],
  };
}

function initialState(
  keys: readonly Key[],
  { critic, sampler, criticSize }: ReturnType<typeof softQLayouts>,
  critics: readonly number[],
): Readonly<Record<string, Float32Array | Uint32Array>> {
  const R = keys.length;
  const q = new Float32Array(R * criticSize), f = new Float32Array(R * sampler.size);
  keys.forEach((root, r) => {
    const key = stream(root, "initialisation");
    for (const c of critics) initialise(critic, child(key, c), q, r * criticSize + c * critic.size);
    initialise(sampler, child(key, 1000), f, r * sampler.size);
  });
  return {
    critic: q,
    criticFirst: new Float32Array(q.length),
    criticSecond: new Float32Array(q.length),
    criticTarget: q.slice(),
    sampler: f,
    samplerFirst: new Float32Array(f.length),
    samplerSecond: new Float32Array(f.length),
    updates: new Uint32Array(R),
    frozen: new Uint32Array(R),
  };
}
