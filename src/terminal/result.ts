/**
 * The result of a command, as text for the user and as exit code for the shell.
 *
 * @module
 */

import { E } from "../deps.ts";
import { evaluationTable, type SeedEvaluation } from "../report/evaluation_table.ts";
import type { RunResult } from "../run/conclude.ts";
import type { RunError } from "../run/context.ts";
import { EXIT } from "../run/exit.ts";
import { jsonText } from "../run/json.ts";
import type { SweepError } from "../sweep/place.ts";
import { oneLine } from "../given.ts";
import type { Console } from "./console.ts";

/** Prints an error in one line, with a stack trace if requested; returns its exit code. */
export function printError(error: SweepError, console_: Console): number {
  console_.error(`${oneLine(error.message, Infinity)}\n`);
  if (console_.debug && "cause" in error && error.cause instanceof Error) {
    console_.error(`${error.cause.stack}\n`);
  }
  switch (error._tag) {
    case "ConfigInvalid":
    case "FolderTaken":
    case "CheckpointInvalid":
    case "SnapshotInvalid":
    case "ServerFailed":
      return EXIT.wrong;
    case "Interrupted":
      return EXIT.interrupted;
    default:
      return EXIT.failed;
  }
}

/** Prints the outcome of a run; returns its exit code. */
export function printRun(
  result: E.Either<RunError, RunResult>,
  console_: Console,
  { json, quiet }: { readonly json?: boolean | undefined; readonly quiet?: boolean | undefined },
): number {
  if (E.isLeft(result)) return printError(result.left, console_);
  const { folder, summary, files, failed } = result.right;
  if (json) console_.out(jsonText({ run: folder, files, failed, summary }));
  else if (!quiet) {
    console_.out(evaluationTable(summary["evaluation"] as readonly SeedEvaluation[], console_.width()));
    console_.out(`\n${folder}: ${files.join(", ")}\n`);
  }
  for (const line of failed) console_.error(`${oneLine(line, Infinity)}\n`);
  return failed.length > 0 ? EXIT.failed : EXIT.done;
}

/** Prints a text; returns the exit code. */
export function printText(text: string, console_: Console): number {
  console_.out(text);
  return EXIT.done;
}

/** Prints a result as text on standard output; returns its exit code. */
export const printResult = <A>(
  result: E.Either<SweepError, A>,
  console_: Console,
  text: (value: A) => string,
): number => E.isLeft(result) ? printError(result.left, console_) : printText(text(result.right), console_);

/** Prints the path of a file that was written; returns the exit code. */
export const printFile = (result: E.Either<SweepError, string>, console_: Console): number =>
  printResult(result, console_, (file) => `${file}\n`);
