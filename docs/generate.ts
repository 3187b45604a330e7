/**
 * Fills the places in the documentation that are written from tables in the code: `deno task docs`. A place begins with
 * the comment `<!-- NAME -->` and ends with `<!-- end of NAME -->`.
 *
 * @module
 */

import { runFilesText } from "../src/run/contents.ts";

/** A place: the page, its name there, and what belongs into it. */
export const PLACES: readonly (readonly [page: string, name: string, text: () => string])[] = [
  ["runs.md", "files", runFilesText],
  ["../README.md", "results", verdictsText],
];

/** The verdicts of `results/claims.json` as a table. */
function verdictsText(): string {
  const { verdicts }: {
    readonly verdicts: readonly {
      readonly claim: string;
      readonly verdict: string;
      readonly page: string;
      readonly settings: number;
      readonly metIn: number;
    }[];
  } = JSON.parse(Deno.readTextFileSync(new URL("../results/claims.json", import.meta.url)));
  return [
    "| claim of the paper | verdict | settings |",
    "| --- | --- | --- |",
    ...verdicts.map(({ claim, verdict, settings, metIn }) =>
      `| ${claim} | ${verdict} | ${settings === 0 ? "none" : `${metIn} of ${settings}`} |`
    ),
  ].join("\n");
}

/** A page with a place filled. Throws where the page has no such place. */
export function filled(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const from = page.indexOf(start), to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`There is no place for "${name}" in the page`);
  return `${page.slice(0, from + start.length)}\n\n${text}\n\n${page.slice(to)}`;
}

if (import.meta.main) {
  for (const [page, name, text] of PLACES) {
    const path = new URL(page, import.meta.url);
    await Deno.writeTextFile(path, filled(await Deno.readTextFile(path), name, text()));
  }
}
