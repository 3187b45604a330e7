/**
 * A plan's buffers, and one more for the uniform blocks of its dispatches.
 *
 * @module
 */

import { E } from "../../deps.ts";
import type { Plan } from "../../tensor/plan.ts";
import type { TensorType } from "../../tensor/shape.ts";
import type { Values } from "../../tensor/loops.ts";
import type { DeviceError } from "../device.ts";
import { errorOf } from "./failure.ts";
import type { Schedule } from "./schedule.ts";

/** Buffers of a program. */
export interface Memory {
  /** The plan's slots, then the schedule's temporaries. */
  readonly buffers: readonly GPUBuffer[];
  /** The uniform blocks of all dispatches, one after the other. */
  readonly uniforms: GPUBuffer;
  /** Byte at which each dispatch's uniform block starts. */
  readonly blocks: readonly number[];
  /** Bytes of all buffers. */
  readonly bytes: number;
  /** Destroys the buffers. */
  readonly free: () => void;
}

const UNIFORM = 64, STORAGE = 128, COPY_SRC = 4, COPY_DST = 8;

/** Uniform blocks start at multiples of this many bytes on every device. */
const UNIFORM_ALIGNMENT = 256;

/** The next multiple. */
export const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** Allocates a program's buffers and fills the uniform blocks and the constants; everything else is zero. */
export async function allocate(
  device: GPUDevice,
  plan: Plan,
  { temporaries, dispatches }: Schedule,
): Promise<E.Either<DeviceError, Memory>> {
  const lengths = [...plan.slots.map(({ length }) => length), ...temporaries];
  // Shaders may bind a buffer as vectors of four elements, and no buffer may be empty.
  const sizes = lengths.map((length) => Math.max(16, roundUp(4 * length, 16)));
  let uniformBytes = 0;
  const blocks = dispatches.map(({ words }) => {
    const start = uniformBytes;
    uniformBytes = roundUp(start + words.byteLength, UNIFORM_ALIGNMENT);
    return start;
  });
  uniformBytes = Math.max(UNIFORM_ALIGNMENT, uniformBytes);
  const refused = beyondLimits(device, [...sizes, uniformBytes]);
  if (refused !== null) return E.left(refused);

  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  const create = (label: string, size: number, usage: number): GPUBuffer =>
    device.createBuffer({ label, size, usage });
  const buffers = sizes.map((size, k) =>
    create(
      k < plan.slots.length ? `slot ${k}` : `temporary ${k - plan.slots.length}`,
      size,
      STORAGE | COPY_SRC | COPY_DST,
    )
  );
  const uniforms = create("uniforms", uniformBytes, UNIFORM | COPY_DST);
  const scopes = [device.popErrorScope(), device.popErrorScope()];
  const free = (): void => [...buffers, uniforms].forEach((buffer) => buffer.destroy());
  const bytes = sizes.reduce((total, size) => total + size, uniformBytes);
  const errors = (await Promise.all(scopes)).filter((error) => error !== null);
  if (errors.length > 0) {
    free();
    return E.left(errorOf(errors[0]!, bytes, device.limits.maxBufferSize));
  }
  const image = new Uint32Array(uniformBytes / 4);
  dispatches.forEach(({ words }, k) => image.set(words, blocks[k]! / 4));
  device.queue.writeBuffer(uniforms, 0, image);
  for (const [v, values] of plan.constants) {
    const { slot, offset } = plan.places[v]!;
    device.queue.writeBuffer(buffers[slot]!, 4 * offset, stored(plan.types[v]!, values));
  }
  return E.right({ buffers, uniforms, blocks, bytes, free });
}

/** Values as a device stores them. */
export function stored(
  { element }: TensorType,
  values: ArrayLike<number>,
): Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  return element === "u32" ? Uint32Array.from(values) : Float32Array.from(values);
}

/** Decodes stored bytes. */
export const restored = ({ element }: TensorType, bytes: ArrayBuffer): Values =>
  element === "u32" ? new Uint32Array(bytes) : new Float32Array(bytes);

function beyondLimits(device: GPUDevice, sizes: readonly number[]): DeviceError | null {
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const bytes = Math.max(...sizes);
  return bytes <= limit ? null : {
    _tag: "OutOfMemory",
    message: `The program needs a buffer of ${bytes} bytes, but this GPU device binds at most ${limit}`,
    bytes,
    limit,
  };
}
