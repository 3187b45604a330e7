/**
 * softq: energy-based policies for continuous control. Soft Q-learning with a sampler trained by amortised Stein
 * variational gradient descent, as programs that run on a CPU or on WebGPU.
 *
 * Begin here:
 *
 * - `environment` makes a task of your own from a few pure functions, and `checkEnvironment` says what is wrong with it;
 *   `pointMass`, `swimmer` and `quadruped` are those of the paper.
 * - `trainSoftQ`, `trainDdpg` and `trainSac` train on it; `evaluate` plays episodes with what was learned.
 * - `loadAgent` reads a policy from its file; the `Agent` acts.
 * - `cpuDevice` and `webgpuDevice` choose where it is computed; `E` and `TE` handle failures, which are values.
 *
 * Everything below that has a module of its own: `envs/mod.ts`, and in `src` `random`, `tensor`, `kernels`, `device`, `learn`, `train` and `run` (`@softq/softq/tensor` and so on).
 *
 * @example
 * ```ts
 * import { E, evaluate, keyOf, loadAgent, pointMass, trainSoftQ } from "./mod.ts";
 * import assert from "node:assert/strict";
 * const trained = await trainSoftQ(pointMass(), { steps: 100, minimumReplay: 50, hidden: [8], batch: 4 })();
 * assert.ok(E.isRight(trained)); // failures are values: `trained.left` says what was wrong
 * const loaded = loadAgent(trained.right.save()); // or the bytes of a run's parameters.safetensors
 * assert.ok(E.isRight(loaded));
 * const action = loaded.right.act([0, 0], keyOf(1)); // equal keys give equal actions
 * assert.ok(action.every((a) => Math.abs(a) <= 1));
 * const played = await evaluate(loaded.right, pointMass(), { episodes: 5, horizon: 30 })();
 * assert.ok(E.isRight(played) && Number.isFinite(played.right.meanReturn));
 * ```
 *
 * @module
 */

// Failures as values
export { E, type Either, type Left, pipe, type Right, type Task, type TaskEither, TE } from "./src/deps.ts";

// Environments
export {
  type Component,
  type Environment,
  environment,
  type EnvironmentSpec,
  type Step,
  type StepBatch,
  type StepKeys,
} from "./envs/environment.ts";
export { EnvironmentFailed } from "./envs/boundary.ts";
export { checkEnvironment } from "./envs/check_environment.ts";
export { pointMass } from "./envs/point_mass.ts";
export { swimmer } from "./envs/swimmer.ts";
export { quadruped } from "./envs/quadruped.ts";

// Chance
export { child, type Key, keyOf } from "./src/random/key.ts";
export { normal, uniform } from "./src/random/draw.ts";

// Devices
export type { Device, DeviceError } from "./src/device/device.ts";
export { cpuDevice, type CpuOptions } from "./src/device/cpu.ts";
export { type WebgpuDevice, webgpuDevice, type WebgpuOptions } from "./src/device/webgpu.ts";
export { referenceDevice } from "./src/device/reference.ts";

// Algorithms and their options
export type { Algorithm } from "./src/learn/algorithm.ts";
export { ALGORITHMS } from "./src/learn/algorithms.ts";
export type { OptionsInvalid } from "./src/learn/option.ts";
export type { LearningOptions } from "./src/learn/options.ts";
export type { SoftQOptions } from "./src/learn/soft_q/options.ts";
export type { DdpgOptions } from "./src/learn/ddpg/options.ts";
export type { SacOptions } from "./src/learn/sac/options.ts";

// Training, evaluating, loading
export { trainDdpg, trainSac, trainSoftQ, trainWith } from "./src/train/train.ts";
export type { CallerFailed } from "./src/train/caller.ts";
export type { TrainContext, Trained, TrainingError, TrainingProgress } from "./src/train/trained.ts";
export { type AgentEvaluation, evaluate, type EvaluateOptions } from "./src/train/evaluate_agent.ts";
export type { Episode } from "./src/train/evaluate.ts";
export type { Agent, PolicyInvalid } from "./src/learn/agent.ts";
export { loadAgent } from "./src/train/agent_file.ts";
