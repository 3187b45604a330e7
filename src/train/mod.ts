/**
 * Training: collecting, the replay, the loop, evaluation, and files of parameters.
 *
 * `trainSoftQ`, `trainDdpg`, `trainSac`, `trainWith`, `evaluate`, `loadAgent`, `encode` and `decode` check
 * all their arguments. The other functions are parts of the library and trust their arguments to have the
 * declared types.
 *
 * @module
 */

export { loadAgent } from "./agent_file.ts";
export type { CallerFailed } from "./caller.ts";
export * from "./collect.ts";
export * from "./evaluate.ts";
export * from "./evaluate_agent.ts";
export * from "./loop.ts";
export { drawMinibatch } from "./minibatch.ts";
export * from "./replay.ts";
export * from "./safetensors.ts";
export * from "./train.ts";
export * from "./trained.ts";
export * from "./training.ts";
export * from "./iteration.ts";
export type { CollectorModule } from "./environment_collectors.ts";
export type { Merge, ParallelStepper, RangeChunk, RangeTask } from "./parallel.ts";
export type { Range, RangeState, StepResults } from "./stepper.ts";
export type { Collectors } from "./collectors.ts";
