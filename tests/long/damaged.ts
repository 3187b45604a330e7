/**
 * Hundreds of damages to the files of runs, checkpoints and sweeps.
 *
 *     SOFTQ_TEST_SEED=random deno test -A --lock tests/deno.lock tests/long/damaged.ts
 */
import { harmedCheckpoint, harmedRun, harmedSweep } from "../cli/damaged_files.ts";

Deno.test("A finished run's files under 150 damages each", () => harmedRun(150));

Deno.test("A checkpoint's files under 100 damages each", () => harmedCheckpoint(100));

Deno.test("A sweep's files under 100 damages each", () => harmedSweep(100));
