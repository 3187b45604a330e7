/**
 * Representative launches, by which an adapter's tuning chooses tiles.
 *
 * @module
 */

import { call } from "../tensor/expression.ts";
import { type Program, trace } from "../tensor/program.ts";
import { f32 } from "../tensor/shape.ts";
import { dense, denseInput, denseWeight } from "./dense.ts";

/** The products of a hidden layer of 128 units for a minibatch's samples, and for a minibatch alone. */
export const tunedPrograms = (): readonly Program[] =>
  [1024, 64].flatMap((rows) => [
    trace({ x: f32(1, rows, 128), w: f32(1, 129, 128) }, ({ x, w }) => ({
      y: dense(x, w, { activation: "relu" }),
    })),
    trace({ g: f32(1, rows, 128), w: f32(1, 129, 128), y: f32(1, rows, 128) }, ({ g, w, y }) => ({
      y: call(denseInput, [g, w, y], { bias: true, mask: "relu" })[0],
    })),
    trace({ x: f32(1, rows, 128), g: f32(1, rows, 128) }, ({ x, g }) => ({
      y: call(denseWeight, [x, g], { bias: true })[0],
    })),
  ]);
