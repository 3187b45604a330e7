/**
 * The float32 numerical core of the CPU device: matrix products, ADAM, the soft value, the Stein direction, mixtures,
 * random numbers and elementwise operations in WebAssembly SIMD. The names and operands of the routines are known to
 * their callers alone: the kernels, and the table of primitives.
 *
 * Laws, which the tests check:
 * - an item's bits depend on the operands' values and on the variant, never on how items are split over calls, on the
 *   rest of the matrix or on the operands' addresses;
 * - nothing is read or written beyond the operands and the work space;
 * - a routine allocates nothing and keeps no state: memory belongs to the caller.
 *
 * @module
 */
import { moduleBytes, supportedVariant, type Variant } from "./module_bytes.ts";

export { supportedVariant, type Variant } from "./module_bytes.ts";

/**
 * Computes items `from` to `to - 1` of the operation that a descriptor describes; `work` is the offset of scratch
 * memory.
 */
export type AssemblyRoutine = (descriptor: number, from: number, to: number, work: number) => void;

/** Size of every descriptor in bytes. */
export const DESCRIPTOR_BYTES = 80;

/** The routines, bound to one memory. */
export interface Assembly {
  /** The arithmetic in use. */
  readonly variant: Variant;
  /** The compiled module, for threads that share the memory. */
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The routines by name. */
  readonly routines: Readonly<Record<string, AssemblyRoutine>>;
  /** Their names, in the order of the module's exports. */
  readonly names: readonly string[];
  /** Writes a descriptor's words at a byte offset. */
  readonly write: (descriptor: number, words: Uint32Array) => void;
}

/**
 * Instantiates the routines with a memory; null if the runtime lacks SIMD or the requested variant.
 *
 * @example
 * ```ts
 * import { loadAssembly } from "./assembly.ts";
 *
 * const memory = new WebAssembly.Memory({ initial: 16 });
 * const assembly = loadAssembly(memory);
 * if (assembly !== null) {
 *   // The sums of two groups of two rows of three: source, result, rows of a group, columns.
 *   const floats = new Float32Array(memory.buffer);
 *   floats.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 256);
 *   assembly.write(0, Uint32Array.of(1024, 2048, 2, 3));
 *   assembly.routines.groupSums(0, 0, 2, 0);
 *   console.assert(floats.subarray(512, 518).join() === "5,7,9,17,19,21");
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
    names: Object.keys(instance.exports),
    write: (descriptor, words) => {
      if (4 * words.length > DESCRIPTOR_BYTES) {
        throw new RangeError(`A descriptor has no ${words.length} words`);
      }
      new Uint32Array(memory.buffer, descriptor, words.length).set(words);
    },
  };
}
