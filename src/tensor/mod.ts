/**
 * Programs as data: shapes, primitives, tracing, differentiation and planning.
 *
 * @module
 */

export * from "./shape.ts";
export { type Application, call, input, type Kernel, type Operation, type Tensor } from "./expression.ts";
export type { AdapterKind, Launch, Operand, Placement, Uniform } from "./launch.ts";
export * from "./primitives.ts";
export type { Distribution, Values } from "./loops.ts";
export * from "./program.ts";
export { grad, gradient, pullback } from "./gradient.ts";
export * from "./plan.ts";
