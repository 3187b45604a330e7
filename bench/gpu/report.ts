/**
 * The report of a session on a GPU: a JSON file and a page of tables, both complete at any time.
 *
 * @module
 */

import { type Machine, table } from "../measure.ts";

/** A table; the first column is text. */
export interface Table {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a section has found so far. */
export interface Findings {
  readonly tables: readonly Table[];
  /** The numbers behind the tables, for programs. */
  readonly data: unknown;
}

/** The state of a section: `cut off` and `failed` ones keep their findings so far. */
export type Status = "waiting" | "running" | "done" | "skipped" | "cut off" | "failed";

/** One section of the report. */
export interface SectionReport extends Findings {
  readonly name: string;
  readonly title: string;
  readonly status: Status;
  /** Why it was skipped, was cut off or failed; else empty. */
  readonly reason: string;
  /** Its duration and its time limit, s. */
  readonly seconds: number;
  readonly limit: number;
}

/** The whole report. */
export interface Report {
  readonly started: string;
  readonly minutes: number;
  readonly machine: Machine;
  readonly sections: readonly SectionReport[];
}

/** A section as text below a heading: its outcome unless it is `done`, then its tables. */
export function sectionText(
  { title, status, reason, seconds, tables }: SectionReport,
  heading: (title: string) => string = (text) => `## ${text}`,
): string {
  const outcome = status === "done"
    ? `${seconds.toFixed(0)} s.`
    : `**${status[0]!.toUpperCase()}${status.slice(1)}**${reason === "" ? "." : `: ${reason}.`}`;
  const texts = tables.map(({ title, header, rows }) => `${title}\n\n${table(header, rows)}`);
  return [heading(title), outcome, ...texts].join("\n\n");
}

/** The page: Markdown. */
export const pageOf = ({ started, minutes, machine, sections }: Report): string =>
  [
    "# What this machine's GPU does",
    `${machine.processor}, ${machine.cores} cores (load ${machine.load}), Deno ${machine.deno}; ` +
    `begun ${started}, ${minutes} minutes.`,
    ...sections.map((section) => sectionText(section)),
  ].join("\n\n") + "\n";

/** Writes a file so that it is complete at any time: under another name, then renamed. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  await Deno.writeTextFile(beside, text);
  await Deno.rename(beside, path);
}

/** Writes `gpu.json` and `gpu.md` into a folder. */
export async function writeReport(folder: string, report: Report): Promise<void> {
  await writeWhole(`${folder}/gpu.json`, `${JSON.stringify(report, null, 2)}\n`);
  await writeWhole(`${folder}/gpu.md`, pageOf(report));
}
