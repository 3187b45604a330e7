/**
 * Storage of sweeps on a NATS server: a work queue, and buckets for their definitions and results.
 *
 *     stream  softq-jobs         a work queue: trial T of sweep S up to rung R, subject softq.jobs.S.T.R
 *     bucket  softq-sweeps       S → its file, version and revision, written once
 *     bucket  softq-outcomes     S.T → the trial's result, written once; S.T.R → its score at a rung
 *     bucket  softq-checkpoints  S.T → the files of its last two checkpoints
 *     bucket  softq-failures     S.T → how often its process died, where and why
 *     bucket  softq-workers      the current job of each worker, for display; entries expire
 *     objects softq-files        files by trial and SHA-256
 *
 * Delivery is at least once: any job may be done twice, and the first result written counts. This is harmless because a
 * run is a function of its configuration; a second result is compared with the first.
 *
 * @module
 */

import {
  AckPolicy,
  type Consumer,
  DiscardPolicy,
  jetstream,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  type KV,
  Kvm,
  type NatsConnection,
  type ObjectStore,
  Objm,
  RetentionPolicy,
  StorageType,
} from "./deps.ts";

/** Names of the queue's stream and of the consumer shared by all workers. */
export const JOBS = "softq-jobs", WORKERS = "softq-workers";

/** A job: train a trial up to a rung. */
export interface Job {
  readonly sweep: string;
  /** Number of the trial. */
  readonly trial: number;
  /** Number of the rung. */
  readonly rung: number;
}

/** A server's streams and buckets. */
export interface Bus {
  readonly connection: NatsConnection;
  /** For questions about the streams. */
  readonly manager: JetStreamManager;
  readonly jobs: JetStreamClient;
  readonly sweeps: KV;
  readonly outcomes: KV;
  readonly checkpoints: KV;
  readonly failures: KV;
  readonly workers: KV;
  readonly files: ObjectStore;
  /** Seconds of silence after which a worker is considered dead: the server's setting, whatever was requested. */
  readonly lease: number;
}

const NANOSECONDS = 1e9;

/** Time to live of a worker's entry, s. */
const PRESENCE = 60;

/**
 * Opens the streams and buckets, creating those that do not exist.
 *
 * @param lease seconds of silence after which a worker is considered dead; used when the consumer is created
 * @param storeBytes limit on the bytes of runs' files; used when the store is created
 */
export async function openBus(connection: NatsConnection, lease: number, storeBytes?: number): Promise<Bus> {
  const manager = await jetstreamManager(connection), kvm = new Kvm(connection);
  // If several clients connect first concurrently, one of them creates these.
  const made = <A>(info: () => Promise<A>, add: () => Promise<A>): Promise<A> =>
    info().catch(() => add().catch((error) => info().catch(() => Promise.reject(error))));
  await made(() => manager.streams.info(JOBS), () =>
    manager.streams.add({
      name: JOBS,
      subjects: ["softq.jobs.>"],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      // A job is in the queue at most once, however often it is published.
      max_msgs_per_subject: 1,
      discard: DiscardPolicy.New,
      discard_new_per_subject: true,
    }));
  const consumer = await made(() => manager.consumers.info(JOBS, WORKERS), () =>
    manager.consumers.add(JOBS, {
      durable_name: WORKERS,
      ack_policy: AckPolicy.Explicit,
      // A worker silent for this long is considered dead, and its job is redelivered.
      ack_wait: lease * NANOSECONDS,
      max_deliver: -1,
      max_ack_pending: 100_000,
    }));
  const bucket = (name: string, options: { readonly ttl?: number } = {}) =>
    kvm.create(`softq-${name}`, { history: 1, storage: StorageType.File, ...options });
  return {
    connection,
    manager,
    jobs: jetstream(connection),
    sweeps: await bucket("sweeps"),
    outcomes: await bucket("outcomes"),
    checkpoints: await bucket("checkpoints"),
    failures: await bucket("failures"),
    workers: await bucket("workers", { ttl: 1000 * PRESENCE }),
    files: await new Objm(connection).create("softq-files", {
      storage: StorageType.File,
      ...storeBytes === undefined ? {} : { max_bytes: storeBytes },
    }),
    lease: (consumer.config.ack_wait ?? lease * NANOSECONDS) / NANOSECONDS,
  };
}

/** The consumer from which workers fetch jobs. */
export const consumerOf = (bus: Bus): Promise<Consumer> => bus.jobs.consumers.get(JOBS, WORKERS);

/** Publishes a job, unless it is already in the queue. */
export async function publishJob({ jobs }: Bus, { sweep, trial, rung }: Job): Promise<void> {
  try {
    await jobs.publish(`softq.jobs.${sweep}.${trial}.${rung}`, new Uint8Array());
  } catch (error) {
    if (!(error instanceof Error && /maximum messages per subject/i.test(error.message))) throw error;
  }
}

/** Parses the job in a subject; null if invalid. */
export function jobOf(subject: string): Job | null {
  const found = /^softq\.jobs\.([a-z0-9-]+)\.(\d{1,9})\.(\d{1,3})$/.exec(subject);
  return found === null ? null : { sweep: found[1]!, trial: Number(found[2]), rung: Number(found[3]) };
}

/** Whether an error says that another client wrote an entry first. */
const isRevisionConflict = (error: unknown): boolean =>
  error instanceof Error && /wrong last sequence|already exists/i.test(error.message);

/** Writes an entry unless it exists; returns whether it was written. */
export async function writeOnce(bucket: KV, key: string, value: string): Promise<boolean> {
  try {
    await bucket.create(key, value);
    return true;
  } catch (error) {
    if (isRevisionConflict(error)) return false;
    throw error;
  }
}

/** Writes an entry unless it has changed since a revision; returns whether it was written. */
export async function writeOver(
  bucket: KV,
  key: string,
  value: string,
  revision: number,
): Promise<boolean> {
  try {
    await bucket.update(key, value, revision);
    return true;
  } catch (error) {
    if (isRevisionConflict(error)) return false;
    throw error;
  }
}
