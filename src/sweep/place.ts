/**
 * The location of a sweep, a local folder or a server, as an interface for the command line.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import { type ConfigInvalid, configInvalid } from "../run/configuration.ts";
import type { RunError } from "../run/context.ts";
import type { Experiment } from "../run/experiment.ts";
import type { Overview } from "./overview.ts";
import type { SweepFile } from "./space.ts";
import type { Sweep } from "./trials.ts";

/** A server error. */
export interface ServerFailed {
  /** The discriminant. */
  readonly _tag: "ServerFailed";
  /** What failed and why, in a sentence without secrets. */
  readonly message: string;
}

/** The failure of an operation on a sweep. */
export type SweepError = RunError | ServerFailed;

/** A sweep and the status of its trials. */
export interface SweepStatus {
  readonly sweep: Sweep;
  readonly overview: Overview;
}

/** Operations on a sweep at its location. */
export interface SweepPlace {
  /** The status of its trials. */
  readonly status: TE.TaskEither<SweepError, SweepStatus>;
  /** Pauses its trials after a checkpoint, or resumes them. */
  readonly pause: (paused: boolean) => TE.TaskEither<SweepError, unknown>;
  /** Cancels trials, by number. */
  readonly cancel: (trials: readonly number[]) => TE.TaskEither<SweepError, unknown>;
  /** Restarts trials from the beginning, by number. */
  readonly retry: (trials: readonly number[]) => TE.TaskEither<SweepError, unknown>;
  /** Copies the results so far to a folder, in the layout of a local sweep; returns the number of trials. */
  readonly fetch: (folder: string) => TE.TaskEither<SweepError, number>;
}

/** Address and credentials of a server. Secrets are read from files, so that no process list shows them. */
export interface ServerOptions {
  /** `nats://host:port`, or `tls://…`. */
  readonly url: string;
  readonly user?: string | undefined;
  /** File that holds the user's password. */
  readonly passwordFile?: string | undefined;
  /** File that holds a token. */
  readonly tokenFile?: string | undefined;
  /** File of credentials (JWT and nkey) as the server's tools write it, or of an nkey's seed. */
  readonly credentials?: string | undefined;
  /** File of the certificate authority that must have signed the server's certificate. */
  readonly certificateAuthority?: string | undefined;
  /** Seconds of silence after which a worker is considered dead. */
  readonly lease: number;
  /** Limit on the bytes of runs' files on the server, set by the first client; by default the server's own limit. */
  readonly storeBytes?: number | undefined;
}

/** Options of a worker. */
export interface WorkOptions {
  /** Folder for its runs; null for the first of `runs/worker-1`, `runs/worker-2`, … that no other worker has. */
  readonly folder: string | null;
  readonly name: string;
  /** Seconds between two checkpoints on the server. */
  readonly checkpointSeconds: number;
  /** Memory limit of a trial, bytes; null for the machine's free memory. */
  readonly memoryBytes: number | null;
  /** Whether to stop when no trial is left. */
  readonly untilEmpty: boolean;
  /** Whether it has been asked to stop. */
  readonly interrupted: () => boolean;
  /** Prints a line. */
  readonly say: (line: string) => void;
  /** A monotonic clock, ms. */
  readonly now: () => number;
  /** Program and first arguments of softq's command line. */
  readonly softq: readonly string[];
}

/** Summary of a worker's work. */
export interface WorkerEnd {
  /** Number of trials that ended here. */
  readonly ended: number;
  /** Number of outcomes that had already been recorded, with the same bits. */
  readonly duplicates: number;
  /** Outcomes that had already been recorded with different bits, by trial. */
  readonly faults: readonly string[];
  /** Why it gave up after several consecutive failures of this machine; null if it did not. */
  readonly machineFailure: string | null;
}

/** The result of submitting a sweep. */
export interface Submitted {
  /** Number of trials that now wait for workers. */
  readonly waiting: number;
  /** Storage that its checkpoints need on the server, in one line. */
  readonly store: string;
}

/** A server of sweeps. */
export interface SweepServer {
  /** Submits a sweep; idempotent. */
  readonly submit: (file: SweepFile, sweep: Sweep) => TE.TaskEither<SweepError, Submitted>;
  /** A submitted sweep, by name. */
  readonly place: (name: string) => SweepPlace;
  /** Executes trials of all sweeps on the server. */
  readonly work: (options: WorkOptions) => TE.TaskEither<SweepError, WorkerEnd>;
}

/** Connects to sweeps on servers; only `cluster.ts` provides it, with the packages that it needs. */
export type Connect = (experiments: readonly Experiment[], options: ServerOptions) => SweepServer;

/** The numbers of trials, by name. */
export function trialsNamed(
  { trials }: Sweep,
  names: readonly string[],
): E.Either<ConfigInvalid, readonly number[]> {
  const unknown = names.find((name) => !trials.some((trial) => trial.name === name));
  return unknown === undefined
    ? E.right(names.map((name) => trials.findIndex((trial) => trial.name === name)))
    : E.left(
      configInvalid("trial", `The sweep has no trial "${unknown}": softq sweep status lists them`),
    );
}
