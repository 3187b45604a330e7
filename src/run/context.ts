/**
 * The effects on which a run depends, and its failures.
 *
 * @module
 */

import { TE } from "../deps.ts";
import type { DeviceError } from "../device/device.ts";
import type { Running, TrainingState } from "../train/loop.ts";
import type { WrittenSettings } from "../learn/learner.ts";
import type { SnapshotInvalid } from "../train/snapshot.ts";
import type { CheckpointInvalid } from "./checkpoint/checkpoint.ts";
import type { ConfigInvalid } from "./configuration.ts";
import type { openDevice } from "./devices.ts";
import type { CodeFailed, NonFinite } from "./faults.ts";
import type { FileFailed, FolderTaken } from "./files.ts";
import type { MetricsRecord } from "./metrics/metrics.ts";
import type { Progress } from "./progress.ts";
import type { Tuning } from "./tuning.ts";

/** The user's interruption; a run has written a checkpoint. */
export interface Interrupted {
  /** The discriminant. */
  readonly _tag: "Interrupted";
  /** What was interrupted, and how to continue. */
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
  | CodeFailed
  | Interrupted;

/** The effects on which a run depends: a console, clocks, interruption and devices. */
export interface RunContext {
  /** Prints a line. */
  readonly say: (line: string) => void;
  /** Starts displaying the progress towards a number of environment steps. */
  readonly progress: (steps: number) => Progress;
  /** Seconds of a monotonic clock. */
  readonly now: () => number;
  /** The date in ISO 8601, for the manifest. */
  readonly date: () => string;
  /** Whether the user has interrupted the run. */
  readonly interrupted: () => boolean;
  /** Environment steps after which the run stops with a checkpoint, as if interrupted; none unless given. */
  readonly until?: number;
  /**
   * Registers a synchronous task for when the process exits before the run ends; returns the function that removes it.
   */
  readonly onExit?: (task: () => void) => () => void;
  /** Opens a device by name; `openDevice` of `devices.ts` unless given. */
  readonly openDevice?: typeof openDevice;
  /** How a WebGPU adapter's tiles are chosen; unless given, a resumed run uses its own, and a new one `first-use`. */
  readonly tuning?: Tuning;
  /** Number of workers that collect, 0 for none; chosen by `collectorsFor` unless given. */
  readonly collectors?: number;
  /** Observes the run after each iteration, with the records logged then. */
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
