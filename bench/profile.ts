/**
 * A GPU that times each dispatch: an object with the WebGPU `GPU` interface around a real one. Each dispatch gets a
 * separate compute pass with a timestamp before and after it, which costs time between dispatches but not inside them;
 * nothing else changes, and the library cannot tell the difference.
 *
 * @module
 */

import { withoutLoaderWarning } from "../src/run/devices.ts";

/** A dispatch, by the label of its bind group, and its time on the GPU. */
export interface Timed {
  readonly label: string;
  readonly nanoseconds: number;
}

/** A profiled GPU, and the times of its last submission. */
export interface Profile {
  readonly gpu: GPU;
  /** The dispatches of the last submission, in order; waits for the GPU. */
  readonly last: () => Promise<readonly Timed[]>;
}

/** Dispatches of one submission that can be timed: a query set holds at most 4096 timestamps. */
const MAX_TIMED = 2048;

/** A proxy of an object: properties that `changes` names are replaced, all others are the object's. */
function overlaid<T extends object>(real: T, changes: Partial<T>): T {
  return new Proxy(real, {
    get: (target, name) => {
      if (name in changes) return changes[name as keyof T];
      const value = Reflect.get(target, name, target);
      // Methods of the GPU's objects must be called on the real object.
      return typeof value === "function" ? value.bind(target) : value;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}

/** Profiles a GPU; null if its adapter has no timestamps. */
export async function profiled(gpu: GPU = navigator.gpu): Promise<Profile | null> {
  const adapter = await withoutLoaderWarning(() => gpu.requestAdapter())();
  if (adapter === null || !adapter.features.has("timestamp-query")) return null;
  let last = (): Promise<readonly Timed[]> => Promise.resolve([]);

  const encoderOf = (device: GPUDevice, real: GPUCommandEncoder): GPUCommandEncoder => {
    const labels: string[] = [];
    let queries: GPUQuerySet | null = null;
    const beginComputePass = (): GPUComputePassEncoder => {
      queries ??= device.createQuerySet({ type: "timestamp", count: 2 * MAX_TIMED });
      const querySet = queries;
      let pipeline: GPUComputePipeline, group: GPUBindGroup;
      return {
        setPipeline: (given: GPUComputePipeline) => void (pipeline = given),
        setBindGroup: (_: number, given: GPUBindGroup) => void (group = given),
        dispatchWorkgroups: (x: number, y: number, z: number) => {
          const k = labels.push(group.label) - 1;
          const timestampWrites = {
            querySet,
            beginningOfPassWriteIndex: 2 * k,
            endOfPassWriteIndex: 2 * k + 1,
          };
          const pass = real.beginComputePass({ timestampWrites });
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, group);
          pass.dispatchWorkgroups(x, y, z);
          pass.end();
        },
        end: () => {},
      } as unknown as GPUComputePassEncoder; // all that the library calls of one
    };
    const finish = (): GPUCommandBuffer => {
      if (queries === null) return real.finish(); // a copy to read something back
      const querySet = queries, size = 16 * labels.length;
      const resolved = device.createBuffer({
        size,
        usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
      });
      const staging = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
      real.resolveQuerySet(querySet, 0, 2 * labels.length, resolved, 0);
      real.copyBufferToBuffer(resolved, 0, staging, 0, size);
      last = async () => {
        await staging.mapAsync(GPUMapMode.READ);
        const times = new BigUint64Array(staging.getMappedRange().slice(0));
        for (const each of [querySet, resolved, staging]) each.destroy();
        last = () => Promise.resolve([]);
        return labels.map((label, k) => ({ label, nanoseconds: Number(times[2 * k + 1]! - times[2 * k]!) }));
      };
      return real.finish();
    };
    return overlaid(real, { beginComputePass, finish });
  };

  const requestDevice = async (descriptor: GPUDeviceDescriptor = {}): Promise<GPUDevice> => {
    const device = await adapter.requestDevice({ ...descriptor, requiredFeatures: ["timestamp-query"] });
    return overlaid(device, {
      createCommandEncoder: (given) => encoderOf(device, device.createCommandEncoder(given)),
    });
  };
  const profiledAdapter = overlaid(adapter, { requestDevice });
  return {
    gpu: overlaid(gpu, { requestAdapter: () => Promise.resolve(profiledAdapter) }),
    last: () => last(),
  };
}
