/** A GPU that counts what is made through it, around the real one. */

/** What has been made and destroyed. */
export interface Counts {
  buffers: number;
  destroyed: number;
  groups: number;
  pipelines: number;
  modules: number;
}

/** A counting GPU, its counts, and the devices that it gave. */
export interface CountingGpu {
  readonly gpu: GPU;
  readonly counts: Counts;
  readonly devices: GPUDevice[];
}

/** Runs `before` in front of some methods of an object; everything else passes through. */
function wrapped<T extends object>(
  target: T,
  before: Readonly<Record<string, (result: unknown) => unknown>>,
): T {
  return new Proxy(target, {
    get: (_, name) => {
      const member = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        const result = Reflect.apply(member, target, given);
        const seen = typeof name === "string" ? before[name] : undefined;
        return seen === undefined ? result : seen(result);
      };
    },
  });
}

/** Wraps `navigator.gpu`. */
export function countingGpu(): CountingGpu {
  const counts: Counts = {
    buffers: 0,
    destroyed: 0,
    groups: 0,
    pipelines: 0,
    modules: 0,
  };
  const devices: GPUDevice[] = [];
  const count = (name: keyof Counts) => (result: unknown): unknown => {
    counts[name]++;
    return result;
  };
  const counted = (device: GPUDevice): GPUDevice => {
    devices.push(device);
    return wrapped(device, {
      createBuffer: (result) => {
        counts.buffers++;
        const buffer = result as GPUBuffer, destroy = buffer.destroy.bind(buffer);
        buffer.destroy = () => {
          counts.destroyed++;
          destroy();
        };
        return buffer;
      },
      createBindGroup: count("groups"),
      createComputePipeline: count("pipelines"),
      createComputePipelineAsync: count("pipelines"),
      createShaderModule: count("modules"),
    });
  };
  const gpu = wrapped(navigator.gpu, {
    requestAdapter: (found) =>
      (found as Promise<GPUAdapter | null>).then((adapter) =>
        adapter === null ? null : wrapped(adapter, {
          requestDevice: (device) => (device as Promise<GPUDevice>).then(counted),
        })
      ),
  });
  return { gpu, counts, devices };
}
