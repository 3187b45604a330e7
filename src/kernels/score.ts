/**
 * The score of particles: α times the gradient of their log density, which is the gradient of Q plus a term that
 * follows from how actions are kept in [-1, 1].
 *
 * @module
 */

import source from "../../shaders/score.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas } from "../tensor/launch.ts";
import { add, div, less, mul, reshape, select, sub, sum } from "../tensor/primitives.ts";
import { shader } from "../tensor/shader.ts";
import { type Rank3, sameShape } from "../tensor/shape.ts";

/**
 * How actions are kept in [-1, 1]: `pre-tanh` moves the particles u of `a = tanh u` with the change of variables (the
 * policy is then exp(Q/α)); `post-tanh` moves a with the density of u, as the authors' final public code; in
 * `bounds-penalty`, their first one, a is unbounded, and outside the box Q is replaced by a slope of 10.
 */
export type Squash = "pre-tanh" | "post-tanh" | "bounds-penalty";

/** Parameters of {@link scoreKernel}. */
export interface Score {
  /** How actions are kept in [-1, 1]. */
  readonly squash: Squash;
}

const scoreShader = shader("score.wgsl", source, {
  particles: "u32",
  size: "u32",
  score: "write",
  action: "read",
  slope: "read",
  temperature: "read",
});

/** Inputs: actions and the gradient of Q with respect to them `[R,N,A]`, temperature `[R]`. Output: scores `[R,N,A]`. */
export const scoreKernel: Kernel<Score> = {
  name: "score",
  types: (types) => {
    const [action, slope, temperature] = types;
    const fits = action.shape.length === 3 && sameShape(action.shape, slope.shape) &&
      sameShape(temperature.shape, [action.shape[0]!]);
    return fits ? [action] : null;
  },
  wants: "it needs actions and slopes [R,N,A] and temperatures [R]",
  definition: ([action, slope, temperature], { squash }) => {
    const perReplica = reshape(temperature, [action.shape[0]!, 1, 1]);
    switch (squash) {
      case "pre-tanh": { // ∂a/∂u = 1 - a², and ∇_u Σ log(1 - tanh² u) = -2 tanh u
        const ofParticle = mul(slope, sub(1, mul(action, action)));
        return [sub(ofParticle, mul(mul(action, 2), perReplica))];
      }
      case "post-tanh": { // ∇_a Σ log(1 - a² + 1e-6)
        const ofDensity = div(mul(action, 2), sub(1 + 1e-6, mul(action, action)));
        return [sub(slope, mul(ofDensity, perReplica))];
      }
      case "bounds-penalty": { // Q is replaced by -10 Σ max(|a| - 1, 0) if any coordinate leaves the box
        const above = less(1, action), below = less(action, -1);
        const outward = sub(above, below);
        const violates = less(0, sum(add(above, below), 2));
        return [select(reshape(violates, [...violates.shape, 1]), mul(outward, -10), slope)];
      }
    }
  },
  launches: ([{ shape }], _, { squash }) => {
    const [R, N, A] = shape as Rank3;
    return [
      scoreShader.launch("score_of_particles", gridOfReplicas(N * A, R), {
        particles: N,
        size: A,
        score: { output: 0 },
        action: { input: 0 },
        slope: { input: 1 },
        temperature: { input: 2 },
      }, { constants: { squash } }),
    ];
  },
};

/** The score of particles; shapes as in {@link scoreKernel}. */
export const scoreOf = (squash: Squash, action: Tensor, slope: Tensor, temperature: Tensor): Tensor =>
  call(scoreKernel, [action, slope, temperature], { squash })[0];
