/**
 * What the build takes from `results/` for the gallery: policies without the networks that only learning needs, commands
 * and numbers.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import { decode, encode } from "../../src/train/safetensors.ts";
import { ROOT } from "../bundle.ts";
import { EXHIBITS, type Kept } from "./exhibits.ts";

/** Numbers of an evaluation that are shown, with their names in words and their units. */
const NUMBERS: readonly (readonly [key: string, name: string, unit: string])[] = [
  ["meanReturn", "mean return", ""],
  ["meanDistance", "mean distance along x", " m"],
  ["forwardShare", "share that swims forwards", ""],
  ["backwardShare", "share that swims backwards", ""],
  ["medianDisplacement", "median displacement", " m"],
  ["farthest", "farthest", " m"],
  ["survivedShare", "share that does not fall", ""],
  ["octants", "of 8 directions gone in", ""],
  ["resultantLength", "directions alike (1: one)", ""],
  ["bestDistance", "best mean distance on the way", " m"],
];

/** As much of a run's files as is read. */
interface Summary {
  readonly environmentSteps: number;
  readonly evaluation: readonly Readonly<Record<string, unknown>>[];
}

/** The policy's matrices of a run's first replica, as a file. */
function policyOf(path: string): Uint8Array {
  const file = decode(Deno.readFileSync(path));
  if (E.isLeft(file)) throw new Error(`${path} is no safetensors file`);
  const { tensors, metadata } = file.right;
  const policy = Object.entries(tensors).filter(([name]) => /^(sampler|policy)\./.test(name)).map((
    [name, { shape: [, ...shape], data }],
  ) => [name, {
    shape: [1, ...shape],
    data: data.slice(0, shape.reduce((size, length) => size * length, 1)),
  }]);
  return encode(Object.fromEntries(policy), metadata);
}

/** A number in three digits behind the point, at most. */
const written = (value: number): string => String(Math.round(value * 1000) / 1000).replace("-", "−");

function keptOf(run: string): Kept {
  const json = (name: string): unknown => JSON.parse(Deno.readTextFileSync(`${ROOT}results/${run}/${name}`));
  const { environmentSteps, evaluation } = json("summary.json") as Summary, first = evaluation[0]!;
  const { command } = json("run.json") as { readonly command: string };
  const found: Readonly<Record<string, unknown>> = { ...first, ...(first["overall"] as object | undefined) };
  const numbers = NUMBERS.flatMap(([key, name, unit]): (readonly [string, string])[] => {
    const value = found[key];
    return typeof value === "number" ? [[name, `${written(value)}${unit}`]] : [];
  });
  return {
    run,
    command,
    steps: environmentSteps,
    numbers: [
      ["environment steps", String(environmentSteps)],
      ["seed", String(first["seed"])],
      ["episodes evaluated", String(first["episodes"])],
      ...numbers,
    ],
  };
}

/** Files of the gallery by name. */
export const galleryFiles = (): ReadonlyMap<string, Uint8Array> =>
  new Map([
    ["gallery.json", new TextEncoder().encode(JSON.stringify(EXHIBITS.map(({ run }) => keptOf(run))))],
    ...EXHIBITS.map(({ run }): [string, Uint8Array] => [
      `policies/${run}.safetensors`,
      policyOf(`${ROOT}results/${run}/parameters.safetensors`),
    ]),
  ]);
