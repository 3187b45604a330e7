/**
 * Tuning: a short measurement of which of a kernel's tiles is fastest on an adapter.
 *
 * Laws, tested: a tile is preferred only if its results have the bits of the default tile's; the measurement ends in time.
 *
 * @module
 */

import { E } from "../../deps.ts";
import type { Tiling } from "../../tensor/launch.ts";
import type { Values } from "../../tensor/loops.ts";
import { plan } from "../../tensor/plan.ts";
import type { Program } from "../../tensor/program.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Executable, Tune } from "../device.ts";
import { compileOnGpu, type Context } from "./executable.ts";
import { lower } from "./lower.ts";
import { launchesOf } from "./schedule.ts";

/** Maximum ratio of a tile's time to the default tile's for it to be preferred: smaller gains are noise. */
const GAIN = 0.95;

/** Approximate duration of the work queued before waiting for it, ms. */
const QUEUE = 5;
/** Maximum number of queued runs. */
const MAX_QUEUED = 512;

/** Rounds of each tile, of which the fastest counts. */
const TURNS = 3;
/** Maximum ratio of a tile's time to the fastest so far for it to be measured again. */
const CLOSE = 1.25;

/** The tiles of a device's launches in programs, each of which is a sample of the launches of one subject. */
export const tuneOn = (context: Omit<Context, "tiles">): Tune =>
async (
  programs,
  milliseconds,
  now = () => performance.now(),
) => {
  const end = now() + milliseconds, tiles: Record<string, string> = {}, seen = new Set<string>();
  for (const program of programs) {
    const tiling = now() < end ? tilingOf(program, context) : null;
    if (tiling === null || seen.has(tiling.subject)) continue;
    seen.add(tiling.subject);
    const best = await fastest(context, program, tiling, { now, end });
    if (best !== tiling.own) tiles[tiling.subject] = best;
  }
  return tiles;
};

/** The tiling of a program's launch; null if there is only one tile. */
function tilingOf(program: Program, { adapter }: Omit<Context, "tiles">): Tiling | null {
  const layout = plan(lower(program));
  for (const step of layout.steps) {
    if (step.kind === "copy") continue;
    const found = launchesOf(layout, step.equation, adapter).find(({ tiling }) => tiling !== undefined);
    if (found?.tiling !== undefined) return found.tiling;
  }
  return null;
}

/** A clock, ms, and the deadline. */
interface Time {
  readonly now: () => number;
  readonly end: number;
}

/** The fastest tile of those that were measured before the deadline and give the bits of the first. */
async function fastest(
  context: Omit<Context, "tiles">,
  program: Program,
  { subject, own, others }: Tiling,
  { now, end }: Time,
): Promise<string> {
  const { queue } = context.device;
  const time = async (executable: Executable, runs: number): Promise<number> => {
    const start = now();
    executable.run(runs);
    await queue.onSubmittedWorkDone();
    return now() - start;
  };
  const ready: { readonly tile: string; readonly executable: Executable }[] = [];
  let expected: Values | null = null;
  for (const tile of [own, ...Object.keys(others)]) {
    if (expected !== null && now() >= end) break;
    const compiled = await compileOnGpu({ ...context, tiles: { [subject]: tile } }, program);
    if (E.isLeft(compiled)) continue;
    const found = await resultOf(compiled.right, program);
    expected ??= found;
    if (found !== null && expected !== null && sameBits(found, expected)) {
      ready.push({ tile, executable: compiled.right });
    } else compiled.right.close();
  }
  const close = (): void => ready.forEach(({ executable }) => executable.close());
  if (ready[0]?.tile !== own) {
    close();
    return own;
  }
  // On some hosts, waiting costs as much as many small runs; it is the same for all tiles.
  const once = await time(ready[0].executable, 1);
  const eight = await time(ready[0].executable, 8);
  const each = Math.max((eight - once) / 7, QUEUE / MAX_QUEUED),
    runs = Math.max(1, Math.floor(QUEUE / each));
  const times = ready.map(() => Infinity);
  for (let turn = 0; turn < TURNS; turn++) {
    const least = Math.min(...times);
    for (const [k, { executable }] of ready.entries()) {
      if (now() < end && times[k]! <= CLOSE * least) {
        times[k] = Math.min(times[k]!, await time(executable, runs));
      }
    }
  }
  close();
  const best = times.reduce((least, taken, k) => taken < times[least]! ? k : least, 0);
  return times[best]! < GAIN * times[0]! ? ready[best]!.tile : own;
}

/** The first output of a program on numbers between -1 and 1; null if it could not be computed. */
async function resultOf(executable: Executable, { inputs, outputs, types }: Program): Promise<Values | null> {
  for (const { name, variable } of inputs) {
    const length = sizeOf(types[variable]!.shape);
    executable.write(name, Float32Array.from({ length }, (_, i) => Math.sin(12.9898 * i)));
  }
  executable.run();
  const { name } = outputs[0]!, read = await executable.read([name])();
  return E.isRight(read) ? read.right[name]! : null;
}

/** Whether two results have the same bits. */
function sameBits(a: Values, b: Values): boolean {
  const words = (values: Values): Uint32Array =>
    new Uint32Array(values.buffer, values.byteOffset, values.length);
  const [x, y] = [words(a), words(b)];
  return x.length === y.length && x.every((word, i) => word === y[i]);
}
