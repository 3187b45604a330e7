/**
 * The page of results as Markdown: claims with our numbers, and every run that was started.
 *
 * Law, tested: every run that is given is on the page, whatever became of it.
 *
 * @module
 */

import { table, wrapped } from "./markdown.ts";
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
  /** What learned: its title. */
  readonly algorithm: string;
  /** The words of `claim` that name the setting and not what was found; none unless given. */
  readonly named?: string;
  /** The number itself: a share, a mean or a lead; null where nothing was found. */
  readonly value: number | null;
  /** How many seeds it is of. */
  readonly seeds: number;
  /** The 95 % interval as numbers; null where there is none. */
  readonly bounds: Interval | null;
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

/** What the paper says, and what came of it here. */
export interface Verdict {
  /** The claim in a few words. */
  readonly claim: string;
  /** Page of the experiment, relative to the results. */
  readonly page: string;
  readonly verdict: "reproduced" | "partly" | "not" | "not tested";
  /** Why it was not tested; absent where it was. */
  readonly why?: string;
  /** The row of the setting that did best; null where nothing was run. */
  readonly best: ClaimRow | null;
  /** How many settings were tried, and in how many the criterion is met. */
  readonly settings: number;
  readonly metIn: number;
}

/** What was found, in as few words as a table has room for. */
export const shortFound = ({ found, interval, n }: ClaimRow): string =>
  [`${found.replace(/ \(each: .*\)/, "").trim()}`, ...interval === "" ? [] : [`[${interval}]`], n].join("; ");

/** A verdict with the settings that it is over, where there are several. */
const verdictText = ({ verdict, settings, metIn }: Verdict): string =>
  `**${verdict}**${settings > 1 ? `, ${metIn} of ${settings}` : ""}`;

/** The first page: a line a claim. */
export const overviewPage = (
  introduction: string,
  verdicts: readonly Verdict[],
  pages: readonly (readonly [file: string, title: string])[],
): string =>
  `${
    wrapped([
      "# Results",
      "What the paper claims, and what was found here. A claim is **reproduced** where our criterion is met in every setting " +
      "that was tried, **partly** where it is met in some, **not** where in none, and **not tested** where nothing was run that " +
      "would tell.",
      table(
        ["claim", "verdict", "best setting: found; 95 % interval; n"],
        verdicts.map((each) => [
          `[${each.claim}](${each.page})`,
          verdictText(each),
          each.best === null ? each.why ?? "" : shortFound(each.best),
        ]),
      ),
      `Pages: ${
        pages.map(([file, title]) => `[${title}](${file})`).join(", ")
      }. For programs: [claims.json](claims.json).`,
      introduction,
    ].join("\n\n"))
  }\n`;

/** The page of an experiment: the settings that did best and the figures first, all others in an appendix. */
export function resultsPage(
  { title, text, claims, runs, pictures }: Section,
  verdicts: readonly Verdict[],
): string {
  const best = verdicts.flatMap(({ best }) => best === null ? [] : [best]);
  return `${
    wrapped([
      `# ${title}`,
      "[All results](README.md) · [softq](../README.md)",
      ...best.length === 0 ? [] : [...claimsText(best)],
      ...pictures.map(({ file, shows }) => `![${shows}](${file})`),
      ...text === "" ? [] : [text],
      ...claims.length === 0 ? [] : ["## Appendix: every setting that was tried", ...claimsText(claims)],
      ...runs.length === 0 ? [] : [
        "## Every run that was started",
        "The command makes it again; what is not kept here, such as most parameters and each run's own figures, comes with it.",
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
    ].join("\n\n"))
  }\n`;
}
