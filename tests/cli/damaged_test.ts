/**
 * Whatever befalls files of runs, checkpoints and sweeps: what comes of it is one sentence and the exit code 2, or 1, or what
 * would have come of the whole file. No number is ever wrong in silence. Here are a few cases; `tests/long/damaged.ts` tries
 * hundreds.
 */
import { harmedCheckpoint, harmedRun, harmedSweep } from "./damaged_files.ts";

Deno.test("Whatever has been done to a finished run's files, every command that reads it says so or gives what it gave", () =>
  harmedRun(8));

Deno.test("Whatever has been done to a checkpoint's files, resume, evaluate and watch say so or give what they gave", () =>
  harmedCheckpoint(5));

Deno.test("Whatever has been done to a sweep's files, its commands say so or do their work, and no trial has a wrong number", () =>
  harmedSweep(6));
