/**
 * A sweep as a file says it: a base configuration, axes, and how they are searched. From it follow the trials.
 *
 * Laws, tested: equal files give equal trials in equal order; a grid has the product of its axes' sizes; values of a range
 * include both ends and are evenly spaced (on a log range, their logarithms are); random trials depend on the search's seed
 * and their number alone, and more of them begin with the fewer; every value is one that the option accepts, or nothing starts.
 *
 * @module
 */

import { E, pipe } from "../deps.ts";
import { child, keyOf } from "../random/key.ts";
import { uniform } from "../random/draw.ts";
import { type ConfigInvalid, configInvalid } from "../run/configuration.ts";
import { z } from "../run/deps.ts";
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
    /** A number of an evaluation, for example `meanReturn`; the mean over the replicas counts. */
    metric: z.string().min(1),
    goal: z.enum(["greatest", "least"]).optional(),
    /** Environment steps after which trials are compared; the last are all that a trial makes. */
    rungs: z.array(z.int().min(1)).min(2),
    /** Of so many trials one is promoted. */
    reduction: z.int().min(2).max(100).optional(),
  }).optional(),
  /** The trials one by one, in the place of axes. */
  trials: z.array(z.strictObject({
    name: z.string().regex(/^[\w.-]{1,100}$/, "must be letters, digits, points, hyphens and underscores")
      .refine(
        (name) => !/^\.+$/.test(name),
        "must be more than points",
      ),
    /** The sweep's unless given. */
    experiment: z.string().optional(),
    configuration: z.record(z.string(), scalar).optional(),
    /** Name of an earlier trial that must be done before this one begins, as it starts from that one's results. */
    after: z.string().optional(),
  })).min(1).optional(),
  budget: z.strictObject({
    /** Most trials that the sweep may have. */
    trials: z.int().min(1).optional(),
    /** Most environment steps that all trials together may make. */
    steps: z.int().min(1).optional(),
  }).optional(),
});

/** What a sweep's file holds. */
export type SweepFile = z.infer<typeof schema>;

/** Values that an axis takes. */
type Axis = NonNullable<SweepFile["axes"]>[string];

/** How trials are stopped early: asynchronous successive halving. */
export interface Halving {
  /** The number of an evaluation that is compared. */
  readonly metric: string;
  readonly goal: "greatest" | "least";
  /** Environment steps of each rung, rising; the last is the whole training. */
  readonly rungs: readonly number[];
  /** η: of so many trials that reached a rung, one is promoted. */
  readonly reduction: number;
}

/** One setting of the axes. */
export interface Setting {
  /** The folder of its run: its number and its values. */
  readonly name: string;
  /** The values of the axes. */
  readonly values: JsonObject;
  /** The fields of its configuration that differ from the experiment's preset: the base's and the axes'. */
  readonly fields: JsonObject;
  /** Name of its experiment. */
  readonly experiment: string;
  /** Number of the trial that must be done before; null where there is none. */
  readonly after: number | null;
}

/** Most trials that a sweep may have, whatever its file says: each is a run with a folder of its own. */
export const MOST_TRIALS = 100_000;

const wrong = (message: string): E.Either<ConfigInvalid, never> => E.left(configInvalid("sweep", message));

/** Reads a sweep's file. */
export function parseSweep(text: string): E.Either<ConfigInvalid, SweepFile> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong("The sweep's file is not JSON");
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues as [z.z.core.$ZodIssue], where = issue.path.join(".");
    return wrong(`The sweep's file${where === "" ? "" : `, at "${where}"`}: ${issue.message}`);
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
  const trials = sizeOf(file), most = Math.min(file.budget?.trials ?? MOST_TRIALS, MOST_TRIALS);
  return trials <= most ? E.right(file) : wrong(
    `The sweep has ${trials} trials: ${most} are ${file.budget?.trials === most ? "its budget" : "the most"}`,
  );
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

/** Refuses lists of trials with axes beside them, with equal names, or in the wrong order. */
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

/** The number of trials, without making them. */
export function sizeOf({ axes = {}, search, trials }: SweepFile): number {
  if (trials !== undefined) return trials.length;
  if (search !== undefined) return search.random;
  return Object.values(axes).reduce(
    (size, axis) => size * (Array.isArray(axis) ? axis.length : axis.count ?? 1),
    1,
  );
}

/** How trials are stopped early, or null where every one is made to its end. */
export const halvingOf = ({ halving }: SweepFile): Halving | null =>
  halving === undefined ? null : { goal: "greatest", reduction: 3, ...halving } as Halving;

/** The settings of a sweep, in order: a grid's with the last axis changing fastest, or as many random ones as asked for. */
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
  // The ends are exact, whatever the logarithm rounds.
  return k === 0 ? axis.from : k === count - 1 ? axis.to : between(axis, k / (count - 1));
}

/** A value of a range at a share of its length. */
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

/** A folder's name: the number, and the values as far as they are short. */
function nameOf(number: string, values: JsonObject): string {
  const words = Object.entries(values).map(([name, value]) => `${name}-${String(value)}`).join("_");
  return /^[\w.,-]{1,80}$/.test(words) ? `${number}_${words.replaceAll(",", "x")}` : number;
}
