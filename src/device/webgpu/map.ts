/**
 * Elementwise primitives on WebGPU. A `broadcast` whose result is only used by them is never computed: they read its
 * operand through steps of zero.
 *
 * @module
 */

import shader from "../../../shaders/map.wgsl" with { type: "text" };
import { apply, type Kernel } from "../../tensor/expression.ts";
import { gridOf, type Launch, type Operand, viewOf, word } from "../../tensor/launch.ts";
import { broadcast } from "../../tensor/primitives.ts";
import { type Operands, type Shape, ShapeMismatch, sizeOf, type TensorType } from "../../tensor/shape.ts";

/** The elementwise primitives: the entry point of `map.wgsl`, its function's number, and that for words. */
export const MAPS = {
  neg: ["unary", 0],
  exp: ["unary", 1],
  log: ["unary", 2],
  sqrt: ["unary", 3],
  tanh: ["unary", 4],
  toReal: ["unary", 5],
  add: ["binary", 0],
  mul: ["binary", 1],
  div: ["binary", 2],
  maximum: ["binary", 3],
  less: ["binary", 4],
  remainder: ["binary", 6],
  select: ["choose", 0],
} as const;

/** The name of an elementwise primitive. */
export type MapName = keyof typeof MAPS;

/** Whether a primitive is elementwise. */
export const isMap = (name: string): name is MapName => name in MAPS;

const SUM_OF_WORDS = 5;
const AXES = 4;

/** The steps of an operand of shape `from` along the axes of `to`, to which it broadcasts; 0 where it is repeated. */
export function stepsOf(from: Shape, to: Shape): readonly number[] {
  const steps = new Array<number>(to.length).fill(0);
  for (let axis = to.length - 1, step = 1; axis >= to.length - from.length; axis--) {
    const length = from[axis - to.length + from.length]!;
    steps[axis] = length === 1 ? 0 : step;
    step *= length;
  }
  return steps;
}

/** A shape and its operands' steps with neighbouring axes merged where every operand walks through them evenly. */
export interface Merged {
  /** Lengths of the axes that are left, outermost first. */
  readonly lengths: readonly number[];
  /** By operand. */
  readonly steps: Operands<readonly number[]>;
}

/** Merges the axes of `shape` as far as the operands' shapes allow. */
export function mergeAxes(shape: Shape, operands: readonly Shape[]): Merged {
  const all = operands.map((from) => stepsOf(from, shape));
  const lengths: number[] = [];
  const steps: number[][] = operands.map(() => []);
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const last = lengths.length - 1;
    const even = last >= 0 && all.every((mine, k) => steps[k]![last] === mine[axis]! * length);
    if (even) {
      lengths[last]! *= length;
      all.forEach((mine, k) => steps[k]![last] = mine[axis]!);
    } else {
      lengths.push(length);
      all.forEach((mine, k) => steps[k]!.push(mine[axis]!));
    }
  });
  return { lengths, steps: steps as Operands<number[]> };
}

/** Whether `map.wgsl` can read operands of these shapes for an output of `shape`. */
export const canStretch = (shape: Shape, operands: readonly Shape[]): boolean =>
  mergeAxes(shape, operands).lengths.length <= AXES;

/** The launch of an elementwise primitive; operands that are smaller than the output are repeated. */
export function mapLaunch(name: MapName, inputs: Operands<TensorType>, output: TensorType): Launch {
  const [entryPoint, operation] = MAPS[name];
  const { lengths, steps } = mergeAxes(output.shape, inputs.map(({ shape }) => shape));
  const missing = AXES - lengths.length;
  const [, ...inner] = [...new Array<number>(missing).fill(1), ...lengths];
  const count = sizeOf(output.shape);
  // A single axis is recognised by its length, which is then the whole.
  if (lengths.length <= 1) inner[AXES - 2] = count;
  const operands: Operand[] = [{ output: 0 }, ...inputs.map((_, input) => ({ input }))];
  return {
    file: "map.wgsl",
    source: shader,
    entryPoint,
    constants: {
      operation: name === "add" && output.element === "u32" ? SUM_OF_WORDS : operation,
    },
    operands,
    uniforms: [
      word(count),
      ...inner.map(word),
      ...viewOf({ output: 0 }, output),
      ...inputs.flatMap((type, input) => [
        ...viewOf({ input }, type),
        ...[...new Array<number>(missing).fill(0), ...steps[input]!].map(word),
      ]),
      // The block holds three operands, whether the entry point reads them or not.
      ...new Array<number>(7 * (3 - inputs.length)).fill(0).map(word),
    ],
    workgroups: gridOf(count),
  };
}

/** Parameters of {@link stretchedMap}. */
export interface StretchedMap {
  /** The primitive. */
  readonly name: MapName;
  /** Type of the output. */
  readonly output: TensorType;
}

/** An elementwise primitive whose operands broadcast to its output's shape inside the shader. */
export const stretchedMap: Kernel<StretchedMap> = {
  name: "stretchedMap",
  types: (inputs, { output }) => {
    if (!canStretch(output.shape, inputs.map(({ shape }) => shape))) {
      throw new ShapeMismatch("stretchedMap", inputs, `they must stretch along at most ${AXES} axes`);
    }
    return [output];
  },
  definition: (inputs, { name, output }) =>
    apply(
      { kind: "primitive", name, params: {} },
      inputs.map((tensor) => broadcast(tensor, output.shape)),
      [output],
    ),
  launches: (inputs, [output], { name }) => [mapLaunch(name, inputs, output)],
};
