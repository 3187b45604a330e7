/**
 * A thread of `peak.ts`: performs multiply-adds for the requested time and reports its repetitions per second.
 *
 * @module
 */

import type { Order } from "./peak.ts";
import { type MultiplyAdd, peakModule } from "./peak_module.ts";

const cache = new Map<MultiplyAdd, (steps: number) => number>();

function loopOf(kind: MultiplyAdd): (steps: number) => number {
  let run = cache.get(kind);
  if (run === undefined) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(peakModule(kind)));
    cache.set(kind, run = exports["run"] as (steps: number) => number);
  }
  return run;
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage: (rate: number) => void;
};

scope.onmessage = ({ data: { seconds, kind, steps } }) => {
  const run = loopOf(kind), start = performance.now();
  let turns = 0, now = start;
  for (; now - start < 1000 * seconds; now = performance.now(), turns++) run(steps);
  scope.postMessage(1000 * turns / (now - start));
};
