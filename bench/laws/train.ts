/**
 * The sampler alone, trained by Stein steps against a known energy: the sampler's part of an update of soft Q-learning
 * (equations 13 and 14), without a critic's errors.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import type { Device } from "../../src/device/device.ts";
import { adam, clock } from "../../src/kernels/adam.ts";
import { noise } from "../../src/kernels/noise.ts";
import { scoreOf } from "../../src/kernels/score.ts";
import type { Bandwidth } from "../../src/kernels/stein.ts";
import { flatten, forward, initialise, type Layout, layoutOf, weightsOf } from "../../src/learn/network.ts";
import { keyOf, STREAMS } from "../../src/random/key.ts";
import { input, type Tensor } from "../../src/tensor/expression.ts";
import { gradient, pullback } from "../../src/tensor/gradient.ts";
import { constant, reshape, stopGradient, tanh } from "../../src/tensor/primitives.ts";
import { programOf } from "../../src/tensor/program.ts";
import { f32, type Operands, u32 } from "../../src/tensor/shape.ts";
import type { Law } from "../../tests/exact/laws.ts";
import { directionBy, type KernelChoice } from "./kernels.ts";

/** How a sampler is trained. */
export interface Setting {
  /** Widths of the sampler's hidden layers. */
  readonly hidden: readonly number[];
  /** Number of sets of particles in an update. */
  readonly batch: number;
  readonly fixed: number;
  readonly moved: number;
  /** Step size at the start; at the end a tenth of it. */
  readonly rate: number;
  /** Stein steps of an update. */
  readonly steps: number;
  readonly bandwidth: Bandwidth;
  /** The Stein kernel; default the Gaussian one. */
  readonly kernel?: KernelChoice;
  /** The temperature at the start, which falls to 1 until three fifths of the updates; 1: none. */
  readonly hot: number;
}

/** The options' defaults. */
export const DEFAULTS: Setting = {
  hidden: [128, 128],
  batch: 64,
  fixed: 16,
  moved: 16,
  rate: 1e-3,
  steps: 1,
  bandwidth: "median",
  hot: 1,
};

/** The sampler's layout for a law: a state of one number, which is always 1. */
export const samplerLayout = (law: Law, { hidden }: Setting): Layout =>
  layoutOf({ sample: law.dimension, state: 1, hidden, output: law.dimension, activation: "relu" });

/** A sampler at some number of updates. */
export interface Snapshot {
  readonly updates: number;
  /** Seconds of training until then. */
  readonly seconds: number;
  readonly parameters: Float32Array;
}

/** One Stein step, as a program. */
function stepOf(law: Law, o: Setting) {
  const layout = samplerLayout(law, o), A = law.dimension, B = o.batch, size = layout.size;
  const state = {
    sampler: input(f32(1, size)),
    first: input(f32(1, size)),
    second: input(f32(1, size)),
    updates: input(u32(1)),
  };
  const settings = { rates: input(f32(1, 2)), temperature: input(f32(1)) };
  const key = input(u32(1, 2));
  const ticks = clock(state.updates, constant(1, [1], "u32"));
  const [ofFixed, ofMoved] = noise(key, state.updates, A, [
    { rows: B * o.fixed, law: "normal", stream: STREAMS.samplerNoise },
    { rows: B * o.moved, law: "normal", stream: STREAMS.movedNoise },
  ]) as Operands<Tensor>;
  const weights = weightsOf(layout, state.sampler), observation = constant(1, [1, B, 1]);
  const fixed = stopGradient(forward(layout, weights, ofFixed, observation));
  const moved = forward(layout, weights, ofMoved, observation);
  const action = tanh(fixed);
  const [slope] = gradient(law.energy(action), [action]);
  const score = scoreOf("pre-tanh", action, slope, settings.temperature);
  const split = (x: typeof fixed, count: number) => reshape(x, [1, B, count, A]);
  const direction = directionBy(
    o.kernel ?? "gaussian",
    split(fixed, o.fixed),
    split(moved, o.moved),
    split(score, o.fixed),
    settings.temperature,
    o.bandwidth,
    -1 / (B * o.moved),
  );
  const descent = flatten([layout], pullback([moved], [reshape(direction, [1, B * o.moved, A])], weights));
  const next = adam(
    { parameters: state.sampler, first: state.first, second: state.second },
    descent,
    ticks.clock,
    settings.rates,
    constant(0, [1], "u32"),
  );
  return programOf({ ...state, ...settings, key }, {
    sampler: next.parameters,
    first: next.first,
    second: next.second,
    updates: ticks.updates,
  });
}

/** Updates between two changes of the rate and the temperature. */
export const CHUNK = 50;

/** Trains a sampler and returns it after each of the numbers of updates, which increase. */
export async function trainSampler(
  device: Device,
  law: Law,
  o: Setting,
  at: readonly number[],
  seed: number,
): Promise<readonly Snapshot[]> {
  const compiled = await device.compile(stepOf(law, o))();
  if (E.isLeft(compiled)) throw new Error(compiled.left.message);
  const executable = compiled.right, layout = samplerLayout(law, o);
  const parameters = new Float32Array(layout.size), snapshots: Snapshot[] = [];
  initialise(layout, keyOf(seed), parameters);
  executable.write("sampler", parameters);
  executable.write("key", keyOf(seed));
  const total = at[at.length - 1]!;
  let seconds = 0;
  for (let updates = 0; updates < total; updates += CHUNK) {
    const done = updates / total;
    executable.write("rates", [o.rate * 0.1 ** done, 0]);
    executable.write("temperature", [o.hot ** Math.max(0, 1 - done / 0.6)]);
    const start = performance.now();
    executable.run(CHUNK * o.steps);
    const read = await executable.read(["sampler"])();
    if (E.isLeft(read)) throw new Error(read.left.message);
    seconds += (performance.now() - start) / 1000;
    if (at.includes(updates + CHUNK)) {
      snapshots.push({
        updates: updates + CHUNK,
        seconds,
        parameters: Float32Array.from(read.right.sampler),
      });
    }
  }
  executable.close();
  return snapshots;
}
