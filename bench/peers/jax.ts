/**
 * jax-js as a peer, on its devices `wasm` and `webgpu`: matrix products, a perceptron forward and backward, and one
 * soft Q update, compiled by `jit`, as its users would write them. An array is consumed by its use; `ref` keeps it.
 *
 * @module
 */

import * as jax from "npm:@jax-js/jax@0.1.25";
import { queued, type Work } from "../measure.ts";
import type { Configuration } from "../setting.ts";
import type { ProductRequest } from "./process.ts";

const { numpy: np, nn, lax, random, tree } = jax;
type Array_ = jax.numpy.Array;
type Weights = Array_[];

const ROWS = 100_000, DISCOUNT = 0.99, BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8, STEP = 3e-4;

/** Prepares a device; false if it is absent. */
export async function startJax(device: "wasm" | "webgpu"): Promise<boolean> {
  const found = await jax.init(device);
  if (!found.includes(device)) return false;
  jax.defaultDevice(device);
  return true;
}

const normal = (seed: number, shape: number[], scale = 1): Array_ =>
  random.normal(random.key(seed), shape).mul(scale);

/**
 * A work that ends when its last result is available. Results disposed of before they are awaited would not be
 * computed.
 */
const awaited = (name: string, once: () => Array_): Promise<Work> =>
  queued(name, async (times) => {
    const results = Array.from({ length: times }, once);
    await Promise.all(results.map((result) => result.blockUntilReady()));
    for (const result of results) result.dispose();
  });

/** A product of a layer. */
export function jaxProduct(name: string, ...[layout, rows, depth, columns]: ProductRequest): Promise<Work> {
  const x = normal(1, [rows, depth]), w = normal(2, [depth, columns]), g = normal(3, [rows, columns]);
  const [a, b] = { NN: [x, w], NT: [g, w], TN: [x, g] }[layout] as [jax.Array, jax.Array];
  const product = jax.jit((left: Array_, right: Array_) =>
    np.matmul(layout === "TN" ? left.transpose() : left, layout === "NT" ? right.transpose() : right)
  );
  return awaited(name, () => product(a.ref, b.ref));
}

/** Weights and biases of a perceptron with two hidden layers. */
function weightsOf(seed: number, inputs: number, hidden: number, outputs: number): Weights {
  const widths = [inputs, hidden, hidden, outputs];
  return [0, 1, 2].flatMap((k) => [
    normal(seed + k, [widths[k]!, widths[k + 1]!], 1 / Math.sqrt(widths[k]!)),
    np.zeros([widths[k + 1]!]),
  ]);
}

function perceptron(w: Weights, x: Array_): Array_ {
  const layer = (y: Array_, k: number): Array_ => np.matmul(y, w[2 * k]!).add(w[2 * k + 1]!);
  return layer(nn.relu(layer(nn.relu(layer(x, 0)), 1)), 2);
}

/** The mean square of a perceptron's output, and its gradient. */
export function jaxPerceptron(name: string, rows: number, inputs: number, hidden: number): Promise<Work> {
  const weights = weightsOf(3, inputs, hidden, 1), x = normal(4, [rows, inputs]);
  const step = jax.jit((w: Weights, given: Array_) => {
    const loss = (v: Weights): Array_ => np.square(perceptron(v, given)).mean();
    const [value, gradients] = jax.valueAndGrad(loss)(w) as [Array_, Weights];
    return gradients.reduce((total, g) => total.add(g.sum()), value);
  });
  return awaited(name, () => step(tree.ref(weights), x.ref));
}

interface Adam extends Record<string, Weights> {
  readonly weights: Weights;
  readonly first: Weights;
  readonly second: Weights;
}

const adamOf = (weights: Weights): Adam => ({
  weights,
  first: weights.map((w) => np.zeros(w.shape)),
  second: weights.map((w) => np.zeros(w.shape)),
});

/** One step of ADAM; `clock` holds 1 - β₁ᵗ and 1 - β₂ᵗ. */
function adam(
  { weights, first, second }: Adam,
  gradients: Weights,
  correction1: Array_,
  correction2: Array_,
): Adam {
  const m = first.map((old, k) => old.mul(BETA1).add(gradients[k]!.ref.mul(1 - BETA1)));
  const v = second.map((old, k) => old.mul(BETA2).add(np.square(gradients[k]!).mul(1 - BETA2)));
  const next = weights.map((w, k) => {
    const size = np.sqrt(v[k]!.ref.div(correction2.ref)).add(EPSILON);
    return w.sub(m[k]!.ref.div(correction1.ref).div(size).mul(STEP));
  });
  correction1.dispose();
  correction2.dispose();
  return { weights: next, first: m, second: v };
}

/** One soft Q update. */
export function jaxUpdate(name: string, c: Configuration): Promise<Work> {
  const { hidden: H, batch: B, fixed: F, moved: U, values: V } = c;
  const S = c.environment.spec.observation.length, A = c.environment.spec.action.length;
  let critic = adamOf(weightsOf(10, S + A, H, 1)), sampler = adamOf(weightsOf(20, S + A, H, A));
  const target = tree.ref(critic.weights);
  const replay = [
    normal(31, [ROWS, S]),
    random.uniform(random.key(32), [ROWS, A], { minval: -1, maxval: 1 }),
    normal(33, [ROWS]),
    normal(34, [ROWS, S]),
    np.zeros([ROWS]),
  ];
  /** Each state beside each of its samples, as rows. */
  const beside = (state: Array_, samples: Array_): Array_ => {
    const count = samples.shape[1]!;
    const repeated = np.broadcastTo(state.reshape([B, 1, S]), [B, count, S]);
    return np.concatenate([repeated, samples], 2).reshape([B * count, S + A]);
  };
  const step = jax.jit(
    (q: Adam, f: Adam, frozen: Weights, fields: Array_[], key: Array_, one: Array_, two: Array_) => {
      const keys = random.split(key, 4);
      const draw = (k: number): Array_ => keys.ref.slice(k);
      const rows = np.floor(random.uniform(draw(0), [B], { minval: 0, maxval: ROWS })).astype(np.int32);
      const [state, action, reward, nextState, terminated] = fields.map((field) =>
        np.take(field, rows.ref, 0)
      ) as [jax.Array, jax.Array, jax.Array, jax.Array, jax.Array];
      rows.dispose();
      const samples = np.broadcastTo(
        random.uniform(draw(1), [1, V, A], { minval: -1, maxval: 1 }),
        [B, V, A],
      );
      const values = perceptron(frozen, beside(nextState, samples)).reshape([B, V]);
      const value = nn.logsumexp(values, 1).add(A * Math.LN2 - Math.log(V));
      const goal = reward.add(value.mul(np.subtract(1, terminated)).mul(DISCOUNT));
      const pair = np.concatenate([state.ref, action], 1);
      const criticLoss = (w: Weights): Array_ =>
        np.square(perceptron(w, pair).reshape([B]).sub(goal)).mean().mul(0.5);
      const criticGradients = jax.grad(criticLoss)(tree.ref(q.weights)) as Weights;
      const nextCritic = adam(q, criticGradients, one.ref, two.ref);

      const fixedNoise = random.normal(draw(2), [B, F, A]), movedNoise = random.normal(draw(3), [B, U, A]);
      keys.dispose();
      const particles = (w: Weights, noise: Array_, count: number): Array_ =>
        np.tanh(perceptron(w, beside(state.ref, noise))).reshape([B, count, A]);
      const fixed = particles(tree.ref(f.weights), fixedNoise, F);
      const moved = particles(tree.ref(f.weights), movedNoise.ref, U);
      const logDensity = (x: Array_): Array_ =>
        perceptron(tree.ref(nextCritic.weights), beside(state.ref, x.ref)).sum()
          .add(np.log(np.subtract(1 + 1e-6, np.square(x))).sum());
      const score = jax.grad(logDensity)(fixed.ref) as Array_;
      const difference = fixed.reshape([B, F, 1, A]).sub(moved.reshape([B, 1, U, A]));
      // `jit` takes a sum for the operand of a sort, but not a reshaped one.
      const flat = np.square(difference.ref.reshape([B, F * U, A])).sum(2);
      const ordered = np.sort(flat.ref, 1);
      const middle = ordered.slice([], Math.ceil(F * U / 2) - 1);
      const bandwidth = np.maximum(middle.div(Math.log(F)), 1e-3).reshape([B, 1, 1]);
      const kernel = np.exp(flat.reshape([B, F, U]).div(bandwidth.ref).mul(-1));
      const repulsion = difference.mul(-2).mul(kernel.ref.div(bandwidth).reshape([B, F, U, 1]));
      const attraction = kernel.reshape([B, F, U, 1]).mul(score.reshape([B, F, 1, A]));
      const direction = lax.stopGradient(attraction.add(repulsion).mean(1));
      const surrogate = (w: Weights): Array_ => particles(w, movedNoise, U).mul(direction).sum().mul(-1);
      const [loss, gradients] = jax.valueAndGrad(surrogate)(tree.ref(f.weights)) as [Array_, Weights];
      state.dispose();
      return { critic: nextCritic, sampler: adam(f, gradients, one, two), loss };
    },
  );
  let t = 0;
  return awaited(name, () => {
    t++;
    const one = np.array(1 - BETA1 ** t), two = np.array(1 - BETA2 ** t);
    const next = step(critic, sampler, tree.ref(target), tree.ref(replay), random.key(t), one, two) as {
      critic: Adam;
      sampler: Adam;
      loss: Array_;
    };
    critic = next.critic;
    sampler = next.sampler;
    return next.loss;
  });
}
