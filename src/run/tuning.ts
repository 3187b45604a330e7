/**
 * The tiles of a WebGPU adapter: measured when it is first used, and stored by adapter, version and runtime.
 *
 * Laws, tested: an adapter is measured once; a stored measurement that is unreadable or invalid is ignored; tiles do
 * not change a bit of any result.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };
import type { Tunable } from "../device/webgpu.ts";
import { tunedPrograms } from "../kernels/tuned.ts";
import type { Tiles } from "../tensor/launch.ts";
import { z } from "./deps.ts";

/**
 * The tiles of a WebGPU adapter's launches. `first-use`: measured when a GPU is first used (a software adapter uses the
 * kernels' defaults, which were chosen on one); `measure`: measured now, on any adapter; `default`: the kernels'
 * defaults; or given ones, such as those of a resumed run.
 */
export type Tuning = "first-use" | "measure" | "default" | Tiles;

/** The names that `--tuning` takes. */
export const TUNINGS = ["first-use", "measure", "default"] as const;

/** Where measurements are stored. */
export interface TileStorage {
  readonly getItem: (key: string) => string | null;
  readonly setItem: (key: string, value: string) => void;
}

/** The time that measuring may take, ms. */
const MILLISECONDS = 1000;

const remembered = z.record(z.string(), z.string());

/** Tiles as stored in a manifest or in the runtime's storage; null if there are none or they are invalid. */
export function tilesOf(written: unknown): Tiles | null {
  const parsed = remembered.safeParse(written);
  return parsed.success ? parsed.data : null;
}

/** The runtime's storage, which in Deno belongs to the program and needs no permission; null if there is none. */
function runtimeStorage(): TileStorage | null {
  const scope: object = globalThis; // the types of a worker lack localStorage
  try {
    return "localStorage" in scope ? scope.localStorage as TileStorage : null;
  } catch {
    return null; // a folder that cannot be written
  }
}

/** The key of an adapter's measurement: a driver's version is part of the adapter's name, or of the runtime's. */
const keyOf = ({ description }: Tunable): string =>
  `softq tiles: ${description}, softq ${project.version}, Deno ${Deno.version.deno}`;

function recall(storage: TileStorage | null, key: string): Tiles | null {
  try {
    return tilesOf(JSON.parse(storage?.getItem(key) ?? "null"));
  } catch {
    return null;
  }
}

function remember(storage: TileStorage | null, key: string, tiles: Tiles): void {
  try {
    storage?.setItem(key, JSON.stringify(tiles));
  } catch {
    // The storage is full: the next process measures again.
  }
}

/** Decides on an adapter's tiles. */
export const decideTiles =
  (tuning: Tuning, storage: () => TileStorage | null = runtimeStorage) =>
  async (adapter: Tunable): Promise<Tiles> => {
    if (typeof tuning === "object") return tuning;
    if (tuning === "default" || tuning === "first-use" && adapter.adapter === "software") return {};
    const place = storage(), key = keyOf(adapter);
    const known = tuning === "measure" ? null : recall(place, key);
    if (known !== null) return known;
    const tiles = await adapter.tune(tunedPrograms(), MILLISECONDS);
    remember(place, key, tiles);
    return tiles;
  };
