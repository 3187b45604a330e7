/**
 * What a user does with the library who has nothing but its address: a program, its gradient, a run on the CPU, and on
 * WebGPU where there is an adapter. It is a text that the tests write elsewhere, so it may import nothing here.
 *
 * @param address of the folder that `mod.ts` stands in, without a slash at its end
 */
export const userScript = (address: string): string => `
import { cpuDevice, E, webgpuDevice } from "${address}/mod.ts";
import { f32, grad, trace } from "${address}/src/tensor/mod.ts";
import { dense, softValue } from "${address}/src/kernels/mod.ts";

const program = trace({ x: f32(1, 2, 3), w: f32(1, 4, 5), alpha: f32(1) }, ({ x, w, alpha }) => ({
  v: softValue(dense(x, w, { activation: "tanh" }), alpha, 0),
}));
const values = {
  x: [0.1, -0.2, 0.3, 0.4, 0.5, -0.6],
  w: Array.from({ length: 20 }, (_, i) => Math.sin(1 + i)),
  alpha: [0.5],
};

async function run(device) {
  const compiled = await device.compile(grad(program, "v", ["w"]))();
  if (E.isLeft(compiled)) throw new Error(compiled.left.message);
  for (const [name, given] of Object.entries(values)) compiled.right.write(name, given);
  compiled.right.run();
  const read = await compiled.right.read(["v", "dv/dw"])();
  if (E.isLeft(read)) throw new Error(read.left.message);
  compiled.right.close();
  device.close();
  return { v: [...read.right.v], slope: [...read.right["dv/dw"]] };
}

const found = { cpu: await run(cpuDevice()) };
const adapter = await globalThis.navigator?.gpu?.requestAdapter() ?? null;
if (adapter !== null) {
  const opened = await webgpuDevice()();
  if (E.isLeft(opened)) throw new Error(opened.left.message);
  found.webgpu = await run(opened.right);
}
`;

/** What the script finds on each device. */
export interface Found {
  readonly v: readonly number[];
  readonly slope: readonly number[];
}
