/**
 * Where a sweep is, whatever that place may be: a folder of this machine, or a server. What the command line asks of one.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import { type ConfigInvalid, configInvalid } from "../run/configuration.ts";
import type { RunError } from "../run/context.ts";
import type { Overview } from "./overview.ts";
import type { SweepFile } from "./space.ts";
import type { Sweep } from "./trials.ts";

/** A server that cannot be used. */
export interface ServerFailed {
  /** The discriminant. */
  readonly _tag: "ServerFailed";
  /** What could not be done and why, in a sentence without secrets. */
  readonly message: string;
}

/** Why something could not be done with a sweep. */
export type SweepError = RunError | ServerFailed;

/** A sweep, and how its trials stand. */
export interface SweepStanding {
  readonly sweep: Sweep;
  readonly overview: Overview;
}

/** A sweep where it is. */
export interface SweepPlace {
  /** How its trials stand. */
  readonly standing: TE.TaskEither<SweepError, SweepStanding>;
  /** Lets its trials make checkpoints and wait, or go on. */
  readonly pause: (paused: boolean) => TE.TaskEither<SweepError, unknown>;
  /** Gives trials up, by number. */
  readonly cancel: (trials: readonly number[]) => TE.TaskEither<SweepError, unknown>;
  /** Makes trials again, from their beginning. */
  readonly retry: (trials: readonly number[]) => TE.TaskEither<SweepError, unknown>;
  /** Brings the results so far into a folder, as a sweep of this machine leaves them, and says how many trials those are. */
  readonly fetch: (folder: string) => TE.TaskEither<SweepError, number>;
}

/** How to reach a server, and as whom. Secrets are read from files, so that no list of processes shows them. */
export interface ServerOptions {
  /** `nats://host:port`, or `tls://…`. */
  readonly url: string;
  readonly user?: string;
  /** File that holds the user's password. */
  readonly passwordFile?: string;
  /** File that holds a token. */
  readonly tokenFile?: string;
  /** File of credentials (JWT and nkey) as the server's tools write it, or of an nkey's seed. */
  readonly credentials?: string;
  /** File of the certificate authority that the server's certificate is checked by. */
  readonly certificateAuthority?: string;
  /** Seconds after which a silent worker is taken for dead. */
  readonly lease: number;
  /** Most bytes that the server may keep of runs' files, where it is told by who comes first; else its own limit. */
  readonly storeBytes?: number;
}

/** How a worker works. */
export interface WorkerWishes {
  readonly folder: string;
  readonly name: string;
  /** Seconds between two checkpoints on the server. */
  readonly checkpointSeconds: number;
  /** Most bytes of memory that a trial may need; null: as much as the machine has free. */
  readonly memoryBytes: number | null;
  /** Whether it stops when no trial is left. */
  readonly untilEmpty: boolean;
  /** Whether it has been asked to stop. */
  readonly interrupted: () => boolean;
  /** Shows a line. */
  readonly say: (line: string) => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** Program and first arguments of softq's command line. */
  readonly softq: readonly string[];
}

/** What a worker did. */
export interface WorkerEnd {
  /** Trials that ended here. */
  readonly ended: number;
  /** Outcomes that were there already, with the same bits. */
  readonly duplicates: number;
  /** Outcomes that were there already with other bits, by trial. */
  readonly faults: readonly string[];
  /** Why it gave up, where this machine could do nothing right several times in a row. */
  readonly trouble: string | null;
}

/** What came of submitting a sweep. */
export interface Submitted {
  /** Trials that now wait for workers. */
  readonly waiting: number;
  /** What its checkpoints ask of the server, in a line. */
  readonly store: string;
}

/** A server that sweeps are on. */
export interface SweepServer {
  /** Puts a sweep there, once however often it is done. */
  readonly submit: (file: SweepFile, sweep: Sweep) => TE.TaskEither<SweepError, Submitted>;
  /** A sweep that is there. */
  readonly place: (name: string) => SweepPlace;
  /** Makes trials of whatever sweeps are there. */
  readonly work: (wishes: WorkerWishes) => TE.TaskEither<SweepError, WorkerEnd>;
}

/** Numbers of the trials of some names. */
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
