/**
 * Commands for a sweep that has begun, in a folder or on a server: its status and report, and pausing, cancelling and
 * retrying.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import type { ConfigInvalid } from "../run/configuration.ts";
import type { Experiment } from "../run/experiment.ts";
import { jsonText } from "../run/json.ts";
import { folderPlace } from "../sweep/folder_place.ts";
import { overviewTable } from "../sweep/overview.ts";
import { type SweepError, type SweepPlace, trialsNamed } from "../sweep/place.ts";
import { writeSweepReport } from "../sweep/report.ts";
import type { Console } from "./console.ts";
import { buildCommand, type Command, type CommandContext } from "./deps.ts";
import { EXIT, printError, printResult } from "./exit_code.ts";
import { countFlag, switchFlag, textFlag } from "./flags.ts";
import type { Invocation } from "./invoke.ts";
import { withUsage } from "./routes.ts";
import { checkServerFlags, type Connect, SERVER_FLAGS, type ServerFlags, serverOf } from "./server.ts";

/** Usage of commands for a sweep, or for trials of one. */
const SWEEP_USAGE = "<sweep> [flags]", TRIALS_USAGE = "<sweep> <trial>... [flags]";

/** The flags that the commands share. */
interface Setup {
  readonly experiments: readonly Experiment[];
  readonly connect: Connect | null;
  readonly invocation: Invocation;
}

/** The place named by an argument: a folder, or with `--nats` a sweep's name. */
const placeOf = (
  { experiments, connect }: Setup,
  flags: ServerFlags,
  where: string,
): E.Either<ConfigInvalid, SweepPlace> =>
  pipe(
    checkServerFlags(flags),
    E.map(() =>
      flags.nats === undefined || connect === null
        ? folderPlace(experiments, where)
        : connect(experiments, serverOf(flags)).place(where)
    ),
  );

const sweepArgument = {
  parse: (text: string): string => text,
  brief: "folder of the sweep; with --nats its name",
  placeholder: "sweep",
};
const trialArgument = {
  parse: (text: string): string => text,
  brief: "name of a trial",
  placeholder: "trial",
};

/** Prints a text, on a terminal in the place of the previous one. */
function show(console_: Console, text: string, again: boolean): void {
  const clear = again && console_.isTerminal ? "\x1b[H\x1b[J" : "";
  console_.out(clear + text);
}

/** Number of lines of the terminal available for a table. */
function linesOf(): number {
  try {
    return Math.max(8, Deno.consoleSize().rows - 1);
  } catch {
    return Infinity; // no terminal
  }
}

/** Flags of `status`. */
type StatusFlags = ServerFlags & { readonly json: boolean; readonly watch: number | undefined };

const statusCommand = (setup: Setup): Command<CommandContext> =>
  buildCommand<StatusFlags, [string], CommandContext>({
    parameters: {
      positional: { kind: "tuple", parameters: [sweepArgument] },
      flags: {
        json: switchFlag("print JSON"),
        watch: countFlag(
          "look again after so many seconds, until all trials have ended",
          "seconds",
          1,
          3600,
        ),
        ...SERVER_FLAGS,
      },
    },
    docs: { brief: "Where the trials of a sweep stand, the best first, and the time that is left" },
    func: async function ({ json, watch, ...flags }, where): Promise<void> {
      const { console: console_, exit } = setup.invocation, found = placeOf(setup, flags, where);
      if (E.isLeft(found)) return exit(printError(found.left, console_));
      const place = found.right;
      while (true) {
        const standing = await place.standing();
        if (E.isLeft(standing)) return exit(printError(standing.left, console_));
        const { sweep, overview } = standing.right;
        const most = watch === undefined ? Infinity : linesOf();
        show(console_, json ? jsonText(overview) : overviewTable(sweep, overview, most), watch !== undefined);
        if (overview.waiting === 0 || watch === undefined) return exit(EXIT.done);
        await new Promise((resolve) => setTimeout(resolve, 1000 * watch));
      }
    },
  });

/** Flags of `report` and `fetch`. */
type FolderFlags = ServerFlags & { readonly out: string | undefined };

const reportCommand = (setup: Setup): Command<CommandContext> =>
  buildCommand<FolderFlags, [string], CommandContext>({
    parameters: {
      positional: { kind: "tuple", parameters: [sweepArgument] },
      flags: {
        out: textFlag("file to write [report.html in the sweep's folder]", "file"),
        ...SERVER_FLAGS,
      },
    },
    docs: {
      brief: "Write a report of all trials: best settings, axes, curves; also while it goes on",
      fullDescription:
        "Writes one page with the best settings, what each axis does and the curves by setting; also while the\n" +
        "sweep goes on. With --nats it fetches the results into runs/NAME first.",
    },
    func: async function ({ out, ...flags }, where): Promise<void> {
      const { console: console_, exit } = setup.invocation, found = placeOf(setup, flags, where);
      if (E.isLeft(found)) return exit(printError(found.left, console_));
      const place = found.right;
      const onServer = flags.nats !== undefined && setup.connect !== null;
      const folder = onServer ? `runs/${where}` : where;
      const result = await pipe(
        onServer ? place.fetch(folder) : TE.right<SweepError, number>(0),
        TE.chain(() => place.standing),
        TE.chain((standing) => writeSweepReport(standing, folder, out ?? `${folder}/report.html`)),
      )();
      exit(printResult(result, console_, (file) => `${file}\n`));
    },
  });

const fetchCommand = (setup: Setup): Command<CommandContext> =>
  buildCommand<FolderFlags, [string], CommandContext>({
    parameters: {
      positional: { kind: "tuple", parameters: [sweepArgument] },
      flags: {
        out: textFlag("folder of the sweep here; new, or one that holds it [runs/NAME]", "folder"),
        ...SERVER_FLAGS,
      },
    },
    docs: { brief: "Bring what the trials on a server came to into a folder, as a sweep here leaves it" },
    func: async function ({ out, ...flags }, where): Promise<void> {
      const { console: console_, exit } = setup.invocation, folder = out ?? `runs/${where}`;
      const place = placeOf(setup, flags, where);
      if (E.isLeft(place)) return exit(printError(place.left, console_));
      const result = await place.right.fetch(folder)();
      exit(printResult(result, console_, (count) => `${count} trials in ${folder}\n`));
    },
  });

/** A command for a sweep, or for trials of it. */
const controlCommand = (
  { setup, brief, takesTrials, ask }: {
    readonly setup: Setup;
    readonly brief: string;
    readonly takesTrials: boolean;
    readonly ask: (place: SweepPlace, trials: readonly number[]) => TE.TaskEither<SweepError, unknown>;
  },
): Command<CommandContext> =>
  buildCommand<ServerFlags, [string, ...string[]], CommandContext>({
    parameters: {
      positional: {
        kind: "array",
        parameter: takesTrials ? trialArgument : sweepArgument,
        minimum: takesTrials ? 2 : 1,
        ...takesTrials ? {} : { maximum: 1 },
      },
      flags: SERVER_FLAGS,
    },
    docs: { brief, customUsage: [takesTrials ? TRIALS_USAGE : SWEEP_USAGE] },
    func: async function (flags, where, ...names): Promise<void> {
      const { console: console_, exit } = setup.invocation, found = placeOf(setup, flags, where);
      if (E.isLeft(found)) return exit(printError(found.left, console_));
      const place = found.right;
      const result = await pipe(
        names.length === 0 ? TE.right<SweepError, readonly number[]>([]) : pipe(
          place.standing,
          TE.chainEitherKW(({ sweep }) => trialsNamed(sweep, names)),
        ),
        TE.chain((trials) => ask(place, trials)),
      )();
      exit(printResult(result, console_, () => ""));
    },
  });

/** The commands. */
export function placeRoutes(
  experiments: readonly Experiment[],
  connect: Connect | null,
  invocation: Invocation,
): Readonly<Record<string, Command<CommandContext>>> {
  const setup: Setup = { experiments, connect, invocation };
  const ofSweep = (command: Command<CommandContext>) => withUsage(command, SWEEP_USAGE);
  const ofTrials = (command: Command<CommandContext>) => withUsage(command, TRIALS_USAGE);
  return {
    status: ofSweep(statusCommand(setup)),
    report: ofSweep(reportCommand(setup)),
    fetch: ofSweep(fetchCommand(setup)),
    pause: ofSweep(controlCommand({
      setup,
      brief: "Let a sweep's trials make checkpoints and wait",
      takesTrials: false,
      ask: (place) => place.pause(true),
    })),
    continue: ofSweep(controlCommand({
      setup,
      brief: "Let a paused sweep go on: on a server at once, in a folder when it is begun again",
      takesTrials: false,
      ask: (place) => place.pause(false),
    })),
    cancel: ofTrials(controlCommand({
      setup,
      brief: "Give trials up",
      takesTrials: true,
      ask: (place, trials) => place.cancel(trials),
    })),
    retry: ofTrials(controlCommand({
      setup,
      brief: "Make trials that failed or were cancelled again, from their beginning",
      takesTrials: true,
      ask: (place, trials) => place.retry(trials),
    })),
  };
}
