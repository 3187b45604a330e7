/**
 * An adapter's tiles: measured when it is first used, and remembered by adapter, version and runtime.
 *
 * Laws, tested: an adapter is measured once; a result that is unreadable or not as it was written is ignored; tiles
 * change no bit of a result.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };
import type { Tunable } from "../device/webgpu.ts";
import { tunedPrograms } from "../kernels/tuned.ts";
import type { Tiles } from "../tensor/launch.ts";
import { z } from "./deps.ts";

/**
 * Which tiles a WebGPU adapter's launches take: those measured at the first use of a GPU (a software adapter keeps its
 * kernels' own, which were chosen on one); those measured now, on any adapter; the kernels' own; or those of a run that is
 * resumed.
 */
export type Tuning = "first-use" | "measure" | "default" | Tiles;

/** The names that `--tuning` takes. */
export const TUNINGS = ["first-use", "measure", "default"] as const;

/** Where measurements are remembered. */
export interface Memory {
  readonly getItem: (key: string) => string | null;
  readonly setItem: (key: string, value: string) => void;
}

/** Milliseconds that measuring may take. */
const MILLISECONDS = 1000;

const remembered = z.record(z.string(), z.string());

/** Tiles as stored in a manifest or in the runtime's storage; null if it has none, or something else. */
export function tilesOf(written: unknown): Tiles | null {
  const parsed = remembered.safeParse(written);
  return parsed.success ? parsed.data : null;
}

/** The runtime's own storage, which in Deno belongs to the program and needs no permission; null where there is none. */
function ownMemory(): Memory | null {
  const scope: object = globalThis; // in a worker's types there is no such storage
  try {
    return "localStorage" in scope ? scope.localStorage as Memory : null;
  } catch {
    return null; // a folder that cannot be written
  }
}

/** The key of an adapter's measurement: a driver's version is part of the adapter's name, or of the runtime's. */
const keyOf = ({ description }: Tunable): string =>
  `softq tiles: ${description}, softq ${project.version}, Deno ${Deno.version.deno}`;

function recall(memory: Memory | null, key: string): Tiles | null {
  try {
    return tilesOf(JSON.parse(memory?.getItem(key) ?? "null"));
  } catch {
    return null;
  }
}

function remember(memory: Memory | null, key: string, tiles: Tiles): void {
  try {
    memory?.setItem(key, JSON.stringify(tiles));
  } catch {
    // It is full: the next process measures again.
  }
}

/** Decides on an adapter's tiles. */
export const decideTiles =
  (tuning: Tuning, memory: () => Memory | null = ownMemory) => async (adapter: Tunable): Promise<Tiles> => {
    if (typeof tuning === "object") return tuning;
    if (tuning === "default" || tuning === "first-use" && adapter.adapter === "software") return {};
    const place = memory(), key = keyOf(adapter);
    const known = tuning === "measure" ? null : recall(place, key);
    if (known !== null) return known;
    const tiles = await adapter.tune(tunedPrograms(), MILLISECONDS);
    remember(place, key, tiles);
    return tiles;
  };
