/**
 * Products of one row with float32 matrices in float64, for acting on the host: in WebAssembly SIMD if the runtime has
 * it, else in TypeScript.
 *
 * Law, tested: both give the same bits, those of adding one input after another.
 *
 * @module
 */

import { ROW_MODULE } from "./row_module.ts";

/** The arrays of row products, and the product itself. */
export interface RowArithmetic {
  /** The matrices, one after the other. */
  readonly weights: Float32Array;
  /** The row. */
  readonly inputs: Float64Array;
  /** The sums, which products are added to. */
  readonly sums: Float64Array;
  /** `sums[j] += Σ_i inputs[i] · weights[start + i·columns + j]` over i below `rows`; inputs of 0 are skipped. */
  readonly accumulate: (start: number, rows: number, columns: number) => void;
}

type Accumulate = (
  weights: number,
  inputs: number,
  sums: number,
  rows: number,
  columns: number,
  list: number,
) => void;

let compiled: WebAssembly.Module | null | undefined;

/** The compiled module; null where there is no WebAssembly with SIMD. */
function rowModule(): WebAssembly.Module | null {
  if (compiled === undefined) {
    try {
      const bytes = Uint8Array.from(atob(ROW_MODULE), (character) => character.charCodeAt(0));
      compiled = new WebAssembly.Module(bytes);
    } catch {
      compiled = null;
    }
  }
  return compiled;
}

const PAGE = 65_536;
const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/**
 * Allocates `size` weights and rows of at most `widest` numbers.
 *
 * @param module the WebAssembly module to compute with; null for TypeScript
 */
export function rowArithmetic(
  size: number,
  widest: number,
  module: WebAssembly.Module | null = rowModule(),
): RowArithmetic {
  if (module === null) return inTypeScript(size, widest);
  const inputs = aligned(4 * size), sums = inputs + aligned(8 * widest), list = sums + aligned(8 * widest);
  const pages = Math.ceil((list + 4 * widest) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const accumulate = exports["accumulate"] as Accumulate;
  return {
    weights: new Float32Array(memory.buffer, 0, size),
    inputs: new Float64Array(memory.buffer, inputs, widest),
    sums: new Float64Array(memory.buffer, sums, widest),
    accumulate: (start, rows, columns) => accumulate(4 * start, inputs, sums, rows, columns, list),
  };
}

/** {@link rowArithmetic} in TypeScript. */
function inTypeScript(size: number, widest: number): RowArithmetic {
  const weights = new Float32Array(size), inputs = new Float64Array(widest), sums = new Float64Array(widest);
  return {
    weights,
    inputs,
    sums,
    accumulate: (start, rows, columns) => {
      for (let i = 0; i < rows; i++) {
        const x = inputs[i]!, at = start + i * columns;
        if (x === 0) continue;
        for (let j = 0; j < columns; j++) sums[j]! += x * weights[at + j]!;
      }
    },
  };
}
