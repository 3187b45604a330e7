/**
 * Elementwise primitives on WebGPU. A `broadcast` whose result is only used by them is never computed: they read its
 * operand through steps of zero.
 *
 * @module
 */

import source from "../../../shaders/map.wgsl" with { type: "text" };
import { arityOf, caseOf, type ElementwiseName, withCases } from "../../tensor/elementwise.ts";
import { apply, type Kernel } from "../../tensor/expression.ts";
import { gridOf, type Launch } from "../../tensor/launch.ts";
import { broadcast } from "../../tensor/primitives.ts";
import { shader } from "../../tensor/shader.ts";
import { type Shape, ShapeMismatch, sizeOf, type TensorType } from "../../tensor/shape.ts";
import { mergeAxes } from "../axes.ts";

const mapShader = shader("map.wgsl", withCases(source), {
  count: "u32",
  lengths: "vec4<u32>",
  aSteps: "vec4<u32>",
  bSteps: "vec4<u32>",
  cSteps: "vec4<u32>",
  out: "write view",
  a: "read view",
  b: "read view",
  c: "read view",
});

const AXES = 4;

/** Whether `map.wgsl` can read operands of these shapes for an output of `shape`. */
export const canStretch = (shape: Shape, operands: readonly Shape[]): boolean =>
  mergeAxes(shape, operands).lengths.length <= AXES;

/** The launch of an elementwise primitive; operands smaller than the output are repeated. */
export function mapLaunch(name: ElementwiseName, inputs: readonly TensorType[], output: TensorType): Launch {
  const { lengths, steps } = mergeAxes(output.shape, inputs.map(({ shape }) => shape));
  const count = sizeOf(output.shape);
  /** Padded at the front with ones or zeros to four axes. */
  const padded = (values: readonly number[], first: number): readonly number[] => [
    ...new Array<number>(AXES - values.length).fill(first),
    ...values,
  ];
  const stepsOfOperand = (k: number) => padded(k < inputs.length ? steps[k]! : [], 0);
  const operand = (input: number) => input < inputs.length ? { input } : null;
  return mapShader.launch(
    ["unary", "binary", "ternary"][arityOf(name) - 1]!,
    gridOf(count),
    // A single axis is recognised by its length, which is then the tensor's.
    {
      count,
      lengths: padded(lengths.length === 0 ? [count] : lengths, 1),
      ...{ aSteps: stepsOfOperand(0), bSteps: stepsOfOperand(1), cSteps: stepsOfOperand(2) },
      ...{ out: { output: 0 }, a: operand(0), b: operand(1), c: operand(2) },
    },
    { constants: { operation: caseOf(name, inputs[inputs.length - 1]!.element) } },
  );
}

/** Parameters of {@link stretchedMap}. */
export interface StretchedMap {
  /** The primitive. */
  readonly name: ElementwiseName;
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
