/**
 * Representative launches, by which an adapter's tuning chooses tiles.
 *
 * @module
 */

import { call } from "../tensor/expression.ts";
import { type Program, trace } from "../tensor/program.ts";
import { f32 } from "../tensor/shape.ts";
import { dense, denseInput, denseWeight } from "./dense.ts";
import { firstLayerWeight } from "./first_layer.ts";
import { stein } from "./stein.ts";

/** The products of a hidden layer of 128 units for so many rows. */
const products = (rows: number): readonly Program[] => [
  trace({ x: f32(1, rows, 128), w: f32(1, 129, 128) }, ({ x, w }) => ({
    y: dense(x, w, { activation: "relu" }),
  })),
  trace({ g: f32(1, rows, 128), w: f32(1, 129, 128), y: f32(1, rows, 128) }, ({ g, w, y }) => ({
    y: call(denseInput, [g, w, y], { bias: true, mask: "relu" })[0],
  })),
  trace({ x: f32(1, rows, 128), g: f32(1, rows, 128) }, ({ x, g }) => ({
    y: call(denseWeight, [x, g], { bias: true })[0],
  })),
];

/** What else shares long sums or a state among a workgroup: a minibatch of 64 states with 16 samples of two numbers. */
const shared = (): readonly Program[] => {
  const samples = f32(1, 64, 16, 2);
  return [
    trace({ x: samples, y: samples, score: samples, alpha: f32(1) }, ({ x, y, score, alpha }) => ({
      h: stein(x, y, score, alpha, "median").bandwidth,
    })),
    trace({ x: f32(1, 1024, 2), s: f32(1, 64, 10), g: f32(1, 1024, 128) }, ({ x, s, g }) => ({
      y: call(firstLayerWeight, [x, s, g], null)[0],
    })),
    trace({ x: f32(1, 1024, 128), g: f32(1, 1024, 2) }, ({ x, g }) => ({
      y: call(denseWeight, [x, g], { bias: true })[0],
    })),
  ];
};

/** Programs whose launches are samples of those that an adapter may prefer in other tiles. */
export const tunedPrograms = (): readonly Program[] => [...products(1024), ...shared(), ...products(64)];
