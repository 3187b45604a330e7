/**
 * What a run needs from outside, and how it can fail.
 *
 * @module
 */

import { TE } from "../deps.ts";
import type { EnvironmentFailed } from "../../envs/boundary.ts";
import type { DeviceError } from "../device/device.ts";
import type { Running, TrainingState } from "../train/loop.ts";
import type { WrittenSettings } from "../learn/learner.ts";
import type { SnapshotInvalid } from "../train/snapshot.ts";
import type { CheckpointInvalid } from "./checkpoint/checkpoint.ts";
import type { ConfigInvalid } from "./configuration.ts";
import type { openDevice } from "./devices.ts";
import type { NonFinite, RunFailed } from "./faults.ts";
import type { FileFailed, FolderTaken } from "./files.ts";
import type { MetricsRecord } from "./metrics/metrics.ts";
import type { Progress } from "./progress.ts";

/** What was asked to stop before its end; a run has written a checkpoint. */
export interface Interrupted {
  /** Tells it from other errors. */
  readonly _tag: "Interrupted";
  /** What was stopped, and how it goes on. */
  readonly message: string;
}

/** Why a run could not be started or finished. */
export type RunError =
  | ConfigInvalid
  | FileFailed
  | FolderTaken
  | DeviceError
  | CheckpointInvalid
  | SnapshotInvalid
  | NonFinite
  | EnvironmentFailed
  | RunFailed
  | Interrupted;

/** What a run needs from outside: a console, clocks, the wish to stop, and devices. */
export interface RunContext {
  /** Shows a line. */
  readonly say: (line: string) => void;
  /** Begins to show the progress towards a number of environment steps. */
  readonly progress: (steps: number) => Progress;
  /** Seconds of a monotonic clock. */
  readonly now: () => number;
  /** The date in ISO 8601, for the manifest. */
  readonly date: () => string;
  /** Whether the run has been asked to stop. */
  readonly interrupted: () => boolean;
  /** Environment steps after which the run stops with a checkpoint, as if it had been asked to then; none unless given. */
  readonly until?: number;
  /** Has something done, at once, when the process ends without waiting for the run; gives what forgets it. */
  readonly onExit?: (task: () => void) => () => void;
  /** Opens the device of a name; the real ones unless given. */
  readonly openDevice?: typeof openDevice;
  /** Workers that collect, 0 for none; by default as `collectorsFor` has it. */
  readonly collectors?: number;
  /** Sees the run after each turn, with the records that were logged then. */
  readonly observe?: (
    running: Running<WrittenSettings>,
    state: TrainingState,
    logged: readonly MetricsRecord[],
  ) => Promise<void>;
}

/** Uses a resource and releases it, whether its use succeeds, fails or throws. */
export const bracket =
  <R>(acquire: TE.TaskEither<RunError, R>, release: (resource: R) => void | Promise<void>) =>
  <A>(use: (resource: R) => TE.TaskEither<RunError, A>): TE.TaskEither<RunError, A> =>
    TE.chain((resource: R): TE.TaskEither<RunError, A> => async () => {
      try {
        return await use(resource)();
      } finally {
        await release(resource);
      }
    })(acquire);
