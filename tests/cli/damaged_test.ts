/**
 * Whatever befalls files of runs, checkpoints and sweeps: what comes of it is one sentence and the exit code 2, or 1,
 * or what would have come of the whole file. No number is ever wrong in silence. Here are a few cases;
 * `tests/long/damaged.ts` tries hundreds.
 */
import { harmedCheckpoint, harmedRun, harmedSweep } from "./damaged_files.ts";

Deno.test("Whatever was done to a finished run's files, every command that reads it says so or gives the same as before", () =>
  harmedRun(8));

Deno.test("Whatever was done to a checkpoint's files, resume, evaluate and watch say so or give the same as before", () =>
  harmedCheckpoint(5));

Deno.test("Whatever was done to a sweep's files, its commands say so or do their work, and no trial has a wrong number", () =>
  harmedSweep(6));
