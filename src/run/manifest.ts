/**
 * The manifest of a run: software, machine, times and outcome.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import project from "../../deno.json" with { type: "json" };
import type { Device } from "../device/device.ts";
import type { Tiles } from "../tensor/launch.ts";
import type { Configuration } from "./configuration.ts";
import type { FileRecord } from "./files.ts";
import { type JsonObject, jsonText } from "./json.ts";
import { isReadable } from "./permissions.ts";

/** The text of `config.json`. */
export const configText = (configuration: object): string => jsonText(configuration);

/** The id of a run, a digest of its configuration, so that equal runs have equal files. */
export const runId = (configuration: object): string =>
  createHash("sha256").update(configText(configuration)).digest("hex").slice(0, 16);

/** The constant part of a manifest. */
export interface RunIdentity {
  /** The run's id. */
  readonly run: string;
  /** Version of softq. */
  readonly version: string;
  /** Revision of the code if it runs from a readable checkout, else null. */
  readonly revision: string | null;
  /** Version of Deno. */
  readonly deno: string;
  /** Kind of device. */
  readonly device: string;
  /** Adapter, or WebAssembly variant. */
  readonly adapter: string;
  /** Tiles that replace the kernels' defaults on a WebGPU adapter; a resumed run uses them again. */
  readonly tiles?: Tiles;
  /** Architecture and operating system. */
  readonly processor: string;
  /** Seed of replica 0. */
  readonly seed: number;
}

/** The revision of the checkout, if its `.git` is readable. */
export async function revision(): Promise<string | null> {
  const root = new URL("../../.git", import.meta.url);
  if (root.protocol !== "file:") return null;
  if (!isReadable(root)) return null; // a revision is not worth a prompt
  const read = async (path: string): Promise<string> => (await Deno.readTextFile(path)).trim();
  try {
    // In a linked working tree `.git` is a file with the path of its own HEAD; references are then in the main one.
    const { isFile } = await Deno.stat(root);
    const path = fileURLToPath(root), own = isFile ? (await read(path)).replace("gitdir: ", "") : path;
    const common = isFile ? `${own}/${await read(`${own}/commondir`)}` : own;
    const head = await read(`${own}/HEAD`);
    return head.startsWith("ref: ") ? await read(`${common}/${head.slice(5)}`) : head;
  } catch {
    return null; // no checkout, packed references or no permission: unknown
  }
}

/** The constant part of a run's manifest. */
export const runIdentity = async (
  configuration: Configuration,
  run: string,
  device: Device,
): Promise<RunIdentity> => ({
  run,
  version: project.version,
  revision: await revision(),
  deno: Deno.version.deno,
  device: device.kind,
  adapter: device.description,
  ...device.tiles === undefined ? {} : { tiles: device.tiles },
  processor: `${Deno.build.arch} ${Deno.build.os}`,
  seed: configuration.seed,
});

/**
 * The contents of a manifest.
 *
 * @param ended the date of the end; null until then
 * @param fault the kind of the failure; null unless the run failed
 * @param files the results
 */
export const manifestOf = (
  identity: RunIdentity,
  started: string,
  ended: string | null,
  exit: string,
  fault: string | null = null,
  files: readonly FileRecord[] = [],
): JsonObject => ({
  format: 1,
  ...identity,
  started,
  ended,
  exit,
  ...fault === null ? {} : { fault },
  ...files.length === 0 ? {} : { files: files.map((each) => ({ ...each })) },
});
