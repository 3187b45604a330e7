/**
 * Commands for a sweep that has begun, in a folder or on a server: its status and report, and pausing, cancelling and
 * retrying.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { EXIT } from "../run/exit.ts";
import { jsonText } from "../run/json.ts";
import { folderPlace } from "../sweep/folder_place.ts";
import { overviewTable } from "../sweep/overview.ts";
import { type SweepError, type SweepPlace, trialsNamed } from "../sweep/place.ts";
import { writeSweepReport } from "../sweep/report.ts";
import { linesOf } from "../terminal/console.ts";
import { type Argument, atLeast, command, type Invocation, one } from "./command.ts";
import type { Command, CommandContext } from "./deps.ts";
import { countFlag, switchFlag, textFlag } from "./flags.ts";
import { printError, printFile, printResult } from "../terminal/result.ts";
import { checkServerFlags, SERVER_FLAGS, type ServerFlags, serverOf } from "./server.ts";

/** Usage of commands for a sweep, or for trials of one. */
const SWEEP_USAGE = "<sweep> [flags]", TRIALS_USAGE = "<sweep> <trial>... [flags]";

const SWEEP: Argument = { placeholder: "sweep", brief: "folder of the sweep; with --nats its name" };
const TRIAL: Argument = { placeholder: "trial", brief: "name of a trial" };

/** A task at the sweep that an argument names: by its folder, or with `--nats` by its name. */
const atSweep = <A>(
  { experiments, connect }: Invocation,
  flags: ServerFlags,
  where: string,
  task: (place: SweepPlace) => TE.TaskEither<SweepError, A>,
): TE.TaskEither<SweepError, A> =>
  pipe(
    TE.fromEither<SweepError, void>(checkServerFlags(flags)),
    TE.chain(() =>
      task(
        flags.nats === undefined || connect === null
          ? folderPlace(experiments, where)
          : connect(experiments, serverOf(flags)).place(where),
      )
    ),
  );

const statusCommand = (invocation: Invocation) =>
  command(invocation, {
    brief: "Where the trials of a sweep stand, the best first, and the time that is left",
    listed: SWEEP_USAGE,
    flags: {
      json: switchFlag("print JSON"),
      watch: countFlag("look again after so many seconds, until all trials have ended", "seconds", 1, 3600),
      ...SERVER_FLAGS,
    },
    takes: one(SWEEP),
    run: async ({ json, watch, ...server }, where) => {
      const { console } = invocation;
      const clear = watch !== undefined && console.isTerminal ? "\x1b[H\x1b[J" : "";
      while (true) {
        const status = await atSweep(invocation, server, where, (place) => place.status)();
        if (E.isLeft(status)) return printError(status.left, console);
        const { sweep, overview } = status.right;
        const most = watch === undefined ? Infinity : linesOf();
        console.out(clear + (json ? jsonText(overview) : overviewTable(sweep, overview, most)));
        if (overview.waiting === 0 || watch === undefined) return EXIT.done;
        await new Promise((resolve) => setTimeout(resolve, 1000 * watch));
      }
    },
  });

const reportCommand = (invocation: Invocation) =>
  command(invocation, {
    brief: "Write a report of all trials: best settings, axes, curves; also while it goes on",
    listed: SWEEP_USAGE,
    help:
      "Writes one page with the best settings, what each axis does and the curves by setting; also while the\n" +
      "sweep goes on. With --nats it fetches the results into runs/NAME first.",
    flags: { out: textFlag("file to write [report.html in the sweep's folder]", "file"), ...SERVER_FLAGS },
    takes: one(SWEEP),
    run: async ({ out, ...server }, where) => {
      const onServer = server.nats !== undefined && invocation.connect !== null;
      const folder = onServer ? `runs/${where}` : where;
      const written = atSweep(invocation, server, where, (place) =>
        pipe(
          onServer ? place.fetch(folder) : TE.right<SweepError, number>(0),
          TE.chain(() => place.status),
          TE.chain((status) => writeSweepReport(status, folder, out ?? `${folder}/report.html`)),
        ));
      return printFile(await written(), invocation.console);
    },
  });

const fetchCommand = (invocation: Invocation) =>
  command(invocation, {
    brief: "Bring what the trials on a server came to into a folder, as a sweep here leaves it",
    listed: SWEEP_USAGE,
    flags: {
      out: textFlag("folder of the sweep here; new, or one that holds it [runs/NAME]", "folder"),
      ...SERVER_FLAGS,
    },
    takes: one(SWEEP),
    run: async ({ out, ...server }, where) => {
      const folder = out ?? `runs/${where}`;
      const fetched = await atSweep(invocation, server, where, (place) => place.fetch(folder))();
      return printResult(fetched, invocation.console, (count) => `${count} trials in ${folder}\n`);
    },
  });

/** A command that asks something of a sweep; its usage leaves out its flags, which are all a server's. */
const sweepCommand = (
  invocation: Invocation,
  brief: string,
  ask: (place: SweepPlace) => TE.TaskEither<SweepError, unknown>,
) =>
  command(invocation, {
    brief,
    usage: [SWEEP_USAGE],
    listed: SWEEP_USAGE,
    flags: SERVER_FLAGS,
    takes: one(SWEEP),
    run: async (server, where) =>
      printResult(await atSweep(invocation, server, where, ask)(), invocation.console, () => ""),
  });

/** A command that asks something of trials of a sweep. */
const trialsCommand = (
  invocation: Invocation,
  brief: string,
  ask: (place: SweepPlace, trials: readonly number[]) => TE.TaskEither<SweepError, unknown>,
) =>
  command(invocation, {
    brief,
    usage: [TRIALS_USAGE],
    listed: TRIALS_USAGE,
    flags: SERVER_FLAGS,
    takes: atLeast(2, TRIAL),
    run: async (server, where, ...names) => {
      const asked = atSweep(invocation, server, where, (place) =>
        pipe(
          place.status,
          TE.chainEitherKW(({ sweep }) => trialsNamed(sweep, names)),
          TE.chain((trials) => ask(place, trials)),
        ));
      return printResult(await asked(), invocation.console, () => "");
    },
  });

/** The commands. */
export const controlRoutes = (invocation: Invocation): Readonly<Record<string, Command<CommandContext>>> => ({
  status: statusCommand(invocation),
  report: reportCommand(invocation),
  fetch: fetchCommand(invocation),
  pause: sweepCommand(
    invocation,
    "Let a sweep's trials make checkpoints and wait",
    (place) => place.pause(true),
  ),
  continue: sweepCommand(
    invocation,
    "Let a paused sweep go on: on a server at once, in a folder when it is begun again",
    (place) => place.pause(false),
  ),
  cancel: trialsCommand(invocation, "Give trials up", (place, trials) => place.cancel(trials)),
  retry: trialsCommand(
    invocation,
    "Make trials that failed or were cancelled again, from their beginning",
    (place, trials) => place.retry(trials),
  ),
});
