/**
 * The dispatches of an update, timed by the adapter's own clock.
 *
 * @module
 */

import { dispatchesOf, type KernelResult } from "../kernels.ts";
import { short } from "../measure.ts";
import { DONE, type Section, skipped } from "./section.ts";
import { SIZES } from "./sizes.ts";

/** One configuration's dispatches. */
interface Dispatches {
  readonly configuration: string;
  readonly kernels: readonly KernelResult[];
}

const tableOf = ({ configuration, kernels }: Dispatches) => {
  const total = kernels.reduce((sum, { microseconds }) => sum + microseconds, 0);
  const count = kernels.reduce((sum, { dispatches }) => sum + dispatches, 0);
  return {
    title: `${configuration}: ${count} dispatches, ${short(total)} µs of the adapter's time`,
    header: ["dispatches of", "number", "µs", "share", "GFLOP/s", "GB/s"],
    rows: kernels.map((each) => [
      each.name,
      String(each.dispatches),
      short(each.microseconds),
      `${(100 * each.microseconds / total).toFixed(0)} %`,
      each.gigaflopsPerSecond === null ? "–" : short(each.gigaflopsPerSecond),
      short(each.gigabytesPerSecond),
    ]),
  };
};

/** Times the dispatches of each configuration. */
export const dispatchesSection: Section = () =>
  Promise.resolve(async ({ left, tell }) => {
    const adapter = await navigator.gpu.requestAdapter();
    if (!adapter?.features.has("timestamp-query")) {
      return skipped("the adapter has no timestamps: feature timestamp-query");
    }
    const found: Dispatches[] = [], late: string[] = [];
    let longest = 0;
    for (const configuration of SIZES) {
      if (found.length > 0 && left() < 2 * longest) {
        late.push(configuration.name);
        continue;
      }
      const from = performance.now();
      found.push({ configuration: configuration.name, kernels: await dispatchesOf(configuration, 5) });
      longest = (performance.now() - from) / 1000;
      tell({ tables: found.map(tableOf), data: found });
    }
    return late.length === 0 ? DONE : { status: "done", reason: `no time was left for ${late.join(", ")}` };
  });
