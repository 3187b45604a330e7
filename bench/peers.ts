/**
 * The same work by softq and by what a user would pick instead, in one interleaved run: matrix products and a perceptron
 * beside TensorFlow.js and jax-js, and one soft Q update beside these and PyTorch (where `python3-torch` is installed).
 *
 *     deno run -A bench/peers.ts [--webgpu] [--rounds N] [--seconds S] [--json FILE]
 *
 * Without `--webgpu` everything runs on the processor, with it on the WebGPU adapter (PyTorch stays on the processor).
 *
 * @module
 */

import { E } from "../src/deps.ts";
import { cpuDevice } from "../src/device/cpu.ts";
import type { Device, Executable } from "../src/device/device.ts";
import { webgpuDevice } from "../src/device/webgpu.ts";
import { dense } from "../src/kernels/dense.ts";
import { gradient } from "../src/tensor/gradient.ts";
import { mean, mul, reshape } from "../src/tensor/primitives.ts";
import { type Program, trace } from "../src/tensor/program.ts";
import { f32, sizeOf } from "../src/tensor/shape.ts";
import {
  commandLine,
  interleaved,
  machine,
  type Measured,
  ratio,
  short,
  table,
  timed,
  type Work,
  writeResults,
} from "./measure.ts";
import { jaxPerceptron, jaxProduct, jaxUpdate, startJax } from "./peers/jax.ts";
import { startTfjs, tfjsPerceptron, tfjsProduct, tfjsUpdate } from "./peers/tfjs.ts";
import { torchPeer } from "./peers/torch.ts";
import { CONFIGURATIONS, updateOn } from "./setting.ts";

/** Rows, depth and columns of products as they stand in an update. */
const PRODUCTS: readonly (readonly [number, number, number])[] = [
  [2048, 200, 200],
  [1024, 128, 128],
  [64, 200, 200],
];

/** What one row of the table says: a work, and how often a second each library does it. */
export interface PeerResult {
  readonly work: string;
  /** Median rates by library; ours are `softq` and, for updates, `softq, default choices`. */
  readonly rates: Readonly<Record<string, number>>;
  /** Of ours over each peer's, the median of the rounds' ratios. */
  readonly ratios: Readonly<Record<string, number>>;
}

async function compiled(device: Device, program: Program): Promise<Executable> {
  const answer = await device.compile(program)();
  if (E.isLeft(answer)) throw new Error(answer.left.message);
  for (const { name, variable } of program.inputs) {
    const count = sizeOf(program.types[variable].shape);
    answer.right.write(name, Float32Array.from({ length: count }, (_, i) => Math.sin(i)));
  }
  return answer.right;
}

/** A work of ours: on the CPU a run is done when it returns, on WebGPU many are queued and an output is awaited. */
function own(name: string, device: Device, executable: Executable, output: string): Work {
  if (device.kind === "cpu") return timed(name, () => executable.run());
  return {
    name,
    rate: async (seconds) => {
      const start = performance.now(), batch = 32;
      let count = 0;
      while (performance.now() - start < 1000 * seconds) {
        executable.run(batch);
        const read = await executable.read([output])();
        if (E.isLeft(read)) throw new Error(read.left.message);
        count += batch;
      }
      return 1000 * count / (performance.now() - start);
    },
  };
}

const productOf = (rows: number, depth: number, columns: number): Program =>
  trace({ x: f32(1, rows, depth), w: f32(1, depth, columns) }, ({ x, w }) => ({
    y: dense(x, w, { bias: false }),
  }));

/** The mean square of a perceptron's output with its gradient. */
const perceptronOf = (rows: number, inputs: number, hidden: number): Program =>
  trace(
    {
      x: f32(1, rows, inputs),
      w1: f32(1, inputs + 1, hidden),
      w2: f32(1, hidden + 1, hidden),
      w3: f32(1, hidden + 1, 1),
    },
    ({ x, w1, w2, w3 }) => {
      const h = dense(dense(x, w1, { activation: "relu" }), w2, { activation: "relu" });
      const y = reshape(dense(h, w3), [1, rows]);
      const loss = mean(mul(y, y), 1);
      const [d1, d2, d3] = gradient(loss, [w1, w2, w3]);
      return { loss, d1, d2, d3 };
    },
  );

const resultOf = (work: string, measured: readonly Measured[], peers: number): PeerResult => {
  const [ours] = measured;
  return {
    work,
    rates: Object.fromEntries(measured.map(({ name, median }) => [name, median])),
    ratios: Object.fromEntries(measured.slice(-peers).map((peer) => [peer.name, ratio(ours, peer)])),
  };
};

/** The results as a table: rates, and in brackets how many times as fast ours is. */
export function peerTable(results: readonly PeerResult[]): string {
  const names = [...new Set(results.flatMap(({ rates }) => Object.keys(rates)))];
  return table(
    ["a second", ...names],
    results.map(({ work, rates, ratios }) => [
      work,
      ...names.map((name) => {
        if (rates[name] === undefined) return "–";
        return short(rates[name]) + (ratios[name] === undefined ? "" : ` (${ratios[name].toFixed(2)}×)`);
      }),
    ]),
  );
}

async function main(): Promise<void> {
  const { json, flags, ...effort } = commandLine({ rounds: 7, seconds: 0.6 });
  const kind = flags.has("webgpu") ? "webgpu" : "wasm";
  const made = kind === "webgpu" ? await webgpuDevice()() : E.right(cpuDevice());
  if (E.isLeft(made)) throw new Error(made.left.message);
  const device: Device = made.right;
  const tfjs = await startTfjs(kind), jax = await startJax(kind);
  const results: PeerResult[] = [];
  for (const [rows, depth, columns] of PRODUCTS) {
    const executable = await compiled(device, productOf(rows, depth, columns));
    const peers = [
      ...tfjs ? [tfjsProduct(`tfjs ${kind}`, rows, depth, columns)] : [],
      ...jax ? [jaxProduct(`jax-js ${kind}`, rows, depth, columns)] : [],
    ];
    const measured = await interleaved([own("softq", device, executable, "y"), ...peers], effort);
    results.push(resultOf(`product ${rows} × ${depth} × ${columns}`, measured, peers.length));
    executable.close();
  }
  for (const [rows, inputs, hidden] of [[1024, 4, 128], [2048, 133, 200]]) {
    const executable = await compiled(device, perceptronOf(rows, inputs, hidden));
    const peers = [
      ...tfjs ? [tfjsPerceptron(`tfjs ${kind}`, rows, inputs, hidden)] : [],
      ...jax ? [jaxPerceptron(`jax-js ${kind}`, rows, inputs, hidden)] : [],
    ];
    const measured = await interleaved([own("softq", device, executable, "loss"), ...peers], effort);
    results.push(resultOf(`perceptron ${rows} × ${inputs}, ${hidden}, ${hidden}, 1`, measured, peers.length));
    executable.close();
  }
  for (const configuration of CONFIGURATIONS) {
    const updates = [
      await updateOn(device, configuration, "peer"),
      await updateOn(device, configuration, "default"),
    ];
    const torches = [];
    for (const threads of new Set([1, machine().cores])) {
      const peer = await torchPeer(configuration, threads);
      if (peer !== null) torches.push(peer);
    }
    const peers = [
      ...torches.map(({ work }) => work),
      ...tfjs ? [tfjsUpdate(`tfjs ${kind}`, configuration)] : [],
      ...jax ? [jaxUpdate(`jax-js ${kind}`, configuration)] : [],
    ];
    const measured = await interleaved([
      own("softq", device, updates[0].executable, "loss"),
      own("softq, default choices", device, updates[1].executable, "loss"),
      ...peers,
    ], effort);
    results.push(resultOf(`update ${configuration.name}`, measured, peers.length));
    for (const peer of torches) await peer.close();
    for (const { executable } of updates) executable.close();
  }
  const { processor, cores, load } = machine();
  console.log(`${processor}, ${cores} cores, load ${load}; ${device.description}\n`);
  console.log(peerTable(results));
  if (json !== null) await writeResults(json, `peers ${kind}`, { device: device.description, rows: results });
  device.close();
}

if (import.meta.main) await main();
