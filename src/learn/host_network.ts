/**
 * Networks on the host, for acting: one row at a time, in float64.
 *
 * Law, tested: {@link HostNetwork.apply} and {@link HostNetwork.withParameters} give the same bits, with WebAssembly and without.
 *
 * @module
 */

import { type RowArithmetic, rowArithmetic } from "../device/assembly/row.ts";
import { LAYER_EPSILON } from "../kernels/layer_normalisation.ts";
import type { Layout } from "./network.ts";

/** Writes a network's output for one sample and one state; its parameters are read from `offset` on. */
export type Apply = (
  offset: number,
  sample: ArrayLike<number>,
  state: ArrayLike<number>,
  out: Float32Array,
) => void;

/** A network on the host. */
export interface HostNetwork {
  /**
   * Writes the output for one sample and one state.
   *
   * @param parameters a flat vector, read from `offset` on
   */
  readonly apply: (parameters: Float32Array, ...rest: Parameters<Apply>) => void;
  /**
   * The network with parameters that do not change while it is used, one flat vector after another: faster if many
   * outputs are computed.
   */
  readonly withParameters: (parameters: Float32Array) => Apply;
}

/** Adds a layer's biases to its sums and normalises them, to mean 0 and variance 1. */
function normalise(sums: Float64Array, weights: Float32Array, bias: number, columns: number): void {
  let total = 0, squares = 0;
  for (let j = 0; j < columns; j++) total += sums[j]! += weights[bias + j]!;
  const mean = total / columns;
  for (let j = 0; j < columns; j++) squares += (sums[j]! -= mean) ** 2;
  const deviation = Math.sqrt(squares / columns + LAYER_EPSILON);
  for (let j = 0; j < columns; j++) sums[j]! /= deviation;
}

/** Prepares a network for evaluation on the host without an allocation in each call. */
export function hostNetwork(layout: Layout): HostNetwork {
  const { blocks, network: { activation, normalisation, output }, size } = layout;
  const widest = Math.max(...blocks.map(({ rows, columns }) => Math.max(rows, columns)));
  const last = blocks.length - 1;
  // Made at the first evaluation: a network too large for memory is rejected elsewhere, with a sentence.
  let room: RowArithmetic | null = null, held: Float32Array | null = null;

  const evaluate = (
    { weights, inputs, sums, accumulate }: RowArithmetic,
    offset: number,
    sample: ArrayLike<number>,
    state: ArrayLike<number>,
    out: Float32Array,
  ): void => {
    for (let k = 0; k <= last; k++) {
      const { role, start, rows, columns } = blocks[k]!, at = offset + start;
      const given = role === "sample" ? rows : rows - 1; // the last row of the others is the bias
      if (role !== "layer") {
        const from = role === "sample" ? sample : state;
        for (let i = 0; i < given; i++) inputs[i] = from[i]!;
      }
      // The state's part is added to the sample's.
      if (role !== "state" || k === 0) sums.fill(0, 0, columns);
      accumulate(at, given, columns);
      if (role === "sample") continue;
      const bias = at + given * columns, linear = k === last || activation === "identity";
      const normalises = k < last && normalisation === "layer";
      if (normalises) normalise(sums, weights, bias, columns);
      for (let j = 0; j < columns; j++) {
        const z = normalises ? sums[j]! : sums[j]! + weights[bias + j]!;
        inputs[j] = linear ? z : activation === "relu" ? Math.max(z, 0) : Math.tanh(z);
      }
    }
    for (let j = 0; j < output; j++) out[j] = inputs[j]!;
  };
  /** The arithmetic with these parameters loaded. */
  const arithmeticOf = (parameters: Float32Array): RowArithmetic => {
    if (room === null || room.weights.length < parameters.length) {
      room = rowArithmetic(parameters.length, widest);
      held = null;
    }
    if (held !== parameters) room.weights.set(parameters);
    held = parameters;
    return room;
  };
  return {
    apply: (parameters, offset, sample, state, out) => {
      const own = arithmeticOf(parameters.subarray(offset, offset + size));
      held = null; // they may differ in the next call
      evaluate(own, 0, sample, state, out);
    },
    withParameters: (parameters) => {
      held = null; // the array may have other contents by now
      return (offset, sample, state, out) => evaluate(arithmeticOf(parameters), offset, sample, state, out);
    },
  };
}
