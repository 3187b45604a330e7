/** Readings of a GPU's buffers. */

import { assert } from "../deps.ts";
import { stagingOf } from "../../src/device/webgpu/staging.ts";
import { gpuTest } from "./adapter.ts";

gpuTest("a reading that is larger than a buffer may be comes in several, as one", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const gpu = await adapter!.requestDevice(); // there is one: the test runs
  const numbers = (from: number, count: number) => Float32Array.from({ length: count }, (_, i) => from + i);
  const buffers = [numbers(0, 40), numbers(100, 7), numbers(200, 16)].map((values) => {
    const buffer = gpu.createBuffer({ size: values.byteLength, usage: 4 | 8 }); // COPY_SRC, COPY_DST
    gpu.queue.writeBuffer(buffer, 0, values);
    return buffer;
  });
  const ranges = [
    { buffer: buffers[0]!, offset: 8, length: 152 },
    { buffer: buffers[1]!, offset: 0, length: 28 },
    { buffer: buffers[2]!, offset: 0, length: 64 },
  ];
  const expected = [...numbers(2, 38), ...numbers(100, 7), ...numbers(200, 16)];
  for (const limit of [64, 100, 152, 1024]) {
    const staging = stagingOf(gpu, limit);
    for (let again = 0; again < 2; again++) {
      assert.deepEqual([...new Float32Array(await staging.read(ranges))], expected, `${limit}`);
    }
    assert.equal((await staging.read([])).byteLength, 0);
    staging.close();
  }
  gpu.destroy();
});
