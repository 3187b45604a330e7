/**
 * Multilayer perceptrons over flat parameter vectors.
 *
 * A network's first layer is a sum of one linear map for each of its inputs, each with its own fan-in (as in the
 * authors' code). The input that varies fastest (action or noise) comes first, so that the state's rows and the bias
 * are adjacent: `h = f(x_sample W_sample + (x_state W_state + b))`, where the bracket is computed once per state.
 *
 * With layer normalisation `h = f((z - mean z) / √(var z + ε))` for the sums z of each hidden layer, without trainable
 * parameters: biases shift a layer's units before it, and the next layer's weights scale them after it.
 *
 * @module
 */

import { runSynchronously } from "../device/pieces.ts";
import { fillBits, unitOf } from "../random/draw.ts";
import { child, type Key } from "../random/key.ts";
import { type Activation, dense } from "../kernels/dense.ts";
import { layerNormalisation } from "../kernels/layer_normalisation.ts";
import type { Tensor } from "../tensor/expression.ts";
import { place, reshape, slice } from "../tensor/primitives.ts";

/** All normalisations of hidden layers. */
export const NORMALISATIONS = ["none", "layer"] as const;

/** The normalisation of hidden layers, before their activation. */
export type Normalisation = typeof NORMALISATIONS[number];

/** Sizes of a perceptron. */
export interface Network {
  /** Length of the input that varies from sample to sample (action or noise); 0 for a function of the state alone. */
  readonly sample: number;
  /** Length of the input that belongs to the state. */
  readonly state: number;
  /** Widths of the hidden layers, at least one. */
  readonly hidden: readonly number[];
  /** Length of the output. */
  readonly output: number;
  /** Activation of the hidden layers. */
  readonly activation: Activation;
  /** Normalisation of hidden layers before it; none if not given. */
  readonly normalisation?: Normalisation;
}

/** One matrix inside a flat vector. */
export interface Block {
  /** `sample`, `state` (with the bias as last row), or `layer` (likewise). */
  readonly role: "sample" | "state" | "layer";
  /** Element of the flat vector at which it starts, a multiple of 4. */
  readonly start: number;
  /** Its rows, including the bias. */
  readonly rows: number;
  /** Its columns: the width of the layer that it feeds. */
  readonly columns: number;
}

/** Where a network's matrices are in its flat vector. */
export interface Layout {
  /** The sizes that it was made for. */
  readonly network: Network;
  /** The matrices, in the order in which they are applied; there is no `sample` if its length is 0. */
  readonly blocks: readonly Block[];
  /** Length of the flat vector, a multiple of 4. */
  readonly size: number;
}

const padded = (length: number): number => Math.ceil(length / 4) * 4;

/**
 * The layout of a network. Every block starts at a multiple of 4.
 *
 * @example
 * ```ts
 * import { layoutOf } from "./network.ts";
 * import assert from "node:assert/strict";
 * const { blocks, size } = layoutOf({ sample: 2, state: 2, hidden: [8], output: 1, activation: "relu" });
 * // W_sample [2,8], W_state with the bias [3,8], and the last layer with its bias [9,1], padded to 12.
 * assert.deepEqual(blocks.map(({ rows, columns }) => [rows, columns]), [[2, 8], [3, 8], [9, 1]]);
 * assert.equal(size, 16 + 24 + 12);
 * ```
 */
export function layoutOf(network: Network): Layout {
  const { sample, state, hidden, output } = network;
  const widths = [...hidden, output];
  const shapes: readonly (readonly [Block["role"], number, number])[] = [
    ...(sample > 0 ? [["sample", sample, widths[0]!] as const] : []),
    ["state", state + 1, widths[0]!],
    ...hidden.map((width, k) => ["layer", width + 1, widths[k + 1]!] as const),
  ];
  let size = 0;
  const blocks = shapes.map(([role, rows, columns]) => {
    const start = size;
    size += padded(rows * columns);
    return { role, start, rows, columns };
  });
  return { network, blocks, size };
}

/** The layout of a critic `Q(s, a)`, the same for every algorithm. */
export const criticLayout = (
  { observation, action, hidden, normalisation = "none" }: {
    readonly observation: number;
    readonly action: number;
    readonly hidden: readonly number[];
    readonly normalisation?: Normalisation;
  },
): Layout =>
  layoutOf({ sample: action, state: observation, hidden, output: 1, activation: "relu", normalisation });

/** Numbers drawn at a time, in one or two milliseconds. */
const DRAWN = 2 ** 15;

/**
 * Initial parameters: weights uniform with variance 2 / (fan-in + fan-out) (Glorot, Bengio 2010), biases zero. It yields
 * every few milliseconds.
 *
 * @param out receives `layout.size` numbers from `offset` on
 * @param lastLimit if given, weights of the last layer are uniform up to this magnitude instead
 */
export function* initialiseInPieces(
  layout: Layout,
  key: Key,
  out: Float32Array,
  offset = 0,
  lastLimit: number | null = null,
): Generator<void, void, void> {
  const words = new Uint32Array(DRAWN);
  for (const [k, { role, start, rows, columns }] of layout.blocks.entries()) {
    const fanIn = role === "sample" ? rows : rows - 1, count = fanIn * columns;
    const isLast = k === layout.blocks.length - 1;
    const limit = isLast && lastLimit !== null ? lastLimit : Math.sqrt(6 / (fanIn + columns));
    const own = child(key, k);
    for (let from = 0; from < count; from += DRAWN) {
      const drawn = fillBits(own, 0, 0, words.subarray(0, Math.min(DRAWN, count - from)), from);
      const first = offset + start + from;
      for (let i = 0; i < drawn.length; i++) out[first + i] = limit * (2 * unitOf(drawn[i]!) - 1);
      yield;
    }
  }
}

/** {@link initialiseInPieces}, synchronously. */
export const initialise = (...given: Parameters<typeof initialiseInPieces>): void =>
  runSynchronously(initialiseInPieces(...given));

/** The matrices of a network inside a flat vector `[R,P]`, in the layout's order, each `[R, rows, columns]`. */
export const weightsOf = (layout: Layout, parameters: Tensor, offset = 0): readonly Tensor[] =>
  layout.blocks.map(({ start, rows, columns }) =>
    reshape(slice(parameters, 1, offset + start, rows * columns), [parameters.shape[0]!, rows, columns])
  );

/** A flat vector `[R,size]` with matrices at their places in the layouts. */
export function flatten(layouts: readonly Layout[], weights: readonly Tensor[]): Tensor {
  let offset = 0;
  const starts: number[] = [];
  for (const { blocks, size } of layouts) {
    starts.push(...blocks.map(({ start }) => offset + start));
    offset += size;
  }
  const flat = weights.map((w) => reshape(w, [w.shape[0]!, w.shape[1]! * w.shape[2]!]));
  return place(flat, 1, starts, offset);
}

/**
 * The network's output.
 *
 * @param weights from {@link weightsOf}
 * @param sample `[R, B·K, sample size]`, K rows for each state; null for a function of the state alone
 * @param state `[R, B, state size]`
 * @param last activation of the output
 * @returns `[R, B·K, output size]`, with K = 1 for a function of the state alone
 */
export function forward(
  layout: Layout,
  weights: readonly Tensor[],
  sample: Tensor | null,
  state: Tensor,
  last: Activation = "identity",
): Tensor {
  const { activation, normalisation = "none" } = layout.network;
  const first = sample === null ? 0 : 1, layers = weights.slice(first + 1);
  /** A layer that `remaining` layers follow. */
  const layer = (remaining: number, sums: (activation: Activation) => Tensor): Tensor =>
    remaining === 0
      ? sums(last)
      : normalisation === "layer"
      ? layerNormalisation(sums("identity"), activation)
      : sums(activation);
  const input = layer(
    layers.length,
    (activation) =>
      sample === null
        ? dense(state, weights[0]!, { activation })
        : dense(sample, weights[0]!, { bias: false, addend: dense(state, weights[1]!), activation }),
  );
  return layers.reduce(
    (h, w, k) => layer(layers.length - 1 - k, (activation) => dense(h, w, { activation })),
    input,
  );
}
