/**
 * The page of results as Markdown: claims with our numbers, and every run that was started.
 *
 * Law, tested: every run that is given is on the page, whatever became of it.
 *
 * @module
 */

import type { Interval } from "./statistics.ts";

/** A claim of the paper with what we found. */
export interface ClaimRow {
  /** What the paper, or our criterion, says. */
  readonly claim: string;
  /** Our number, with its unit. */
  readonly found: string;
  /** What it was computed from, for example `10 seeds`. */
  readonly n: string;
  /** 95 % interval, in words; empty where there is none. */
  readonly interval: string;
  /** Whether the criterion is met; null where there is none. */
  readonly met: boolean | null;
  /** Scale of the runs, and where their setting differs from the paper's; printed once, below the table. */
  readonly setting: string;
  /** What else is to be known beside the numbers; empty where there is nothing. */
  readonly remark: string;
}

/** A run as the page lists it. */
export interface RunRow {
  readonly name: string;
  /** The command that it was made by. */
  readonly command: string;
  /** The command that repeats it with the presets as they are now. */
  readonly repeats: string;
  /** Version, revision, device and processor. */
  readonly made: string;
  /** How it ended. */
  readonly ended: string;
  /** The result of each seed, one line a seed. */
  readonly seeds: readonly string[];
  /** Names of its figures. */
  readonly figures: readonly string[];
}

/** A section of the page. */
export interface Section {
  readonly title: string;
  /** A paragraph, or nothing. */
  readonly text: string;
  readonly claims: readonly ClaimRow[];
  readonly runs: readonly RunRow[];
  /** Files to show, relative to the page, with what they show. */
  readonly pictures: readonly { readonly file: string; readonly shows: string }[];
}

/** A number with at most `digits` decimals. */
export const rounded = (x: number, digits = 2): string => {
  const text = x.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text;
};

/** An interval as text. */
export const intervalText = ([low, high]: Interval, digits = 2): string =>
  `${rounded(low, digits)} to ${rounded(high, digits)}`;

/** A cell: no line ends, no bars. */
const cell = (text: string): string => text.replace(/\s+/g, " ").replaceAll("|", "\\|");

/** A Markdown table. */
export const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");

const verdict = (met: boolean | null): string => met === null ? "" : met ? "yes" : "no";

/** The letters A to Z, then AA and so on. */
const letterOf = (k: number): string =>
  (k < 26 ? "" : letterOf(Math.floor(k / 26) - 1)) + String.fromCharCode("A".charCodeAt(0) + k % 26);

/** The claims' table, with their settings by letters, and below it what the letters mean. */
function claimsText(claims: readonly ClaimRow[]): readonly string[] {
  const settings = [...new Set(claims.map(({ setting }) => setting))];
  return [
    table(
      ["claim or criterion", "found", "n", "95 % interval", "met", "setting", "remark"],
      claims.map(({ claim, found, n, interval, met, setting, remark }) => [
        claim,
        found,
        n,
        interval,
        verdict(met),
        letterOf(settings.indexOf(setting)),
        remark,
      ]),
    ),
    settings.map((setting, k) => `- **${letterOf(k)}**: ${setting}`).join("\n"),
  ];
}

/** The page. */
export function resultsPage(introduction: string, sections: readonly Section[], invented: string): string {
  const body = sections.map(({ title, text, claims, runs, pictures }) =>
    [
      `## ${title}`,
      ...text === "" ? [] : [text],
      ...claims.length === 0 ? [] : claimsText(claims),
      ...pictures.map(({ file, shows }) => `![${shows}](${file})`),
      ...runs.length === 0 ? [] : [
        "Every run that was started:",
        ...runs.map(({ name, command, repeats, made, ended, seeds, figures }) =>
          [
            `- **${name}** (${ended}): \`${command}\``,
            `  ${made}`,
            ...repeats === command ? [] : [`  with today's presets: \`${repeats}\``],
            ...seeds.map((line) => `  - ${line}`),
            ...figures.length === 0
              ? []
              : [`  - figures: ${figures.map((file) => `[${file}](${name}/${file})`).join(", ")}`],
          ].join("\n")
        ),
      ],
    ].join("\n\n")
  );
  return `${["# Results", introduction, ...body, invented].join("\n\n")}\n`;
}
