/**
 * Values that a caller gives, which may be anything: told apart, and shown in sentences.
 *
 * Laws, tested: whatever is shown is one short line; what would be lost in a copy is not plain.
 *
 * @module
 */

/** The most letters of a text, and items of a list, that a sentence shows. */
const MOST_LETTERS = 100, MOST_ITEMS = 8;

/** A value as a sentence shows it: on one line, and short, whatever its length or depth. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > MOST_LETTERS ? `${value.slice(0, MOST_LETTERS)}…` : value)
        .replace(/\p{Cc}/gu, "�");
    case "bigint":
      return `${value}n`;
    case "function":
      return "a function";
    case "object":
      if (value === null) return "null";
      if (!Array.isArray(value)) {
        const kind = Object.prototype.toString.call(value).slice(8, -1);
        return kind === "Object" ? "an object" : `${/^[AEIO]/.test(kind) ? "an" : "a"} ${kind}`;
      }
      if (value.length > MOST_ITEMS) return `a list of ${value.length}`;
      return `[${Array.from(value, (each) => Array.isArray(each) ? "a list" : shown(each)).join(",")}]`;
    default:
      return String(value);
  }
}

/**
 * Whether all that a value holds are named properties of its own: of a map, a promise or an object that inherits its
 * properties, a copy would be empty, and defaults would be taken in silence.
 */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (Object.prototype.toString.call(value) !== "[object Object]") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Another realm's `Object.prototype` is one, too.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether a value is an object, of which parts can be asked. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
