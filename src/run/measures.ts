/**
 * Measures: the numbers of an evaluation, as a table from which types and validation are derived.
 *
 * Law, tested: values survive a round trip through JSON (non-finite numbers, for which JSON has only `null`, become
 * NaN); anything else is refused with the measure's name and the value.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Json } from "./json.ts";

/** A measure: a type of values with its reader. */
export interface Measure<A extends Json> {
  /** The type of its values, in words. */
  readonly expected: string;
  /** Reads a value; undefined if it has another type. */
  readonly read: (json: unknown) => A | undefined;
  /** What it is in runs from before there was such a measure; without it, the measure must be present. */
  readonly absent?: A;
}

/** Measures by their names. */
export type MeasureTable = Readonly<Record<string, Measure<Json>>>;

/** The values of a table's measures. */
export type ValuesOf<T extends MeasureTable> = {
  readonly [K in keyof T]: T[K] extends Measure<infer A> ? A : never;
};

const readNumber = (json: unknown): number | undefined =>
  json === null ? NaN : typeof json === "number" ? json : undefined;

/** A number. */
export const NUMBER: Measure<number> = { expected: "a number", read: readNumber };

/** A list of numbers, for example one for each episode. */
export const NUMBERS: Measure<readonly number[]> = {
  expected: "a list of numbers",
  read: (json) => {
    const values = Array.isArray(json) ? json.map(readNumber) : [undefined];
    return values.every((value) => value !== undefined) ? values : undefined;
  },
};

/** A truth value. */
export const FLAG: Measure<boolean> = {
  expected: "true or false",
  read: (json) => typeof json === "boolean" ? json : undefined,
};

/** A number, or null if the event never happened. */
export const NUMBER_OR_NULL: Measure<number | null> = {
  expected: "a number or null",
  read: (json) => json === null || typeof json === "number" ? json : undefined,
};

/** A number, or null if the event never happened or the run is from before it was measured. */
export const LATER_NUMBER_OR_NULL: Measure<number | null> = { ...NUMBER_OR_NULL, absent: null };

/** Reads the measures of a table from a JSON object, which may have more fields; else says which measure is wrong. */
export function readMeasures<T extends MeasureTable>(table: T, json: unknown): E.Either<string, ValuesOf<T>> {
  const found = new Map(Object.entries(Object(json))), values: Record<string, Json> = {};
  for (const [name, { expected, read, absent }] of Object.entries(table)) {
    const value = found.has(name) ? read(found.get(name)) : absent;
    if (value === undefined) {
      const got = found.has(name) ? JSON.stringify(found.get(name)) : "nothing";
      return E.left(`"${name}" should be ${expected}: got ${got}`);
    }
    values[name] = value;
  }
  return E.right(values as ValuesOf<T>);
}
