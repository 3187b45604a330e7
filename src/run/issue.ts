/**
 * What is wrong with JSON according to its schema, in readable words.
 *
 * @module
 */

import type { z } from "./deps.ts";

/** Where the first fault is (empty for the whole), and what it is. */
export interface FirstIssue {
  readonly where: string;
  readonly what: string;
}

/** The first fault of a value that a schema rejects; a missing field is called missing. */
export function firstIssue({ issues }: { readonly issues: readonly z.z.core.$ZodIssue[] }): FirstIssue {
  const { path, message } = issues[0]!; // a rejected value has at least one
  return {
    where: path.join("."),
    what: message.endsWith("received undefined") ? "it is missing" : message,
  };
}
