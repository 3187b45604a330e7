/**
 * JSON as a type and as the text of a file.
 *
 * @module
 */

/** What can be written as JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An object of JSON. */
export type JsonObject = { readonly [key: string]: Json };

/** A value as the text of a JSON file: indented, with a final line break. */
export const jsonText = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
