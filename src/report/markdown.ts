/**
 * Markdown whose source can be read, too: no line is wider than a page, prose is wrapped, and a table that would be wider is
 * written as HTML, a cell a line, which looks the same.
 *
 * Laws, tested: no line is wider than {@link PAGE_WIDTH} unless a single word is; words and their order are kept.
 *
 * @module
 */

import { escape } from "./svg.ts";

/** Characters of a line, at most. */
export const PAGE_WIDTH = 110;

/** A cell: no line ends, no bars. */
const cell = (text: string): string => text.replace(/\s+/g, " ").replaceAll("|", "\\|");

/** Words filled into lines: the first begins with `first`, all others with `further`. */
function filled(text: string, first = "", further = ""): string {
  const [begin, ...words] = text.split(" "), rows = [first + begin];
  for (const word of words) {
    const last = rows.length - 1;
    if (rows[last]!.length + 1 + word.length > PAGE_WIDTH) rows.push(further + word);
    else rows[last] += ` ${word}`;
  }
  return rows.join("\n");
}

/** A line wrapped; what it begins with decides how its other lines do. */
function wrappedLine(line: string): string {
  if (line.length <= PAGE_WIDTH || /^(\||<|#)/.test(line)) return line;
  const [, first = "", text = ""] = /^( *(?:- )?)(.*)$/.exec(line)!; // every line is such a one
  return filled(text, first, " ".repeat(first.length));
}

/** Prose and lists with lines that are not too wide. */
export const wrapped = (text: string): string => text.split("\n").map(wrappedLine).join("\n");

/** What a cell says, as HTML. */
const html = (text: string): string =>
  escape(text.replace(/\s+/g, " ")).replace(/\*\*(.+?)\*\*/g, "<b>$1</b>").replace(
    /`(.+?)`/g,
    "<code>$1</code>",
  )
    .replace(/\[(.+?)\]\((.+?)\)/g, '<a href="$2">$1</a>');

/** A table: of Markdown where that is narrow enough, else of HTML. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`);
  if (lines.every(({ length }) => length <= PAGE_WIDTH)) return lines.join("\n");
  const row = (kind: "th" | "td") => (cells: readonly string[]): string =>
    ["<tr>", ...cells.map((each) => filled(`<${kind}>${html(each)}</${kind}>`)), "</tr>"].join("\n");
  return ["<table>", row("th")(heads), ...rows.map(row("td")), "</table>"].join("\n");
}
