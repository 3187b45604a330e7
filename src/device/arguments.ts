/**
 * Validation of the arguments of a compiled program's functions, the same on every device.
 *
 * @module
 */

import { isRecord, requireInteger, shown } from "../given.ts";

/**
 * Throws RangeError unless the values fit into an input from the given element on.
 *
 * @param size elements of the input
 */
export function requireRoom(name: string, size: number, values: ArrayLike<number>, at: number): void {
  if (!isRecord(values) || typeof values.length !== "number") {
    throw new RangeError(`Input "${name}" is written from a list of numbers: got ${shown(values)}`);
  }
  if (!Number.isInteger(at) || at < 0 || at + values.length > size) {
    throw new RangeError(
      `Input "${name}" has ${size} elements: cannot write ${values.length} at ${shown(at)}`,
    );
  }
}

/** Throws RangeError unless a program can be run so many times. */
export const requireTimes = (times: number): void => requireInteger("A program's runs", times);

/** Throws RangeError unless a value is a list of names. */
export function requireNames(names: readonly string[]): void {
  if (!Array.isArray(names)) {
    throw new RangeError(`What is read must be a list of names: got ${shown(names)}`);
  }
}
