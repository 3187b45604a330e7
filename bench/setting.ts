/**
 * The updates that are measured: three configurations and the study's own, the options of the peers and ours, a filled
 * replay, and the floating-point operations of each.
 *
 * @module
 */

import { pointMass } from "../envs/point_mass.ts";
import { quadruped } from "../envs/quadruped.ts";
import { swimmer } from "../envs/swimmer.ts";
import { E } from "../src/deps.ts";
import type { Device, Executable } from "../src/device/device.ts";
import type { Environment } from "../envs/environment.ts";
import { pretrain } from "../experiments/pretrain.ts";
import { plan } from "../src/tensor/plan.ts";
import type { Program } from "../src/tensor/program.ts";
import { type Operands, sizeOf, type TensorType } from "../src/tensor/shape.ts";
import { replicaKeys, updateProgram } from "../src/train/loop.ts";
import type { WrittenSettings } from "../src/learn/learner.ts";
import type { Configured } from "../src/learn/algorithm.ts";
import { SOFT_Q } from "../src/learn/soft_q/algorithm.ts";
import type { SoftQOptions } from "../src/learn/soft_q/options.ts";
import type { Training } from "../src/train/loop.ts";
import { trainingOf } from "../src/train/training.ts";

/** Sizes of a measured update, and its options. */
export interface Configuration {
  readonly name: string;
  readonly environment: Environment;
  readonly hidden: number;
  readonly batch: number;
  readonly fixed: number;
  readonly moved: number;
  readonly values: number;
  /** Other differences from the defaults; the choices override them. */
  readonly options?: Partial<SoftQOptions>;
}

/** The configurations; observation and action have the lengths 2 and 2, 13 and 2, 125 and 8. */
export const CONFIGURATIONS: readonly Configuration[] = [
  { name: "multi-goal", environment: pointMass(), hidden: 128, batch: 64, fixed: 16, moved: 16, values: 16 },
  { name: "swimmer", environment: swimmer(), hidden: 128, batch: 128, fixed: 8, moved: 8, values: 16 },
  {
    name: "paper-quadruped",
    environment: quadruped(),
    hidden: 200,
    batch: 64,
    fixed: 32,
    moved: 32,
    values: 50,
  },
];

/** The quadruped as the study pretrains it at a control interval of 0.06 s, with hidden layers of a given width. */
function studied(name: string, hidden?: number): Configuration {
  const variant = "speed-0.06s-net", preset = pretrain.preset("soft-q", "study", variant);
  const own = Object.entries(preset).filter(([option]) => Object.hasOwn(SOFT_Q.options, option));
  const options: SoftQOptions = { ...SOFT_Q.defaults, ...Object.fromEntries(own) };
  return {
    name,
    environment: pretrain.environment(variant),
    hidden: hidden ?? options.hidden[0]!,
    batch: options.batch,
    fixed: options.fixedParticles,
    moved: options.movedParticles,
    values: options.valueParticles,
    options,
  };
}

/**
 * The study's own: observation and action have the lengths 27 and 8. Only PyTorch and JAX compute them beside softq.
 */
export const STUDIED: readonly Configuration[] = [studied("study"), studied("study-128", 128)];

/** The peers' choices, which are those of the authors' public code, and softq's. */
export const CHOICES = {
  peer: { squash: "post-tanh", valueSamples: "shared" },
  default: { squash: "pre-tanh", valueSamples: "per-state" },
} as const;

/** Which choices an update makes. */
export type Choice = keyof typeof CHOICES;

/** Transitions in the replay of all replicas together: about the peers' number, so that both access memory alike. */
const TRANSITIONS = 100_000;

/** The options of a configuration. */
export const optionsOf = (
  c: Configuration,
  choice: Choice,
  replicas: number,
  transitions = TRANSITIONS,
): SoftQOptions => ({
  ...SOFT_Q.defaults,
  ...CHOICES[choice],
  ...c.options,
  hidden: [c.hidden, c.hidden],
  batch: c.batch,
  fixedParticles: c.fixed,
  movedParticles: c.moved,
  valueParticles: c.values,
  replicas,
  capacity: Math.floor(transitions / replicas),
});

/** The training of soft Q-learning; throws if the options are wrong. */
export const softQTraining = (environment: Environment, options: SoftQOptions): Training<WrittenSettings> =>
  trainingOf(environment, configuredOf(options));

/** Soft Q-learning with its options; throws if they are wrong. */
export function configuredOf(options: SoftQOptions): Configured {
  const ready = SOFT_Q.configured({ ...options });
  if (E.isLeft(ready)) throw new Error(`${ready.left.map(({ field }) => field)} wrong`);
  return ready.right;
}

/** An update ready to run. */
export interface Update {
  readonly executable: Executable;
  readonly program: Program;
}

/** Compiles an update and fills its replay; throws if the device refuses. */
export async function updateOn(
  device: Device,
  configuration: Configuration,
  choice: Choice,
  replicas = 1,
  transitions = TRANSITIONS,
): Promise<Update> {
  const options = optionsOf(configuration, choice, replicas, transitions);
  const training = softQTraining(configuration.environment, options);
  const { program } = updateProgram(training);
  const compiled = await device.compile(program)();
  if (E.isLeft(compiled)) throw new Error(compiled.left.message);
  const executable = compiled.right, keys = replicaKeys(training);
  executable.write("key", keys.flat());
  const given = {
    ...training.learner.initial(keys),
    ...training.learner.settings(training.settings(0)),
    window: keys.flatMap(() => [0, options.capacity]),
  };
  for (const [name, values] of Object.entries(given)) executable.write(name, values);
  for (const { name, variable } of program.inputs) {
    if (!name.startsWith("replay.")) continue;
    const count = sizeOf(program.types[variable]!.shape);
    const numberAt = name.includes("links")
      ? (i: number) => (i * 7919) % options.capacity
      : name.includes("outcomes")
      ? (i: number) => i % 2 === 0 ? Math.sin(i) : 0
      : (i: number) => Math.sin(1.7 * i);
    executable.write(name, Float32Array.from({ length: count }, (_, i) => numberAt(i)));
  }
  return { executable, program };
}

/** Floating-point operations of a program's matrix products, which are nearly all. */
export function flopsOf(program: Program): number {
  const { steps, types } = plan(program);
  return steps.reduce((total, step) => {
    if (step.kind === "copy" || step.equation.operation.kind !== "kernel") return total;
    const { kernel, params } = step.equation.operation;
    return total +
      (kernel.flops?.(step.equation.inputs.map((v) => types[v]) as Operands<TensorType>, params) ?? 0);
  }, 0);
}

/**
 * The same of a peer that concatenates state and action before the first layer, and differentiates the sampler at all
 * its particles though half of them are constants: what PyTorch's automatic differentiation does with the usual code.
 */
export function peerFlops(c: Configuration): number {
  const { environment, hidden: H, batch: B, fixed, moved, values } = c;
  const { critics, valueProposal, mixtureCentres } = optionsOf(c, "default", 1);
  const A = environment.spec.action.length, S = environment.spec.observation.length;
  const first = 2 * (S + A) * H, middle = 2 * H * H, critic = 2 * H, sampler = 2 * H * A;
  const particles = fixed + moved, centres = valueProposal === "mixture" ? mixtureCentres : 0;
  return B * centres * (first + middle + sampler) + // proposal
    critics * B * values * (first + middle + critic) + // target
    critics * B * (3 * (first + middle + critic) - first) + // critic: forward, weights, inputs but the first layer's
    B * particles * (3 * (first + middle + sampler) - first) + // sampler
    critics * B * fixed * 2 * (first + middle + critic); // the critic's slope at the fixed particles
}
