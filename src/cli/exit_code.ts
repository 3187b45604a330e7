/**
 * The result of a command, as text for the user and as exit code for the shell.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { RunResult } from "../run/conclude.ts";
import type { Console } from "./console.ts";
import type { RunError } from "../run/context.ts";
import type { SweepError } from "../sweep/place.ts";
import { jsonText } from "../run/json.ts";
import { evaluationTable, type SeedEvaluation } from "../report/evaluation_table.ts";

/** Exit codes: done; the run failed; the command or configuration is wrong; interrupted after a checkpoint. */
export const EXIT = { done: 0, failed: 1, wrong: 2, interrupted: 130 } as const;

/** Prints an error in one line, with a stack trace if requested; returns its exit code. */
export function printError(error: SweepError, console_: Console): number {
  console_.error(`${error.message}\n`);
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

/** How much a command prints. */
export interface Verbosity {
  /** Whether to print one JSON document on standard output, and nothing else there. */
  readonly json: boolean | undefined;
  /** Whether to print nothing but errors. */
  readonly quiet: boolean | undefined;
}

/** Prints the outcome of a run; returns its exit code. */
export function printRun(
  result: E.Either<RunError, RunResult>,
  console_: Console,
  { json, quiet }: Verbosity,
): number {
  if (E.isLeft(result)) return printError(result.left, console_);
  const { folder, summary, files, failed } = result.right;
  if (json) console_.out(jsonText({ run: folder, files, failed, summary }));
  else if (!quiet) {
    console_.out(evaluationTable(summary["evaluation"] as readonly SeedEvaluation[], console_.width()));
    console_.out(`\n${folder}: ${files.join(", ")}\n`);
  }
  for (const line of failed) console_.error(`${line}\n`);
  return failed.length > 0 ? EXIT.failed : EXIT.done;
}

/** Prints a result as text on standard output; returns its exit code. */
export function printResult<A>(
  result: E.Either<SweepError, A>,
  console_: Console,
  text: (value: A) => string,
): number {
  if (E.isLeft(result)) return printError(result.left, console_);
  console_.out(text(result.right));
  return EXIT.done;
}
