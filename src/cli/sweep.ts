/**
 * `softq sweep FILE`: many runs over the settings of a file, on the cores of this machine; and what is asked of a sweep.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { configInvalid } from "../run/configuration.ts";
import type { RunError } from "../run/context.ts";
import type { Experiment } from "../run/experiment.ts";
import { readFile, removeWhole, takeFolder } from "../run/files.ts";
import { jsonText } from "../run/json.ts";
import { processes, trialFolder } from "../sweep/processes.ts";
import { carryOut, type Executor, type SweepEnd } from "../sweep/schedule.ts";
import { parseSweep, type SweepFile } from "../sweep/space.ts";
import { overview, overviewTable, planTable } from "../sweep/overview.ts";
import { type Control, controlIn, openSweepFolder, sweepIn, writeControl } from "../sweep/sweep_folder.ts";
import { type Sweep, sweepOf, type Trial } from "../sweep/trials.ts";
import type { Console } from "./console.ts";
import { buildCommand, buildRouteMap, type Command, type CommandContext, type RouteMap } from "./deps.ts";
import { EXIT, printError, printResult } from "./exit_code.ts";
import { countFlag, switchFlag, textFlag } from "./flags.ts";

/** Seconds between two looks at what is asked of a sweep. */
const LOOK = 0.5;

/** Which part of a sweep's trials is made here: part `index` of `parts`. */
interface Part {
  readonly index: number;
  readonly parts: number;
}

const partOf = (text: string): Part => {
  const found = /^(\d{1,6})\/(\d{1,6})$/.exec(text), index = Number(found?.[1]), parts = Number(found?.[2]);
  if (found === null || index >= parts) {
    throw new SyntaxError("must be I/N with I from 0 to N - 1, as in 0/16");
  }
  return { index, parts };
};

/** Flags of `sweep run`. */
interface SweepFlags {
  readonly out: string | undefined;
  readonly local: number | undefined;
  readonly index: string | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** The sweep that a file describes. */
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

/** The sweep that a folder holds. */
const sweepAt = (experiments: readonly Experiment[], folder: string): TE.TaskEither<RunError, Sweep> =>
  pipe(sweepIn(folder), TE.chainEitherKW((file) => sweepOf(experiments, file)));

/** The command line of this program, as trials are started with it. */
export const softqCommand = (): readonly string[] => [
  Deno.execPath(),
  "run",
  "--quiet",
  "--allow-read",
  "--allow-write",
  import.meta.resolve("../../cli.ts"),
];

/** Carries the trials of a sweep, or a part of them, out in its folder. */
const carryOutIn = (
  folder: string,
  sweep: Sweep,
  workers: number,
  part: Part | null,
  console_: Console,
): TE.TaskEither<RunError, SweepEnd> =>
  TE.fromTask(async () => {
    let control: Control = await controlIn(folder);
    const timer = setInterval(async () => control = await controlIn(folder), 1000 * LOOK);
    const cancelled = ({ name }: Trial): boolean => control.cancelled.includes(name);
    const interrupted = (): boolean => console_.interrupted() || control.paused;
    const own = part === null ? sweep : {
      ...sweep,
      trials: sweep.trials.filter((_, n) => n % part.parts === part.index),
    };
    const executor: Executor = processes(own, {
      folder,
      workers,
      softq: softqCommand(),
      stops: (trial) => interrupted() || cancelled(trial),
    });
    let said = "";
    try {
      return await carryOut(own, executor, {
        interrupted,
        cancelled,
        onChange: (states, active) => {
          const count = (standing: string): number =>
            states.filter((each) => each.standing === standing).length;
          const line = `${count("done")} of ${states.length} trials done, ${
            count("failed")
          } failed, ${active.length} in work\n`;
          if (line !== said) console_.error(line);
          said = line;
        },
      });
    } finally {
      clearInterval(timer);
    }
  });

/** Carries a task out while no other process may do so in the sweep's folder. */
const alone = <A>(folder: string, task: TE.TaskEither<RunError, A>): TE.TaskEither<RunError, A> =>
  pipe(
    takeFolder(folder),
    TE.mapLeft((error): RunError =>
      error._tag === "FolderTaken"
        ? configInvalid("out", `Another process carries out the sweep in "${folder}"`)
        : error
    ),
    TE.chain((taken) =>
      TE.bracket(TE.right<RunError, typeof taken>(taken), () => task, () => TE.fromTask(taken.release))
    ),
  );

/** The last line about a sweep, and its exit code. */
function printEnd(
  { states, lost, interrupted }: SweepEnd,
  { trials }: Sweep,
  folder: string,
  console_: Console,
): number {
  const failed = states.filter(({ standing }) => standing === "failed").length + lost.size;
  for (const [n, reason] of lost) console_.error(`${trials[n]!.name} was given up: ${reason}\n`);
  if (interrupted) {
    console_.error(
      `Interrupted; the same command goes on, and softq sweep status ${folder} says where it stands\n`,
    );
    return EXIT.interrupted;
  }
  return failed > 0 ? EXIT.failed : EXIT.done;
}

const runCommand = (
  experiments: readonly Experiment[],
  console_: Console,
  exit: (code: number) => void,
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
        dryRun: switchFlag("print the trials and make none"),
        json: switchFlag("print JSON"),
      },
    },
    docs: {
      brief: "Train over the settings of a file: grid, random or successive halving",
      fullDescription:
        "Trains over the settings of a file (docs/sweeps.md), and goes on where it stands if it is begun again.\n" +
        "Least permissions: --allow-read, --allow-write of its folder, --allow-run for its trials.",
    },
    func: async function ({ out, local, index, dryRun, json }, path): Promise<void> {
      const read = await sweepFrom(experiments, path)();
      if (E.isLeft(read)) {
        return exit(printError(read.left, console_));
      }
      const { file, sweep } = read.right, folder = out ?? `runs/${sweep.name}`;
      if (dryRun) {
        console_.out(json ? jsonText({ name: sweep.name, trials: sweep.trials }) : planTable(sweep));
        return exit(EXIT.done);
      }
      const part = index === undefined ? null : partOf(index);
      if (part !== null && sweep.stopsEarly) {
        const message = "--index cannot be used with halving: which trial goes on depends on all of them";
        return exit(printError(configInvalid("index", message), console_));
      }
      const workers = part !== null ? 1 : local ?? navigator.hardwareConcurrency;
      const carriedOut = carryOutIn(folder, sweep, workers, part, console_);
      const ended = await pipe(
        openSweepFolder(folder, file),
        // Parts of one sweep share its folder, each with trials of its own.
        TE.chainW(() =>
          part === null ? alone(folder, carriedOut) : carriedOut
        ),
      )();
      if (E.isLeft(ended)) return exit(printError(ended.left, console_));
      const rows = await overview(folder, sweep);
      console_.out(json ? jsonText(rows) : overviewTable(sweep, rows));
      exit(printEnd(ended.right, sweep, folder, console_));
    },
  });

const folderArgument = {
  parse: (text: string): string => text,
  brief: "folder of the sweep",
  placeholder: "folder",
};
const trialArgument = {
  parse: (text: string): string => text,
  brief: "name of a trial",
  placeholder: "trial",
};

const statusCommand = (
  experiments: readonly Experiment[],
  console_: Console,
  exit: (code: number) => void,
): Command<CommandContext> =>
  buildCommand<{ readonly json: boolean; readonly watch: number | undefined }, [string], CommandContext>({
    parameters: {
      positional: { kind: "tuple", parameters: [folderArgument] },
      flags: {
        json: switchFlag("print JSON"),
        watch: countFlag(
          "print it again after so many seconds, until all trials have ended",
          "seconds",
          1,
          3600,
        ),
      },
    },
    docs: { brief: "Where the trials of a sweep stand, the best first" },
    func: async function ({ json, watch }, folder): Promise<void> {
      while (true) {
        const result = await pipe(
          sweepAt(experiments, folder),
          TE.bindTo("sweep"),
          TE.bind("rows", ({ sweep }) => TE.fromTask(() => overview(folder, sweep))),
        )();
        exit(
          printResult(
            result,
            console_,
            ({ sweep, rows }) => json ? jsonText(rows) : overviewTable(sweep, rows),
          ),
        );
        const goesOn = E.isRight(result) &&
          result.right.rows.trials.some(({ state }) => state === "missing" || state === "begun");
        if (watch === undefined || !goesOn || console_.interrupted()) return;
        await new Promise((resolve) => setTimeout(resolve, 1000 * watch));
      }
    },
  });

/** A command that asks something of a sweep. */
const controlCommand = (
  brief: string,
  experiments: readonly Experiment[],
  console_: Console,
  exit: (code: number) => void,
  change: (control: Control, trials: readonly Trial[], folder: string) => Promise<Control>,
  takesTrials: boolean,
): Command<CommandContext> =>
  buildCommand<Record<never, never>, [string, ...string[]], CommandContext>({
    parameters: {
      positional: {
        kind: "array",
        parameter: takesTrials ? trialArgument : folderArgument,
        minimum: takesTrials ? 2 : 1,
        ...takesTrials ? {} : { maximum: 1 },
      },
    },
    docs: { brief },
    func: async function (_flags, folder, ...names): Promise<void> {
      const result = await pipe(
        sweepAt(experiments, folder),
        TE.chainEitherK(({ trials }): E.Either<RunError, readonly Trial[]> => {
          const unknown = names.find((name) => !trials.some((trial) => trial.name === name));
          return unknown === undefined ? E.right(trials.filter(({ name }) => names.includes(name))) : E.left(
            configInvalid("trial", `The sweep has no trial "${unknown}": softq sweep status lists them`),
          );
        }),
        TE.chainTaskK((trials) => async () => await change(await controlIn(folder), trials, folder)),
        TE.chainW((control) => writeControl(folder, control)),
      )();
      exit(printResult(result, console_, () => ""));
    },
  });

/** The commands. */
export const sweepRoutes = (
  experiments: readonly Experiment[],
  console_: Console,
  exit: (code: number) => void,
): RouteMap<CommandContext> => {
  const control = (
    brief: string,
    takesTrials: boolean,
    change: (control: Control, trials: readonly Trial[], folder: string) => Promise<Control>,
  ) => controlCommand(brief, experiments, console_, exit, change, takesTrials);
  return buildRouteMap({
    routes: {
      run: runCommand(experiments, console_, exit),
      status: statusCommand(experiments, console_, exit),
      pause: control(
        "Let a sweep's trials make checkpoints and wait",
        false,
        (asked) => Promise.resolve({ ...asked, paused: true }),
      ),
      continue: control(
        "Let a paused sweep go on when it is begun again",
        false,
        (asked) => Promise.resolve({ ...asked, paused: false }),
      ),
      cancel: control("Give trials up", true, (asked, trials) =>
        Promise.resolve({
          ...asked,
          cancelled: [...new Set([...asked.cancelled, ...trials.map(({ name }) => name)])],
        })),
      retry: control(
        "Make trials that failed or were cancelled again, from their beginning",
        true,
        async (asked, trials, folder) => {
          for (const trial of trials) await removeWhole(trialFolder(folder, trial));
          return {
            ...asked,
            cancelled: asked.cancelled.filter((name) => !trials.some((trial) => trial.name === name)),
          };
        },
      ),
    },
    defaultCommand: "run",
    docs: { brief: "Train over many settings: softq sweep FILE [flags]" },
  });
};
