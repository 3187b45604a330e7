/**
 * All measurements of a GPU in one command, for a machine that is available for a few minutes only:
 *
 *     deno task gpu --minutes M --out DIR [--only NAME,NAME]
 *
 * Each section has its own process and a share of the time; one that hangs is terminated and reported, and its findings
 * so far are kept. `DIR/gpu.json` and `DIR/gpu.md` are complete at any time. A second call with the same folder
 * measures again and continues the study.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { E } from "../../src/deps.ts";
import { machine } from "../measure.ts";
import { type Report, type SectionReport, writeReport } from "./report.ts";
import { SECTIONS } from "./sections.ts";
import { KILL_DELAY, type Started, startSection } from "./process.ts";

const USAGE = `USAGE
  deno task gpu --out DIR [--minutes M] [--only NAME,NAME]

Checks and measures this machine's GPU, then trains on it. DIR/gpu.json and DIR/gpu.md are whole at every moment.

FLAGS
  --out DIR          the folder that the results go to
  --minutes M        for how long, minutes (10)
  --only NAME,NAME   sections out of ${Object.keys(SECTIONS).join(", ")}
  -h, --help         print this`;

/** Options of a session. */
export interface SessionOptions {
  readonly minutes: number;
  readonly out: string;
  readonly names: readonly string[];
}

/** The options of the command line, or what is wrong with it. */
export function sessionOptions(words: readonly string[]): E.Either<string, SessionOptions> {
  const all = Object.keys(SECTIONS);
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        minutes: { type: "string", default: "10" },
        out: { type: "string", default: "" },
        only: { type: "string", default: all.join(",") },
      },
    });
    const minutes = Number(values.minutes), names = values.only.split(",");
    if (!(minutes > 0)) return E.left(`--minutes must be a number above 0: got "${values.minutes}"`);
    if (values.out === "") return E.left("--out must name the folder that the results go to");
    const unknown = names.find((name) => !all.includes(name));
    if (unknown !== undefined) {
      return E.left(`--only must name sections of ${all.join(", ")}: got "${unknown}"`);
    }
    return E.right({ minutes, out: values.out, names: all.filter((name) => names.includes(name)) });
  } catch (error) {
    return E.left((error instanceof Error ? error.message : String(error)).split("\n")[0]!);
  }
}

/** Seconds reserved for the end of the session. */
const RESERVE = 6;

/** A section may exceed its time by this fraction and some seconds, to end in order. */
const OVERTIME = { part: 0.1, seconds: 4 } as const;

/** Number of cores from which the peers are compiled during sections that are not affected. */
const MANY_CORES = 8;

/** Sections during which others may be prepared, because they do not depend on the host's speed. */
const UNTIMED: readonly string[] = ["adapter", "kernels"];

const waiting = (name: string): SectionReport => ({
  name,
  title: SECTIONS[name]!.title,
  status: "waiting",
  reason: "",
  seconds: 0,
  limit: 0,
  tables: [],
  data: null,
});

/** Whether any section found the adapter or its numbers insufficient. */
const hasFailed = ({ sections }: Report): boolean =>
  sections.some(({ name, status }) => status === "failed" || (name === "adapter" && status !== "done"));

/** Runs the sections and gives the exit code. */
export async function session({ minutes, out, names }: SessionOptions): Promise<number> {
  const begun = performance.now(),
    left = (): number => 60 * minutes - RESERVE - (performance.now() - begun) / 1000;
  await Deno.mkdir(out, { recursive: true });
  let report: Report = {
    started: new Date().toISOString(),
    minutes,
    machine: machine(),
    sections: names.map(waiting),
  };
  const change = async (name: string, of: Partial<SectionReport>): Promise<void> => {
    const sections = report.sections.map((each) => each.name === name ? { ...each, ...of } : each);
    report = { ...report, sections };
    await writeReport(out, report);
  };
  await writeReport(out, report);
  const started = new Map<string, Started>();
  let running: Started | null = null, interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    running?.stop("interrupted");
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, interrupt);
  if (names.includes("peers") && navigator.hardwareConcurrency >= MANY_CORES) {
    started.set("peers", startSection("peers", out));
  }
  let adapter = true;
  for (const [k, name] of names.entries()) {
    const { title, share, most: useful, needsAdapter } = SECTIONS[name]!;
    if (needsAdapter && !adapter) {
      await change(name, { status: "skipped", reason: "there is no adapter" });
      continue;
    }
    if (interrupted || left() < 1) {
      await change(name, { status: "skipped", reason: interrupted ? "interrupted" : "the time is over" });
      continue;
    }
    if (!UNTIMED.includes(name)) {
      for (const early of started.values()) await early.ready(0.25 * left());
    }
    const shares = names.slice(k).reduce((total, each) => total + SECTIONS[each]!.share, 0);
    const limit = Math.min(useful, left() * share / shares), from = performance.now();
    console.error(`${title} (${limit.toFixed(0)} s)`);
    running = started.get(name) ?? startSection(name, out);
    started.delete(name);
    await change(name, { status: "running", limit });
    const most = Math.min(limit * (1 + OVERTIME.part) + OVERTIME.seconds, left() + RESERVE - KILL_DELAY - 1);
    const ending = await running.run(limit, most, (findings) => change(name, findings));
    running = null;
    await change(name, { ...ending, seconds: (performance.now() - from) / 1000 });
    if (ending.status !== "done") console.error(`  ${ending.status}: ${ending.reason}`);
    if (name === "adapter") adapter = ending.status === "done";
  }
  for (const early of started.values()) early.stop("not needed");
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, interrupt);
  console.error(`${out}/gpu.md`);
  return interrupted ? 130 : hasFailed(report) ? 1 : 0;
}

if (import.meta.main) {
  if (Deno.args.some((word) => word === "--help" || word === "-h")) {
    console.log(USAGE);
    Deno.exit(0);
  }
  const options = sessionOptions(Deno.args);
  if (E.isLeft(options)) {
    console.error(options.left);
    Deno.exit(2);
  }
  Deno.exit(await session(options.right));
}
