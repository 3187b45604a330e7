/**
 * The soft value by importance sampling, `V(s) = α log E_q[exp(Q(s,a)/α) / q(a)]` (equation 10).
 *
 * Law, tested: with uniform actions it equals the quadrature of exp Q up to the sampling error, and shifting all Q by c
 * shifts V by c.
 *
 * @module
 */

import source from "../../shaders/soft_value.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas } from "../tensor/launch.ts";
import { add, div, exp, log, max, mean, mul, reshape, sub } from "../tensor/primitives.ts";
import { COST, type Routine, routine } from "../tensor/routine.ts";
import { shader } from "../tensor/shader.ts";
import { f32, type Operands, type Rank2, type Rank3, sameShape, type TensorType } from "../tensor/shape.ts";

/** Inputs: Q `[R,B,K]`, temperature `[R]`, log q `[R,B,K]`; or Q and temperature alone if log q is a constant. */
export interface SoftValue {
  /** `log q(a)` if all samples have the same density. */
  readonly logDensity: number;
}

/** The words and buffers of the shader and of the routine. */
export const SOFT_VALUE_LAYOUT = {
  states: "u32",
  samples: "u32",
  logDensity: "f32",
  value: "write",
  q: "read",
  temperature: "read",
  density: "read?",
} as const;

const softValueShader = shader("soft_value.wgsl", source, SOFT_VALUE_LAYOUT);

/** The WebAssembly routine; its items are states. */
export const softValueRoutine: Routine<typeof SOFT_VALUE_LAYOUT> = routine("softValue", SOFT_VALUE_LAYOUT);

const given = ([q, , density]: Operands<TensorType>, { logDensity }: SoftValue) => ({
  states: q.shape[1]!,
  samples: q.shape[2]!,
  logDensity,
  value: { output: 0 },
  q: { input: 0 },
  temperature: { input: 1 },
  density: density === undefined ? null : { input: 2 },
});

/** The kernel: V `[R,B]`. */
export const softValueKernel: Kernel<SoftValue> = {
  name: "softValue",
  types: (types) => {
    const [q, temperature, density] = types;
    const [R, B] = q.shape as Rank2;
    const fits = q.shape.length === 3 && sameShape(temperature.shape, [R]) &&
      (density === undefined || sameShape(density.shape, q.shape));
    return fits ? [f32(R, B)] : null;
  },
  wants: "it needs Q [R,B,K], temperatures [R] and maybe log densities [R,B,K]",
  definition: ([q, temperature, density], { logDensity }) => {
    const [R, B] = q.shape as Rank2;
    const scaled = sub(div(q, reshape(temperature, [R, 1, 1])), density ?? logDensity);
    const top = max(scaled, 2);
    const spread = exp(sub(scaled, reshape(top, [R, B, 1])));
    return [mul(reshape(temperature, [R, 1]), add(top, log(mean(spread, 2))))];
  },
  launches: (types, _, params) => [
    softValueShader.launch(
      "soft_value",
      gridOfReplicas(types[0].shape[1]!, types[0].shape[0]!),
      given(types, params),
      { constants: { has_densities: Number(types.length === 3) } },
    ),
  ],
  calls: (types, _, params) => {
    const [, B, K] = types[0].shape as Rank3;
    return [softValueRoutine.call({ items: B, cost: K * COST.exp, work: 4 * K + 16 }, given(types, params))];
  },
};

/**
 * The soft value of each state.
 *
 * @param q `[R,B,K]` Q of K actions per state
 * @param temperature `[R]` α
 * @param logDensity log density of the proposal, `[R,B,K]` or one number (uniform on [-1,1]^d: `-d log 2`)
 * @returns `[R,B]`
 *
 * @example
 * ```ts
 * import { E, referenceDevice } from "../../mod.ts";
 * import { f32, trace } from "../../src/tensor/mod.ts";
 * import { softValue } from "../../src/kernels/mod.ts";
 * import assert from "node:assert/strict";
 * // Q = 3 at every action of [-1, 1]: V = α log ∫ exp(3/α) da = 3 + α log 2.
 * const program = trace(
 *   { q: f32(1, 1, 4), temperature: f32(1) },
 *   ({ q, temperature }) => ({ v: softValue(q, temperature, -Math.LN2) }),
 * );
 * const compiled = await referenceDevice().compile(program)();
 * assert.ok(E.isRight(compiled));
 * compiled.right.write("q", [3, 3, 3, 3]);
 * compiled.right.write("temperature", [0.5]);
 * compiled.right.run();
 * const read = await compiled.right.read(["v"])();
 * assert.ok(E.isRight(read) && Math.abs(read.right.v[0] - (3 + 0.5 * Math.LN2)) < 1e-12);
 * ```
 */
export const softValue = (q: Tensor, temperature: Tensor, logDensity: Tensor | number): Tensor =>
  typeof logDensity === "number"
    ? call(softValueKernel, [q, temperature], { logDensity })[0]
    : call(softValueKernel, [q, temperature, logDensity], { logDensity: 0 })[0];
