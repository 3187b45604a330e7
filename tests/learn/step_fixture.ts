/** One soft Q update with given parameters, minibatch and noise, run on any device. */
import type { Device } from "../../src/device/device.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { flat, nested } from "../../src/learn/record.ts";
import { softQDiagnostics } from "../../src/learn/soft_q/diagnostics.ts";
import { softQSettingTypes, softQStateTypes } from "../../src/learn/soft_q/learner.ts";
import { proposalRows } from "../../src/learn/soft_q/proposal.ts";
import {
  type SoftQ,
  softQLayouts,
  type SoftQSettings,
  type SoftQState,
  type SoftQStep,
  softQStep,
} from "../../src/learn/soft_q/update.ts";
import { normal, uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { input, type Tensor } from "../../src/tensor/expression.ts";
import { f32, sizeOf, type TensorType, u32 } from "../../src/tensor/shape.ts";
import { evaluate } from "../device/evaluate.ts";

/** A small learner's choices: 2 numbers seen, 2 acted, four states. */
export const SMALL: SoftQ = {
  observation: 2,
  action: 2,
  hidden: [5],
  batch: 4,
  valueParticles: 3,
  fixedParticles: 3,
  movedParticles: 2,
  squash: "pre-tanh",
  bandwidth: "median",
  valueSamples: "per-state",
  valueProposal: "uniform",
  critics: 1,
};

/** All inputs of a step, by name. */
export function stepTypes(o: SoftQ, R: number): Readonly<Record<string, TensorType>> {
  const { criticSize, sampler } = softQLayouts(o);
  const B = o.batch, A = o.action, S = o.observation;
  const { samplerSteps: steps = 1 } = o, rows = proposalRows(o), normals = rows.noise + rows.jitter;
  return {
    critic: f32(R, criticSize),
    criticFirst: f32(R, criticSize),
    criticSecond: f32(R, criticSize),
    criticTarget: f32(R, criticSize),
    sampler: f32(R, sampler.size),
    samplerFirst: f32(R, sampler.size),
    samplerSecond: f32(R, sampler.size),
    updates: u32(R),
    frozen: u32(R),
    temperature: f32(R),
    rewardScale: f32(R),
    discount: f32(R),
    criticRates: f32(R, 2),
    samplerRates: f32(R, 2),
    targetInterval: u32(R),
    observation: f32(R, B, S),
    action: f32(R, B, A),
    reward: f32(R, B),
    terminated: f32(R, B),
    nextObservation: f32(R, B, S),
    value: f32(R, rows.value, A),
    proposal: f32(R, o.valueProposal === "uniform" ? rows.value : normals, A),
    fixed: f32(R, steps * B * o.fixedParticles, A),
    moved: f32(R, steps * B * o.movedParticles, A),
    ...o.samplerAverage === undefined ? {} : { samplerTarget: f32(R, sampler.size) },
  };
}

/** Values of a step's inputs, by name. */
export type StepValues = Readonly<Record<string, readonly number[]>>;

/** Generic values for every input: moments that are not zero, so that ADAM's step is smooth in the gradient. */
export function stepValues(o: SoftQ, R: number, seed: number): Record<string, number[]> {
  const types = stepTypes(o, R);
  const size = (name: string): number => sizeOf(types[name]!.shape);
  const key = (name: string) => child(keyOf(seed), Object.keys(types).indexOf(name));
  const gaussian = (name: string, scale: number): number[] =>
    [...normal(key(name), size(name))].map((x) => Math.fround(scale * x));
  const between = (name: string, from: number, to: number): number[] =>
    [...uniform(key(name), size(name))].map((u) => Math.fround(from + (to - from) * u));
  return {
    critic: gaussian("critic", 0.7),
    criticFirst: gaussian("criticFirst", 0.2),
    criticSecond: between("criticSecond", 0.2, 1),
    criticTarget: gaussian("criticTarget", 0.7),
    sampler: gaussian("sampler", 0.4),
    samplerFirst: gaussian("samplerFirst", 0.2),
    samplerSecond: between("samplerSecond", 0.2, 1),
    updates: Array.from({ length: R }, (_, r) => 3 + r),
    frozen: new Array<number>(R).fill(0),
    temperature: between("temperature", 0.4, 1.5),
    rewardScale: between("rewardScale", 0.3, 2),
    discount: between("discount", 0.7, 0.99),
    criticRates: Array.from({ length: R }, (_, r) => [0.05, r === 0 ? 1 : 0.25]).flat(),
    samplerRates: Array.from({ length: R }, () => [0.03, o.samplerAverage ?? 0]).flat(),
    targetInterval: Array.from({ length: R }, (_, r) => 4 + 3 * r), // due for replica 0, not for replica 1
    observation: gaussian("observation", 1),
    // Some actions leave the box, which only `bounds-penalty` may see.
    action: between("action", -1.3, 1.3),
    reward: gaussian("reward", 1),
    terminated: Array.from({ length: size("terminated") }, (_, i) => i % 3 === 1 ? 1 : 0),
    nextObservation: gaussian("nextObservation", 1),
    value: between("value", -1, 1),
    proposal: gaussian("proposal", 1),
    fixed: gaussian("fixed", 1),
    moved: gaussian("moved", 1),
    ...o.samplerAverage === undefined ? {} : { samplerTarget: gaussian("samplerTarget", 0.4) },
  };
}

/** The step of given choices over inputs by name. */
function stepOver(
  o: SoftQ,
  R: number,
): { readonly inputs: Record<string, Tensor>; readonly step: SoftQStep } {
  const inputs = Object.fromEntries(
    Object.entries(stepTypes(o, R)).map(([name, type]) => [name, input(type)]),
  );
  const { observation, action, reward, terminated, nextObservation, value, proposal, fixed, moved } = inputs;
  const step = softQStep(
    o,
    nested<SoftQState>(softQStateTypes(o, R), inputs),
    nested<SoftQSettings>(softQSettingTypes(o, R), inputs),
    { observation, action, reward, terminated, nextObservation },
    { value, proposal, fixed, moved },
  );
  return { inputs, step };
}

/** Inputs get a prefix: an output named like an input would be that input's next value. */
const given = <A>(all: Readonly<Record<string, A>>): Record<string, A> =>
  Object.fromEntries(Object.entries(all).map(([name, each]) => [`given.${name}`, each]));

/** Everything that the step computes; the next state's entries are named `next.critic` and so on. */
export function runStep(
  o: SoftQ,
  R: number,
  values: StepValues,
  device: Device = referenceDevice(),
): Promise<Record<string, number[]>> {
  const { inputs, step } = stepOver(o, R);
  // Its density may be a number, as `uniforms` is, which no program can have for an output.
  const { state, logDensity: _, uniforms: __, inverse: ___, ...rest } = step;
  const next = Object.entries(flat<SoftQState, Tensor>(softQStateTypes(o, R), state)).map((
    [name, tensor],
  ): [string, Tensor] => [`next.${name}`, tensor]);
  return evaluate(given(inputs), given(values), { ...rest, ...Object.fromEntries(next) }, device);
}

/** The diagnostics of the step. */
export function diagnose(o: SoftQ, R: number, values: StepValues): Promise<Record<string, number[]>> {
  const { inputs, step } = stepOver(o, R);
  return evaluate(
    given(inputs),
    given(values),
    softQDiagnostics(step, inputs["temperature"]!),
    referenceDevice(),
  );
}
