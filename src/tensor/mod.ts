/**
 * Programs as data: shapes, primitives, tracing, differentiation and planning.
 *
 * Primitives, `trace`, `grad`, `gradient`, `plan`, `print` and the types check their arguments, whatever a
 * caller gives. The other functions are parts of the library, which trust theirs to have the types that are
 * said.
 *
 * @module
 */

export * from "./shape.ts";
export { type Application, call, input, type Kernel, type Operation, type Tensor } from "./expression.ts";
export type { AdapterKind, Binding, Launch, Tiles, Tiling } from "./launch.ts";
export type { BufferKind, Fields, FieldValues, Operand, Placement, Value, WordKind } from "./layout.ts";
export type { Effort, Routine, RoutineCall } from "./routine.ts";
export type { View } from "./view.ts";
export { LayoutMismatch, type Shader, shader, type Variant } from "./shader.ts";
export * from "./primitives.ts";
export type { Distribution, Range, Values } from "./loops.ts";
export type { Work } from "./units.ts";
export * from "./program.ts";
export { grad, gradient, pullback } from "./gradient.ts";
export * from "./plan.ts";
