/**
 * Types of JSON values, and their text form.
 *
 * @module
 */

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** A value as the text of a JSON file: indented, with a final line break. */
export const jsonText = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** The same, with each array of numbers on one line. */
export const jsonTextByRows = (value: object): string =>
  // A string of JSON has no line break: what follows `[` and a break is structure.
  jsonText(value).replace(
    /\[\n\s+([^[\]{}"]*?)\n\s+\]/g,
    (_, numbers: string) => `[${numbers.replace(/,\s+/g, ", ")}]`,
  );
