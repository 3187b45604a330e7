/**
 * The reference device: float64, every kernel by its definition. It is the oracle of the tests.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Plan } from "../tensor/plan.ts";
import type { Device } from "./device.ts";
import { arraysOf, compileOn, settled } from "./host.ts";

/** A device that computes in float64 and by definitions alone. */
export function referenceDevice(): Device {
  const host = (layout: Plan) => E.right(arraysOf(layout, (length) => new Float64Array(length)));
  return {
    kind: "reference",
    description: "float64, definitions",
    compile: (program) => settled(compileOn(host, program)),
    close: () => {},
  };
}
