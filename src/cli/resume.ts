/**
 * `softq resume RUN`: continues an interrupted run.
 *
 * @module
 */

import { pipe, TE } from "../deps.ts";
import { FIELD_NAMES, type FieldName } from "../run/configuration.ts";
import { refuseOptions } from "../run/other_options.ts";
import { resume } from "../run/resume.ts";
import { runContextOf } from "../terminal/console.ts";
import { command, type Invocation, one, RUN } from "./command.ts";
import { countFlag, type ParsedFlag, PROCESS_FLAGS, switchFlag, textFlag, VERBOSITY } from "./flags.ts";
import { printRun } from "../terminal/result.ts";

/** Options of `train`, which a resumed run does not accept. */
const OTHERS = Object.fromEntries(
  FIELD_NAMES.map((field) => [field, textFlag("an option of train", "value", true)]),
) as Readonly<Record<FieldName, ParsedFlag<string>>>;

/** The command. */
export const resumeCommand = (invocation: Invocation) =>
  command(invocation, {
    brief: "Continue an interrupted run; the files come out as if it had never stopped",
    help:
      "Continues a run from its newest checkpoint, or begins it again where it has none yet; the files come out\n" +
      "as if it had never stopped.\n" +
      "Least permissions: --allow-read and --allow-write of the run's folder.",
    flags: {
      from: countFlag("environment steps of the checkpoint to continue from [the newest]", "N", 0),
      emptyReplay: switchFlag("do without the replay's files; what follows is then not bit-exact"),
      newMetrics: switchFlag("rename damaged metrics files and start new ones"),
      ...PROCESS_FLAGS,
      ...VERBOSITY,
      ...OTHERS,
    },
    takes: one(RUN),
    run: async (flags, path) => {
      const { experiments, console } = invocation, { from = null, emptyReplay, newMetrics } = flags;
      const result = await pipe(
        refuseOptions(experiments, path, flags),
        TE.chain(() =>
          resume(experiments, path, { from, emptyReplay, newMetrics }, runContextOf(console, flags))
        ),
      )();
      return printRun(result, console, flags);
    },
  });
