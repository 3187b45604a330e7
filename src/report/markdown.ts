/**
 * Markdown with a readable source: prose is wrapped to the page's width, and a wider table is written as HTML with one
 * cell per line, which renders the same.
 *
 * Laws, tested: no line is wider than {@link PAGE_WIDTH} unless a single word is; words and their order are kept.
 *
 * @module
 */

import { escape } from "./svg.ts";

/** Maximum width of a line, in characters. */
export const PAGE_WIDTH = 110;

/** Escapes a cell: no line breaks, no bars. */
const cell = (text: string): string => text.replace(/\s+/g, " ").replaceAll("|", "\\|");

/** Wraps words into lines; the first begins with `first`, all others with `further`. */
function filled(text: string, first = "", further = ""): string {
  const [begin, ...words] = text.split(" "), rows = [first + begin];
  for (const word of words) {
    const last = rows.length - 1;
    if (rows[last]!.length + 1 + word.length > PAGE_WIDTH) rows.push(further + word);
    else rows[last] += ` ${word}`;
  }
  return rows.join("\n");
}

/** Wraps a line, with the indentation of its beginning. */
function wrappedLine(line: string): string {
  if (line.length <= PAGE_WIDTH || /^(\||<|#)/.test(line)) return line;
  const [, first = "", text = ""] = /^( *(?:- )?)(.*)$/.exec(line)!; // matches every line
  return filled(text, first, " ".repeat(first.length));
}

/** Wraps prose and lists. */
export const wrapped = (text: string): string => text.split("\n").map(wrappedLine).join("\n");

/** A cell as HTML. */
const html = (text: string): string =>
  escape(text.replace(/\s+/g, " ")).replace(/\*\*(.+?)\*\*/g, "<b>$1</b>").replace(
    /`(.+?)`/g,
    "<code>$1</code>",
  )
    .replace(/\[(.+?)\]\((.+?)\)/g, '<a href="$2">$1</a>');

/** A table, in Markdown if that is narrow enough, else in HTML. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`);
  if (lines.every(({ length }) => length <= PAGE_WIDTH)) return lines.join("\n");
  const row = (kind: "th" | "td") => (cells: readonly string[]): string =>
    ["<tr>", ...cells.map((each) => filled(`<${kind}>${html(each)}</${kind}>`)), "</tr>"].join("\n");
  return ["<table>", row("th")(heads), ...rows.map(row("td")), "</table>"].join("\n");
}
