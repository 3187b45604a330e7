/**
 * TensorFlow.js as a peer, on its backends `wasm` and `webgpu`: matrix products, a perceptron forward and backward, and
 * one soft Q update, as its users would write them.
 *
 * @module
 */

import * as tf from "npm:@tensorflow/tfjs@4.22.0";
import "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import { queued, type Work } from "../measure.ts";
import type { Configuration } from "../setting.ts";
import type { ProductRequest } from "./process.ts";

const ROWS = 100_000, DISCOUNT = 0.99;

/** Prepares a backend; false if it is absent. */
export async function startTfjs(backend: "wasm" | "webgpu"): Promise<boolean> {
  if (backend === "webgpu") await import("npm:@tensorflow/tfjs-backend-webgpu@4.22.0");
  const set = await tf.setBackend(backend);
  await tf.ready();
  return set;
}

/** A work that ends when its last result can be read. */
const untilRead = (name: string, once: () => tf.Tensor): Promise<Work> =>
  queued(name, async (times) => {
    const results = Array.from({ length: times }, once);
    await results[times - 1]!.data();
    for (const result of results) result.dispose();
  });

/** A product of a layer. */
export function tfjsProduct(name: string, ...[layout, rows, depth, columns]: ProductRequest): Promise<Work> {
  const x = tf.randomNormal([rows, depth]), w = tf.randomNormal([depth, columns]);
  const g = tf.randomNormal([rows, columns]);
  return untilRead(
    name,
    {
      NN: () => tf.matMul(x, w),
      NT: () => tf.matMul(g, w, false, true),
      TN: () => tf.matMul(x, g, true, false),
    }[layout],
  );
}

interface Perceptron {
  readonly weights: readonly tf.Variable[];
  readonly apply: (x: tf.Tensor2D) => tf.Tensor2D;
}

function perceptron(inputs: number, hidden: number, outputs: number): Perceptron {
  const widths = [inputs, hidden, hidden, outputs];
  const weights = [0, 1, 2].flatMap((k) => [
    tf.variable(tf.randomNormal([widths[k]!, widths[k + 1]!], 0, 1 / Math.sqrt(widths[k]!))),
    tf.variable(tf.zeros([widths[k + 1]!])),
  ]);
  const layer = (x: tf.Tensor2D, k: number): tf.Tensor2D =>
    tf.add(tf.matMul(x, weights[2 * k] as unknown as tf.Tensor2D), weights[2 * k + 1]!);
  return { weights, apply: (x) => layer(tf.relu(layer(tf.relu(layer(x, 0)), 1)), 2) };
}

/** The mean square of a perceptron's output, and its gradient. */
export function tfjsPerceptron(name: string, rows: number, inputs: number, hidden: number): Promise<Work> {
  const net = perceptron(inputs, hidden, 1), x = tf.randomNormal<tf.Rank.R2>([rows, inputs]);
  return untilRead(name, () =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(net.apply(x))), [...net.weights]);
      return tf.addN([value, ...Object.values(grads).map((g) => tf.sum(g) as tf.Scalar)]);
    }));
}

/** Gradients in the form that an optimiser accepts. */
const named = (gradients: tf.NamedTensorMap) =>
  Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));

/** One soft Q update. */
export function tfjsUpdate(name: string, c: Configuration): Promise<Work> {
  const { hidden: H, batch: B, fixed: F, moved: U, values: V } = c;
  const S = c.environment.spec.observation.length, A = c.environment.spec.action.length;
  const critic = perceptron(S + A, H, 1), target = perceptron(S + A, H, 1), sampler = perceptron(S + A, H, A);
  critic.weights.forEach((w, k) => target.weights[k]!.assign(w));
  const criticAdam = tf.train.adam(3e-4), samplerAdam = tf.train.adam(3e-4);
  const states = tf.randomNormal<tf.Rank.R2>([ROWS, S]), nextStates = tf.randomNormal<tf.Rank.R2>([ROWS, S]);
  const actions = tf.randomUniform<tf.Rank.R2>([ROWS, A], -1, 1),
    rewards = tf.randomNormal<tf.Rank.R1>([ROWS]);
  const terminated = tf.zeros<tf.Rank.R1>([ROWS]);
  /** Each state beside each of its samples, as rows. */
  const beside = (state: tf.Tensor2D, samples: tf.Tensor3D): tf.Tensor2D => {
    const count = samples.shape[1];
    const repeated = tf.tile(tf.expandDims(state, 1), [1, count, 1]);
    return tf.reshape(tf.concat([repeated, samples], 2), [B * count, S + A]);
  };
  const once = (): tf.Tensor => {
    const rows = tf.randomUniform<tf.Rank.R1>([B], 0, ROWS, "int32");
    const state = tf.gather(states, rows), nextState = tf.gather(nextStates, rows);
    const samples = tf.tile(tf.randomUniform<tf.Rank.R3>([1, V, A], -1, 1), [B, 1, 1]);
    const q = tf.reshape(target.apply(beside(nextState, samples)), [B, V]);
    const value = tf.add(tf.logSumExp(q, 1), A * Math.LN2 - Math.log(V));
    const goal = tf.add(
      tf.gather(rewards, rows),
      tf.mul(tf.mul(value, tf.sub(1, tf.gather(terminated, rows))), DISCOUNT),
    );
    const pair = tf.concat([state, tf.gather(actions, rows)], 1);
    const criticLoss = (): tf.Scalar => {
      const error = tf.sub(tf.reshape(critic.apply(pair), [B]), goal);
      return tf.mul(tf.mean(tf.square(error)), 0.5);
    };
    criticAdam.applyGradients(named(tf.variableGrads(criticLoss, [...critic.weights]).grads));

    const fixedNoise = tf.randomNormal<tf.Rank.R3>([B, F, A]);
    const movedNoise = tf.randomNormal<tf.Rank.R3>([B, U, A]);
    const particles = (noise: tf.Tensor3D): tf.Tensor =>
      tf.reshape(tf.tanh(sampler.apply(beside(state, noise))), [B, noise.shape[1], A]);
    const fixed = particles(fixedNoise), moved = particles(movedNoise);
    const score = tf.grad((x) =>
      tf.add(
        tf.sum(critic.apply(beside(state, x as tf.Tensor3D))),
        tf.sum(tf.log(tf.sub(1 + 1e-6, tf.square(x)))),
      )
    )(fixed);
    const difference = tf.sub(tf.expandDims(fixed, 2), tf.expandDims(moved, 1));
    const squared = tf.sum(tf.square(difference), 3);
    const rank = Math.ceil(F * U / 2);
    const largest = tf.topk(tf.reshape(squared, [B, F * U]), F * U - rank + 1).values;
    const middle = tf.slice(largest, [0, F * U - rank], [B, 1]);
    const bandwidth = tf.reshape(tf.maximum(tf.div(middle, Math.log(F)), 1e-3), [B, 1, 1]);
    const kernel = tf.exp(tf.neg(tf.div(squared, bandwidth)));
    const repulsion = tf.mul(tf.mul(difference, -2), tf.expandDims(tf.div(kernel, bandwidth), 3));
    const attraction = tf.mul(tf.expandDims(kernel, 3), tf.expandDims(score, 2));
    const direction = tf.mean(tf.add(attraction, repulsion), 1);
    const surrogate = (): tf.Scalar => tf.neg(tf.sum(tf.mul(particles(movedNoise), direction)));
    const { value: loss, grads } = tf.variableGrads(surrogate, [...sampler.weights]);
    samplerAdam.applyGradients(named(grads));
    return loss;
  };
  return untilRead(name, () => tf.tidy(once));
}
