/**
 * Buffers through which results are read by the host, reused between readings.
 *
 * @module
 */

/** A part of a buffer to be read. */
export interface Range {
  /** The buffer. */
  readonly buffer: GPUBuffer;
  /** In bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}

/** A device's staging buffers. */
export interface Staging {
  /** Queues a copy of the ranges after the work queued so far, waits for it, and returns their bytes, concatenated. */
  readonly read: (ranges: readonly Range[]) => Promise<ArrayBuffer>;
  /** Destroys the buffers. */
  readonly close: () => void;
}

const MAP_READ = 1, COPY_DST = 8, READ = 1;

/** Splits ranges into lists of at most `limit` bytes each. */
function shares(ranges: readonly Range[], limit: number): readonly (readonly Range[])[] {
  const lists: Range[][] = [];
  let room = 0;
  for (const { buffer, offset, length } of ranges) {
    for (let done = 0; done < length;) {
      if (room === 0) {
        lists.push([]);
        room = limit;
      }
      const part = Math.min(room, length - done);
      lists[lists.length - 1]!.push({ buffer, offset: offset + done, length: part });
      done += part;
      room -= part;
    }
  }
  return lists;
}

const bytesOf = (ranges: readonly Range[]): number => ranges.reduce((total, { length }) => total + length, 0);

/**
 * Staging buffers of a device, of at most `limit` bytes each, a multiple of 4: a reading that needs more uses several.
 * Overlapping readings use separate buffers.
 */
export function stagingOf(
  device: GPUDevice,
  limit = 4 * Math.floor(device.limits.maxBufferSize / 4),
): Staging {
  const free: GPUBuffer[] = [];
  const all = new Set<GPUBuffer>();
  const take = (bytes: number): GPUBuffer => {
    const fitting = free.findIndex((buffer) => buffer.size >= bytes);
    if (fitting >= 0) return free.splice(fitting, 1)[0]!;
    // A buffer that has become too small will not be used again.
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
      const result = new Uint8Array(bytesOf(ranges));
      if (result.length === 0) return result.buffer;
      const encoder = device.createCommandEncoder({ label: "read" });
      const parts = shares(ranges, limit).map((share) => {
        const bytes = bytesOf(share), buffer = take(bytes);
        let at = 0;
        for (const { buffer: source, offset, length } of share) {
          encoder.copyBufferToBuffer(source, offset, buffer, at, length);
          at += length;
        }
        return { buffer, bytes };
      });
      // One submission, so that nothing queued later comes between the parts.
      device.queue.submit([encoder.finish()]);
      await Promise.all(parts.map(({ buffer, bytes }) => buffer.mapAsync(READ, 0, bytes)));
      let at = 0;
      for (const { buffer, bytes } of parts) {
        result.set(new Uint8Array(buffer.getMappedRange(0, bytes)), at);
        buffer.unmap();
        free.push(buffer);
        at += bytes;
      }
      return result.buffer;
    },
    close: () => {
      for (const buffer of all) buffer.destroy();
      all.clear();
    },
  };
}
