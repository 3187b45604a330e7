/**
 * The server's free space for runs' files, checked before it is exhausted.
 *
 * Law, tested: a worker whose server is full continues training, sends no checkpoint and retains its results until
 * there is room; nothing is lost or marked as failed.
 *
 * @module
 */

import type { Experiment } from "../run/experiment.ts";
import { checkpointBytes, resultBytes } from "../run/checkpoint/size.ts";
import type { Sweep } from "../sweep/trials.ts";
import type { Bus } from "./bus.ts";
import { persist } from "./connection.ts";

/** The fraction of a limit that is kept free for the server's other data. */
const RESERVE = 0.05;

/** Bytes used on a server, and bytes free; null if it has no limit. */
export interface Room {
  readonly used: number;
  readonly free: number | null;
}

/** The stream of the object store's files. */
export const STREAM = "OBJ_softq-files";

/** Reads a server's used and free space. */
export const roomOn = (bus: Bus): Promise<Room> =>
  persist(bus.connection, async () => {
    const [{ config, state }, account] = [
      await bus.manager.streams.info(STREAM),
      await bus.manager.getAccountInfo(),
    ];
    const limits = [
      [config.max_bytes, state.bytes],
      [account.limits.max_storage, account.storage],
    ].flatMap(([limit, used]) => limit! > 0 ? [limit! * (1 - RESERVE) - used!] : []);
    return { used: state.bytes, free: limits.length === 0 ? null : Math.max(0, Math.min(...limits)) };
  });

/** Whether there is room for so many bytes. */
export async function hasRoom(bus: Bus, bytes: number): Promise<boolean> {
  const { free } = await roomOn(bus);
  return free === null || bytes <= free;
}

/** Whether an error says that a server's store is full. */
export const isFull = (error: unknown): boolean =>
  error instanceof Error &&
  /maximum bytes exceeded|insufficient (storage )?resources|no space|resource limits exceeded/i.test(
    error.message,
  );

/** Formats a number of bytes. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const k = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${Number((bytes / 1000 ** k).toPrecision(3))} ${units[k]}`;
}

/** Storage that a sweep needs on a server. */
export interface StoreNeed {
  /** Upper bound of the largest trial's checkpoint, bytes. */
  readonly checkpoint: number;
  /** Upper bound of all results, bytes. */
  readonly results: number;
}

/** The storage that a sweep needs, computed from its configurations. */
export function needOf({ trials }: Sweep, experiments: readonly Experiment[]): StoreNeed {
  // Most trials agree in all fields that determine their size.
  const known = new Map<string, readonly [checkpoint: number, result: number]>();
  const sizes = trials.map(({ configuration, experiment: name }) => {
    const { seed: _, ...same } = configuration, key = JSON.stringify(same);
    const experiment = experiments.find((each) => each.name === name)!; // validated
    const found = known.get(key) ??
      [checkpointBytes(experiment, configuration), resultBytes(experiment, configuration)] as const;
    known.set(key, found);
    return found;
  });
  return {
    checkpoint: sizes.reduce((most, [checkpoint]) => Math.max(most, checkpoint), 0),
    results: sizes.reduce((sum, [, result]) => sum + result, 0),
  };
}

/** Required and available storage in one line. */
export const needText = ({ checkpoint, results }: StoreNeed, { used, free }: Room): string =>
  `A checkpoint takes at most ${
    bytesText(checkpoint)
  }, and two are kept of each trial in work; all results ` +
  `at most ${bytesText(results)}; the server holds ${bytesText(used)} and has room for ` +
  (free === null ? "as much as its disk" : bytesText(free));
