/**
 * The kernels that the CPU device computes in WebAssembly: the three dense products and ADAM.
 *
 * @module
 */

import { BETA_1, BETA_2, EPSILON } from "../kernels/adam.ts";
import { type Assembly, DENSE_DESCRIPTOR_BYTES, type DenseProduct } from "./assembly/assembly.ts";
import { copyBlocks, type Routine, type View } from "./host.ts";

/** Names of the kernels computed in WebAssembly: their operands must lie in its memory. */
export const ASSEMBLY_ROUTINES: ReadonlySet<string> = new Set(["dense", "denseInput", "denseWeight", "adam"]);
