/**
 * The study behind `results/`: executes the planned runs, several concurrently and one core each, archives their
 * results and writes `results/README.md`.
 *
 *     deno task study [--hours 0.5] [--cores 1] [--nats nats://host:4222] [--only NAME] [--plan] [--report]
 *
 * It may be stopped (Ctrl-C) or killed at any time, and continues from the runs' checkpoints. `--hours` limits its
 * duration, `--cores` is the number of concurrent runs, each on one core; `--nats` executes the runs on a server's
 * workers (its other flags are those of `softq worker`); `--only` selects runs by a prefix of their names. `--plan`
 * prints the missing runs and their costs; `--report` writes the page and figures from the archived runs without
 * executing any.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { type Console, listenToInterrupts, processConsole } from "../src/terminal/console.ts";
import { printError } from "../src/terminal/result.ts";
import { serverOf } from "../src/cli/server.ts";
import { E } from "../src/deps.ts";
import { EXIT } from "../src/run/exit.ts";
import type { Connect, ServerOptions, SweepError } from "../src/sweep/place.ts";
import { handOver, softqCommand } from "../src/terminal/programs.ts";
import { EXPERIMENTS } from "../experiments/all.ts";
import { type RunStatus, statusOf } from "./archive.ts";
import { SCHEDULE, STUDY } from "./plan.ts";
import type { PlannedRun, StudyFolders } from "./planned_run.ts";
import { writeReport } from "./report.ts";
import { carryOut, carryOutOn, type ScheduleOptions } from "./schedule.ts";
import { thrownText } from "../src/given.ts";

const USAGE = `USAGE
  deno task study [--hours H] [--cores N] [--only NAME] [--plan] [--report] [--nats URL]

Executes the runs behind results/ and writes results/README.md. It may be stopped or killed, and continues where it was.

FLAGS
  --hours H        time limit, hours (0.5)
  --cores N        number of concurrent runs, one core each (1)
  --only NAME      only the runs whose names begin with NAME
  --plan           list the missing runs and their costs, and execute none
  --report         write the pages and figures from the archived runs, and execute none
  --nats URL       a server whose workers execute the runs; --user, --password-file, --token-file, --credentials, --ca
                   and --lease say how to reach it, as for softq worker
  -h, --help       print this
`;

/** The options of the command line. */
export interface StudyOptions {
  /** Whether to print the usage and exit. */
  readonly help: boolean;
  readonly plan: boolean;
  readonly report: boolean;
  /** Prefix of the names of the runs to execute. */
  readonly only: string;
  readonly seconds: number;
  readonly cores: number;
  /** The server whose workers execute the runs; null for this machine. */
  readonly server: ServerOptions | null;
}

/** The runs of a study; by default those of the plan. */
export interface StudySetting {
  /** All runs, as the report lists them. */
  readonly study: readonly PlannedRun[];
  /** All runs, in the order of execution. */
  readonly schedule: readonly PlannedRun[];
  readonly folders: StudyFolders;
}

const SETTING: StudySetting = {
  study: STUDY,
  schedule: SCHEDULE,
  folders: { runs: "runs", results: "results" },
};

/** The server's flags, as in `softq worker`. */
const SERVER_WORDS = {
  nats: { type: "string" },
  user: { type: "string" },
  "password-file": { type: "string" },
  "token-file": { type: "string" },
  credentials: { type: "string" },
  ca: { type: "string" },
  lease: { type: "string", default: "60" },
} as const;

/** The options of the command line, or an error message. */
export function studyOptions(
  words: readonly string[],
  plan: readonly PlannedRun[],
): E.Either<string, StudyOptions> {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        help: { type: "boolean", short: "h", default: false },
        plan: { type: "boolean", default: false },
        report: { type: "boolean", default: false },
        only: { type: "string", default: "" },
        hours: { type: "string", default: "0.5" },
        cores: { type: "string", default: "1" },
        ...SERVER_WORDS,
      },
    });
    const hours = Number(values.hours), cores = Number(values.cores), { only } = values;
    if (values.hours.trim() === "" || !(hours > 0 && Number.isFinite(hours))) {
      return E.left(`--hours must be a number above 0: got "${values.hours}"`);
    }
    if (!(/^\d+$/.test(values.cores) && cores >= 1 && cores <= 1024)) {
      return E.left(`--cores must be an integer from 1 to 1024: got "${values.cores}"`);
    }
    const lease = Number(values.lease);
    if (!(/^\d+$/.test(values.lease) && lease >= 2 && lease <= 86_400)) {
      return E.left(`--lease must be an integer from 2 to 86400: got "${values.lease}"`);
    }
    if (!plan.some(({ name }) => name.startsWith(only))) {
      return E.left(`--only must be the beginning of a run's name: got "${only}"`);
    }
    const { nats, user, "password-file": passwordFile, "token-file": tokenFile, credentials, ca } = values;
    const server = nats === undefined
      ? null
      : serverOf({ nats, user, passwordFile, tokenFile, credentials, ca, lease, store: undefined });
    const { help, plan: list, report } = values;
    return E.right({ help, plan: list, report, only, seconds: 3600 * hours, cores, server });
  } catch (error) {
    return E.left(thrownText(error));
  }
}

/** Runs with their states. */
const statuses = (
  runs: readonly PlannedRun[],
  folders: StudyFolders,
): Promise<readonly (readonly [PlannedRun, RunStatus])[]> =>
  Promise.all(runs.map(async (planned) => [planned, await statusOf(folders, planned)] as const));

/** The remaining work in one line. */
function missingLine(runs: readonly (readonly [PlannedRun, RunStatus])[]): string {
  const left = runs.filter(([, status]) => status !== "finished").map(([planned]) => planned);
  const hours = left.reduce((total, { minutes }) => total + minutes, 0) / 60;
  return left.length === 0
    ? "No run is missing"
    : `Missing: ${left.map(({ name }) => name).join(", ")} (${left.length} of ${runs.length} runs, about ` +
      `${hours.toFixed(1)} core hours)`;
}

/**
 * Continues the study; returns the exit code.
 *
 * @param connect how to reach servers; by default through another program
 */
export async function study(
  words: readonly string[],
  console_: Console,
  { study, schedule, folders }: StudySetting = SETTING,
  connect: Connect | null = null,
): Promise<number> {
  const options = studyOptions(words, study);
  if (E.isLeft(options)) {
    console_.error(`${options.left}\n`);
    return EXIT.wrong;
  }
  const { help, plan, report, only, seconds, cores, server } = options.right, begun = console_.now();
  if (help) {
    console_.out(USAGE);
    return EXIT.done;
  }
  const wanted = schedule.filter(({ name }) => name.startsWith(only));
  if (plan) {
    const found = await statuses(wanted, folders);
    for (const [{ name, minutes }, status] of found) {
      console_.out(`${status.padEnd(9)} ${String(minutes).padStart(4)} min  ${name}\n`);
    }
    console_.out(`${missingLine(found)}\n`);
    return EXIT.done;
  }
  if (server !== null && connect === null && !report) return await handOver(["study", ...words], console_);
  // A report alone has nothing to save, so an interrupt may end it immediately.
  const asked = report ? () => false : listenToInterrupts(console_);
  const how: ScheduleOptions = {
    experiments: EXPERIMENTS,
    cores,
    softq: softqCommand(),
    stops: () => asked() || console_.now() - begun >= seconds,
    say: (line) => console_.error(`${line}\n`),
  };
  const made: E.Either<SweepError, ReadonlyMap<string, string>> = report
    ? E.right(new Map())
    : server !== null && connect !== null
    ? await carryOutOn(connect(EXPERIMENTS, server), wanted, folders, how)
    : await carryOut(wanted, folders, how);
  if (E.isLeft(made)) return printError(made.left, console_);
  const lost = made.right, stopped = asked();
  console_.stopListening?.();
  for (const [name, reason] of lost) console_.error(`${name}: given up: ${reason}\n`);
  console_.error(`${missingLine(await statuses(wanted, folders))}\n`);
  if (stopped) {
    console_.error("The page is as it was; deno task study --report writes it\n");
    return lost.size > 0 ? EXIT.failed : EXIT.interrupted;
  }
  const written = await writeReport(folders, study)();
  if (E.isLeft(written)) return printError(written.left, console_);
  return lost.size > 0 ? EXIT.failed : EXIT.done;
}

if (import.meta.main) Deno.exit(await study(Deno.args, processConsole()));
