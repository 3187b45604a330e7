/**
 * A sweep or a part of it, locked by the process that runs it.
 *
 * Law, tested: no two processes run the same part at once, and no part starts while another process runs the whole
 * sweep.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { type ConfigInvalid, configInvalid } from "../run/configuration.ts";
import type { RunError } from "../run/context.ts";
import { attempt, isTaken, takeFolder } from "../run/files.ts";
import type { Sweep } from "./trials.ts";

/** Part `index` of `parts`, from 0: the trials whose number is `index` modulo `parts`. */
export interface Part {
  readonly index: number;
  readonly parts: number;
}

/** The sweep with the trials of a part only; null selects all. Trials that depend on others cannot be parted. */
export const sweepPart = (sweep: Sweep, part: Part | null): E.Either<ConfigInvalid, Sweep> =>
  part === null
    ? E.right(sweep)
    : sweep.stopsEarly || sweep.trials.some(({ after }) => after !== null)
    ? E.left(configInvalid("index", "--index cannot be used where which trial goes on depends on others"))
    : E.right({ ...sweep, trials: sweep.trials.filter((_, n) => n % part.parts === part.index) });

/**
 * Runs a task while holding the lock of the sweep in a folder, or of a part of it.
 *
 * @returns the task's result; `ConfigInvalid` if another process holds the lock
 */
export const exclusively = <A>(
  folder: string,
  part: Part | null,
  task: TE.TaskEither<RunError, A>,
): TE.TaskEither<RunError, A> => {
  const own = part === null ? folder : `${folder}/parts/${part.index}-${part.parts}`;
  const taken = (what: string): RunError =>
    configInvalid("out", `Another process carries out ${what} in "${folder}"`);
  return pipe(
    // Parts of one sweep share its folder, each with its own trials.
    TE.fromTask<boolean, RunError>(async () => part !== null && await isTaken(folder)),
    TE.filterOrElse((isWhole) => !isWhole, () => taken("the sweep")),
    TE.chainW(() => attempt("make the folder", own, () => Deno.mkdir(own, { recursive: true }))),
    TE.chainW(() => takeFolder(own)),
    TE.mapLeft((error): RunError =>
      error._tag === "FolderTaken"
        ? taken(part === null ? "the sweep" : `part ${part.index}/${part.parts} of the sweep`)
        : error
    ),
    TE.chain((taken) =>
      TE.bracket(TE.right<RunError, typeof taken>(taken), () => task, () => TE.fromTask(taken.release))
    ),
  );
};
