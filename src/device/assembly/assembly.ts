/**
 * The float32 numerical core of the CPU device: matrix products, ADAM, the soft value, the Stein direction, mixtures,
 * random numbers and elementwise operations in WebAssembly SIMD.
 *
 * Every routine has the form `(descriptor, from, to, work)`: the descriptor says what is computed, and the call computes
 * its items `from` to `to - 1` (rows of a product, elements, states), with scratch memory of its own.
 *
 * Laws, which the tests check:
 * - an item's bits depend on the operands' values and on the variant, never on how items are split over calls, on the
 *   matrix around it or on where the operands lie;
 * - nothing is read or written beyond the operands and the work space;
 * - nothing is allocated and nothing is kept: memory belongs to the caller.
 *
 * @module
 */
import { type DenseProduct, type DescriptorWord, writeDense, writeWords } from "./descriptor.ts";
import { moduleBytes, supportedVariant, type Variant } from "./module_bytes.ts";

export {
  ABSENT,
  type Activation,
  type DenseProduct,
  denseWorkBytes,
  DESCRIPTOR_BYTES,
  type DescriptorWord,
  type Layout,
  WORK_BYTES,
} from "./descriptor.ts";
export { supportedVariant, type Variant } from "./module_bytes.ts";

/** Computes items `from` to `to - 1` of what a descriptor describes; `work` is the offset of scratch memory. */
export type AssemblyRoutine = (descriptor: number, from: number, to: number, work: number) => void;

/**
 * The routines by name. Their descriptors' words, in order (offsets are in bytes):
 *
 * - `dense`: see `DenseProduct`; items are rows. In layout TN there may be one item more, the sum of B's rows (the
 *   gradient of a bias, where the other rows are the gradient of the weights);
 * - `adam` (Kingma and Ba 2015, algorithm 1): parameters, gradient, both moments, target or `ABSENT`; clock (1 - β₁ᵗ,
 *   1 - β₂ᵗ, whether the target is due), rates (step size, the target's rate), frozen flag; β₁, 1 - β₁, β₂, 1 - β₂, ε;
 * - `map`: operation (see `MAP_OPERATIONS`), three operands, result; items are elements;
 * - `repeat`: source, result, middle length and step, inner length and step (0 or 1), outer step; items are outer indices;
 * - `random`: distribution, key, counter, limit, stream, count, result; items are blocks of four elements;
 * - `softValue`: Q, log densities or `ABSENT`, temperature, log density of all, length of a row, result; items are rows;
 * - `stein`: fixed, moved, score, temperature, direction, bandwidth, counts of fixed and moved particles, length of a
 *   particle, rank, divisor and floor of the bandwidth; items are states;
 * - `mixture`: centres, normal numbers, uniform actions or `ABSENT`, actions, log densities, counts of centres, Gaussian
 *   and uniform samples, length of a particle, σ or 0, rank, divisor and floor of the centres' bandwidth; items are states;
 * - `groupSums`: source, result, rows of a group, columns; items are groups;
 * - `finite`: values, count, flag, number that the flag is given; there is one item.
 */
export const ROUTINE_NAMES = [
  "dense",
  "adam",
  "map",
  "repeat",
  "random",
  "softValue",
  "stein",
  "mixture",
  "groupSums",
  "finite",
] as const;

/** The name of a routine. */
export type RoutineName = typeof ROUTINE_NAMES[number];

/** The operations of `map`, by their numbers. */
export const MAP_OPERATIONS = [
  "neg",
  "add",
  "mul",
  "div",
  "maximum",
  "less",
  "select",
  "tanh",
  "sqrt",
] as const;

/** The distributions of `random`, by their numbers. */
export const DISTRIBUTIONS = ["bits", "uniform", "normal", "index"] as const;

/** The routines, bound to one memory. */
export interface Assembly {
  /** The arithmetic in use. */
  readonly variant: Variant;
  /** The compiled module, for threads that share the memory. */
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly routines: Readonly<Record<RoutineName, AssemblyRoutine>>;

  /**
   * Writes the descriptor of a matrix product.
   *
   * @param descriptor byte offset of `DESCRIPTOR_BYTES` bytes
   * @throws RangeError if a size is not a positive integer, or an operand does not lie in the memory
   */
  writeDense(descriptor: number, product: DenseProduct): void;

  /** Writes the descriptor of any other routine. */
  writeWords(descriptor: number, words: readonly DescriptorWord[]): void;
}

/**
 * Loads the routines onto a memory, or gives null if the runtime has no SIMD (or not the variant asked for).
 *
 * @example
 * ```ts
 * import { DESCRIPTOR_BYTES, loadAssembly } from "./assembly.ts";
 *
 * const memory = new WebAssembly.Memory({ initial: 16 });
 * const assembly = loadAssembly(memory);
 * if (assembly !== null) {
 *   const floats = new Float32Array(memory.buffer);
 *   const a = 1024, b = 2048, c = 3072, work = 4096;
 *   floats.set([1, 2, 3, 4], a / 4);
 *   floats.set([5, 6], b / 4);
 *   assembly.writeDense(0, {
 *     layout: "NN", rows: 2, columns: 1, depth: 2, a, aStride: 2, b, bStride: 1, c, cStride: 1,
 *   });
 *   assembly.routines.dense(0, 0, 2, work);
 *   console.assert(floats[c / 4] === 17 && floats[c / 4 + 1] === 39 && DESCRIPTOR_BYTES <= a);
 * }
 * ```
 */
export function loadAssembly(
  memory: WebAssembly.Memory,
  options: { readonly variant?: Variant } = {},
): Assembly | null {
  const variant = options.variant ?? supportedVariant();
  if (variant === null) return null;
  const shared = typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
  const bytes = moduleBytes(variant, shared);
  if (!WebAssembly.validate(bytes)) return null;
  const module = new WebAssembly.Module(bytes);
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  return {
    variant,
    module,
    memory,
    routines: instance.exports as WebAssembly.Exports & Assembly["routines"],
    writeDense: (descriptor, product) => writeDense(memory, descriptor, product),
    writeWords: (descriptor, words) => writeWords(memory, descriptor, words),
  };
}
