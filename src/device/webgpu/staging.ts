/**
 * Buffers through which results come back to the host, reused from one reading to the next.
 *
 * @module
 */

/** A part of a buffer to be read. */
export interface Range {
  /** Where they lie. */
  readonly buffer: GPUBuffer;
  /** In bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}

/** A device's staging buffers. */
export interface Staging {
  /** Queues a copy of the ranges behind the work queued so far, and waits for it: their bytes, one after the other. */
  readonly read: (ranges: readonly Range[]) => Promise<ArrayBuffer>;
  /** Destroys the buffers. */
  readonly close: () => void;
}

const MAP_READ = 1, COPY_DST = 8, READ = 1;

/** Staging buffers of a device. Readings that overlap take buffers of their own. */
export function stagingOf(device: GPUDevice): Staging {
  const free: GPUBuffer[] = [];
  const all = new Set<GPUBuffer>();
  const take = (bytes: number): GPUBuffer => {
    const fitting = free.findIndex((buffer) => buffer.size >= bytes);
    if (fitting >= 0) return free.splice(fitting, 1)[0];
    // A buffer that has become too small will not be wanted again.
    const small = free.pop();
    if (small !== undefined) {
      all.delete(small);
      small.destroy();
    }
    const buffer = device.createBuffer({ label: "staging", size: bytes, usage: MAP_READ | COPY_DST });
    all.add(buffer);
    return buffer;
  };
  return {
    read: async (ranges) => {
      const bytes = ranges.reduce((total, { length }) => total + length, 0);
      if (bytes === 0) return new ArrayBuffer(0);
      const buffer = take(bytes);
      const encoder = device.createCommandEncoder({ label: "read" });
      let at = 0;
      for (const { buffer: source, offset, length } of ranges) {
        encoder.copyBufferToBuffer(source, offset, buffer, at, length);
        at += length;
      }
      device.queue.submit([encoder.finish()]);
      await buffer.mapAsync(READ, 0, bytes);
      const copy = buffer.getMappedRange(0, bytes).slice(0);
      buffer.unmap();
      free.push(buffer);
      return copy;
    },
    close: () => {
      for (const buffer of all) buffer.destroy();
      all.clear();
    },
  };
}
