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
