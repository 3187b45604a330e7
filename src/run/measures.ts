/**
 * Measures: the numbers that an evaluation yields, as a table of names from which types and validation follow.
 *
 * Law, tested: what a table reads back from the JSON of its own values are these values (non-finite numbers, for which JSON
 * has only `null`, as NaN); anything else is refused with the measure's name and the value.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Json } from "./json.ts";

/** A measure: reads its value from JSON, and says what it should be. */
export interface Measure<A extends Json> {
  /** What a value is, in words. */
  readonly expected: string;
  /** The value; undefined where it is not one of this measure. */
  readonly read: (json: unknown) => A | undefined;
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

/** A number for each of several things, for example for each episode. */
export const NUMBERS: Measure<readonly number[]> = {
  expected: "a list of numbers",
  read: (json) => {
    const values = Array.isArray(json) ? json.map(readNumber) : [undefined];
    return values.every((value) => value !== undefined) ? values : undefined;
  },
};

/** Whether something is so. */
export const FLAG: Measure<boolean> = {
  expected: "true or false",
  read: (json) => typeof json === "boolean" ? json : undefined,
};

/** A number that may be missing: of what never happened, or is not known. */
export const NUMBER_OR_NULL: Measure<number | null> = {
  expected: "a number or null",
  read: (json) => json === null || typeof json === "number" ? json : undefined,
};

/** The values of a table's measures in an object of JSON, which may hold more; else which measure is wrong. */
export function readMeasures<T extends MeasureTable>(table: T, json: unknown): E.Either<string, ValuesOf<T>> {
  const found = new Map(Object.entries(Object(json))), values: Record<string, Json> = {};
  for (const [name, { expected, read }] of Object.entries(table)) {
    const value = found.has(name) ? read(found.get(name)) : undefined;
    if (value === undefined) {
      const got = found.has(name) ? JSON.stringify(found.get(name)) : "nothing";
      return E.left(`"${name}" should be ${expected}: got ${got}`);
    }
    values[name] = value;
  }
  return E.right(values as ValuesOf<T>);
}
