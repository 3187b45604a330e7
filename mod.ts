/**
 * softq: energy-based policies for continuous control. Soft Q-learning with a sampler trained by amortised Stein
 * variational gradient descent, as programs that run on a CPU or on WebGPU.
 *
 * @module
 */

// Failures as values
export { E, type Either, type Left, pipe, type Right, type Task, type TaskEither, TE } from "./src/deps.ts";

// Environments
export * from "./envs/environment.ts";
export type { SignedPermutation, Symmetry, SymmetryGroup } from "./envs/symmetry.ts";
export type { Extent, Ground, View } from "./envs/view.ts";
export { type ActionRepeat, actionRepeat, type IntervalReward } from "./envs/action_repeat.ts";
export { withActuatorNoise } from "./envs/actuator_noise.ts";
export { checkEnvironment } from "./envs/check_environment.ts";
export { EnvironmentFailed, type EnvironmentPart } from "./envs/boundary.ts";
export * from "./envs/point_mass.ts";
export * from "./envs/swimmer.ts";
export * from "./envs/quadruped.ts";
export * from "./envs/worlds.ts";
export type { Rectangle } from "./envs/dynamics/walls.ts";
export type { Softness } from "./envs/dynamics/soft_constraint.ts";
export type { BodyTask } from "./envs/body_task.ts";
export * from "./envs/dynamics/chain_parameters.ts";
export { InvalidBody } from "./envs/dynamics/invalid_body.ts";
export * from "./envs/dynamics/quadruped_parameters.ts";

// Random numbers
export { child, type Key, keyOf, type Stream, stream, STREAMS } from "./src/random/key.ts";
export { bits, normal, uniform } from "./src/random/draw.ts";

// Programs as data
export * from "./src/tensor/shape.ts";
export {
  type Application,
  call,
  input,
  type Kernel,
  type Operation,
  type Tensor,
} from "./src/tensor/expression.ts";
export type { AdapterKind, Launch, Operand, Placement, Uniform } from "./src/tensor/launch.ts";
export * from "./src/tensor/primitives.ts";
export type { Distribution, Values } from "./src/tensor/loops.ts";
export * from "./src/tensor/program.ts";
export { grad, gradient, pullback } from "./src/tensor/gradient.ts";
export * from "./src/tensor/plan.ts";

// Kernels
export * from "./src/kernels/adam.ts";
export * from "./src/kernels/bellman.ts";
export * from "./src/kernels/dense.ts";
export * from "./src/kernels/finite.ts";
export * from "./src/kernels/means.ts";
export * from "./src/kernels/noise.ts";
export * from "./src/kernels/replay.ts";
export * from "./src/kernels/turned_transitions.ts";
export * from "./src/kernels/score.ts";
export * from "./src/kernels/soft_value.ts";
export * from "./src/kernels/stein.ts";

// Devices
export * from "./src/device/device.ts";
export { referenceDevice } from "./src/device/reference.ts";
export type { Variant } from "./src/device/assembly/assembly.ts";
export { cpuDevice, type CpuOptions } from "./src/device/cpu.ts";
export { type WebgpuDevice, webgpuDevice, type WebgpuOptions } from "./src/device/webgpu.ts";

// Learning
export * from "./src/learn/agent.ts";
export * from "./src/learn/algorithm.ts";
export { configured } from "./src/learn/algorithms.ts";
export * from "./src/learn/ddpg/algorithm.ts";
export * from "./src/learn/ddpg/options.ts";
export * from "./src/learn/ddpg/update.ts";
export * from "./src/learn/ddpg/learner.ts";
export * from "./src/learn/sac/algorithm.ts";
export * from "./src/learn/sac/learner.ts";
export * from "./src/learn/sac/options.ts";
export * from "./src/learn/sac/policy.ts";
export * from "./src/learn/sac/update.ts";
export * from "./src/learn/learner.ts";
export * from "./src/learn/network.ts";
export * from "./src/learn/option.ts";
export * from "./src/learn/options.ts";
export * from "./src/learn/policy.ts";
export * from "./src/learn/record.ts";
export * from "./src/learn/soft_q/algorithm.ts";
export * from "./src/learn/soft_q/options.ts";
export * from "./src/learn/soft_q/update.ts";
export * from "./src/learn/soft_q/learner.ts";

// Training
export { loadAgent } from "./src/train/agent_file.ts";
export * from "./src/train/collect.ts";
export * from "./src/train/evaluate.ts";
export * from "./src/train/evaluate_agent.ts";
export * from "./src/train/loop.ts";
export { drawMinibatch } from "./src/train/minibatch.ts";
export * from "./src/train/replay.ts";
export * from "./src/train/safetensors.ts";
export * from "./src/train/train.ts";
export * from "./src/train/trained.ts";
export * from "./src/train/training.ts";
