/**
 * The adapter's updates per second, for one replica and for many.
 *
 * @module
 */

import { interleaved, type Paced, ratio, short } from "../measure.ts";
import { peakOf } from "../peak.ts";
import { opened, pacedWork } from "../running.ts";
import { flopsOf, peerFlops, updateOn } from "../setting.ts";
import { DONE, type Section } from "./section.ts";
import { REPLICAS, SIZES } from "./sizes.ts";

/** One row. */
interface UpdatesResult {
  readonly configuration: string;
  readonly replicas: number;
  /** Of all replicas together: median of the rounds, and each. */
  readonly updatesPerSecond: number;
  readonly rounds: readonly number[];
  /** Relative to as many single runs one after another. */
  readonly timesSingle: number;
  readonly gigaflopsPerSecond: number;
  readonly shareOfPeak: number;
  readonly megaflops: number;
  readonly peerMegaflops: number;
}

const ROUNDS = 5;

const tableOf = (results: readonly UpdatesResult[], late: readonly string[]) => ({
  title: `Medians of ${ROUNDS} rounds in turns${
    late.length === 0 ? "" : `; no time was left for ${late.join(", ")}`
  }`,
  header: ["update", "replicas", "updates/s", "× single", "Mflop", "GFLOP/s", "of the peak"],
  rows: results.map((r) => [
    r.configuration,
    String(r.replicas),
    short(r.updatesPerSecond),
    r.timesSingle.toFixed(2),
    short(r.megaflops),
    short(r.gigaflopsPerSecond),
    `${(100 * r.shareOfPeak).toFixed(0)} %`,
  ]),
});

/** Measures each configuration with its numbers of replicas alternately, together with the peak. */
export const updatesSection: Section = () =>
  Promise.resolve(async ({ left, tell }) => {
    const { device } = await opened("webgpu"), peak = await peakOf(device);
    const results: UpdatesResult[] = [], late: string[] = [];
    for (const [k, configuration] of SIZES.entries()) {
      const share = left() / (SIZES.length - k), until = left() - share;
      const works: Paced[] = [], flops: number[] = [], replicas: number[] = [], closing: (() => void)[] = [];
      let compiling = 0;
      for (const R of REPLICAS) {
        // R replicas take at most R times as long, and each runs once per round, and some times to find its pace.
        const growth = replicas.length === 0 ? 0 : R / replicas[replicas.length - 1]!;
        const running = Math.max(0, ...works.map(({ each }) => each)) * growth;
        if (compiling + (ROUNDS + 4) * running > 0.7 * (left() - until)) {
          late.push(`${configuration.name} with ${R} replicas`);
          continue;
        }
        const from = performance.now();
        const { executable, program } = await updateOn(device, configuration, "default", R);
        compiling = (performance.now() - from) / 1000;
        works.push(await pacedWork(String(R), executable, "loss"));
        flops.push(flopsOf(program));
        replicas.push(R);
        closing.push(executable.close);
      }
      const seconds = Math.max(0.01, Math.min(0.5, (left() - until) / ((works.length + 1) * (ROUNDS + 1))));
      const [most, ...rates] = await interleaved([peak.work, ...works], { rounds: ROUNDS, seconds });
      rates.forEach((rate, i) =>
        results.push({
          configuration: configuration.name,
          replicas: replicas[i]!,
          updatesPerSecond: replicas[i]! * rate.median,
          rounds: rate.rates.map((x) => replicas[i]! * x),
          timesSingle: replicas[i]! * ratio(rate, rates[0]!),
          gigaflopsPerSecond: flops[i]! * rate.median / 1e9,
          shareOfPeak: flops[i]! * rate.median / (peak.flops * Math.max(...most.rates)),
          megaflops: flops[i]! / replicas[i]! / 1e6,
          peerMegaflops: peerFlops(configuration) / 1e6,
        })
      );
      for (const close of closing) close();
      tell({ tables: [tableOf(results, late)], data: results });
    }
    peak.close();
    device.close();
    return DONE;
  });
