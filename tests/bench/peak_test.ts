import assert from "node:assert/strict";
import { peakModule, STEP_FLOPS } from "../../bench/peak_module.ts";

const run = (kind: "relaxed" | "plain"): (steps: number) => number =>
  new WebAssembly.Instance(new WebAssembly.Module(peakModule(kind))).exports["run"] as (
    steps: number,
  ) => number;

Deno.test("The loop performs as many multiply-adds as it counts: each of its sums approaches 1 by a thousandth per step", () => {
  const sums = STEP_FLOPS / 2 / 4;
  for (const kind of ["relaxed", "plain"] as const) {
    if (!WebAssembly.validate(peakModule(kind))) continue; // a processor or runtime without relaxed SIMD
    const loop = run(kind);
    for (const steps of [1, 10, 1000]) {
      const expected = sums * (1 - 0.999 ** steps);
      // A thousand roundings of numbers below 1: at most 1000 · 2⁻²⁴ each, and twelve of them.
      assert.ok(Math.abs(loop(steps) - expected) < sums * steps * 2 ** -24 + 1e-6, `${kind}, ${steps} steps`);
    }
  }
  assert.ok(WebAssembly.validate(peakModule("plain")));
});
