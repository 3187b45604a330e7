/** Matrix products for the tests of the WebAssembly routines: operands in memory, and the same product in float64. */
import {
  type Assembly,
  DESCRIPTOR_BYTES,
  loadAssembly,
  type Variant,
} from "../../src/device/assembly/assembly.ts";
import type { Activation } from "../../src/kernels/activation.ts";
import { type Product, productRoutine } from "../../src/kernels/product.ts";
import { descriptorWords, type Fields, type FieldValues } from "../../src/tensor/layout.ts";
import type { Routine } from "../../src/tensor/routine.ts";
import { fc } from "../deps.ts";

/** How a product's operands are stored. */
export type Layout = Product["transposition"];

/** A product and where its operands lie, in bytes; strides are in floats. */
export interface DenseProduct {
  readonly layout: Layout;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly a: number;
  readonly aStride: number;
  readonly b: number;
  readonly bStride: number;
  readonly c: number;
  readonly cStride: number;
  readonly bias?: number;
  readonly addend?: { readonly offset: number; readonly stride: number; readonly group: number };
  readonly activation?: Activation;
  readonly mask?: { readonly offset: number; readonly stride: number; readonly kind: "relu" | "tanh" };
}

/** An operand by the byte at which it starts. */
export const at = (input: number) => ({ input });

/** Writes a routine's descriptor. */
export function describe<F extends Fields>(
  assembly: Assembly,
  descriptor: number,
  { fields }: Routine<F>,
  given: FieldValues<F>,
): void {
  assembly.write(
    descriptor,
    descriptorWords(fields, given, (operand) => "input" in operand ? operand.input : NaN),
  );
}

/** Writes the descriptor of a product. */
export function describeProduct(assembly: Assembly, descriptor: number, product: DenseProduct): void {
  const { layout, bias, addend, activation = "identity", mask, a, b, c, ...rest } = product;
  describe(assembly, descriptor, productRoutine, {
    ...rest,
    transposition: layout,
    a: at(a),
    b: at(b),
    c: at(c),
    bias: bias === undefined ? null : at(bias),
    addend: addend === undefined ? null : at(addend.offset),
    addendStride: addend?.stride ?? 0,
    group: addend?.group ?? 1,
    activation,
    mask: mask === undefined ? null : at(mask.offset),
    maskStride: mask?.stride ?? 0,
    maskActivation: mask?.kind ?? "identity",
    accumulates: 0,
  });
}

/** Scratch memory in bytes that a product of this shape needs, whatever the range of rows. */
export function denseWorkBytes(product: Pick<DenseProduct, "layout" | "rows" | "columns" | "depth">): number {
  const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;
  const depth = Math.min(product.depth, 256);
  const columns = roundUp(Math.min(product.columns, 256), 8);
  const rows = product.layout === "TN" ? roundUp(Math.min(product.rows + 1, 90), 4) : 0;
  return 1024 + columns * depth * 4 + rows * roundUp(depth, 4) * 4;
}

/** A product's shape and epilogue, without where its operands lie. */
export interface Case {
  readonly layout: Layout;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly bias: boolean;
  readonly group: number | null;
  readonly activation: Activation;
  readonly mask: "relu" | "tanh" | null;
  /** Floats between the end of a row and the start of the next. */
  readonly gap: number;
  readonly seed: number;
}

/** A product's operands. */
export const OPERANDS = ["a", "b", "c", "bias", "addend", "mask"] as const;
export type Operand = typeof OPERANDS[number];

/** Both variants that this runtime may have. */
export const VARIANTS: readonly Variant[] = ["relaxed", "plain"];

const UNIT_ROUNDOFF = 2 ** -24;
/** Relative error of the vector tanh, in units of 2^-24; the header of `vector.ts` states it. */
const TANH_ERROR = 8;
const SENTINEL = 12345.5;

/** Sizes around the tile's and the vectors' edges, and now and then beyond the blocks of 256. */
const size = (most: number) =>
  fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 20 }) }, {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: most }),
  });

/** Random cases of every layout and epilogue. */
export const anyCase: fc.Arbitrary<Case> = fc.record({
  layout: fc.constantFrom<Layout>("NN", "NT", "TN"),
  rows: size(230),
  columns: size(300),
  depth: size(600),
  bias: fc.boolean(),
  group: fc.option(fc.integer({ min: 1, max: 9 })),
  activation: fc.constantFrom<Activation>("identity", "relu", "tanh"),
  mask: fc.constantFrom<"relu" | "tanh" | null>(null, "relu", "tanh"),
  gap: fc.integer({ min: 0, max: 5 }),
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
});

/** Numbers in [-1, 1) from a linear congruential generator: the tests' own, so that a failure repeats. */
export function* numbers(seed: number): Generator<number, never> {
  let state = seed >>> 0;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 31 - 1;
  }
}

/** Operands of a case in a memory of their own, packed such that the operand named by `last` ends where the memory does. */
export class Fixture {
  readonly memory: WebAssembly.Memory;
  readonly floats: Float32Array;
  readonly assembly: Assembly;
  readonly product: DenseProduct;
  readonly work: number;
  /** Rows of C with the row of column sums, which TN alone has. */
  readonly allRows: number;

  constructor(
    readonly test: Case,
    variant: Variant,
    last: Operand = "mask",
  ) {
    const { layout, rows, columns, depth, gap, group } = test;
    this.allRows = rows + (layout === "TN" ? 1 : 0);
    const shapes: Record<Operand, readonly [number, number]> = {
      a: layout === "TN" ? [depth, rows] : [rows, depth],
      b: layout === "NT" ? [columns, depth] : [depth, columns],
      c: [this.allRows, columns],
      bias: [1, columns],
      addend: [Math.ceil(this.allRows / (group ?? 1)), columns],
      mask: [this.allRows, columns],
    };
    const length = ([count, width]: readonly [number, number]) => (count - 1) * (width + gap) + width;
    const workBytes = denseWorkBytes(test);
    const operands = Object.values(shapes).reduce((sum, shape) => sum + length(shape) * 4, 0);
    const pages = Math.ceil((DESCRIPTOR_BYTES + workBytes + operands + 64) / 65536);
    this.memory = new WebAssembly.Memory({ initial: pages });
    this.floats = new Float32Array(this.memory.buffer).fill(SENTINEL);
    this.work = DESCRIPTOR_BYTES;
    let end = pages * 65536;
    const offsets: Record<string, number> = {};
    const order = [
      last,
      ...(["a", "b", "c", "bias", "addend", "mask"] as const).filter((name) => name !== last),
    ];
    const random = numbers(test.seed);
    for (const name of order) {
      const [count, width] = shapes[name];
      end -= length(shapes[name]) * 4;
      offsets[name] = end;
      for (let row = 0; row < count; row++) {
        for (let i = 0; i < width; i++) this.floats[end / 4 + row * (width + gap) + i] = random.next().value;
      }
    }
    const at = (name: string) => offsets[name] as number;
    const stride = (name: Operand) => shapes[name][1] + gap;
    this.product = {
      layout,
      rows,
      columns,
      depth,
      a: at("a"),
      aStride: stride("a"),
      b: at("b"),
      bStride: stride("b"),
      c: at("c"),
      cStride: stride("c"),
      ...(test.bias ? { bias: at("bias") } : {}),
      ...(group === null ? {} : { addend: { offset: at("addend"), stride: stride("addend"), group } }),
      activation: test.activation,
      ...(test.mask === null
        ? {}
        : { mask: { offset: at("mask"), stride: stride("mask"), kind: test.mask } }),
    };
    const assembly = loadAssembly(this.memory, { variant });
    if (assembly === null) throw new Error(`this runtime lacks the ${variant} variant`);
    this.assembly = assembly;
    describeProduct(assembly, 0, this.product);
  }

  /** Runs the product over the ranges between consecutive `cuts` of its rows, and gives C's elements row by row. */
  run(cuts: readonly number[] = []): Float32Array {
    const bounds = [0, ...cuts, this.allRows];
    for (let i = 0; i + 1 < bounds.length; i++) {
      this.assembly.routines["dense"]!(0, bounds[i] as number, bounds[i + 1] as number, this.work);
    }
    return this.result();
  }

  result(): Float32Array {
    const { columns, c, cStride } = this.product;
    return Float32Array.from(
      { length: this.allRows * columns },
      (_, i) => this.floats[c / 4 + Math.floor(i / columns) * cStride + i % columns] as number,
    );
  }

  /** Every float of the memory outside of C's elements and the work space, and the descriptor's words. */
  surroundings(): Float32Array {
    const copy = this.floats.slice();
    const { columns, c, cStride } = this.product;
    for (let row = 0; row < this.allRows; row++) {
      copy.fill(0, c / 4 + row * cStride, c / 4 + row * cStride + columns);
    }
    return copy.fill(0, this.work / 4, (this.work + denseWorkBytes(this.test)) / 4);
  }

  /** Element (m, n) in float64, and the largest error that float32 arithmetic may make in it. */
  expected(m: number, n: number): { value: number; tolerance: number } {
    const { layout, rows, depth, a, aStride, b, bStride, bias, addend, mask, activation } = this.product;
    const at = (offset: number, row: number, stride: number, column: number) =>
      this.floats[offset / 4 + row * stride + column] as number;
    let sum = 0, magnitude = 0;
    for (let k = 0; k < depth; k++) {
      const x = m === rows ? 1 : layout === "TN" ? at(a, k, aStride, m) : at(a, m, aStride, k);
      const y = layout === "NT" ? at(b, n, bStride, k) : at(b, k, bStride, n);
      sum += x * y;
      magnitude += Math.abs(x * y);
    }
    if (bias !== undefined) {
      sum += at(bias, 0, 0, n);
      magnitude += Math.abs(at(bias, 0, 0, n));
    }
    if (addend !== undefined) {
      const value = at(addend.offset, Math.floor(m / addend.group), addend.stride, n);
      sum += value;
      magnitude += Math.abs(value);
    }
    // Every term takes part in at most `depth` sums of its block, the sums of blocks, and those with bias and addend.
    let tolerance = (depth + 4) * UNIT_ROUNDOFF * magnitude;
    let value = sum;
    if (activation === "relu") value = Math.max(sum, 0);
    if (activation === "tanh") {
      value = Math.tanh(sum);
      tolerance += TANH_ERROR * UNIT_ROUNDOFF * Math.abs(value);
    }
    if (mask !== undefined) {
      const saved = at(mask.offset, m, mask.stride, n);
      const factor = mask.kind === "relu" ? (saved > 0 ? 1 : 0) : 1 - saved * saved;
      tolerance = tolerance * Math.abs(factor) + 4 * UNIT_ROUNDOFF * Math.abs(value);
      value *= factor;
    }
    return { value, tolerance };
  }
}
