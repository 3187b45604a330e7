/**
 * The reference device: float64, every kernel by its definition. It is the oracle of the tests.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Device } from "./device.ts";
import { arraysOf, compileOn, type Host } from "./host.ts";

/**
 * A device that computes in float64 and by definitions alone.
 *
 * @example
 * ```ts
 * import { E, referenceDevice } from "../../mod.ts";
 * import { exp, f32, trace } from "../../src/tensor/mod.ts";
 * import assert from "node:assert/strict";
 * const compiled = await referenceDevice().compile(trace({ x: f32(1) }, ({ x }) => ({ y: exp(x) })))();
 * assert.ok(E.isRight(compiled));
 * compiled.right.write("x", [1]);
 * compiled.right.run();
 * const read = await compiled.right.read(["y"])();
 * assert.ok(E.isRight(read));
 * assert.deepEqual(read.right.y, Float64Array.of(Math.E));
 * ```
 */
export function referenceDevice(): Device {
  const host: Host = function* (layout) {
    return E.right(yield* arraysOf(layout, (length) => new Float64Array(length)));
  };
  return {
    kind: "reference",
    description: "float64, definitions",
    compile: (program) => compileOn(host, program),
    close: () => {},
  };
}
