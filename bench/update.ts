/**
 * One soft Q-learning update on the CPU device: three configurations, the peers' choices and ours, 1, 4 and 16 replicas.
 *
 *     deno run -A bench/update.ts [--rounds N] [--seconds S] [--json FILE]
 *
 * `deno bench` gives the times of single updates in its own form.
 *
 * @module
 */

import { E } from "../src/deps.ts";
import { cpuDevice } from "../src/device/cpu.ts";
import { dense } from "../src/kernels/dense.ts";
import { trace } from "../src/tensor/program.ts";
import { f32 } from "../src/tensor/shape.ts";
import { commandLine, interleaved, machine, ratio, short, table, timed, writeResults } from "./measure.ts";
import {
  type Choice,
  CHOICES,
  CONFIGURATIONS,
  flopsOf,
  peerFlops,
  type Update,
  updateOn,
} from "./setting.ts";

const REPLICAS = [1, 4, 16];

/** What one row of the table says. */
export interface UpdateResult {
  readonly configuration: string;
  readonly choice: Choice;
  readonly replicas: number;
  readonly updatesPerSecond: number;
  /** Updates of all replicas in the time of as many single ones: this rate over that of one replica. */
  readonly throughputOverSingle: number;
  readonly megaflops: number;
  readonly peerMegaflops: number;
  readonly gigaflopsPerSecond: number;
  /** Of the fastest rate at which the device made a matrix product of 2048 × 200 × 200 in the same run. */
  readonly shareOfProduct: number;
}

/** One large product, the best rate that an update could have. */
async function productOn(device: ReturnType<typeof cpuDevice>) {
  const program = trace({ x: f32(1, 2048, 200), w: f32(1, 201, 200) }, ({ x, w }) => ({ y: dense(x, w) }));
  const compiled = await device.compile(program)();
  if (E.isLeft(compiled)) throw new Error(compiled.left.message);
  return { run: () => compiled.right.run(), flops: flopsOf(program) };
}

if (import.meta.main) {
  const { json, ...effort } = commandLine({ rounds: 7, seconds: 0.5 });
  const device = cpuDevice();
  const product = await productOn(device);
  const results: UpdateResult[] = [];
  for (const configuration of CONFIGURATIONS) {
    for (const choice of Object.keys(CHOICES) as Choice[]) {
      const updates: Update[] = [];
      for (const replicas of REPLICAS) {
        updates.push(await updateOn(device, configuration, choice, replicas));
      }
      const measured = await interleaved([
        timed("product", product.run),
        ...updates.map(({ executable }, k) => timed(`${REPLICAS[k]}`, () => executable.run())),
      ], effort);
      const [best, ...rates] = measured;
      const peak = Math.max(...best.rates) * product.flops;
      rates.forEach((each, k) => {
        const flops = flopsOf(updates[k].program);
        results.push({
          configuration: configuration.name,
          choice,
          replicas: REPLICAS[k],
          updatesPerSecond: REPLICAS[k] * each.median,
          throughputOverSingle: REPLICAS[k] * ratio(each, rates[0]),
          megaflops: flops / REPLICAS[k] / 1e6,
          peerMegaflops: peerFlops(configuration) / 1e6,
          gigaflopsPerSecond: flops * each.median / 1e9,
          shareOfProduct: flops * each.median / peak,
        });
      });
      for (const { executable } of updates) executable.close();
    }
  }
  console.log(
    `${machine().processor}, ${machine().cores} cores, load ${machine().load}; ${device.description}\n`,
  );
  console.log(updateTable(results));
  if (json !== null) await writeResults(json, "update", results);
  device.close();
}

/** The results as a table. */
export function updateTable(results: readonly UpdateResult[]): string {
  return table(
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
      `${(100 * r.shareOfProduct).toFixed(0)} %`,
    ]),
  );
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
