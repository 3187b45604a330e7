/**
 * The tables of `docs/options.md`, generated from the rows of the options by `deno task options`.
 *
 * @module
 */

import { ALGORITHMS } from "../src/learn/algorithms.ts";
import {
  expectation,
  flagText,
  needText,
  type Option,
  type OptionTable,
  rowOf,
} from "../src/learn/option.ts";
import { LEARNING_OPTIONS } from "../src/learn/options.ts";
import { RUN_OPTIONS } from "../src/run/configuration.ts";

/** The marks around the tables. */
const BEGIN = "<!-- Made by `deno task options` from the rows of the options. -->",
  END = "<!-- The end of what is made. -->";

/** One option: its default, values, sentence and source. */
function entry(name: string, row: Option): string {
  const usual = row.default === "" ? "none" : `\`${flagText(row.default)}\``;
  const accepted = row.kind === "text" ? "" : `; ${expectation(row)}`;
  const unit = row.unit === undefined || row.description.includes(row.unit) ? "" : `, in ${row.unit}`;
  const details = row.details === undefined ? "" : `; ${row.details}`;
  const needs = row.needs === undefined ? "" : `; needs \`${needText(row.needs)}\``;
  return `- **\`${name}\`** [${usual}${accepted}${unit}${needs}]: ${row.description}${details}. _${row.source}_`;
}

const list = (rows: OptionTable): string =>
  Object.entries(rows).map(([name, row]) => entry(name, row)).join("\n");

/** The rows of a table that are not shared by all algorithms. */
const own = (table: OptionTable): OptionTable =>
  Object.fromEntries(
    Object.entries(table).filter(([name, row]) => row !== rowOf(LEARNING_OPTIONS, name)),
  );

/** The tables, as Markdown that is not yet wrapped. */
const tables = (): string =>
  [
    "## All algorithms",
    list(LEARNING_OPTIONS),
    ...ALGORITHMS.flatMap(({ name, title, options }) => [
      `## ${title[0]!.toUpperCase()}${title.slice(1)} (\`${name}\`)`,
      "What it has beside those of all algorithms, or with another default.",
      list(own(options)),
    ]),
    "## Runs",
    "On the command line and in `config.json` alone; an experiment's presets change many of them.",
    list(RUN_OPTIONS),
  ].join("\n\n");

/** The page with new tables between the marks; null if it has no marks. */
export function optionsPage(page: string): string | null {
  const from = page.indexOf(BEGIN), to = page.indexOf(END);
  if (from < 0 || to < from) return null;
  return `${page.slice(0, from + BEGIN.length)}\n\n${tables()}\n\n${page.slice(to)}`;
}

if (import.meta.main) {
  const path = new URL("./options.md", import.meta.url),
    page = optionsPage(await Deno.readTextFile(path));
  if (page === null) throw new Error("docs/options.md has no place for the tables");
  await Deno.writeTextFile(path, page);
}
