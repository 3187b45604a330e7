/**
 * The parts of `results/` that the build copies to the gallery: policies (without the networks needed only for
 * learning), commands and numbers.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import { decode, encode } from "../../src/train/safetensors.ts";
import { ROOT } from "../bundle.ts";
import { claimsIn, GALLERY_POLICIES, type GalleryPolicy, type PolicyData } from "./policies.ts";

/** Measures of an evaluation to show, with their labels and units. */
const NUMBERS: readonly (readonly [key: string, name: string, unit: string])[] = [
  ["meanReturn", "mean return", ""],
  ["meanDistance", "mean distance along x", " m"],
  ["forwardShare", "share that swims forwards", ""],
  ["backwardShare", "share that swims backwards", ""],
  ["medianDisplacement", "median displacement", " m"],
  ["farthest", "farthest", " m"],
  ["survivedShare", "share that does not fall", ""],
  ["octants", "octants entered (of 8)", ""],
  ["resultantLength", "agreement of directions (0: all directions, 1: one)", ""],
  ["bestDistance", "best mean distance during training", " m"],
  ["meanDisplacement", "mean displacement", " m"],
  ["leastDistance", "least distance to the goal", " m"],
  ["upperShare", "share in the blocked passage", ""],
  ["lowerShare", "share in the open passage", ""],
  ["reachedShare", "share that reaches the goal", ""],
];

/** The parts of a run's summary that are read. */
interface Summary {
  readonly environmentSteps: number;
  readonly evaluation: readonly Readonly<Record<string, unknown>>[];
}

/** The folder of policies whose runs have no parameters in `results/`. */
const OWN = "site/gallery/policies";

/** The path of a run's parameters. */
function parametersOf(run: string): string {
  const own = `${ROOT}${OWN}/${run}.safetensors`;
  try {
    if (Deno.statSync(own).isFile) return own;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return `${ROOT}results/${run}/parameters.safetensors`;
}

/** The policy's matrices of a run's first replica, as a file. */
function policyOf(path: string): Uint8Array {
  const file = decode(Deno.readFileSync(path));
  if (E.isLeft(file)) throw new Error(`${path} is not a safetensors file`);
  const { tensors, metadata } = file.right;
  const policy = Object.entries(tensors).filter(([name]) => /^(sampler|policy)\./.test(name)).map((
    [name, { shape: [, ...shape], data }],
  ) => [name, {
    shape: [1, ...shape],
    data: data.slice(0, shape.reduce((size, length) => size * length, 1)),
  }]);
  return encode(Object.fromEntries(policy), metadata);
}

/** A number with at most three decimals. */
const written = (value: number): string => String(Math.round(value * 1000) / 1000).replace("-", "−");

/** The claims in `results/claims.json` for a policy's setting. */
function claimsOf({ run, claims }: GalleryPolicy): PolicyData["claims"] {
  const found = claimsIn(Deno.readTextFileSync(`${ROOT}results/claims.json`)).filter(claims);
  if (found.length === 0) {
    throw new Error(`results/claims.json has no row for ${run}: has a claim been renamed?`);
  }
  return found.map(({ claim, found, met, n }) => ({ claim, found, met, n }));
}

function dataOf(policy: GalleryPolicy): PolicyData {
  const { run } = policy;
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
    claims: claimsOf(policy),
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
    ["gallery.json", new TextEncoder().encode(JSON.stringify(GALLERY_POLICIES.map(dataOf)))],
    ...GALLERY_POLICIES.map(({ run }): [string, Uint8Array] => [
      `policies/${run}.safetensors`,
      policyOf(parametersOf(run)),
    ]),
  ]);
