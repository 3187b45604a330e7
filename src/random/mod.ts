/**
 * Counter-based random numbers: keys, streams and draws.
 *
 * @module
 */

export { child, type Key, keyOf, type Stream, stream, STREAMS } from "./key.ts";
export { bits, normal, uniform } from "./draw.ts";
