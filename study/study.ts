/**
 * The study behind `results/`: makes the runs of the plan in slices of at most half an hour, keeps their outcomes and
 * writes `results/README.md`.
 *
 *     deno task study [--plan] [--only NAME] [--minutes 30] [--report]
 *
 * It may be stopped at any time (Ctrl-C) and goes on where it was. `--plan` prints what is missing and what each run
 * costs, `--only` makes the runs whose names begin so, `--minutes` is the length of a slice, `--report` writes the page
 * and figures from what is kept and makes no run.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { type Console, processConsole } from "../src/cli/console.ts";
import { EXIT, printError } from "../src/cli/exit_code.ts";
import { advance, keep, type Planned, standingOf, type StudyFolders } from "./runner.ts";
import { E } from "../src/deps.ts";
import { EXPERIMENTS } from "../experiments/all.ts";
import { writeReport } from "./report.ts";
import { STUDY } from "./plan.ts";

/** Where the study reads and writes. */
export const FOLDERS: StudyFolders = { runs: "runs", results: "results" };

/** What the words ask for. */
interface Wishes {
  readonly plan: boolean;
  readonly report: boolean;
  readonly only: string;
  readonly seconds: number;
}

/** The wishes of the command line, or what is wrong with it. */
export function wishesOf(words: readonly string[]): E.Either<string, Wishes> {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        plan: { type: "boolean", default: false },
        report: { type: "boolean", default: false },
        only: { type: "string", default: "" },
        minutes: { type: "string", default: "30" },
      },
    });
    const minutes = Number(values.minutes);
    if (!(minutes > 0 && minutes <= 30)) {
      return E.left(`--minutes must be a number above 0 and at most 30: got "${values.minutes}"`);
    }
    if (!STUDY.some(({ name }) => name.startsWith(values.only))) {
      return E.left(`--only must be the beginning of a run's name: got "${values.only}"`);
    }
    return E.right({ plan: values.plan, report: values.report, only: values.only, seconds: 60 * minutes });
  } catch (error) {
    return E.left((error instanceof Error ? error.message : String(error)).split("\n")[0]);
  }
}

/** Prints where every run stands and what is left to do. */
async function tellPlan(plan: readonly Planned[], console_: Console): Promise<void> {
  let left = 0;
  for (const planned of plan) {
    const standing = await standingOf(FOLDERS, planned);
    if (standing !== "finished") left += planned.minutes;
    console_.out(`${standing.padEnd(9)} ${String(planned.minutes).padStart(4)} min  ${planned.name}\n`);
  }
  console_.out(`${left} min of one core are left to do\n`);
}

/** Carries the study on for one slice, and gives the exit code. */
export async function study(words: readonly string[], console_: Console): Promise<number> {
  const wishes = wishesOf(words);
  if (E.isLeft(wishes)) {
    console_.error(`${wishes.left}\n`);
    return EXIT.wrong;
  }
  const { plan, report, only, seconds } = wishes.right, begun = console_.now();
  const wanted = STUDY.filter(({ name }) => name.startsWith(only));
  if (plan) {
    await tellPlan(wanted, console_);
    return EXIT.done;
  }
  let failed = false;
  for (const planned of report ? [] : wanted) {
    const left = seconds - (console_.now() - begun);
    if (left <= 0 || console_.interrupted()) break;
    const result = await advance(EXPERIMENTS, FOLDERS, planned, left, console_)();
    if (E.isLeft(result)) {
      printError(result.left, console_);
      failed = true;
      continue; // the others go on
    }
    if (result.right === "begun") break;
    const kept = await keep(FOLDERS, planned)();
    if (E.isLeft(kept)) {
      printError(kept.left, console_);
      failed = true;
    }
  }
  const written = await writeReport(FOLDERS, STUDY)();
  if (E.isLeft(written)) return printError(written.left, console_);
  return failed ? EXIT.failed : console_.interrupted() ? EXIT.interrupted : EXIT.done;
}

if (import.meta.main) Deno.exit(await study(Deno.args, processConsole()));
