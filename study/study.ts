/**
 * The study behind `results/`: carries the plan's runs out, one core each and several at once, keeps what they come to and
 * writes `results/README.md`.
 *
 *     deno task study [--hours 0.5] [--cores 1] [--only NAME] [--plan] [--report]
 *
 * It may be stopped (Ctrl-C) or killed at any time, and continues where it was: its runs make a checkpoint. `--hours` says
 * how long it works, `--cores` how many runs at once, `--only` which runs (those whose names begin so). `--plan` prints what
 * is missing and what each run costs; `--report` writes the page and figures from what is kept and makes no run.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { type Console, processConsole } from "../src/cli/console.ts";
import { EXIT, printError } from "../src/cli/exit_code.ts";
import { E } from "../src/deps.ts";
import { type RunStatus, statusOf } from "./keep.ts";
import { SCHEDULE, STUDY } from "./plan.ts";
import type { PlannedRun, StudyFolders } from "./planned_run.ts";
import { writeReport } from "./report.ts";
import { carryOut } from "./schedule.ts";

/** What the command line asks for. */
export interface StudyOptions {
  readonly plan: boolean;
  readonly report: boolean;
  /** What the names of the runs begin with. */
  readonly only: string;
  readonly seconds: number;
  readonly cores: number;
}

/** What a study is made of; the real ones unless given. */
export interface StudySetting {
  /** All runs, as the report lists them. */
  readonly study: readonly PlannedRun[];
  /** The same, as they are made. */
  readonly schedule: readonly PlannedRun[];
  readonly folders: StudyFolders;
}

const SETTING: StudySetting = {
  study: STUDY,
  schedule: SCHEDULE,
  folders: { runs: "runs", results: "results" },
};

/** The options of the command line, or what is wrong with it. */
export function studyOptions(
  words: readonly string[],
  plan: readonly PlannedRun[],
): E.Either<string, StudyOptions> {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        plan: { type: "boolean", default: false },
        report: { type: "boolean", default: false },
        only: { type: "string", default: "" },
        hours: { type: "string", default: "0.5" },
        cores: { type: "string", default: "1" },
      },
    });
    const hours = Number(values.hours), cores = Number(values.cores), { only } = values;
    if (values.hours.trim() === "" || !(hours > 0 && Number.isFinite(hours))) {
      return E.left(`--hours must be a number above 0: got "${values.hours}"`);
    }
    if (!(/^\d+$/.test(values.cores) && cores >= 1 && cores <= 1024)) {
      return E.left(`--cores must be an integer from 1 to 1024: got "${values.cores}"`);
    }
    if (!plan.some(({ name }) => name.startsWith(only))) {
      return E.left(`--only must be the beginning of a run's name: got "${only}"`);
    }
    return E.right({ plan: values.plan, report: values.report, only, seconds: 3600 * hours, cores });
  } catch (error) {
    return E.left((error instanceof Error ? error.message : String(error)).split("\n")[0]!);
  }
}

/** Runs with their states. */
const statuses = (
  runs: readonly PlannedRun[],
  folders: StudyFolders,
): Promise<readonly (readonly [PlannedRun, RunStatus])[]> =>
  Promise.all(runs.map(async (planned) => [planned, await statusOf(folders, planned)] as const));

/** What is left to do, in a line. */
function missingLine(runs: readonly (readonly [PlannedRun, RunStatus])[]): string {
  const left = runs.filter(([, status]) => status !== "finished").map(([planned]) => planned);
  const hours = left.reduce((total, { minutes }) => total + minutes, 0) / 60;
  return left.length === 0
    ? "No run is missing"
    : `Missing: ${left.map(({ name }) => name).join(", ")} (${left.length} of ${runs.length} runs, about ` +
      `${hours.toFixed(1)} core hours)`;
}

/** This program's command line. */
const softqCommand = (): readonly string[] => [
  Deno.execPath(),
  "run",
  "--quiet",
  "--allow-read",
  "--allow-write",
  import.meta.resolve("../cli.ts"),
];

/** Carries the study on, and gives the exit code. */
export async function study(
  words: readonly string[],
  console_: Console,
  { study, schedule, folders }: StudySetting = SETTING,
): Promise<number> {
  const options = studyOptions(words, study);
  if (E.isLeft(options)) {
    console_.error(`${options.left}\n`);
    return EXIT.wrong;
  }
  const { plan, report, only, seconds, cores } = options.right, begun = console_.now();
  const wanted = schedule.filter(({ name }) => name.startsWith(only));
  if (plan) {
    const found = await statuses(wanted, folders);
    for (const [{ name, minutes }, status] of found) {
      console_.out(`${status.padEnd(9)} ${String(minutes).padStart(4)} min  ${name}\n`);
    }
    console_.out(`${missingLine(found)}\n`);
    return EXIT.done;
  }
  const lost = report ? new Map<string, string>() : await carryOut(wanted, folders, {
    cores,
    softq: softqCommand(),
    stops: () => console_.interrupted() || console_.now() - begun >= seconds,
    say: (line) => console_.error(`${line}\n`),
  });
  console_.error(`${missingLine(await statuses(wanted, folders))}\n`);
  const written = await writeReport(folders, study)();
  if (E.isLeft(written)) return printError(written.left, console_);
  return lost.size > 0 ? EXIT.failed : console_.interrupted() ? EXIT.interrupted : EXIT.done;
}

if (import.meta.main) Deno.exit(await study(Deno.args, processConsole()));
