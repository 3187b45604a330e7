/**
 * softq's side of the comparison with the peers: the same products, perceptron and update.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import type { Device, Executable } from "../../src/device/device.ts";
import { dense } from "../../src/kernels/dense.ts";
import { gradient } from "../../src/tensor/gradient.ts";
import { mean, mul, reshape } from "../../src/tensor/primitives.ts";
import { type Program, trace } from "../../src/tensor/program.ts";
import { f32, sizeOf } from "../../src/tensor/shape.ts";
import type { Work } from "../measure.ts";
import { productsOf } from "../products.ts";
import { work } from "../running.ts";
import { type Choice, CONFIGURATIONS, STUDIED, updateOn } from "../setting.ts";
import type { ProductRequest } from "./process.ts";

async function compiled(device: Device, program: Program): Promise<Executable> {
  const answer = await device.compile(program)();
  if (E.isLeft(answer)) throw new Error(answer.left.message);
  for (const { name, variable } of program.inputs) {
    const count = sizeOf(program.types[variable]!.shape);
    answer.right.write(name, Float32Array.from({ length: count }, (_, i) => Math.sin(i)));
  }
  return answer.right;
}

/** A product of a layer. */
export async function softqProduct(
  device: Device,
  name: string,
  ...[layout, rows, depth, columns]: ProductRequest
): Promise<Work> {
  const { shapes, kernel } = productsOf(rows, columns, depth).find((each) => each.layout === layout)!; // all three are there
  const types = { a: f32(...shapes[0]), b: f32(...shapes[1]) };
  const program = trace(types, ({ a, b }) => ({ y: kernel(a, b) }));
  return work(name, device, await compiled(device, program), "y");
}

/** The mean square of a perceptron's output, and its gradient. */
export async function softqPerceptron(
  device: Device,
  name: string,
  rows: number,
  inputs: number,
  hidden: number,
): Promise<Work> {
  const types = {
    x: f32(1, rows, inputs),
    w1: f32(1, inputs + 1, hidden),
    w2: f32(1, hidden + 1, hidden),
    w3: f32(1, hidden + 1, 1),
  };
  const program = trace(types, ({ x, w1, w2, w3 }) => {
    const h = dense(dense(x, w1, { activation: "relu" }), w2, { activation: "relu" });
    const y = reshape(dense(h, w3), [1, rows]);
    const loss = mean(mul(y, y), 1);
    const [d1, d2, d3] = gradient(loss, [w1, w2, w3]);
    return { loss, d1, d2, d3 };
  });
  return work(name, device, await compiled(device, program), "loss");
}

/** One soft Q update. */
export async function softqUpdate(
  device: Device,
  name: string,
  configuration: string,
  choice: Choice,
): Promise<Work> {
  const found = [...CONFIGURATIONS, ...STUDIED].find((each) => each.name === configuration);
  if (found === undefined) throw new ReferenceError(`There is no configuration "${configuration}"`);
  const { executable } = await updateOn(device, found, choice);
  return work(name, device, executable, "loss");
}
