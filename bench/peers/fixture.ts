/**
 * One update of a configuration with all its inputs and outputs, as a safetensors file: a peer with the same
 * parameters, moments, minibatch and noise must give the same new parameters, moments and loss.
 *
 * Networks are written in the usual form: alternating matrices and biases, and one first layer for the sample (action
 * or noise) followed by the state.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import type { Device } from "../../src/device/device.ts";
import { flat, nested } from "../../src/learn/record.ts";
import { softQLearner, softQSettingTypes, softQStateTypes } from "../../src/learn/soft_q/learner.ts";
import { softQNumbersAt } from "../../src/learn/soft_q/options.ts";
import {
  type SoftQ,
  softQLayouts,
  type SoftQSettings,
  type SoftQState,
  softQStep,
} from "../../src/learn/soft_q/update.ts";
import type { Layout } from "../../src/learn/network.ts";
import { mixtureCounts, proposalRows } from "../../src/learn/soft_q/proposal.ts";
import { normal, uniform } from "../../src/random/draw.ts";
import { softQOf } from "../../src/learn/soft_q/algorithm.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { bandwidthRule } from "../../src/kernels/stein.ts";
import { input, type Tensor } from "../../src/tensor/expression.ts";
import type { Values } from "../../src/tensor/loops.ts";
import { concat } from "../../src/tensor/primitives.ts";
import { type Program, programOf } from "../../src/tensor/program.ts";
import { f32, sizeOf, type TensorType } from "../../src/tensor/shape.ts";
import { encode, type StoredTensor } from "../../src/train/safetensors.ts";
import { sizesOf as lengthsOf } from "../../src/train/training.ts";
import { type Configuration, optionsOf, softQTraining } from "../setting.ts";

/** Updates before the one that is written, so that ADAM's moments are those of a training. */
const BEFORE = 10;

type Types = Readonly<Record<string, TensorType>>;

const minibatchTypes = ({ batch: B, observation: S, action: A }: SoftQ): Types => ({
  observation: f32(1, B, S),
  action: f32(1, B, A),
  reward: f32(1, B),
  terminated: f32(1, B),
  nextObservation: f32(1, B, S),
});

/** If the proposal is a mixture, also the noise of its centres and of the samples around them. */
function noiseTypes(o: SoftQ): Types {
  const { batch: B, fixedParticles, movedParticles, action: A } = o, rows = proposalRows(o);
  return {
    value: f32(1, rows.value, A),
    fixed: f32(1, B * fixedParticles, A),
    moved: f32(1, B * movedParticles, A),
    ...o.valueProposal === "mixture" ? { centre: f32(1, rows.noise, A), around: f32(1, rows.jitter, A) } : {},
  };
}

/** The update as a program of everything that it needs. */
export function stepProgram(o: SoftQ): Program {
  const learner = softQLearner(o);
  const types = {
    ...learner.stateTypes(1),
    ...learner.settingTypes(1),
    ...minibatchTypes(o),
    ...noiseTypes(o),
  };
  const given = Object.fromEntries(
    Object.entries(types).map(([name, type]) => [name, input(type)]),
  ) as Record<keyof typeof types, Tensor>;
  const { observation, action, reward, terminated, nextObservation, value, fixed, moved } = given;
  const { centre, around } = given;
  const proposal = centre === undefined || around === undefined ? value : concat([centre, around], 1);
  const stateTypes = softQStateTypes(o, 1);
  const { state, loss } = softQStep(
    o,
    nested<SoftQState>(stateTypes, given),
    nested<SoftQSettings>(softQSettingTypes(o, 1), given),
    { observation, action, reward, terminated, nextObservation },
    { value, proposal, fixed, moved },
  );
  return programOf(given, { ...flat<SoftQState, Tensor>(stateTypes, state), loss });
}

/** Numbers for a minibatch and its noise. */
function drawn(o: SoftQ, update: number): Readonly<Record<string, Float32Array>> {
  const entries = Object.entries({ ...minibatchTypes(o), ...noiseTypes(o) });
  return Object.fromEntries(entries.map(([name, { shape }], k) => {
    const key = child(keyOf(update), k), size = sizeOf(shape);
    const numbers = name === "action" || name === "value"
      ? uniform(key, size).map((x) => 2 * x - 1)
      : name === "terminated"
      ? uniform(key, size).map((x) => Number(x < 0.1))
      : normal(key, size);
    return [name, Float32Array.from(numbers)];
  }));
}

/** Alternating matrices and biases, as {@link Layout} has them in a flat vector. */
export function layersOf({ blocks }: Layout, flat: Float32Array): readonly StoredTensor[] {
  const [sample, state, ...layers] = blocks.map(({ start, rows, columns }) => ({
    data: flat.subarray(start, start + rows * columns),
    rows,
    columns,
  })) as [
    { data: Float32Array<ArrayBufferLike>; rows: number; columns: number },
    { data: Float32Array<ArrayBufferLike>; rows: number; columns: number },
    ...{ data: Float32Array<ArrayBufferLike>; rows: number; columns: number }[],
  ];
  const inputs = new Float32Array(sample.data.length + state.data.length);
  inputs.set(sample.data);
  inputs.set(state.data, sample.data.length);
  const first = { data: inputs, rows: sample.rows + state.rows, columns: state.columns };
  return [first, ...layers].flatMap(({ data, rows, columns }): StoredTensor[] => [
    { shape: [rows - 1, columns], data: data.slice(0, (rows - 1) * columns) },
    { shape: [columns], data: data.slice((rows - 1) * columns) },
  ]);
}

/** The peers' names of the compared entries of the state. */
const ENTRIES = {
  critic: "critic",
  criticFirst: "critic",
  criticSecond: "critic",
  criticTarget: "critic",
  sampler: "sampler",
  samplerFirst: "sampler",
  samplerSecond: "sampler",
} as const;

function stored(
  prefix: string,
  o: SoftQ,
  state: Readonly<Record<string, Values>>,
): Readonly<Record<string, StoredTensor>> {
  const layouts = softQLayouts(o);
  return Object.fromEntries(
    Object.entries(ENTRIES).flatMap(([entry, network]) => {
      const layout = layouts[network], values = Float32Array.from(state[entry]!);
      // The critics follow one another, in the vector and in the file.
      return Array.from({ length: values.length / layout.size }, (_, c) => c * layout.size)
        .flatMap((start) => layersOf(layout, values.subarray(start, start + layout.size)))
        .map((tensor, k) => [`${prefix}.${entry}.${k}`, tensor]);
    }),
  );
}

/** The file's bytes, with an update computed by the device; throws if the device fails. */
export async function fixtureOf(device: Device, configuration: Configuration): Promise<Uint8Array> {
  const options = optionsOf(configuration, "default", 1);
  const o = softQOf(options, lengthsOf(configuration.environment)), learner = softQLearner(o);
  const program = stepProgram(o);
  const compiled = await device.compile(program)();
  if (E.isLeft(compiled)) throw new Error(compiled.left.message);
  const executable = compiled.right;
  const [settings] = softQTraining(configuration.environment, options).settings(0);
  for (const [name, values] of Object.entries({ ...learner.initial([keyOf(0)]), ...settings })) {
    executable.write(name, values);
  }
  const read = async (names: readonly string[]): Promise<Readonly<Record<string, Values>>> => {
    const values = await executable.read(names)();
    if (E.isLeft(values)) throw new Error(values.left.message);
    return values.right;
  };
  let before: Readonly<Record<string, Values>> = {}, given: Readonly<Record<string, Float32Array>> = {};
  for (let update = 0; update <= BEFORE; update++) {
    given = drawn(o, update);
    for (const [name, values] of Object.entries(given)) executable.write(name, values);
    if (update === BEFORE) before = await read(Object.keys(ENTRIES));
    executable.run();
  }
  const after = await read([...Object.keys(ENTRIES), "loss"]);
  executable.close();
  const types = { ...minibatchTypes(o), ...noiseTypes(o) };
  const tensors = {
    ...stored("before", o, before),
    ...stored("after", o, after),
    "after.loss": { shape: [], data: Float32Array.from(after["loss"]!) },
    ...Object.fromEntries(
      Object.entries(given).map(([name, data]): [string, StoredTensor] => [`given.${name}`, {
        shape: types[name]!.shape.slice(1),
        data,
      }]),
    ),
  };
  return encode(tensors, { sizes: JSON.stringify(sizesOf(configuration)) });
}

/** The parts of a configuration that a peer needs. */
function sizesOf(configuration: Configuration): Readonly<Record<string, number>> {
  const { environment: { spec }, hidden, batch, fixed, moved, values } = configuration;
  const options = optionsOf(configuration, "default", 1), { valueProposal, mixtureWidth } = options;
  if (valueProposal === "sampler" || mixtureWidth === 0) throw new Error("The peers have no such proposal");
  const { centres, gaussians } = mixtureCounts(options), mixture = valueProposal === "mixture";
  const { rank, divisor } = bandwidthRule(options.bandwidth, fixed, moved);
  const { targetInterval, targetRate } = softQNumbersAt(options, 0);
  return {
    observation: spec.observation.length,
    action: spec.action.length,
    hidden,
    batch,
    fixed,
    moved,
    values,
    centres: mixture ? centres : 0,
    gaussians: mixture ? gaussians : 0,
    width: mixtureWidth,
    critics: options.critics,
    bandwidthRank: rank,
    bandwidthDivisor: divisor,
    transitions: options.capacity,
    updates: BEFORE,
    temperature: options.temperature,
    rewardScale: options.rewardScale,
    discount: options.discount,
    criticRate: options.criticRate,
    samplerRate: options.samplerRate,
    targetInterval,
    targetRate,
  };
}
