/**
 * The kernels that the CPU device computes in WebAssembly: the three dense products and ADAM.
 *
 * @module
 */

import type { Adam } from "../kernels/adam.ts";
import type { Dense, DenseInput, DenseWeight } from "../kernels/dense.ts";
import { type Assembly, DENSE_DESCRIPTOR_BYTES, type DenseProduct } from "./assembly/assembly.ts";
import { copyBlocks, type Routine, type View } from "./host.ts";

/** Names of the kernels computed in WebAssembly: their operands must lie in its memory. */
export const ASSEMBLY_ROUTINES: ReadonlySet<string> = new Set(["dense", "denseInput", "denseWeight", "adam"]);

/** Byte offset of replica r's block. */
const address = ({ values, offset, stride }: View, r: number): number =>
  values.byteOffset + 4 * (offset + r * stride);

/** Product of one replica, without what the three layouts have of their own. */
const product = (
  layout: DenseProduct["layout"],
  depth: number,
  [a, b, c]: readonly [View, View, View],
  r: number,
): DenseProduct => ({
  layout,
  rows: c.type.shape[1],
  columns: c.type.shape[2],
  depth,
  a: address(a, r),
  aStride: a.type.shape[2],
  b: address(b, r),
  bStride: b.type.shape[2],
  c: address(c, r),
  cStride: c.type.shape[2],
});

/**
 * Routines bound to one memory.
 *
 * @param descriptors byte offset of room for one descriptor a product and replica
 * @param work byte offset of the packing area
 */
export function assemblyRoutines(
  assembly: Assembly,
  descriptors: number,
  work: number,
): Readonly<Record<string, Routine>> {
  let next = descriptors;
  const run = (products: readonly DenseProduct[], extraRows: number): () => void => {
    const prepared = products.map((each) => {
      const descriptor = next;
      next += DENSE_DESCRIPTOR_BYTES;
      assembly.writeDense(descriptor, each);
      return { descriptor, rows: each.rows + extraRows };
    });
    return () => {
      for (const { descriptor, rows } of prepared) assembly.dense(descriptor, 0, rows, work);
    };
  };
  const each = (view: View, make: (r: number) => DenseProduct): readonly DenseProduct[] =>
    Array.from({ length: view.replicas }, (_, r) => make(r));

  const dense: Routine = ([x, w, addend], [y], params) => {
    const { activation, bias, group } = params as Dense;
    const K = x.type.shape[2], N = w.type.shape[2];
    return run(
      each(y, (r) => ({
        ...product("NN", K, [x, w, y], r),
        ...bias ? { bias: address(w, r) + 4 * K * N } : {},
        ...group > 0 ? { addend: { offset: address(addend, r), stride: N, group } } : {},
        activation,
      })),
      0,
    );
  };
  const denseInput: Routine = ([g, w, y], [out], params) => {
    const { mask } = params as DenseInput;
    return run(
      each(out, (r) => ({
        ...product("NT", g.type.shape[2], [g, w, out], r),
        ...mask === "identity"
          ? {}
          : { mask: { offset: address(y, r), stride: y.type.shape[2], kind: mask } },
      })),
      0,
    );
  };
  const denseWeight: Routine = ([x, g], [out], params) => {
    const { bias } = params as DenseWeight;
    const rows = x.type.shape[2];
    return run(each(out, (r) => ({ ...product("TN", x.type.shape[1], [x, g, out], r), rows })), bias ? 1 : 0);
  };
  const adam: Routine = (inputs, outputs, params) => {
    const { target, beta1, beta2, epsilon } = params as Adam;
    const [p, g, m, v, clock, rates, frozen, old] = inputs;
    const olds = target ? [p, m, v, old] : [p, m, v];
    const count = p.type.shape[1];
    return () => {
      olds.forEach((before, k) => {
        const after = outputs[k];
        if (before.values !== after.values || before.offset !== after.offset) copyBlocks(before, after);
      });
      for (let r = 0; r < p.replicas; r++) {
        if (frozen.values[frozen.offset + r * frozen.stride] !== 0) continue;
        const at = clock.offset + r * clock.stride, rate = rates.offset + r * rates.stride;
        const due = target && clock.values[at + 2] !== 0;
        const tau = rates.values[rate + 1];
        assembly.adam({
          count,
          parameters: address(outputs[0], r),
          gradient: address(g, r),
          firstMoment: address(outputs[1], r),
          secondMoment: address(outputs[2], r),
          learningRate: rates.values[rate],
          beta1,
          beta2,
          epsilon,
          correction1: clock.values[at],
          correction2: clock.values[at + 1],
          ...due
            ? {
              target: tau < 1
                ? { offset: address(outputs[3], r), mode: "polyak", rate: tau } as const
                : { offset: address(outputs[3], r), mode: "copy" } as const,
            }
            : {},
        });
      }
    };
  };
  return { dense, denseInput, denseWeight, adam };
}
