/**
 * The language of options: an option is one row of data, from which everything about it follows: its TypeScript type, its
 * validation in the library and on the command line, its flag, its help and its documentation.
 *
 * Laws, tested: library and command line give the same verdict on any record, in the same sentence; the default of every
 * row is accepted by it; what a row accepts survives being printed as a flag and parsed again.
 *
 * @module
 */

import { E } from "../deps.ts";
import { closestName, shown } from "../given.ts";

export { closestName, isPlain, isRecord, noSuchName, shown } from "../given.ts";

/** Properties of every row. */
export interface OptionAbout {
  /** What it is, in a phrase. */
  readonly description: string;
  /** The source of the default, and the values used elsewhere. */
  readonly source: string;
  /** The meaning of its choices or special values, if `description` does not explain them. */
  readonly details?: string;
  /** The unit of its value. */
  readonly unit?: string;
  /**
   * What depends on it: the compiled `program` of an update; a number that is `data` of each replica and may change from
   * chunk to chunk; the training `loop`; or the `run` around it.
   */
  readonly affects: "program" | "data" | "loop" | "run";
  /** The setting of another option without which it has no effect; none unless given. */
  readonly needs?: OptionNeed;
  /** Whether `--help` shows its flag; `--help-all` shows all. */
  readonly common?: true;
  /** The value that reproduces versions without this option; it completes their `config.json`. */
  readonly before?: unknown;
}

/** A setting that another option needs. */
export interface OptionNeed {
  /** The option that is needed. */
  readonly option: string;
  /** The value that it must have; any value above zero unless given. */
  readonly value?: string;
}

/** A whole number. */
export interface IntegerOption extends OptionAbout {
  /** The kind. */
  readonly kind: "integer";
  /** The default. */
  readonly default: number;
  /** Minimum. */
  readonly from: number;
  /** Maximum; 2³² - 1 unless given, because it reaches counters of 32 bits. */
  readonly to?: number;
}

/** A real number, zero or in the range of a normal 32-bit float, because devices compute in those. */
export interface NumberOption extends OptionAbout {
  /** The kind. */
  readonly kind: "number";
  /** The default. */
  readonly default: number;
  /** The value must be greater than this. */
  readonly above?: number;
  /** Minimum. */
  readonly from?: number;
  /** Maximum. */
  readonly to?: number;
}

/** A list of at least one positive integer. */
export interface IntegersOption extends OptionAbout {
  /** The kind. */
  readonly kind: "integers";
  /** The default. */
  readonly default: readonly number[];
  /** Maximum length; unlimited unless given. */
  readonly most?: number;
}

/** One of a few values. */
export interface ChoiceOption extends OptionAbout {
  /** The kind. */
  readonly kind: "choice";
  /** The default. */
  readonly default: string | number;
  /** The values. */
  readonly of: readonly (string | number)[];
}

/** A name or a path. */
export interface TextOption extends OptionAbout {
  /** The kind. */
  readonly kind: "text";
  /** The default. */
  readonly default: string;
}

/** A row. */
export type Option = IntegerOption | NumberOption | IntegersOption | ChoiceOption | TextOption;

/** Rows by the names of their options. */
export type OptionTable = Readonly<Record<string, Option>>;

/** The type of an option's value. */
export type ValueOf<O> = O extends { readonly kind: "integer" | "number" } ? number
  : O extends { readonly kind: "integers" } ? readonly number[]
  : O extends { readonly kind: "choice"; readonly of: readonly (infer V)[] } ? V
  : string;

/** The type of a table's options: one property a row. */
export type OptionsOf<T> = { readonly [K in keyof T]: ValueOf<T[K]> };

/** A table whose options are `O`: a row for each of its properties. */
export type TableOf<O> = { readonly [K in keyof O]: Option & { readonly default: O[K] } };

/** How a sentence refers to options: by their names, or by their flags. */
export type Naming = (field: string) => string;

/** A rule between options that are each valid. */
export interface OptionRule<O> {
  /** The options that it involves, first the one to change; the rule is skipped if one of them is invalid. */
  readonly between: readonly [keyof O & string, ...(keyof O & string)[]];
  /** Whether the options satisfy it. */
  readonly holds: (o: O) => boolean;
  /** The requirement, as in `must not exceed steps (50)`. */
  readonly wanted: (o: O, name: Naming) => string;
}

/** A violation of a row or a rule. */
export interface Breach {
  /** The option that is wrong. */
  readonly field: string;
  /** The option, its value and what would be right, in a sentence. */
  readonly sentence: (name: Naming) => string;
}

/** Invalid options of a training. */
export interface OptionsInvalid {
  /** The tag. */
  readonly _tag: "OptionsInvalid";
  /** The first option that is wrong. */
  readonly field: string;
  /** Every option that is wrong, its value and what would be right, on one line. */
  readonly message: string;
  /** The same, one by one. */
  readonly broken: readonly { readonly field: string; readonly message: string }[];
}

/** Maximum of a counter of 32 bits. */
export const COUNTER_MAX = 2 ** 32 - 1;

/** Refers to options by name. */
export const byName = (field: string): string => field;

/** Breaches, at least one, as an error. */
export function optionsInvalid(breaches: readonly Breach[], name: Naming = byName): OptionsInvalid {
  const broken = breaches.map(({ field, sentence }) => ({ field, message: sentence(name) }));
  return {
    _tag: "OptionsInvalid",
    field: broken[0]!.field,
    message: broken.map(({ message }) => message).join("; "),
    broken,
  };
}

const mostOf = (row: IntegerOption): number => row.to ?? COUNTER_MAX;

/** Whether a number is zero or in the range of normal 32-bit floats. */
const isFloat32 = (x: number): boolean =>
  x === 0 || (Math.abs(x) >= 1.1754943508222875e-38 && Number.isFinite(Math.fround(x)));

const within = ({ above, from, to }: NumberOption, x: number): boolean =>
  Number.isFinite(x) && (above === undefined || x > above) && (from === undefined || x >= from) &&
  (to === undefined || x <= to);

const isCount = (x: unknown, from: number, to: number): boolean =>
  typeof x === "number" && Number.isSafeInteger(x) && x >= from && x <= to;

/** Whether an option accepts a value. */
export function accepts(row: Option, value: unknown): boolean {
  switch (row.kind) {
    case "integer":
      return isCount(value, row.from, mostOf(row));
    case "number":
      return typeof value === "number" && within(row, value) && isFloat32(value);
    case "integers":
      return Array.isArray(value) && value.length > 0 && value.length <= (row.most ?? Infinity) &&
        Array.from(value).every((x) => isCount(x, 1, COUNTER_MAX));
    case "choice":
      return row.of.some((each) => each === value);
    case "text":
      return typeof value === "string" && !value.includes("\0");
  }
}

/** What an option accepts, in words: `an integer from 1`; a bound far beyond ordinary values is mentioned only if a value exceeds it. */
export function expectation(row: Option, value?: unknown): string {
  switch (row.kind) {
    case "integer": {
      const most = mostOf(row), far = typeof value === "number" && value > most;
      return `an integer from ${row.from}${far || most < COUNTER_MAX ? ` to ${most}` : ""}`;
    }
    case "number": {
      const least = row.above !== undefined
        ? ` above ${row.above}`
        : row.from !== undefined
        ? ` from ${row.from}`
        : "";
      const small = typeof value === "number" && within(row, value);
      const most = row.to === undefined
        ? ""
        : row.above !== undefined
        ? ` and at most ${row.to}`
        : row.from !== undefined
        ? ` to ${row.to}`
        : ` of at most ${row.to}`;
      return `a number${least}${most}` +
        (small ? " in the range of 32-bit floats" : "");
    }
    case "integers":
      return Array.isArray(value) && value.length > (row.most ?? Infinity)
        ? `at most ${row.most} positive integers separated by commas`
        : "positive integers separated by commas";
    case "choice":
      return row.of.every((each) => typeof each === "number")
        ? row.of.join(" or ")
        : `one of ${row.of.join(", ")}`;
    case "text":
      return "a name";
  }
}

/** Numbers in decimal notation: 10, -0.5, 1e-3. */
const DECIMAL = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|Infinity)$/i;

/** The value of a flag's text; a text without a valid value is returned as it is, for validation to reject. */
export function parsed(row: Option, text: string): unknown {
  const number = (part: string): number | string => {
    const value = DECIMAL.test(part.trim()) ? Number(part) : NaN;
    const vanished = value === 0 && /^[^e]*[1-9]/i.test(part); // too small for a number, and not meant as 0
    return Number.isNaN(value) || vanished ? part : value + 0; // no negative zero
  };
  switch (row.kind) {
    case "integer":
    case "number":
      return number(text);
    case "integers":
      return text.split(",").map(number);
    case "choice":
      return row.of.find((each) => String(each) === text) ??
        (row.of.every((each) => typeof each === "number") ? number(text) : text);
    case "text":
      return text;
  }
}

/** A value as the text of a flag. */
export const flagText = (value: unknown): string => Array.isArray(value) ? value.join(",") : String(value);

/** The defaults of a table's rows. */
export const defaultsOf = <O>(table: TableOf<O> & OptionTable): O =>
  Object.fromEntries(Object.entries(table).map(([name, row]) => [name, row.default])) as O;

/** The row of an option; undefined for inherited properties such as `toString`. */
export const rowOf = (table: OptionTable, name: string): Option | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** The rows that a record violates; names without a row are ignored. */
export const brokenRows = (
  table: OptionTable,
  given: Readonly<Record<string, unknown>>,
): readonly Breach[] =>
  Object.entries(table).flatMap(([field, row]): Breach[] => {
    if (!Object.hasOwn(given, field)) return [{ field, sentence: (name) => `${name(field)} is missing` }];
    const value = given[field];
    if (accepts(row, value)) return [];
    return [{
      field,
      sentence: (name) => `${name(field)} must be ${expectation(row, value)}: got ${shown(value)}`,
    }];
  });

/** Whether a record has a valid value for every row. */
const isComplete = <O>(
  table: TableOf<O> & OptionTable,
  given: Readonly<Record<string, unknown>>,
): given is O & Readonly<Record<string, unknown>> => brokenRows(table, given).length === 0;

/** Rules that a record violates, of those whose options are each valid. */
function brokenRules<O>(
  table: TableOf<O> & OptionTable,
  rules: readonly OptionRule<O>[],
  given: Readonly<Record<string, unknown>>,
  wrong: ReadonlySet<string>,
): readonly Breach[] {
  // Rules about an invalid option are skipped, so defaults can replace the invalid values.
  const mended: Readonly<Record<string, unknown>> = {
    ...given,
    ...Object.fromEntries([...wrong].map((field) => [field, table[field]!.default])),
  };
  if (!isComplete(table, mended)) return [];
  return rules.flatMap(({ between, holds, wanted }): Breach[] => {
    const [field] = between;
    if (between.some((each) => wrong.has(each)) || holds(mended)) return [];
    const value = given[field];
    return [{ field, sentence: (name) => `${name(field)} ${wanted(mended, name)}: got ${shown(value)}` }];
  });
}

/** A need in words, as in `target polyak`. */
export const needText = ({ option, value }: OptionNeed, name: Naming = byName): string =>
  `${name(option)} ${value ?? "above 0"}`;

/**
 * The given options that would have no effect. A record with a value for every row is a description and requests nothing;
 * nor does a default.
 *
 * @param given the requested options
 * @param complete the same, completed by presets or defaults
 */
export function optionsWithoutEffect(
  table: OptionTable,
  given: Readonly<Record<string, unknown>>,
  complete: Readonly<Record<string, unknown>>,
): readonly Breach[] {
  if (Object.keys(table).every((name) => Object.hasOwn(given, name))) return [];
  return Object.entries(table).flatMap(([field, row]): readonly Breach[] => {
    const need = row.needs, value = given[field];
    if (need === undefined || !Object.hasOwn(given, field)) return [];
    if (value === row.default || !accepts(row, value)) return [];
    const other = complete[need.option];
    if (!accepts(table[need.option]!, other)) return []; // it is reported by itself
    if (need.value === undefined ? typeof other === "number" && other > 0 : other === need.value) return [];
    return [{
      field,
      sentence: (name) => `${name(field)} needs ${needText(need, name)}: got ${shown(value)}`,
    }];
  });
}

/** A record as a table's options, or every row and rule that it violates; names without a row are ignored. */
export function checked<O>(
  table: TableOf<O> & OptionTable,
  rules: readonly OptionRule<O>[],
  given: Readonly<Record<string, unknown>>,
): E.Either<readonly Breach[], O> {
  const rows = brokenRows(table, given);
  const broken = [...rows, ...brokenRules(table, rules, given, new Set(rows.map(({ field }) => field)))];
  return broken.length === 0 && isComplete(table, given) ? E.right(given) : E.left(broken);
}

/** The breach of an unknown name, with a suggestion from `lists`, the first list first. */
export function unknownName(given: string, ...lists: readonly (readonly string[])[]): Breach {
  const meant = lists.map((names) => closestName(given, names)).find((name) => name !== undefined);
  return {
    field: given,
    sentence: (name) =>
      `There is no option ${shown(name(given))}: ` +
      (meant === undefined ? "docs/options.md lists them" : `did you mean ${shown(name(meant))}?`),
  };
}

/** The breach for a value of the wrong kind or range. */
export const wrongValue = (field: string, wanted: string, given: unknown): Breach => ({
  field,
  sentence: (name) => `${name(field)} must be ${wanted}: got ${shown(given)}`,
});

/** The breach for a name that is not among those allowed. */
export const unknownPart = (given: string, names: readonly string[]): Breach => ({
  field: given,
  sentence: () => `There is no ${shown(given)}: there are ${names.join(", ")}`,
});
