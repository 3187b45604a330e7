/**
 * What sweeps keep on a NATS server: a queue of work, and buckets for their descriptions and results.
 *
 *     stream  softq-jobs         a work queue: trial T of sweep S until rung R, subject softq.jobs.S.T.R
 *     bucket  softq-sweeps       S → its file, version and revision, written once
 *     bucket  softq-outcomes     S.T → the trial's result, written once; S.T.R → its score at a rung
 *     bucket  softq-checkpoints  S.T → the files of its last two checkpoints
 *     bucket  softq-failures     S.T → how often its process died, where and why
 *     bucket  softq-workers      who works at what, for people; an entry goes away by itself
 *     objects softq-files        files by trial and SHA-256
 *
 * Delivery is at least once: whatever a worker does may be done twice, and the first result that is written counts. That is
 * harmless because a run is a function of its configuration; a second result is compared with the first.
 *
 * @module
 */

import {
  AckPolicy,
  type Consumer,
  DiscardPolicy,
  jetstream,
  type JetStreamClient,
  jetstreamManager,
  type KV,
  Kvm,
  type NatsConnection,
  type ObjectStore,
  Objm,
  RetentionPolicy,
  StorageType,
} from "./deps.ts";

/** Name of the queue's stream and of the consumer that all workers share. */
export const JOBS = "softq-jobs", WORKERS = "softq-workers";

/** A piece of work. */
export interface Job {
  readonly sweep: string;
  /** Number of the trial. */
  readonly trial: number;
  /** Number of the rung to train until. */
  readonly rung: number;
}

/** What sweeps use of a server. */
export interface Bus {
  readonly connection: NatsConnection;
  readonly jobs: JetStreamClient;
  readonly sweeps: KV;
  readonly outcomes: KV;
  readonly checkpoints: KV;
  readonly failures: KV;
  readonly workers: KV;
  readonly files: ObjectStore;
  /** Seconds after which a worker that says nothing is taken for dead: the server's, whatever was asked for. */
  readonly lease: number;
}

const NANOSECONDS = 1e9;

/** Seconds for which an entry of a worker stands that says nothing more. */
const PRESENCE = 60;

/**
 * Opens what sweeps use, and makes what is not there yet.
 *
 * @param lease seconds of silence after which a worker is taken for dead, for a server that has none yet
 * @param storeBytes most bytes of runs' files, for a server that has none yet
 */
export async function openBus(connection: NatsConnection, lease: number, storeBytes?: number): Promise<Bus> {
  const manager = await jetstreamManager(connection), kvm = new Kvm(connection);
  await manager.streams.info(JOBS).catch(() =>
    manager.streams.add({
      name: JOBS,
      subjects: ["softq.jobs.>"],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      // A job is in the queue once, however often it is put there.
      max_msgs_per_subject: 1,
      discard: DiscardPolicy.New,
      discard_new_per_subject: true,
    })
  );
  const consumer = await manager.consumers.info(JOBS, WORKERS).catch(() =>
    manager.consumers.add(JOBS, {
      durable_name: WORKERS,
      ack_policy: AckPolicy.Explicit,
      // Who says nothing for so long is taken for dead, and its job is given to another.
      ack_wait: lease * NANOSECONDS,
      max_deliver: -1,
      max_ack_pending: 100_000,
    })
  );
  const bucket = (name: string, options: { readonly ttl?: number } = {}) =>
    kvm.create(`softq-${name}`, { history: 1, storage: StorageType.File, ...options });
  return {
    connection,
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

/** Puts a job into the queue, unless it is in it. */
export async function publishJob({ jobs }: Bus, { sweep, trial, rung }: Job): Promise<void> {
  try {
    await jobs.publish(`softq.jobs.${sweep}.${trial}.${rung}`, new Uint8Array());
  } catch (error) {
    if (!(error instanceof Error && /maximum messages per subject/i.test(error.message))) throw error;
  }
}

/** The job that a subject names, or null. */
export function jobOf(subject: string): Job | null {
  const found = /^softq\.jobs\.([a-z0-9-]+)\.(\d{1,9})\.(\d{1,3})$/.exec(subject);
  return found === null ? null : { sweep: found[1]!, trial: Number(found[2]), rung: Number(found[3]) };
}

/** Whether an entry was written, and not there before. */
export async function writeOnce(bucket: KV, key: string, value: string): Promise<boolean> {
  try {
    await bucket.create(key, value);
    return true;
  } catch (error) {
    // "wrong last sequence": somebody came first. Anything else is a failure.
    if (error instanceof Error && /wrong last sequence|already exists/i.test(error.message)) return false;
    throw error;
  }
}
