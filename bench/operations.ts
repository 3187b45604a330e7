/**
 * One update on the CPU device: its operations by name, each with its time and its fraction of the peak of
 * multiply-adds, on one thread, without waits, and on all.
 *
 *     deno run -A bench/operations.ts [--only NAME] [--rounds N] [--json FILE]
 *
 * @module
 */

import { cpuDevice } from "../src/device/cpu.ts";
import type { Device } from "../src/device/device.ts";
import { expand } from "../src/tensor/expand.ts";
import { nameOf } from "../src/tensor/expression.ts";
import { plan } from "../src/tensor/plan.ts";
import type { Program } from "../src/tensor/program.ts";
import type { Operands, TensorType } from "../src/tensor/shape.ts";
import { commandLine, machine, median, short, table, writeResults } from "./measure.ts";
import { peakOf } from "./peak.ts";
import { type Configuration, CONFIGURATIONS, updateOn } from "./setting.ts";

/** All operations of one name in one update. */
export interface OperationResult {
  readonly name: string;
  readonly operations: number;
  /** Microseconds of all of them together, on one thread. */
  readonly alone: number;
  /** The same on all threads. */
  readonly together: number;
  /** Floating-point operations of the matrix products; 0 for other operations. */
  readonly flops: number;
}

/** One configuration's update. */
export interface OperationsResult {
  readonly configuration: string;
  /** Multiply-adds in registers on one thread and on all, GFLOP/s. */
  readonly peaks: readonly [alone: number, together: number];
  readonly operations: readonly OperationResult[];
}

/** The name of an operation in the tables: a product's has its result's rows, its depth and its columns. */
function titleOf(name: string, inputs: readonly TensorType[], [result]: readonly TensorType[]): string {
  if (!name.startsWith("dense")) return name;
  const [, rows, columns] = result!.shape, [, m, k] = inputs[0]!.shape;
  return `${name} ${rows} × ${name === "denseWeight" ? m : k} × ${columns}`;
}

/** The operations of a program in the order in which the CPU device does them: names and floating-point operations. */
function operationsOf(program: Program): readonly { readonly name: string; readonly flops: number }[] {
  const kept = expand(program, (operation) =>
    operation.kind === "kernel" &&
    (operation.kernel.calls !== undefined || operation.kernel.loop !== undefined));
  const { steps, types } = plan(kept);
  return steps.map((step) => {
    if (step.kind === "copy") return { name: "copy", flops: 0 };
    const { operation, inputs, outputs } = step.equation;
    const given = inputs.map((v) => types[v]!), results = outputs.map((v) => types[v]!);
    const flops = operation.kind === "kernel"
      ? operation.kernel.flops?.(given as Operands<TensorType>, operation.params) ?? 0
      : 0;
    return { name: titleOf(nameOf(operation), given, results), flops };
  });
}

/** Microseconds of each operation of an update: medians over the rounds. */
async function timesOn(
  device: Device,
  configuration: Configuration,
  rounds: number,
): Promise<{ readonly program: Program; readonly times: readonly number[] }> {
  const { executable, program } = await updateOn(device, configuration, "default");
  const { runInPieces } = executable, taken: number[][] = [];
  if (runInPieces === undefined) throw new Error("It does not run in pieces");
  executable.run(20);
  for (let round = 0; round < rounds; round++) {
    let k = 0, before = performance.now();
    for (const _ of runInPieces()) {
      const now = performance.now();
      (taken[k++] ??= []).push(1000 * (now - before));
      before = performance.now();
    }
  }
  executable.close();
  return { program, times: taken.map(median) };
}

/** The operations of an update by name, the longest first. */
async function operations(
  configuration: Configuration,
  devices: readonly [Device, Device],
  rounds: number,
): Promise<readonly OperationResult[]> {
  const { program, times: alone } = await timesOn(devices[0], configuration, rounds);
  const { times: together } = await timesOn(devices[1], configuration, rounds);
  const named = operationsOf(program);
  if (named.length !== alone.length) throw new Error(`${named.length} operations in ${alone.length} pieces`);
  const found = new Map<string, OperationResult>();
  named.forEach(({ name, flops }, k) => {
    const before = found.get(name) ?? { name, operations: 0, alone: 0, together: 0, flops: 0 };
    found.set(name, {
      name,
      operations: before.operations + 1,
      alone: before.alone + alone[k]!,
      together: before.together + together[k]!,
      flops: before.flops + flops,
    });
  });
  return [...found.values()].sort((a, b) => b.alone - a.alone);
}

/** Number of operations shown by name; the others share one row. */
const SHOWN = 14;

/** The results as tables. */
export const operationsTables = (results: readonly OperationsResult[]): string =>
  results.map(({ configuration, peaks, operations }) => {
    const sum = (of: readonly OperationResult[], name: string): OperationResult => ({
      name,
      operations: of.reduce((total, each) => total + each.operations, 0),
      alone: of.reduce((total, each) => total + each.alone, 0),
      together: of.reduce((total, each) => total + each.together, 0),
      flops: of.reduce((total, each) => total + each.flops, 0),
    });
    const all = sum(operations, "all");
    const share = (flops: number, microseconds: number, peak: number): string =>
      flops === 0 ? "–" : `${(flops / microseconds / 10 / peak).toFixed(0)} %`;
    const rest = operations.slice(SHOWN);
    const rows = [...operations.slice(0, SHOWN), ...rest.length === 0 ? [] : [sum(rest, "all others")], all];
    return `**${configuration}**; the peak is ${short(peaks[0])} GFLOP/s on one thread, ${
      short(peaks[1])
    } on all\n\n` +
      table(
        ["operations", "number", "µs alone", "share", "of the peak", "µs together", "of the peak"],
        rows.map((each) => [
          each.name,
          String(each.operations),
          short(each.alone),
          `${(100 * each.alone / all.alone).toFixed(0)} %`,
          share(each.flops, each.alone, peaks[0]),
          short(each.together),
          share(each.flops, each.together, peaks[1]),
        ]),
      );
  }).join("\n\n");

/** The highest rate of multiply-adds in registers in five rounds, GFLOP/s. */
async function highestRate(device: Device): Promise<number> {
  const peak = await peakOf(device), rates: number[] = [];
  for (let k = 0; k < 5; k++) rates.push(await peak.work.rate(0.2));
  peak.close();
  return Math.max(...rates) * peak.flops / 1e9;
}

if (import.meta.main) {
  const { json, rounds, only } = commandLine({ rounds: 101, seconds: 0 });
  const results: OperationsResult[] = [];
  for (const configuration of CONFIGURATIONS.filter(({ name }) => name.startsWith(only))) {
    const devices = [cpuDevice({ workers: 1 }), cpuDevice()] as const;
    const found = await operations(configuration, devices, rounds);
    const peaks = [await highestRate(devices[0]), await highestRate(devices[1])] as const;
    for (const device of devices) device.close();
    results.push({ configuration: configuration.name, peaks, operations: found });
  }
  const { processor, cores, load } = machine();
  console.log(`${processor}, ${cores} cores, load ${load}\n\n${operationsTables(results)}`);
  if (json !== null) await writeResults(json, "operations", results);
}
