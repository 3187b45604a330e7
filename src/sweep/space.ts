/**
 * The sweep file: a base configuration, axes, and the search, which together determine the trials.
 *
 * Laws, tested: equal files give equal trials in equal order; the size of a grid is the product of its axes' sizes;
 * values of a range include both ends and are evenly spaced (on a log range, in their logarithms); random trials depend
 * only on the search's seed and their index, so that a longer search extends a shorter one; no trial starts unless
 * every value is valid for its option.
 *
 * @module
 */

import { E, pipe } from "../deps.ts";
import { repeatedKey } from "../train/safetensors.ts";
import { child, keyOf } from "../random/key.ts";
import { uniform } from "../random/draw.ts";
import { type ConfigInvalid, configInvalid } from "../run/configuration.ts";
import { z } from "../run/deps.ts";
import { firstIssue } from "../run/issue.ts";
import type { Json, JsonObject } from "../run/json.ts";

const range = z.strictObject({
  /** Least value. */
  from: z.number(),
  /** Greatest value. */
  to: z.number(),
  /** Values of a grid, evenly spaced with both ends; a random search needs none. */
  count: z.int().min(2).max(10_000).optional(),
  /** Whether values or their logarithms are evenly spaced. */
  scale: z.enum(["linear", "log"]).optional(),
  /** Whether values are rounded to integers. */
  integer: z.boolean().optional(),
});

const scalar = z.union([z.number(), z.string(), z.array(z.number())]);

const schema = z.strictObject({
  name: z.string().regex(
    /^[a-z0-9][a-z0-9-]{0,39}$/,
    "must be lower-case letters, digits and hyphens, at most 40",
  ),
  experiment: z.string(),
  configuration: z.record(z.string(), scalar).optional(),
  axes: z.record(z.string(), z.union([z.array(scalar).min(1), range])).optional(),
  search: z.strictObject({
    random: z.int().min(1).max(100_000),
    seed: z.int().min(0).max(2 ** 53 - 1).optional(),
  }).optional(),
  halving: z.strictObject({
    /** A measure of the evaluation, for example `meanReturn`, averaged over the replicas. */
    metric: z.string().min(1),
    goal: z.enum(["greatest", "least"]).optional(),
    /** Environment steps at which trials are compared; the last is the whole training. */
    rungs: z.array(z.int().min(1)).min(2),
    /** η: one in this many trials is promoted. */
    reduction: z.int().min(2).max(100).optional(),
  }).optional(),
  /** An explicit list of trials instead of axes. */
  trials: z.array(z.strictObject({
    name: z.string().regex(/^[\w.-]{1,100}$/, "must be letters, digits, points, hyphens and underscores")
      .refine(
        (name) => !/^\.+$/.test(name),
        "must be more than points",
      ),
    /** By default the sweep's. */
    experiment: z.string().optional(),
    configuration: z.record(z.string(), scalar).optional(),
    /** Name of an earlier trial from whose results this one starts, so that it must be done first. */
    after: z.string().optional(),
  })).min(1).optional(),
  budget: z.strictObject({
    /** Maximum number of trials. */
    trials: z.int().min(1).optional(),
    /** Maximum total number of environment steps of all trials. */
    steps: z.int().min(1).optional(),
  }).optional(),
});

/** The content of a sweep file. */
export type SweepFile = z.infer<typeof schema>;

/** Values that an axis takes. */
type Axis = NonNullable<SweepFile["axes"]>[string];

/** Early stopping by asynchronous successive halving. */
export interface Halving {
  /** The measure of the evaluation that is compared. */
  readonly metric: string;
  readonly goal: "greatest" | "least";
  /** Environment steps of each rung, rising; the last is the whole training. */
  readonly rungs: readonly number[];
  /** η: one in this many trials that reached a rung is promoted. */
  readonly reduction: number;
}

/** One setting of the axes. */
export interface Setting {
  /** Name of its run's folder: its number and its values. */
  readonly name: string;
  /** The values of the axes. */
  readonly values: JsonObject;
  /** The fields that override the experiment's preset: the base's and the axes'. */
  readonly fields: JsonObject;
  /** Name of its experiment. */
  readonly experiment: string;
  /** Number of the trial that must be done first; null if there is none. */
  readonly after: number | null;
}

/** Maximum number of trials of any sweep: each is a run with its own folder. */
export const MAX_TRIALS = 100_000;

const wrong = (message: string): E.Either<ConfigInvalid, never> => E.left(configInvalid("sweep", message));

/** Parses and validates a sweep file. */
export function parseSweep(text: string): E.Either<ConfigInvalid, SweepFile> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong("The sweep's file is not JSON");
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) return wrong(`The sweep's file has the key ${JSON.stringify(repeated)} twice`);
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const { where, what } = firstIssue(parsed.error);
    return wrong(`The sweep's file${where === "" ? "" : `, at "${where}"`}: ${what}`);
  }
  return pipe(
    checkAxes(parsed.data),
    E.chain(checkHalving),
    E.chain(checkList),
  );
}

function checkAxes(file: SweepFile): E.Either<ConfigInvalid, SweepFile> {
  for (const [name, axis] of Object.entries(file.axes ?? {})) {
    if (name in (file.configuration ?? {})) {
      return wrong(`"${name}" is both an axis and a field of the sweep's configuration`);
    }
    if (Array.isArray(axis)) continue;
    const { from, to, count, scale = "linear" } = axis;
    if (!(from < to)) return wrong(`The range of "${name}" must rise: got ${from} to ${to}`);
    if (scale === "log" && !(from > 0)) {
      return wrong(`The log range of "${name}" must be above 0: got ${from}`);
    }
    if (count === undefined && file.search === undefined) {
      return wrong(`The range of "${name}" needs a count, as a grid takes its values from it`);
    }
  }
  const trials = sizeOf(file), most = Math.min(file.budget?.trials ?? MAX_TRIALS, MAX_TRIALS);
  if (trials > most) {
    return wrong(
      `The sweep has ${trials} trials: ${most} are ${
        file.budget?.trials === most ? "its budget" : "the most"
      }`,
    );
  }
  // A random search may draw a value more often than others.
  const twice = Object.entries(file.search === undefined ? file.axes ?? {} : {}).find(([, axis]) =>
    Array.isArray(axis) && new Set(axis.map((value) => JSON.stringify(value))).size < axis.length
  );
  return twice === undefined ? E.right(file) : wrong(`The axis "${twice[0]}" has a value twice`);
}

function checkHalving(file: SweepFile): E.Either<ConfigInvalid, SweepFile> {
  const { halving } = file;
  if (halving === undefined) return E.right(file);
  const falling = halving.rungs.findIndex((steps, k) => k > 0 && steps <= halving.rungs[k - 1]!);
  if (falling > 0) {
    return wrong(`The rungs must rise: ${halving.rungs[falling]} follows ${halving.rungs[falling - 1]}`);
  }
  const fixed = ["steps", "evaluationInterval"].find((name) => name in (file.axes ?? {}));
  return fixed === undefined
    ? E.right(file)
    : wrong(`"${fixed}" cannot be an axis where trials are compared by rungs`);
}

/** Rejects explicit lists of trials combined with axes, with duplicate names, or in the wrong order. */
function checkList(file: SweepFile): E.Either<ConfigInvalid, SweepFile> {
  const { trials, axes, search, halving } = file;
  if (trials === undefined) return E.right(file);
  if (axes !== undefined || search !== undefined || halving !== undefined) {
    return wrong("A sweep whose trials are listed one by one has no axes, search or halving");
  }
  const names = new Set<string>();
  for (const { name, after } of trials) {
    if (names.has(name)) return wrong(`Two trials are called "${name}"`);
    if (after !== undefined && !names.has(after)) {
      return wrong(`Trial "${name}" is after "${after}", which must stand before it in the list`);
    }
    names.add(name);
  }
  return E.right(file);
}

/** The number of trials, without enumerating them. */
export function sizeOf({ axes = {}, search, trials }: SweepFile): number {
  if (trials !== undefined) return trials.length;
  if (search !== undefined) return search.random;
  return Object.values(axes).reduce(
    (size, axis) => size * (Array.isArray(axis) ? axis.length : axis.count ?? 1),
    1,
  );
}

/** The early stopping rule; null if every trial runs to its end. */
export const halvingOf = ({ halving }: SweepFile): Halving | null =>
  halving === undefined ? null : { goal: "greatest", reduction: 3, ...halving } as Halving;

/**
 * The settings of a sweep, in order: a grid with the last axis varying fastest, or the requested number of random ones.
 */
export function settingsOf(file: SweepFile): readonly Setting[] {
  if (file.trials !== undefined) {
    const numbers = new Map(file.trials.map(({ name }, n) => [name, n]));
    return file.trials.map(({ name, experiment = file.experiment, configuration = {}, after }) => ({
      name,
      values: {},
      fields: { ...file.configuration, ...configuration },
      experiment,
      after: numbers.get(after ?? "") ?? null,
    }));
  }
  const axes = Object.entries(file.axes ?? {}), size = sizeOf(file), digits = String(size - 1).length;
  return Array.from({ length: size }, (_, n) => {
    const values = Object.fromEntries(
      file.search === undefined ? gridPoint(axes, n) : randomPoint(axes, n, file.search.seed ?? 0),
    );
    const halving = file.halving === undefined
      ? {}
      : { steps: file.halving.rungs[file.halving.rungs.length - 1]! };
    return {
      name: nameOf(String(n).padStart(digits, "0"), values),
      values,
      fields: { ...halving, ...file.configuration, ...values },
      experiment: file.experiment,
      after: null,
    };
  });
}

/** Value `k` of an axis of a grid. */
function gridValue(axis: Axis, k: number): Json {
  if (Array.isArray(axis)) return axis[k]!;
  const count = axis.count ?? 1;
  // The ends are exact, independent of rounding in the logarithm.
  return k === 0 ? axis.from : k === count - 1 ? axis.to : between(axis, k / (count - 1));
}

/** The value at a fraction of a range's length. */
function between({ from, to, scale, integer }: z.infer<typeof range>, share: number): number {
  const value = scale === "log" ? from * (to / from) ** share : from + (to - from) * share;
  return integer ? Math.round(value) : Number(value.toPrecision(6));
}

function gridPoint(
  axes: readonly (readonly [string, Axis])[],
  n: number,
): readonly (readonly [string, Json])[] {
  let rest = n;
  return axes.toReversed().map(([name, axis]): readonly [string, Json] => {
    const size = Array.isArray(axis) ? axis.length : axis.count ?? 1, k = rest % size;
    rest = Math.floor(rest / size);
    return [name, gridValue(axis, k)];
  }).toReversed();
}

function randomPoint(
  axes: readonly (readonly [string, Axis])[],
  n: number,
  seed: number,
): readonly (readonly [string, Json])[] {
  const draws = uniform(child(keyOf(seed), n), axes.length);
  return axes.map(([name, axis], k): readonly [string, Json] => [
    name,
    Array.isArray(axis)
      ? axis[Math.min(axis.length - 1, Math.floor(draws[k]! * axis.length))]!
      : between(axis, draws[k]!),
  ]);
}

/** A folder's name: the number, and the values if they are short. */
function nameOf(number: string, values: JsonObject): string {
  const words = Object.entries(values).map(([name, value]) => `${name}-${String(value)}`).join("_");
  return /^[\w.,-]{1,80}$/.test(words) ? `${number}_${words.replaceAll(",", "x")}` : number;
}
