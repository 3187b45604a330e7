/** The mixture proposal: unbiased for any sampler, in any dimension, on every device. */
import { assert } from "../deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { softValue } from "../../src/kernels/soft_value.ts";
import type { Squash } from "../../src/kernels/score.ts";
import { type Block, initialise } from "../../src/learn/network.ts";
import { proposalRows, propose } from "../../src/learn/soft_q/proposal.ts";
import { type SoftQ, softQLayouts } from "../../src/learn/soft_q/update.ts";
import { normal, uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { input } from "../../src/tensor/expression.ts";
import { constant, reshape } from "../../src/tensor/primitives.ts";
import { programOf } from "../../src/tensor/program.ts";
import { f32 } from "../../src/tensor/shape.ts";
import { gpuTest } from "../device/adapter.ts";
import { runProgram } from "../device/evaluate.ts";
import { type Law, oneBump, ring, separatedModes } from "../exact/laws.ts";
import { SMALL } from "./step_fixture.ts";

/** Samplers of u, or of a where actions have no bounds, with one hidden layer of three units for each coordinate. */
const SAMPLERS = ["untrained", "trained", "folded", "collapsed"] as const;

/**
 * Parameters of a sampler: with the weights that learning begins with; `u = artanh 0.3 + 0.3 ξ`, which is about where
 * the laws' mass is; `u = |ξ| - 0.3`, which reaches each action from two noises; or one action for all noises.
 */
function samplerOf(o: SoftQ, kind: typeof SAMPLERS[number]): Float32Array {
  const { sampler } = softQLayouts(o), p = new Float32Array(sampler.size);
  if (kind === "untrained") initialise(sampler, keyOf(5), p);
  const [ofSample, , last] = sampler.blocks as [Block, Block, Block], A = o.action;
  for (let k = 0; k < A && kind !== "untrained"; k++) {
    const [up, down, shift] = {
      trained: [0.3, -0.3, 0.3],
      folded: [1, 1, -0.3],
      collapsed: [0, 0, 0.1],
    }[kind] as [number, number, number];
    p[ofSample.start + k * ofSample.columns + 2 * k] = 1;
    p[ofSample.start + k * ofSample.columns + 2 * k + 1] = -1;
    p[last.start + 2 * k * A + k] = up;
    p[last.start + (2 * k + 1) * A + k] = down;
    p[last.start + 2 * A * A + k] = shift;
  }
  return p;
}

/** Estimates of Z/Z for many states, each of its own samples. */
async function estimates(
  o: SoftQ,
  law: Law,
  sampler: Float32Array,
  device: Device,
): Promise<readonly number[]> {
  const A = law.dimension, rows = proposalRows(o), layouts = softQLayouts(o);
  const inputs = {
    sampler: input(f32(1, sampler.length)),
    value: input(f32(1, Math.max(1, rows.value), A)),
    proposal: input(f32(1, rows.noise + rows.jitter, A)),
  };
  const observation = constant(0.3, [1, o.batch, o.observation]);
  const { action, logDensity } = propose(o, layouts.sampler, inputs.sampler, observation, inputs);
  const energy = reshape(law.energy(action), [1, o.batch, o.valueParticles]);
  const program = programOf(inputs, { v: softValue(energy, constant(1, [1]), logDensity) });
  const { v } = await runProgram(device, program, {
    sampler,
    value: uniform(child(keyOf(7), A), Math.max(1, rows.value) * A).map((x) => 2 * x - 1),
    proposal: normal(child(keyOf(8), A), (rows.noise + rows.jitter) * A),
  });
  return Array.from(v, (each) => Math.exp(each - law.logZ));
}

/** Fails unless numbers have mean 1 within five of their own standard errors, and that error is small enough to tell. */
function assertUnbiased(found: readonly number[], largest: number, what: string): void {
  const n = found.length, mean = found.reduce((a, b) => a + b, 0) / n;
  const error = Math.sqrt(found.reduce((total, x) => total + (x - mean) ** 2, 0) / n / (n - 1));
  assert(error <= largest, `${what}: the standard error is ${error}`);
  // Float32 adds 1e-4 at most, as the cases of the kernel show.
  assert(Math.abs(mean - 1) <= 5 * error + 1e-4, `${what}: ${mean} ± ${error} instead of 1`);
}

/** A law with one mode and one with several, or with a ring, whose energy varies by several nats. */
const LAWS: readonly Law[] = [
  oneBump(1, 0.2),
  ring(2),
  separatedModes(4, 2),
  oneBump(8, 0.5),
  separatedModes(4, 8, 0.45),
  oneBump(17, 0.7),
  separatedModes(2, 17, 0.75),
];

/** A ring in two dimensions, and a mode in eight. */
const FEW: readonly Law[] = [ring(2), oneBump(8, 0.5)];

async function checkUnbiased(
  device: Device,
  squash: Squash,
  states: number,
  laws: readonly Law[] = LAWS,
): Promise<void> {
  for (const law of laws) {
    for (const kind of SAMPLERS) {
      for (const mixtureWidth of [0.5, 0]) {
        const o: SoftQ = {
          ...SMALL,
          action: law.dimension,
          hidden: [2 * law.dimension],
          batch: states,
          squash,
          valueParticles: 14,
          valueProposal: "mixture",
          mixtureCentres: 5,
          mixtureWidth,
          mixtureShare: 0.5, // seven samples around five centres: two of them have two
        };
        const found = await estimates(o, law, samplerOf(o, kind), device);
        const what = `${law.name}, ${kind}, σ ${mixtureWidth || "of the centres"}, ${squash}`;
        assertUnbiased(found, 4.5 / Math.sqrt(states), what);
      }
    }
  }
}

for (const squash of ["pre-tanh", "post-tanh", "bounds-penalty"] as const) {
  const claim = `The mixture's estimate of exp(V/α) is unbiased for any sampler, ${squash}`;
  // The kernel works before the squash, whose slope every device computes by the same primitives.
  const laws = squash === "pre-tanh" ? LAWS : FEW;
  Deno.test(`${claim}, on the CPU`, () => checkUnbiased(cpuDevice(), squash, 1500));
  Deno.test(`${claim}, in float64`, () => checkUnbiased(referenceDevice(), squash, 600, laws));
  gpuTest(`${claim}, on a GPU`, (device) => checkUnbiased(device, squash, 1500, laws));
}
