/**
 * Descriptors: records in WebAssembly memory that say what a routine computes. They are written once, when a program is
 * compiled, and read by every run, on whichever thread.
 *
 * @module
 */

/** How the operands lie: NN is A (rows × depth) and B (depth × columns), NT has B transposed, TN has A transposed. */
export type Layout = "NN" | "NT" | "TN";

/** What is applied to every element of a product. */
export type Activation = "identity" | "relu" | "tanh";

/**
 * One matrix product with what a layer does to it:
 *
 *     C[m, n] = activation( Σ_k A[m, k] B[k, n] + bias[n] + addend[⌊m / group⌋, n] ) · factor(mask[m, n])
 *
 * Everything is float32 and row-major. Offsets are in bytes from the start of the memory, multiples of 4 (16 is best);
 * strides are in floats from one row to the next. C must not overlap with an operand.
 */
export interface DenseProduct {
  /** NN: A is rows × depth, B is depth × columns. NT: B is stored columns × depth. TN: A is stored depth × rows. */
  readonly layout: Layout;
  /** Rows of C, at least 1. In TN there may be one more: row number `rows` of C is the sum of B's rows. */
  readonly rows: number;
  /** Columns of C, at least 1. */
  readonly columns: number;
  /** Terms of each sum, at least 1. */
  readonly depth: number;
  /** Where A starts. */
  readonly a: number;
  /** Floats from one stored row of A to the next. */
  readonly aStride: number;
  /** Where B starts. */
  readonly b: number;
  /** Floats from one stored row of B to the next. */
  readonly bStride: number;
  /** Where C starts. */
  readonly c: number;
  /** Floats from one row of C to the next. */
  readonly cStride: number;
  /** `columns` floats that are added to every row. */
  readonly bias?: number;
  /** Rows that are added to `group` consecutive rows of C each. */
  readonly addend?: { readonly offset: number; readonly stride: number; readonly group: number };
  /** Applied after bias and addend; `identity` if it is not given. */
  readonly activation?: Activation;
  /**
   * The saved value y of an activation, rows × columns, whose derivative multiplies the result: 1 where y > 0 and else 0
   * for `relu`, 1 - y² for `tanh`.
   */
  readonly mask?: { readonly offset: number; readonly stride: number; readonly kind: "relu" | "tanh" };
}

/** Size of every descriptor in bytes; it is aligned to 4 bytes. */
export const DESCRIPTOR_BYTES = 80;

/** Work space in bytes that is enough for every product, aligned to 16. */
export const WORK_BYTES: number = 1024 + 256 * 256 * 4 + 92 * 256 * 4;

const LAYOUTS: readonly Layout[] = ["NN", "NT", "TN"];
const ACTIVATIONS: readonly Activation[] = ["identity", "relu", "tanh"];
/** A pointer that points to nothing. */
export const ABSENT = 0xffffffff;

/**
 * Work space in bytes that a product of this shape needs (never more than `WORK_BYTES`), whatever the range of
 * rows. Threads that run at the same time need a work space each.
 */
export function denseWorkBytes(product: Pick<DenseProduct, "layout" | "rows" | "columns" | "depth">): number {
  const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;
  const depth = Math.min(product.depth, 256);
  const columns = roundUp(Math.min(product.columns, 256), 8);
  const rows = product.layout === "TN" ? roundUp(Math.min(product.rows + 1, 90), 4) : 0;
  return 1024 + columns * depth * 4 + rows * roundUp(depth, 4) * 4;
}

/**
 * Writes the descriptor of a product.
 *
 * @param memory the memory that the offsets refer to
 * @param descriptor byte offset of `DESCRIPTOR_BYTES` bytes
 * @throws RangeError if a size is not a positive integer, or an offset is not a multiple of 4 or beyond the memory
 */
export function writeDense(memory: WebAssembly.Memory, descriptor: number, product: DenseProduct): void {
  const { layout, rows, columns, depth, addend, mask } = product;
  for (const [name, size] of Object.entries({ rows, columns, depth, group: addend?.group ?? 1 })) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`${name} must be a positive integer, not ${size}`);
    }
  }
  const operand = (name: string, offset: number, count: number, length: number, stride: number): number => {
    const end = offset + ((count - 1) * stride + length) * 4;
    if (offset % 4 !== 0 || offset < 0 || !Number.isInteger(stride) || !(end <= memory.buffer.byteLength)) {
      throw new RangeError(
        `${name} (${count} rows of ${length} floats at byte ${offset}, stride ${stride}) does not lie in the memory ` +
          `of ${memory.buffer.byteLength} bytes at a multiple of 4`,
      );
    }
    return offset;
  };
  new Uint32Array(memory.buffer, operand("descriptor", descriptor, 1, DESCRIPTOR_BYTES / 4, 0)).set([
    LAYOUTS.indexOf(layout),
    rows,
    columns,
    depth,
    layout === "TN"
      ? operand("a", product.a, depth, rows, product.aStride)
      : operand("a", product.a, rows, depth, product.aStride),
    product.aStride,
    layout === "NT"
      ? operand("b", product.b, columns, depth, product.bStride)
      : operand("b", product.b, depth, columns, product.bStride),
    product.bStride,
    operand("c", product.c, rows, columns, product.cStride),
    product.cStride,
    product.bias === undefined ? ABSENT : operand("bias", product.bias, 1, columns, 0),
    addend === undefined
      ? ABSENT
      : operand("addend", addend.offset, Math.ceil(rows / addend.group), columns, addend.stride),
    addend?.stride ?? 0,
    addend?.group ?? 1,
    ACTIVATIONS.indexOf(product.activation ?? "identity"),
    mask === undefined ? ABSENT : operand("mask", mask.offset, rows, columns, mask.stride),
    mask?.stride ?? 0,
    mask === undefined ? 0 : ACTIVATIONS.indexOf(mask.kind),
  ]);
}

/** A word of a descriptor: an unsigned integer, or a float's bits. */
export type DescriptorWord = number | { readonly float: number };

/** Writes the words of a descriptor, at most `DESCRIPTOR_BYTES` / 4 of them. */
export function writeWords(
  memory: WebAssembly.Memory,
  descriptor: number,
  words: readonly DescriptorWord[],
): void {
  const view = new DataView(memory.buffer, descriptor, DESCRIPTOR_BYTES);
  words.forEach((word, i) => {
    if (typeof word === "number") view.setUint32(4 * i, word, true);
    else view.setFloat32(4 * i, word.float, true);
  });
}
