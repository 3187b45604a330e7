/**
 * The float32 numerical core of the CPU device: matrix products, ADAM and row reductions in WebAssembly SIMD.
 *
 * Laws, which the tests check:
 * - an element's bits depend on the operands' values and on the variant, never on how rows are split over calls, on the
 *   matrix around it or on where the operands lie;
 * - nothing is read or written beyond the operands and the work space;
 * - nothing is allocated and nothing is kept: memory belongs to the caller.
 *
 * @module
 */
import { type DenseProduct, writeDense } from "./descriptor.ts";
import { moduleBytes, supportedVariant, type Variant } from "./module_bytes.ts";

export {
  type Activation,
  DENSE_DESCRIPTOR_BYTES,
  DENSE_WORK_BYTES,
  type DenseProduct,
  denseWorkBytes,
  type Layout,
} from "./descriptor.ts";
export { supportedVariant, type Variant } from "./module_bytes.ts";

/** One ADAM step over flat vectors of `count` floats; offsets are in bytes. */
export interface AdamUpdate {
  /** Length of each vector. */
  readonly count: number;
  /** θ, written in place. */
  readonly parameters: number;
  /** The gradient. */
  readonly gradient: number;
  /** m, written in place. */
  readonly firstMoment: number;
  /** v, written in place. */
  readonly secondMoment: number;
  /** The step size. */
  readonly learningRate: number;
  /** β₁ */
  readonly beta1: number;
  /** β₂ */
  readonly beta2: number;
  /** ε */
  readonly epsilon: number;
  /** 1 - beta1^t, where t counts steps from 1. */
  readonly correction1: number;
  /** 1 - beta2^t. */
  readonly correction2: number;
  /** A target network that follows in the same pass: a copy, or target += rate · (parameters - target). */
  readonly target?: { readonly offset: number; readonly mode: "copy" } | {
    readonly offset: number;
    readonly mode: "polyak";
    readonly rate: number;
  };
}

/** The routines, bound to one memory. */
export interface Assembly {
  /** The arithmetic in use. */
  readonly variant: Variant;

  /**
   * Writes the descriptor of a matrix product, once; `dense` then runs it as often as wanted.
   *
   * @param descriptor byte offset of `DENSE_DESCRIPTOR_BYTES` bytes
   * @throws RangeError if a size is not a positive integer, or an operand does not lie in the memory
   */
  writeDense(descriptor: number, product: DenseProduct): void;

  /**
   * Computes rows `rowStart` to `rowEnd - 1` of a product. In layout TN `rowEnd` may be `rows + 1`: the last row is then
   * the sum of B's rows (the gradient of a bias, where the other rows are the gradient of the weights).
   *
   * @param work byte offset of scratch, 16-byte aligned, of `denseWorkBytes` or `DENSE_WORK_BYTES` bytes; calls that run
   *   at the same time on several threads need one each
   */
  dense(descriptor: number, rowStart: number, rowEnd: number, work: number): void;

  /**
   * ADAM (Kingma and Ba 2015, algorithm 1):
   *
   *     m = β₁ m + (1 - β₁) g,   v = β₂ v + (1 - β₂) g²,   p -= learningRate · (m / c₁) / (√(v / c₂) + ε)
   */
  adam(update: AdamUpdate): void;

  /**
   * The soft value of each row: `target[r] = α log( 1/count Σ_j exp(source[r, j] / α) )`.
   *
   * @param stride floats from one row of `source` to the next
   * @param source byte offset of `rows` rows of `count` floats
   * @param target byte offset of `rows` floats
   */
  logMeanExp(
    rows: number,
    count: number,
    stride: number,
    alpha: number,
    source: number,
    target: number,
  ): void;

  /**
   * Sums over groups of consecutive rows: `target[g, n] = Σ_{i < group} source[g · group + i, n]`, in rising order of i.
   * With one group of all rows it sums columns.
   */
  groupSums(
    groups: number,
    group: number,
    columns: number,
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
  ): void;
}

/** What the module exports. */
interface Exports {
  dense(descriptor: number, rowStart: number, rowEnd: number, work: number): void;
  adam(
    count: number,
    parameters: number,
    gradient: number,
    firstMoment: number,
    secondMoment: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    size: number,
    correction: number,
    epsilon: number,
    targetMode: number,
    target: number,
    rate: number,
  ): void;
  logMeanExp: Assembly["logMeanExp"];
  groupSums: Assembly["groupSums"];
}

/**
 * Instantiates the routines on a memory, shared or not, without waiting and without any permission.
 *
 * @param memory at least one page; the routines see it grow
 * @param options the variant; by default the best that the runtime has
 * @returns null if the runtime does not have the variant, or no SIMD at all
 *
 * @example
 * ```ts
 * import { DENSE_DESCRIPTOR_BYTES, loadAssembly } from "./assembly.ts";
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
 *   assembly.dense(0, 0, 2, work);
 *   console.assert(floats[c / 4] === 17 && floats[c / 4 + 1] === 39 && DENSE_DESCRIPTOR_BYTES <= a);
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
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const exports = instance.exports as unknown as Exports;
  return {
    variant,
    writeDense: (descriptor, product) => writeDense(memory, descriptor, product),
    dense: exports.dense,
    adam: (update) => adam(exports, update),
    logMeanExp: exports.logMeanExp,
    groupSums: exports.groupSums,
  };
}

function adam(exports: Exports, update: AdamUpdate): void {
  const target = update.target;
  exports.adam(
    update.count,
    update.parameters,
    update.gradient,
    update.firstMoment,
    update.secondMoment,
    update.beta1,
    1 - update.beta1,
    update.beta2,
    1 - update.beta2,
    update.learningRate / update.correction1,
    1 / update.correction2,
    update.epsilon,
    target === undefined ? 0 : target.mode === "copy" ? 1 : 2,
    target?.offset ?? 0,
    target?.mode === "polyak" ? target.rate : 0,
  );
}
