/**
 * Kernels: operations with a definition in primitives and a hand-written shader.
 *
 * `dense` checks its arguments, whatever a caller gives. The other functions are parts of the library and
 * trust their arguments to have the declared types.
 *
 * @module
 */

export * from "./adam.ts";
export * from "./bellman.ts";
export * from "./dense.ts";
export * from "./finite.ts";
export * from "./layer_normalisation.ts";
export * from "./means.ts";
export * from "./noise.ts";
export * from "./replay.ts";
export * from "./transitions.ts";
export * from "./score.ts";
export * from "./soft_value.ts";
export * from "./stein.ts";
