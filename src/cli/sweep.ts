/**
 * `softq sweep FILE`: many runs over the settings of a file, on the cores of this machine or on a server.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { EXIT } from "../run/exit.ts";
import { jsonText } from "../run/json.ts";
import { costFrom } from "../sweep/cost.ts";
import { endLines, hasFailed, runSweep } from "../sweep/local.ts";
import { overviewTable, planTable } from "../sweep/overview.ts";
import type { Part } from "../sweep/part.ts";
import type { SweepFile } from "../sweep/space.ts";
import { readSweep, type Sweep } from "../sweep/trials.ts";
import { type Console, listenToInterrupts } from "../terminal/console.ts";
import { softqCommand } from "../terminal/programs.ts";
import { command, type Invocation, one } from "./command.ts";
import { buildRouteMap, type CommandContext, type RouteMap } from "./deps.ts";
import { countFlag, type FlagValues, parsedFlag, switchFlag, textFlag } from "./flags.ts";
import { printError, printResult, printText } from "../terminal/result.ts";
import { withUsage } from "./routes.ts";
import { checkServerFlags, SERVER_FLAGS, serverOf } from "./server.ts";
import { controlRoutes } from "./sweep_control.ts";

/** Parses `--index I/N`. */
const partOf = (text: string): Part => {
  const found = /^(\d{1,6})\/(\d{1,6})$/.exec(text), index = Number(found?.[1]), parts = Number(found?.[2]);
  if (found === null || index >= parts) {
    throw new SyntaxError("must be I/N with I from 0 to N - 1, as in 0/16");
  }
  return { index, parts };
};

const FLAGS = {
  out: textFlag("folder of the sweep; new, or one that holds this sweep [runs/NAME]", "folder"),
  local: countFlag("trials at once, a process each [the cores of this machine]", "count", 1, 1024),
  index: parsedFlag("make part I of N alone, as in 3/16, for arrays of jobs", "I/N", partOf),
  dryRun: switchFlag("print the trials and what they may cost, and make none"),
  json: switchFlag("print JSON"),
  ...SERVER_FLAGS,
};

/** Runs a sweep, or a part of it, on this machine until its trials have ended or the user interrupts. */
async function runHere(
  { file, sweep }: { readonly file: SweepFile; readonly sweep: Sweep },
  { out, local, index, json }: FlagValues<typeof FLAGS>,
  console_: Console,
): Promise<number> {
  const folder = out ?? `runs/${sweep.name}`, interrupted = listenToInterrupts(console_);
  const workers = index !== undefined ? 1 : local ?? navigator.hardwareConcurrency;
  const options = { folder, workers, softq: softqCommand(), interrupted, print: console_.error };
  const result = await runSweep(file, sweep, index ?? null, options)();
  console_.stopListening?.();
  if (E.isLeft(result)) return printError(result.left, console_);
  const { end, overview } = result.right;
  console_.out(json ? jsonText(overview) : overviewTable(sweep, overview));
  for (const line of endLines(end, sweep, folder, overview.paused)) console_.error(`${line}\n`);
  return end.interrupted ? EXIT.interrupted : hasFailed(end) ? EXIT.failed : EXIT.done;
}

const runCommand = (invocation: Invocation) =>
  command(invocation, {
    brief: "Train over the settings of a file: grid, random or successive halving",
    listed: "<file> [flags]",
    help:
      "Trains over the settings of a file (docs/sweeps.md), and goes on where it stands if it is begun again.\n" +
      "With --nats its trials wait on a server for workers (softq worker).\n" +
      "Least permissions: --allow-read, --allow-write of its folder, --allow-run for its trials.",
    flags: FLAGS,
    takes: one({ placeholder: "file", brief: "JSON file of the sweep" }),
    run: async (flags, path) => {
      const { experiments, connect, console } = invocation, { nats, dryRun, json, out, local, index } = flags;
      const read = await pipe(
        readSweep(experiments, path),
        TE.chainFirstEitherK(() => checkServerFlags(flags, { out, local, index })),
      )();
      if (E.isLeft(read)) return printError(read.left, console);
      const { file, sweep } = read.right;
      if (dryRun) {
        const cost = await costFrom(["runs", "results"]);
        const trials = sweep.trials.map((trial) => ({ ...trial, seconds: cost.seconds(trial) }));
        return printText(json ? jsonText({ name: sweep.name, trials }) : planTable(sweep, cost), console);
      }
      if (nats === undefined || connect === null) return await runHere(read.right, flags, console);
      const submitted = await connect(experiments, serverOf(flags)).submit(file, sweep)();
      return printResult(submitted, console, ({ waiting, store }) =>
        json
          ? jsonText({ name: sweep.name, trials: sweep.trials.length, waiting, store })
          : `${sweep.name}: ${waiting} of ${sweep.trials.length} trials wait for workers\n${store}\n`);
    },
  });

/** The commands. */
export const sweepRoutes = (invocation: Invocation): RouteMap<CommandContext> =>
  withUsage(
    buildRouteMap({
      routes: {
        run: runCommand(invocation),
        ...controlRoutes(invocation),
      },
      defaultCommand: "run",
      docs: { brief: "Train over the settings of a file, and see where that stands" },
    }),
    "<file> [flags]",
    "status|report|fetch|pause|continue <sweep> [flags]",
    "cancel|retry <sweep> <trial>... [flags]",
  );
