/** Launches of every shader: those of random cases of all kernels, and of each primitive. */
import { fc } from "./deps.ts";
import { type Launcher, launchers } from "../../src/device/webgpu/primitives.ts";
import type { Launch } from "../../src/tensor/launch.ts";
import { emit, type PrimitiveName, type Primitives } from "../../src/tensor/primitives.ts";
import { input, type Kernel } from "../../src/tensor/expression.ts";
import { denseLayer, denseWeight } from "../../src/kernels/dense.ts";
import { f32, type Operands, type TensorType, u32 } from "../../src/tensor/shape.ts";
import { CASES } from "./cases.ts";

const ADAPTERS = ["software", "hardware"] as const;

/** A call of each primitive that has a shader of its own, and one of each entry point of those that share one. */
const PRIMITIVES: readonly (readonly [PrimitiveName, Primitives[PrimitiveName], readonly TensorType[]])[] = [
  ["neg", {}, [f32(2, 3)]],
  ["add", {}, [u32(2, 3), u32(2, 3)]],
  ["select", {}, [f32(2, 3), f32(2, 3), f32(2, 3)]],
  ["sum", { axis: 1 }, [f32(2, 300)]],
  ["orderStatistic", { axis: 1, rank: 2 }, [f32(2, 5)]],
  ["broadcast", { shape: [2, 3, 4] }, [f32(2, 1, 4)]],
  ["slice", { axis: 1, start: 1, size: 2 }, [f32(2, 4)]],
  ["place", { axis: 1, starts: [1], size: 5 }, [f32(2, 3)]],
  ["dot", { transposeA: false, transposeB: true }, [f32(2, 3, 4), f32(2, 5, 4)]],
  ["dot", { transposeA: false, transposeB: false }, [f32(1, 3, 300), f32(1, 300, 2)]],
  ["gather", {}, [f32(2, 5, 3), u32(2, 4)]],
  ["scatterAdd", { rows: 5 }, [f32(2, 4, 3), u32(2, 4)]],
  ["random", { shape: [3], distribution: "normal", stream: 1 }, [u32(2, 2), u32(2)]],
  ["logAbsDet", {}, [f32(2, 3, 3)]],
  ["inverse", {}, [f32(2, 3, 3)]],
];

const LAYER = { activation: "relu", bias: true, group: 0 };

/** Shapes that random cases seldom have: products in workgroup memory, and gradients over many rows. */
const LARGE: readonly (readonly [Kernel, unknown, readonly TensorType[]])[] = [
  [denseLayer as Kernel, LAYER, [f32(1, 64, 32), f32(1, 33, 64)]],
  [denseWeight as Kernel, { bias: true }, [f32(1, 256, 32), f32(1, 256, 64)]],
  [denseWeight as Kernel, { bias: true }, [f32(1, 256, 3), f32(1, 256, 64)]],
];

/** Launches in which every shader, every layout and every entry point occurs. */
export function allLaunches(): readonly Launch[] {
  const calls = Object.values(CASES).flatMap((cases) =>
    fc.sample(cases, { numRuns: 60, seed: 7 }).map(({ kernel, params, inputs }) =>
      [kernel, params, inputs] as const
    )
  );
  const ofKernels = [...calls, ...LARGE].flatMap(([kernel, params, inputs]) => {
    const types = inputs as TensorType[] as Operands<TensorType>;
    const results = kernel.types(types, params) as TensorType[] as Operands<TensorType>;
    return ADAPTERS.flatMap((adapter) => kernel.launches?.(types, results, params, adapter) ?? []);
  });
  const ofPrimitives = PRIMITIVES.flatMap(([name, params, types]) => {
    const { type } = emit(name, types.map(input), params as never);
    const launcher = launchers[name] as Launcher<unknown>;
    return ADAPTERS.flatMap((adapter) =>
      launcher(types as TensorType[] as Operands<TensorType>, type, params, adapter)
    );
  });
  return [...ofKernels, ...ofPrimitives];
}

/** One launch of each shader, layout and entry point. */
export const distinctLaunches = (): readonly Launch[] => [
  ...new Map(
    allLaunches().map((launch) => [
      JSON.stringify([
        launch.file,
        launch.entryPoint,
        Object.keys(launch.fields),
        launch.bindings.map((b) => b === null),
      ]),
      launch,
    ]),
  ).values(),
];
