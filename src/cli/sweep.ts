/**
 * `softq sweep FILE`: many runs over the settings of a file, on the cores of this machine or on a server.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { configInvalid } from "../run/configuration.ts";
import type { RunError } from "../run/context.ts";
import type { Experiment } from "../run/experiment.ts";
import { readFile } from "../run/files.ts";
import { jsonText } from "../run/json.ts";
import { costFrom } from "../sweep/cost.ts";
import { overviewIn } from "../sweep/folder_place.ts";
import { runSweep } from "../sweep/local.ts";
import { overviewTable, planTable } from "../sweep/overview.ts";
import { exclusively, type Part, sweepPart } from "../sweep/part.ts";
import type { SweepEnd } from "../sweep/schedule.ts";
import { parseSweep, type SweepFile } from "../sweep/space.ts";
import { openSweepFolder } from "../sweep/sweep_folder.ts";
import { type Sweep, sweepOf } from "../sweep/trials.ts";
import { type Console, listenToInterrupts } from "./console.ts";
import { buildCommand, buildRouteMap, type Command, type CommandContext, type RouteMap } from "./deps.ts";
import { EXIT, printError, printResult } from "./exit_code.ts";
import { countFlag, switchFlag, textFlag } from "./flags.ts";
import type { Invocation } from "./invoke.ts";
import { withUsage } from "./routes.ts";
import { checkServerFlags, type Connect, SERVER_FLAGS, type ServerFlags, serverOf } from "./server.ts";
import { placeRoutes } from "./sweep_place.ts";

/** Parses `--index I/N`. */
const partOf = (text: string): Part => {
  const found = /^(\d{1,6})\/(\d{1,6})$/.exec(text), index = Number(found?.[1]), parts = Number(found?.[2]);
  if (found === null || index >= parts) {
    throw new SyntaxError("must be I/N with I from 0 to N - 1, as in 0/16");
  }
  return { index, parts };
};

/** Flags of `sweep run`. */
interface SweepFlags extends ServerFlags {
  readonly out: string | undefined;
  readonly local: number | undefined;
  readonly index: string | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Reads a sweep from its file. */
export const sweepFrom = (
  experiments: readonly Experiment[],
  path: string,
): TE.TaskEither<RunError, { readonly file: SweepFile; readonly sweep: Sweep }> =>
  pipe(
    readFile(path),
    TE.mapLeft(({ message }) => configInvalid("sweep", message)),
    TE.chainEitherK((bytes) => parseSweep(new TextDecoder().decode(bytes))),
    TE.bindTo("file"),
    TE.bind("sweep", ({ file }) => TE.fromEither(sweepOf(experiments, file))),
    TE.mapLeft((error): RunError => error),
  );

/** The command line of this program, for starting trials. */
export const softqCommand = (): readonly string[] => [
  Deno.execPath(),
  "run",
  "--quiet",
  "--allow-read",
  "--allow-write",
  "--allow-env=XDG_RUNTIME_DIR", // as the task has it: what `--device auto` finds may depend on it
  import.meta.resolve("../../cli.ts"),
];

/** Prints the last lines about a sweep; returns its exit code. */
function printEnd(
  { states, lost, trouble, interrupted }: SweepEnd,
  { trials }: Sweep,
  folder: string,
  paused: boolean,
  console_: Console,
): number {
  for (const [n, reason] of lost) console_.error(`${trials[n]!.name} was given up: ${reason}\n`);
  if (interrupted && paused) {
    console_.error(`Paused; after softq sweep continue ${folder} the same command goes on\n`);
    return EXIT.interrupted;
  }
  if (interrupted) {
    console_.error(
      `Interrupted; the same command goes on, and softq sweep status ${folder} says where it stands\n`,
    );
    return EXIT.interrupted;
  }
  if (trouble !== null) {
    console_.error(`This machine cannot go on; the same command does later: ${trouble}\n`);
  }
  const failed = states.filter(({ standing }) => standing === "failed").length + lost.size;
  return failed > 0 || trouble !== null ? EXIT.failed : EXIT.done;
}

/** Runs trials on this machine until they have ended or the user interrupts. */
const runInterruptibly =
  (sweep: Sweep, folder: string, workers: number, console_: Console): TE.TaskEither<RunError, SweepEnd> =>
  async () => {
    const interrupted = listenToInterrupts(console_), softq = softqCommand();
    try {
      return await runSweep(sweep, { folder, workers, softq, interrupted, print: console_.error })();
    } finally {
      console_.listenNoMore?.();
    }
  };

/** Runs a sweep, or a part of it, on this machine. */
async function runHere(
  { file, sweep }: { readonly file: SweepFile; readonly sweep: Sweep },
  { out, local, index, json }: SweepFlags,
  { console: console_, exit }: Invocation,
): Promise<void> {
  const folder = out ?? `runs/${sweep.name}`, part = index === undefined ? null : partOf(index);
  if (part !== null && (sweep.stopsEarly || sweep.trials.some(({ after }) => after !== null))) {
    const message = "--index cannot be used where which trial goes on depends on others";
    return exit(printError(configInvalid("index", message), console_));
  }
  const workers = part !== null ? 1 : local ?? navigator.hardwareConcurrency;
  const ended = await exclusively(
    folder,
    part,
    pipe(
      openSweepFolder(folder, file),
      TE.chainW(() => runInterruptibly(sweepPart(sweep, part), folder, workers, console_)),
    ),
  )();
  if (E.isLeft(ended)) return exit(printError(ended.left, console_));
  const overview = await overviewIn(folder, sweep)();
  if (E.isLeft(overview)) return exit(printError(overview.left, console_));
  console_.out(json ? jsonText(overview.right) : overviewTable(sweep, overview.right));
  exit(printEnd(ended.right, sweep, folder, overview.right.paused, console_));
}

const runCommand = (
  experiments: readonly Experiment[],
  connect: Connect | null,
  invocation: Invocation,
): Command<CommandContext> =>
  buildCommand<SweepFlags, [string], CommandContext>({
    parameters: {
      positional: {
        kind: "tuple",
        parameters: [{
          parse: (text: string): string => text,
          brief: "JSON file of the sweep",
          placeholder: "file",
        }],
      },
      flags: {
        out: textFlag("folder of the sweep; new, or one that holds this sweep [runs/NAME]", "folder"),
        local: countFlag("trials at once, a process each [the cores of this machine]", "count", 1, 1024),
        index: textFlag("make part I of N alone, as in 3/16, for arrays of jobs", "I/N", (text) =>
          void partOf(text)),
        dryRun: switchFlag("print the trials and what they may cost, and make none"),
        json: switchFlag("print JSON"),
        ...SERVER_FLAGS,
      },
    },
    docs: {
      brief: "Train over the settings of a file: grid, random or successive halving",
      fullDescription:
        "Trains over the settings of a file (docs/sweeps.md), and goes on where it stands if it is begun again.\n" +
        "With --nats its trials wait on a server for workers (softq worker).\n" +
        "Least permissions: --allow-read, --allow-write of its folder, --allow-run for its trials.",
    },
    func: async function (flags, path): Promise<void> {
      const { console: console_, exit } = invocation, { nats, dryRun, json } = flags;
      const read = await sweepFrom(experiments, path)();
      if (E.isLeft(read)) {
        return exit(printError(read.left, console_));
      }
      const { file, sweep } = read.right, { out, local, index } = flags;
      const checked = checkServerFlags(flags, { out, local, index });
      if (E.isLeft(checked)) {
        return exit(printError(checked.left, console_));
      }
      if (dryRun) {
        const cost = await costFrom(["runs", "results"]);
        const trials = sweep.trials.map((trial) => ({ ...trial, seconds: cost.seconds(trial) }));
        console_.out(json ? jsonText({ name: sweep.name, trials }) : planTable(sweep, cost));
        return exit(EXIT.done);
      }
      if (nats === undefined || connect === null) {
        return await runHere(read.right, flags, invocation);
      }
      const submitted = await connect(experiments, serverOf(flags)).submit(file, sweep)();
      exit(printResult(submitted, console_, ({ waiting, store }) =>
        json
          ? jsonText({ name: sweep.name, trials: sweep.trials.length, waiting, store })
          : `${sweep.name}: ${waiting} of ${sweep.trials.length} trials wait for workers\n${store}\n`));
    },
  });

/** The commands. */
export const sweepRoutes = (
  experiments: readonly Experiment[],
  connect: Connect | null,
  invocation: Invocation,
): RouteMap<CommandContext> =>
  withUsage(
    buildRouteMap({
      routes: {
        run: withUsage(runCommand(experiments, connect, invocation), "<file> [flags]"),
        ...placeRoutes(experiments, connect, invocation),
      },
      defaultCommand: "run",
      docs: { brief: "Train over the settings of a file, and see where that stands" },
    }),
    "<file> [flags]",
    "status|report|fetch|pause|continue <sweep> [flags]",
    "cancel|retry <sweep> <trial>... [flags]",
  );
