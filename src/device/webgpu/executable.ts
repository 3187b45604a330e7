/**
 * A program on a GPU: buffers, pipelines and bind groups are created when it is compiled, and a run only encodes.
 *
 * Laws, tested: no run creates a buffer, a pipeline or a bind group; no run waits.
 *
 * @module
 */

import { E } from "../../deps.ts";
import type { AdapterKind, Tiles } from "../../tensor/launch.ts";
import type { Values } from "../../tensor/loops.ts";
import { type Plan, plan } from "../../tensor/plan.ts";
import { LayoutMismatch } from "../../tensor/shader.ts";
import { blockOf, replicasOf, sizeOf, type TensorType } from "../../tensor/shape.ts";
import type { Named, Program } from "../../tensor/program.ts";
import type { DeviceError, Executable } from "../device.ts";
import { pauses } from "../pieces.ts";
import { errorOf, type Watch } from "./failure.ts";
import { lower } from "./lower.ts";
import { allocate, type Memory, restored, stored } from "./memory.ts";
import { pairIndependent } from "./pairs.ts";
import type { Pipeline, Pipelines } from "./pipelines.ts";
import { type Schedule, schedule } from "./schedule.ts";
import { type Range, type Staging, stagingOf } from "./staging.ts";
import { thrownText } from "../../given.ts";
import { requireNames, requireRoom, requireTimes } from "../arguments.ts";

/** Resources shared by the programs of a device. */
export interface Context {
  /** The GPU device. */
  readonly device: GPUDevice;
  /** Whether the adapter computes on the processor. */
  readonly adapter: AdapterKind;
  /** Tiles preferred to the launches' defaults. */
  readonly tiles: Tiles;
  /** The device's pipelines, created on demand. */
  readonly pipelines: Pipelines;
  /** The record of the device's first failure. */
  readonly watch: Watch;
}

/** Runs of a program that one command buffer holds. */
const RUNS_PER_SUBMIT = 64;

/** Duration, ms, of the dispatches submitted at once to a software adapter if a run is divided into pieces. */
const PIECE = 6;

/** Prepares a program on a GPU. */
export async function compileOnGpu(
  context: Context,
  program: Program,
): Promise<E.Either<DeviceError, Executable>> {
  const { device, watch } = context;
  const before = watch.failure();
  if (before !== null) return E.left(before);
  const pause = pauses();
  const lowered = lower(program);
  await pause();
  const paired = E.tryCatch(() => pairIndependent(lowered, context.adapter), mismatch);
  if (E.isLeft(paired)) return paired;
  await pause();
  const layout = plan(paired.right);
  await pause();
  const checked = E.tryCatch(() => schedule(layout, context.adapter, context.tiles), mismatch);
  if (E.isLeft(checked)) return checked;
  const planned = checked.right;
  const pipelines: Pipeline[] = [];
  for (const dispatch of planned.dispatches) {
    await pause();
    const pipeline = await context.pipelines(dispatch);
    if (E.isLeft(pipeline)) return E.left(watch.failure() ?? pipeline.left);
    pipelines.push(pipeline.right);
  }
  const memory = await allocate(device, layout, planned);
  if (E.isLeft(memory)) return E.left(watch.failure() ?? memory.left);
  device.pushErrorScope("validation");
  const calls = callsOf(device, planned, memory.right, pipelines);
  const error = await device.popErrorScope();
  if (error !== null) {
    memory.right.free();
    return E.left(watch.failure() ?? errorOf(error));
  }
  return E.right(executableOf(context, layout, calls, memory.right));
}

/** A shader that contradicts its layout is rejected like one that does not compile; any other exception is a bug. */
function mismatch(error: unknown): DeviceError {
  if (!(error instanceof LayoutMismatch)) throw error;
  return { _tag: "ShaderRejected", message: error.message, file: error.file, line: 0 };
}

/** One dispatch, ready to be encoded. */
interface Call {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

const callsOf = (
  device: GPUDevice,
  { dispatches }: Schedule,
  { buffers, uniforms, blocks }: Memory,
  pipelines: readonly Pipeline[],
): readonly Call[] =>
  dispatches.map(({ label, words, bindings, workgroups }, k) => ({
    pipeline: pipelines[k]!.pipeline,
    group: device.createBindGroup({
      label,
      layout: pipelines[k]!.layout,
      entries: [
        {
          binding: 0,
          resource: {
            buffer: uniforms,
            offset: blocks[k]!,
            size: words.byteLength,
          },
        },
        ...bindings.flatMap((bound, b) =>
          bound === null ? [] : [{ binding: b + 1, resource: { buffer: buffers[bound.buffer]! } }]
        ),
      ],
    }),
    workgroups,
  }));

/** A named tensor's type and memory. */
interface Located {
  readonly type: TensorType;
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly stride: number;
}

function executableOf(
  { device, watch, adapter }: Context,
  layout: Plan,
  calls: readonly Call[],
  memory: Memory,
): Executable {
  const locate = ({ name, variable }: Named): readonly [string, Located] => {
    const { slot, offset, stride } = layout.places[variable]!;
    return [name, { type: layout.types[variable]!, buffer: memory.buffers[slot]!, offset, stride }];
  };
  const inputs = layout.program.inputs.map(locate);
  const targets = new Map(inputs), sources = new Map([...inputs, ...layout.outputs.map(locate)]);
  const staging = stagingOf(device);
  // How long each dispatch took when it was last alone in a piece, ms: at first each is, and may be compiled only then.
  const taken = new Float64Array(calls.length).fill(Infinity);
  let closed = false;
  const isIdle = (): boolean => closed || watch.isClosed() || watch.failure() !== null;
  return {
    write: (name, values, at = 0) => {
      const target = targets.get(name);
      if (target === undefined) throw new RangeError(`There is no input "${name}"`);
      const size = sizeOf(target.type.shape);
      requireRoom(name, size, values, at);
      if (isIdle() || values.length === 0) return;
      device.queue.writeBuffer(target.buffer, 4 * (target.offset + at), stored(target.type, values));
    },
    run: (times = 1) => {
      requireTimes(times);
      for (let done = 0; done < times && !isIdle(); done += RUNS_PER_SUBMIT) {
        submit(device, calls, Math.min(RUNS_PER_SUBMIT, times - done));
      }
    },
    ...adapter === "hardware"
      ? {
        settled: () => isIdle() ? Promise.resolve() : device.queue.onSubmittedWorkDone().then(ignore, ignore),
      }
      : {
        // A software adapter computes while work is submitted, on the thread that submits it.
        *runInPieces() {
          for (let k = 0; k < calls.length && !isIdle();) {
            let end = k + 1, expected = taken[k]!;
            while (end < calls.length && expected + taken[end]! <= PIECE) expected += taken[end++]!;
            const begun = performance.now();
            submit(device, calls.slice(k, end), 1);
            const took = performance.now() - begun;
            if (end === k + 1) taken[k] = took;
            else if (took > 2 * PIECE) taken.fill(Infinity, k, end);
            k = end;
            yield "inside";
          }
        },
      },
    read: <N extends string>(names: readonly N[]) => () => {
      requireNames(names);
      const parts = names.map((name): Located => {
        const source = sources.get(name);
        if (source === undefined) throw new RangeError(`There is no output or input "${name}"`);
        return source;
      });
      if (closed || watch.isClosed()) {
        return Promise.resolve(
          E.left({ _tag: "DeviceFailed", message: "The program has been closed" } as const),
        );
      }
      return readParts(device, watch, staging, parts).then(
        E.map((values) =>
          Object.fromEntries(names.map((name, k) => [name, values[k]])) as { [K in N]: Values }
        ),
      );
    },
    bytes: memory.bytes,
    close: () => {
      if (closed) return;
      closed = true;
      memory.free();
      staging.close();
    },
  };
}

const ignore = (): void => {};

/** Encodes several runs of a program in one pass and submits it to the GPU. */
function submit(device: GPUDevice, calls: readonly Call[], times: number): void {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (let t = 0; t < times; t++) {
    for (const { pipeline, group, workgroups } of calls) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
    }
  }
  pass.end();
  device.queue.submit([encoder.finish()]);
}

/** The byte ranges of a tensor's elements, in order. */
function rangesOf({ type, buffer, offset, stride }: Located): readonly Range[] {
  const replicas = replicasOf(type), block = blockOf(type);
  if (replicas <= 1 || stride === block) {
    const length = 4 * sizeOf(type.shape);
    return length === 0 ? [] : [{ buffer, offset: 4 * offset, length }];
  }
  return Array.from({ length: replicas }, (_, r) => ({
    buffer,
    offset: 4 * (offset + r * stride),
    length: 4 * block,
  }));
}

async function readParts(
  device: GPUDevice,
  watch: Watch,
  staging: Staging,
  parts: readonly Located[],
): Promise<E.Either<DeviceError, readonly Values[]>> {
  const before = watch.failure();
  if (before !== null) return E.left(before);
  try {
    const bytes = await staging.read(parts.flatMap(rangesOf));
    const failure = watch.failure();
    if (failure !== null) return E.left(failure);
    let at = 0;
    return E.right(parts.map(({ type }) => {
      const end = at + 4 * sizeOf(type.shape);
      const values = restored(type, bytes.slice(at, end));
      at = end;
      return values;
    }));
  } catch (error) {
    // The device's loss is reported on a later turn of the event loop than the failure of pending operations.
    await atMost(100, device.lost);
    const message = thrownText(error);
    return E.left(
      watch.failure() ?? { _tag: "DeviceFailed", message: `Reading from the GPU failed: ${message}` },
    );
  }
}

/** Waits for a promise, with a timeout. */
async function atMost(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([promise, new Promise((resolve) => timer = setTimeout(resolve, milliseconds))]);
  clearTimeout(timer);
}
