/**
 * Runs: trainings with a folder of their own, from a configuration to results, which can be stopped and resumed.
 *
 * @module
 */

export { train } from "./run.ts";
export { resume, type ResumeOptions } from "./resume.ts";
export type { RunContext, RunError } from "./context.ts";
export type { RunResult } from "./conclude.ts";
export { type ConfigInvalid, type Configuration, validate } from "./configuration.ts";
export { type Experiment, type Finished, presetOf } from "./experiment.ts";
export { createNextRun, createRun, type TakenFolder } from "./files.ts";
export { type TrainedRun, trainedRun } from "./trained_run.ts";
