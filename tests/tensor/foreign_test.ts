/** An independent check of gradients: jax-js differentiates the same networks with its own rules. */
import * as jax from "npm:@jax-js/jax@0.1.25";
import { assert } from "../deps.ts";
import { dense } from "../../src/kernels/dense.ts";
import { softValue } from "../../src/kernels/soft_value.ts";
import { input, type Tensor } from "../../src/tensor/expression.ts";
import { gradient } from "../../src/tensor/gradient.ts";
import { mean, mul, reshape, tanh } from "../../src/tensor/primitives.ts";
import { f32, sizeOf } from "../../src/tensor/shape.ts";
import { evaluate } from "../device/evaluate.ts";
import { numbers } from "../kernels/case.ts";

const { numpy: np, nn } = jax;
type Foreign = jax.numpy.Array;

const STATES = 4, SAMPLES = 5;
const SHAPES = { x: [STATES * SAMPLES, 3], w1: [4, 7], w2: [8, 6], w3: [7, 1] } as const;
type Name = keyof typeof SHAPES;
const NAMES = Object.keys(SHAPES) as Name[];
const values = (seed: number): Record<Name, number[]> => {
  const entries = NAMES.map((name, k) => [name, numbers(seed, k, sizeOf(SHAPES[name]), -1, 1)]);
  return Object.fromEntries(entries) as Record<Name, number[]>;
};

/**
 * α log mean exp(Q/α) over samples, averaged over states, with α = 0.7; Q a perceptron with a relu and a tanh layer.
 */
const TEMPERATURE = 0.7;

function foreignLoss(weights: Record<Name, Foreign>): Foreign {
  // The bias is the weights' last row: jax-js gets it as a column of ones.
  const ones = (rows: number): Foreign => np.ones([rows, 1], { dtype: np.float64 });
  const layer = (x: Foreign, w: Foreign): Foreign => np.matmul(np.concatenate([x, ones(20)], 1), w);
  const first = nn.relu(layer(weights.x, weights.w1));
  const second = np.tanh(layer(first, weights.w2));
  const q = layer(second, weights.w3).reshape([STATES, SAMPLES]);
  return nn.logmeanexp(q.mul(1 / TEMPERATURE), 1).mul(TEMPERATURE).mean();
}

function ownLoss(tensors: Record<Name, Tensor>, alpha: Tensor): Tensor {
  const lead = (t: Tensor): Tensor => reshape(t, [1, ...t.shape]);
  const first = dense(lead(tensors.x), lead(tensors.w1), { activation: "relu" });
  const second = tanh(dense(first, lead(tensors.w2)));
  const q = reshape(dense(second, lead(tensors.w3)), [1, STATES, SAMPLES]);
  return mean(softValue(q, alpha, 0), 1);
}

Deno.test("jax-js gives the same value and gradients of a soft value over a perceptron with relu and tanh", async () => {
  await jax.init("wasm");
  const before = jax.defaultDevice();
  jax.defaultDevice("wasm");
  try {
    for (const seed of [1, 2, 3]) {
      const given = values(seed);
      const arrays = Object.fromEntries(
        NAMES.map((name) => [name, np.array(given[name], { shape: [...SHAPES[name]], dtype: np.float64 })]),
      ) as Record<Name, Foreign>;
      const [value, gradients] = jax.valueAndGrad(foreignLoss)(arrays);
      const tensors = Object.fromEntries(NAMES.map((name) => [name, input(f32(...SHAPES[name]))])) as Record<
        Name,
        Tensor
      >;
      const alpha = input(f32(1)), loss = ownLoss(tensors, alpha);
      const own = gradient(loss, NAMES.map((name) => tensors[name]));
      const found = await evaluate({ ...tensors, alpha }, { ...given, alpha: [TEMPERATURE] }, {
        loss,
        ...Object.fromEntries(NAMES.map((name, k) => [`d${name}`, own[k]])),
      });
      const compare = (mine: number[], theirs: ArrayLike<number>): void => {
        assert.equal(mine.length, theirs.length);
        // jax-js's exp and tanh have float32's accuracy (6e-8 relative) at every type; three layers and a logarithm of
        // sums below 10 pass on less than a hundred times that.
        mine.forEach((g, i) =>
          assert(Math.abs(g - theirs[i]!) <= 6e-6 * (1 + Math.abs(g)), `${g}, ${theirs[i]}`)
        );
      };
      compare(found["loss"]!, await value.data());
      for (const name of NAMES) compare(found[`d${name}`]!, await gradients[name].data());
      // Not a comparison of zeros.
      assert(Math.max(...found["dw1"]!.map(Math.abs)) > 0.01);
    }
  } finally {
    jax.defaultDevice(before);
  }
});

Deno.test("jax-js gives the same second derivatives of a tanh perceptron", async () => {
  await jax.init("wasm");
  const before = jax.defaultDevice();
  jax.defaultDevice("wasm");
  try {
    const w = numbers(9, 0, 6), x = numbers(9, 1, 3);
    // g(x) = Σ (∂/∂x Σ tanh(x W))²: its gradient needs the derivative of a derivative.
    const foreign = (at: Foreign): Foreign => {
      const weights = np.array(w, { shape: [3, 2], dtype: np.float64 });
      const slope = jax.grad((y: Foreign) => np.tanh(np.matmul(y, weights)).sum())(at);
      return np.square(slope).sum();
    };
    const theirs = await jax.grad(foreign)(np.array(x, { shape: [1, 3], dtype: np.float64 })).data();
    const point = input(f32(1, 1, 3)), weights = input(f32(1, 3, 2));
    const [slope] = gradient(dense(point, weights, { bias: false, activation: "tanh" }), [point]);
    const [second] = gradient(mul(slope, slope), [point]);
    const { second: mine } = await evaluate({ point, weights }, { point: x, weights: w }, { second });
    mine.forEach((g, i) =>
      assert(Math.abs(g - theirs[i]!) <= 6e-6 * (1 + Math.abs(g)), `${g}, ${theirs[i]}`)
    );
    assert(Math.max(...mine.map(Math.abs)) > 0.1);
  } finally {
    jax.defaultDevice(before);
  }
});
