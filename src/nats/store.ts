/**
 * The room that a server has for runs' files: seen before it is used up.
 *
 * Law, tested: a worker whose server has no room goes on training, sends no checkpoint and waits with its results; nothing is
 * lost or marked as failed by it.
 *
 * @module
 */

import type { Experiment } from "../run/experiment.ts";
import { checkpointBytes, resultBytes } from "../run/checkpoint/size.ts";
import type { Sweep } from "../sweep/trials.ts";
import type { Bus } from "./bus.ts";
import { persist } from "./connection.ts";
import { jetstreamManager } from "./deps.ts";

/** The share of a limit that is left free, for what the server keeps beside the files. */
const RESERVE = 0.05;

/** Bytes of files on a server, and how many more it takes; null where it has no limit of its own. */
export interface Room {
  readonly used: number;
  readonly free: number | null;
}

/** The stream that an object store's files are in. */
const STREAM = "OBJ_softq-files";

/** Asks a server for its room. */
export const roomOn = (bus: Bus): Promise<Room> =>
  persist(bus.connection, async () => {
    const manager = await jetstreamManager(bus.connection);
    const [{ config, state }, account] = [
      await manager.streams.info(STREAM),
      await manager.getAccountInfo(),
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

/** Bytes as a person reads them. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const k = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${Number((bytes / 1000 ** k).toPrecision(3))} ${units[k]}`;
}

/** What a sweep asks of a server's store. */
export interface StoreNeed {
  /** Bytes of the largest trial's checkpoint, at most. */
  readonly checkpoint: number;
  /** Bytes of all results, at most. */
  readonly results: number;
}

/** What a sweep will ask of a server's store, by its configurations. */
export function needOf({ trials }: Sweep, experiments: readonly Experiment[]): StoreNeed {
  // Most trials are alike in all that their size depends on.
  const known = new Map<string, readonly [checkpoint: number, result: number]>();
  const sizes = trials.map(({ configuration, experiment: name }) => {
    const { seed: _, ...same } = configuration, key = JSON.stringify(same);
    const experiment = experiments.find((each) => each.name === name)!; // it has been checked
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

/** The same in a line, beside what there is. */
export const needText = ({ checkpoint, results }: StoreNeed, { used, free }: Room): string =>
  `A checkpoint takes at most ${
    bytesText(checkpoint)
  }, and two are kept of each trial in work; all results ` +
  `at most ${bytesText(results)}; the server holds ${bytesText(used)} and has room for ` +
  (free === null ? "as much as its disk" : bytesText(free));
