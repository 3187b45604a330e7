/**
 * Values supplied by a caller, which may be anything: classified, shown in sentences, and rejected if they are wrong.
 *
 * Laws, tested: whatever is shown is one short line; what would be lost in a copy is not plain; a record is refused
 * for each field that is unknown or of the wrong type, symbols among them.
 *
 * @module
 */

import { closest, distance } from "./deps.ts";

/** The most letters of a text, and items of a list, that a sentence shows. */
const MAX_LETTERS = 100, MAX_ITEMS = 8;

/** The most letters of a foreign text, such as an exception's message, in a sentence. */
const MAX_FOREIGN = 2000;

/** What a terminal takes for a command: a colour, a title, a move of the cursor. */
// deno-lint-ignore no-control-regex
const TERMINAL_COMMANDS = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)/g;

/** What begins a new line, by itself or with spaces around. */
const LINE_BREAKS = /\s*[\n\v\f\r\x85\u2028\u2029]+\s*/g;

/** What has no form of its own: control characters, and marks that turn the direction of writing. */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text from elsewhere as a part of a sentence: on one line, without what a terminal would take for a command, and not
 * endless. Text that is so already stays as it is.
 *
 * @param most the letters that it may have
 */
export function oneLine(text: string, most: number = MAX_FOREIGN): string {
  const line = text.slice(0, 2 * most).replace(TERMINAL_COMMANDS, "").trim().replace(LINE_BREAKS, " ")
    .replaceAll("\t", " ").replace(UNSEEN, "�").toWellFormed();
  return line.length > most ? `${line.slice(0, most).toWellFormed()}…` : line;
}

/** A value as a sentence shows it: on one line, and short, whatever its length or depth. */
export function shown(value: unknown): string {
  try {
    return shownOf(value);
  } catch {
    return "what cannot be shown"; // such as a proxy that has been revoked
  }
}

function shownOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > MAX_LETTERS ? `${value.slice(0, MAX_LETTERS)}…` : value)
        .replace(/[\u2028\u2029]/g, "�").replace(UNSEEN, "�");
    case "bigint":
      return value > -(2n ** 64n) && value < 2n ** 64n ? `${value}n` : "a bigint";
    case "symbol":
      return `Symbol(${oneLine(value.description ?? "", MAX_LETTERS)})`;
    case "function":
      return "a function";
    case "object":
      if (value === null) return "null";
      if (!Array.isArray(value)) return kindOf(value);
      if (value.length > MAX_ITEMS) return `a list of ${value.length}`;
      return `[${Array.from(value, (each) => Array.isArray(each) ? "a list" : shown(each)).join(",")}]`;
    default:
      return String(value);
  }
}

/**
 * The kind of an object, as in `a Map`. A promise is dropped with it: its rejection, unheard, would end the program.
 */
function kindOf(value: object): string {
  if (value instanceof Promise) value.catch(() => {});
  const kind = oneLine(Object.prototype.toString.call(value).slice(8, -1)).slice(0, MAX_LETTERS);
  return kind === "Object" ? "an object" : `${/^[AEIO]/.test(kind) ? "an" : "a"} ${kind}`;
}

/** A value's type, or the value itself, for sentences about what a function has returned. */
export function described(value: unknown): string {
  if (typeof value === "symbol" || typeof value === "bigint") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return shown(value);
  const kind = kindOf(value);
  if (value instanceof Promise) return "a promise";
  if (value instanceof Object.getPrototypeOf(Float64Array) && !ArrayBuffer.isView(value)) {
    return "an object that only inherits from an array, such as a Proxy";
  }
  const { length } = value as { length?: unknown };
  return `${kind === "an object" ? "an Object" : kind}${
    typeof length === "number" ? ` of length ${length}` : ""
  }`;
}

/** The message of a thrown value, which may be anything, and may throw when it is looked at; on one line. */
export function thrownText(cause: unknown): string {
  try {
    if (!(cause instanceof Error)) return typeof cause === "string" ? oneLine(cause) : described(cause);
    const message = oneLine(String(cause.message));
    return message === "" ? oneLine(String(cause.name)) : message;
  } catch {
    return "what cannot be shown";
  }
}

/**
 * Whether all that a value holds are named properties of its own: of a map, a promise or an object that inherits its
 * properties, a copy would be empty, and defaults would be taken in silence.
 */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  try {
    return holdsItsOwn(value);
  } catch {
    return false;
  }
}

function holdsItsOwn(value: unknown): boolean {
  if (Object.prototype.toString.call(value) !== "[object Object]") return false;
  // What cannot be enumerated is not copied.
  if (
    !Reflect.ownKeys(value as object).every((name) => Object.prototype.propertyIsEnumerable.call(value, name))
  ) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // Another realm's `Object.prototype` is one, too.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether a value is an object, of which parts can be asked. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** The names of everything that an object holds, symbols shown as such among them. */
export const namesIn = (record: object): readonly string[] =>
  Reflect.ownKeys(record).map((name) => typeof name === "symbol" ? shown(name) : name);

/** The name that may have been meant. A third of its letters may be wrong: what is farther off was not meant. */
export function closestName(given: string, names: readonly string[]): string | undefined {
  const near = names.length === 0 || !(given?.length <= MAX_LETTERS) ? undefined : closest(given, [...names]);
  return near !== undefined && 3 * distance(given, near) <= near.length ? near : undefined;
}

/** The sentence for a name that is none of the few of its kind: what may have been meant, and all that there are. */
export function noSuchName(kind: string, given: string, names: readonly string[]): string {
  const meant = closestName(given, names), all = names.join(", ");
  return `There is no ${kind} ${shown(given)}: ` +
    (meant === undefined ? `there are ${all}` : `did you mean ${shown(meant)}? There are ${all}`);
}

/** What a value must be: in words, as in `an integer from 1`, and whether one is. */
export interface Wanted {
  /** The words. */
  readonly wanted: string;
  /** Whether a value is so. */
  readonly fits: (given: unknown) => boolean;
}

/** What each field of a record must be, where it is there. */
export type Fields<O> = { readonly [K in keyof Required<O>]: Wanted };

/** Integers within bounds. */
export const integer = (from: number, to?: number): Wanted => ({
  wanted: `an integer from ${from}${to === undefined ? "" : ` to ${to}`}`,
  fits: (given) =>
    Number.isSafeInteger(given) && Number(given) >= from && Number(given) <= (to ?? Number.MAX_SAFE_INTEGER),
});

/** Whatever is looked at elsewhere. */
export const anything: Wanted = { wanted: "anything", fits: () => true };

/** Finite numbers. */
export const aNumber: Wanted = { wanted: "a finite number", fits: Number.isFinite };

/** Finite numbers from zero. */
export const notNegative: Wanted = {
  wanted: "finite and not negative",
  fits: (given) => Number.isFinite(given) && Number(given) >= 0,
};

/** Finite numbers above zero. */
export const positive: Wanted = {
  wanted: "positive and finite",
  fits: (given) => Number.isFinite(given) && Number(given) > 0,
};

/** One of a few values. */
export const oneOf = (...values: readonly (string | number)[]): Wanted => ({
  wanted: `one of ${values.join(", ")}`,
  fits: (given) => values.some((each) => each === given),
});

/** Truth values. */
export const truth: Wanted = { wanted: "true or false", fits: (given) => typeof given === "boolean" };

/** Texts. */
export const text: Wanted = { wanted: "a string", fits: (given) => typeof given === "string" };

/** Functions. */
export const aFunction: Wanted = { wanted: "a function", fits: (given) => typeof given === "function" };

/** Objects, whose parts are looked at elsewhere. */
export const anObject: Wanted = { wanted: "an object", fits: isRecord };

/** Lists, whose items are looked at elsewhere. */
export const aList: Wanted = { wanted: "a list", fits: Array.isArray };

/** Pairs of finite numbers. */
export const aPair: Wanted = {
  wanted: "two finite numbers",
  fits: (given) => Array.isArray(given) && given.length === 2 && Array.from(given).every(Number.isFinite),
};

/** What is wanted, or null. */
export const orNull = ({ wanted, fits }: Wanted): Wanted => ({
  wanted: `${wanted}, or null`,
  fits: (given) => given === null || fits(given),
});

/** An error's class, whose message is a sentence. */
type Failure = new (message: string) => Error;

/** Throws unless a value is what is wanted. */
export function requireFit(
  what: string,
  given: unknown,
  { wanted, fits }: Wanted,
  failure: Failure = TypeError,
): void {
  if (!fits(given)) throw new failure(`${what} must be ${wanted}: got ${shown(given)}`);
}

/** Throws unless a value is an integer from `from` to `to`, for plain functions of numbers. */
export function requireInteger(what: string, given: unknown, from = 0, to?: number): void {
  requireFit(what, given, integer(from, to), RangeError);
}

/** The sentence for a name that a record should not have. */
const unknownIn = (what: string, kind: string, unknown: string, names: readonly string[]): string =>
  `${what}: ${noSuchName(kind, unknown, names).replace("There", "there")}`;

/** The first thing that is wrong with a record's fields, in a sentence; null if there is nothing. */
export function wrongFields<O>(what: string, given: unknown, fields: Fields<O>): string | null {
  if (!isPlain(given)) return `${what} must be a plain object: got ${shown(given)}`;
  const names = Object.keys(fields), unknown = namesIn(given).find((name) => !names.includes(name));
  if (unknown !== undefined) return unknownIn(what, "option", unknown, names);
  const wanted: Readonly<Record<string, Wanted>> = fields;
  const wrong = names.find((name) => given[name] !== undefined && !wanted[name]!.fits(given[name]));
  return wrong === undefined ? null : `${wrong} must be ${wanted[wrong]!.wanted}: got ${shown(given[wrong])}`;
}

/** Throws unless a record's fields are known and of the right types. */
export function requireFields<O>(
  what: string,
  given: unknown,
  fields: Fields<O>,
  failure: Failure = TypeError,
): void {
  const wrong = wrongFields(what, given, fields);
  if (wrong !== null) throw new failure(wrong);
}

/**
 * The first part of a value that has not the form of an example's: another type, another number of items, a field too
 * many or too few; null if all have it.
 *
 * @param nullable names of fields that may be null
 */
export function wrongForm(
  name: string,
  given: unknown,
  example: unknown,
  nullable: readonly string[] = [],
): string | null {
  const not = (wanted: string): string => `${name} must be ${wanted}: got ${shown(given)}`;
  const first = (parts: readonly (() => string | null)[]): string | null =>
    parts.reduce<string | null>((wrong, part) => wrong ?? part(), null);
  if (Array.isArray(example)) {
    if (!Array.isArray(given) || given.length !== example.length) return not(`a list of ${example.length}`);
    return first(example.map((each, k) => () => wrongForm(`${name}[${k}]`, given[k], each, nullable)));
  }
  if (!isRecord(example)) return typeof given === typeof example ? null : not(`a ${typeof example}`);
  if (!isPlain(given)) return not("a plain object");
  const names = Object.keys(example), unknown = namesIn(given).find((each) => !names.includes(each));
  if (unknown !== undefined) return unknownIn(name, "field", unknown, names);
  return first(
    names.map((each) => () =>
      given[each] === null && nullable.includes(each)
        ? null
        : wrongForm(`${name}.${each}`, given[each], example[each], nullable)
    ),
  );
}
