/**
 * Runs: trainings that write a folder, from a configuration to results, and can be interrupted and resumed.
 *
 * @module
 */

export { train } from "./run.ts";
export { resume, type ResumeOptions } from "./resume.ts";
export type { Interrupted, RunContext, RunError } from "./context.ts";
export type { CodeFailed, NonFinite, RunFailed } from "./faults.ts";
export { ExperimentFailed, type ExperimentPart } from "./checked_experiment.ts";
export type { CheckpointInvalid } from "./checkpoint/checkpoint.ts";
export type { SnapshotInvalid } from "../train/snapshot.ts";
export { type DeviceName, openDevice } from "./devices.ts";
export type { Tuning } from "./tuning.ts";
export type { Progress, ProgressReport } from "./progress.ts";
export type { MetricsRecord, MetricValue } from "./metrics/metrics.ts";
export type { Json, JsonObject } from "./json.ts";
export type { Measure, MeasureTable } from "./measures.ts";
export type { Gait } from "./scripted.ts";
export type { RunResult } from "./conclude.ts";
export {
  type ConfigInvalid,
  type Configuration,
  RUN_OPTIONS,
  type RunOptions,
  type Stored,
  STORED_OPTIONS,
  validate,
} from "./configuration.ts";
export {
  type Algorithm,
  type Evaluated,
  type Experiment,
  type Finished,
  presetOf,
  type Scale,
} from "./experiment.ts";
export {
  createNextRun,
  createRun,
  type FileFailed,
  type FileRecord,
  type FolderTaken,
  type RunFolder,
  type TakenFolder,
} from "./files.ts";
export { type TrainedRun, trainedRun } from "./trained_run.ts";
