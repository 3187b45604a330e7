/**
 * The matrix products of a layer in the three layouts that training needs.
 *
 * @module
 */

import { denseInput, denseLayer, denseWeight } from "../src/kernels/dense.ts";
import { call, type Tensor } from "../src/tensor/expression.ts";
import { dot } from "../src/tensor/primitives.ts";
import type { Shape } from "../src/tensor/shape.ts";

/** Which of a product's matrices are transposed: N for no, T for transposed. */
export type Layout = "NN" | "NT" | "TN";

/** One product of a layer. */
export interface Product {
  readonly layout: Layout;
  readonly shapes: readonly [Shape, Shape];
  readonly kernel: (a: Tensor, b: Tensor) => Tensor;
  readonly plain: (a: Tensor, b: Tensor) => Tensor;
}

/** The products of a layer with K inputs and N outputs on M rows: forward, and the two of its derivative. */
export const productsOf = (M: number, N: number, K: number): readonly Product[] => [
  {
    layout: "NN",
    shapes: [[1, M, K], [1, K, N]],
    kernel: (x, w) => call(denseLayer, [x, w], { activation: "identity", bias: false, group: 0 })[0],
    plain: (x, w) => dot(x, w),
  },
  {
    layout: "NT",
    shapes: [[1, M, N], [1, K, N]],
    kernel: (g, w) => call(denseInput, [g, w], { bias: false, mask: "identity" })[0],
    plain: (g, w) => dot(g, w, { transposeB: true }),
  },
  {
    layout: "TN",
    shapes: [[1, M, K], [1, M, N]],
    kernel: (x, g) => call(denseWeight, [x, g], { bias: false })[0],
    plain: (x, g) => dot(x, g, { transposeA: true }),
  },
];
