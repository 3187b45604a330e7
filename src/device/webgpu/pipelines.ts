/**
 * Compute pipelines, each created once per device: the same shader with the same constants is the same pipeline.
 *
 * @module
 */

import { E } from "../../deps.ts";
import type { DeviceError } from "../device.ts";
import { eventLoopTurn } from "../pieces.ts";
import type { Dispatch } from "./schedule.ts";
import { oneLine } from "../../given.ts";

/** A pipeline and the layout of its bind group. */
export interface Pipeline {
  /** The compiled shader with its constants. */
  readonly pipeline: GPUComputePipeline;
  /** The layout of its bindings. */
  readonly layout: GPUBindGroupLayout;
}

/** The pipeline of a dispatch, or the shader compiler's errors. */
export type Pipelines = (dispatch: Dispatch) => Promise<E.Either<DeviceError, Pipeline>>;

/** The pipelines of a device. */
export function pipelinesOf(device: GPUDevice): Pipelines {
  const layouts = new Map<string, GPUBindGroupLayout>();
  const modules = new Map<string, Promise<E.Either<DeviceError, GPUShaderModule>>>();
  const pipelines = new Map<string, Promise<E.Either<DeviceError, Pipeline>>>();

  const layoutOf = (access: string, bytes: number): GPUBindGroupLayout =>
    known(layouts, `${access} ${bytes}`, () =>
      device.createBindGroupLayout({
        label: access,
        entries: [
          // A block that is shorter than the shader's own is refused when the pipeline is made.
          { binding: 0, visibility: COMPUTE, buffer: { type: "uniform", minBindingSize: bytes } },
          ...[...access].flatMap((letter, k): GPUBindGroupLayoutEntry[] =>
            letter === "-" ? [] : [{
              binding: k + 1,
              visibility: COMPUTE,
              buffer: { type: letter === "w" ? "storage" : "read-only-storage" },
            }]
          ),
        ],
      }));

  const make = async (dispatch: Dispatch, access: string): Promise<E.Either<DeviceError, Pipeline>> => {
    const { file, source, entryPoint, constants } = dispatch;
    const module = await known(modules, `${file}\n${source}`, () => moduleOf(device, file, source));
    if (E.isLeft(module)) return module;
    await eventLoopTurn(); // adapters of software compile on this thread, for up to a twentieth of a second
    device.pushErrorScope("validation");
    const layout = layoutOf(access, dispatch.words.byteLength);
    const made = device.createComputePipelineAsync({
      label: `${file} ${entryPoint}`,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: module.right, entryPoint, constants: { ...constants } },
    }).then((pipeline) => E.right(pipeline), (error: Error) => E.left(error.message));
    const scope = device.popErrorScope();
    const [pipeline, error] = [await made, await scope];
    const message = E.isLeft(pipeline) ? pipeline.left : error?.message;
    if (message !== undefined || E.isLeft(pipeline)) {
      return E.left({
        _tag: "ShaderRejected",
        message: `${file} was refused at its entry point "${entryPoint}": ${oneLine(message ?? "")}`,
        file,
        line: lineOf(source, entryPoint),
      });
    }
    return E.right({ pipeline: pipeline.right, layout });
  };

  return (dispatch) => {
    const access = dispatch.bindings.map((bound) => bound === null ? "-" : bound.written ? "w" : "r").join(
      "",
    );
    const { file, source, entryPoint, constants } = dispatch;
    const key = JSON.stringify([access, dispatch.words.length, entryPoint, constants, file, source]);
    return known(pipelines, key, () => make(dispatch, access));
  };
}

/** `GPUShaderStage.COMPUTE`, which is not a global everywhere. */
const COMPUTE = 4;

async function moduleOf(
  device: GPUDevice,
  file: string,
  source: string,
): Promise<E.Either<DeviceError, GPUShaderModule>> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label: file, code: source });
  const scope = device.popErrorScope();
  const [info, error] = [await module.getCompilationInfo(), await scope];
  const first = info.messages.find(({ type }) => type === "error");
  if (first === undefined && error === null) return E.right(module);
  const line = first?.lineNum ?? 0;
  return E.left({
    _tag: "ShaderRejected",
    message: `${file}:${line}: ${oneLine(first?.message ?? error?.message ?? "")}`,
    file,
    line,
  });
}

/** The line of a shader on which an entry point is defined; 0 if there is none. */
const lineOf = (source: string, entryPoint: string): number =>
  source.split("\n").findIndex((line) => line.includes(`fn ${entryPoint}(`)) + 1;

function known<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const value = make();
  map.set(key, value);
  return value;
}
