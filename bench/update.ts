/**
 * One soft Q-learning update: three configurations, the peers' choices and ours, 1, 4 and 16 replicas.
 *
 *     deno run -A bench/update.ts [--webgpu] [--rounds N] [--seconds S] [--json FILE]
 *
 * Without `--webgpu` on the CPU device, with it on the WebGPU adapter.
 *
 * `deno bench` gives the times of single updates in its own form.
 *
 * @module
 */

import { E } from "../src/deps.ts";
import { cpuDevice } from "../src/device/cpu.ts";
import type { Device } from "../src/device/device.ts";
import { dense } from "../src/kernels/dense.ts";
import { trace } from "../src/tensor/program.ts";
import { f32 } from "../src/tensor/shape.ts";
import {
  commandLine,
  interleaved,
  machine,
  ratio,
  short,
  table,
  type Work,
  writeResults,
} from "./measure.ts";
import { peakOf } from "./peak.ts";
import { opened, work } from "./running.ts";
import {
  type Choice,
  CHOICES,
  CONFIGURATIONS,
  flopsOf,
  peerFlops,
  type Update,
  updateOn,
} from "./setting.ts";

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

const REPLICAS = [1, 4, 16];

/** One row of the table. */
export interface UpdateResult {
  readonly configuration: string;
  readonly choice: Choice;
  readonly replicas: number;
  readonly updatesPerSecond: number;
  /** The rates of each round, from which the median is taken. */
  readonly rounds?: readonly number[];
  /** Updates of all replicas in the time of as many single ones: this rate over that of one replica. */
  readonly throughputOverSingle: number;
  readonly megaflops: number;
  readonly peerMegaflops: number;
  readonly gigaflopsPerSecond: number;
  /** Fraction of the device's fastest rate for a matrix product of 2048 × 200 × 200 in the same run. */
  readonly shareOfProduct: number;
  /** The fastest rate of multiply-adds in registers in the same run; see `peak.ts`. */
  readonly peakGigaflopsPerSecond: number;
  readonly shareOfPeak: number;
}

/** One large product, an upper bound of an update's rate. */
async function productOn(device: Device): Promise<{ readonly work: Work; readonly flops: number }> {
  const program = trace({ x: f32(1, 2048, 200), w: f32(1, 201, 200) }, ({ x, w }) => ({ y: dense(x, w) }));
  const compiled = await device.compile(program)();
  if (E.isLeft(compiled)) throw new Error(compiled.left.message);
  return { work: await work("product", device, compiled.right, "y"), flops: flopsOf(program) };
}

if (import.meta.main) {
  const { json, flags, ...effort } = commandLine({ rounds: 7, seconds: 0.5 });
  const { device } = await opened(flags.has("webgpu") ? "webgpu" : "cpu");
  const product = await productOn(device), peak = await peakOf(device);
  const results: UpdateResult[] = [];
  for (const configuration of CONFIGURATIONS) {
    for (const choice of Object.keys(CHOICES) as Choice[]) {
      const updates: Update[] = [], works: Work[] = [];
      for (const replicas of REPLICAS) {
        const update = await updateOn(device, configuration, choice, replicas);
        updates.push(update);
        works.push(await work(String(replicas), device, update.executable, "loss"));
      }
      const [most, large, ...rates] = await interleaved([peak.work, product.work, ...works], effort);
      const peakRate = Math.max(...most.rates) * peak.flops;
      const productRate = Math.max(...large.rates) * product.flops;
      rates.forEach((each, k) => {
        const flops = flopsOf(updates[k]!.program);
        results.push({
          configuration: configuration.name,
          choice,
          replicas: REPLICAS[k]!,
          updatesPerSecond: REPLICAS[k]! * each.median,
          rounds: each.rates.map((rate) => REPLICAS[k]! * rate),
          throughputOverSingle: REPLICAS[k]! * ratio(each, rates[0]!),
          megaflops: flops / REPLICAS[k]! / 1e6,
          peerMegaflops: peerFlops(configuration) / 1e6,
          gigaflopsPerSecond: flops * each.median / 1e9,
          shareOfProduct: flops * each.median / productRate,
          peakGigaflopsPerSecond: peakRate / 1e9,
          shareOfPeak: flops * each.median / peakRate,
        });
      });
      for (const { executable } of updates) executable.close();
    }
  }
  console.log(
    `${machine().processor}, ${machine().cores} cores, load ${machine().load}; ${device.description}\n`,
  );
  console.log(updateTable(results));
  if (json !== null) await writeResults(json, "update", results, device.description);
  peak.close();
  device.close();
}

/** The results as a table below the peak, the fastest of the run. */
export function updateTable(results: readonly UpdateResult[]): string {
  const peaks = results.map((r) => r.peakGigaflopsPerSecond);
  const rows = table(
    [
      "update",
      "choices",
      "replicas",
      "updates/s",
      "× single",
      "Mflop",
      "peer's Mflop",
      "GFLOP/s",
      "of a product's",
      "of the peak",
    ],
    results.map((r) => [
      r.configuration,
      r.choice,
      String(r.replicas),
      short(r.updatesPerSecond),
      r.throughputOverSingle.toFixed(2),
      short(r.megaflops),
      short(r.peerMegaflops),
      short(r.gigaflopsPerSecond),
      percent(r.shareOfProduct),
      percent(r.shareOfPeak),
    ]),
  );
  return `The peak was ${short(Math.min(...peaks))} to ${short(Math.max(...peaks))} GFLOP/s.\n\n${rows}`;
}

for (const configuration of CONFIGURATIONS) {
  for (const choice of Object.keys(CHOICES) as Choice[]) {
    Deno.bench(
      `update, ${choice} choices`,
      { group: configuration.name, n: 20, warmup: 5 },
      async (bench) => {
        const device = cpuDevice();
        const { executable } = await updateOn(device, configuration, choice);
        executable.run(3);
        bench.start();
        executable.run();
        bench.end();
        device.close();
      },
    );
  }
}
