/**
 * Hundreds of random damages to the files of runs, checkpoints and sweeps; of one that no command takes well fast-check
 * tells the seed.
 *
 *     deno test -A --lock tests/deno.lock tests/long/damaged.ts
 */
import { harmedCheckpoint, harmedRun, harmedSweep } from "../cli/damaged_files.ts";

Deno.test("A finished run's files under 150 damages each", () => harmedRun({ numRuns: 150 }));

Deno.test("A checkpoint's files under 100 damages each", () => harmedCheckpoint({ numRuns: 100 }));

Deno.test("A sweep's files under 100 damages each", () => harmedSweep({ numRuns: 100 }));
