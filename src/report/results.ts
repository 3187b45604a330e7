/**
 * The page of results as Markdown: claims with our numbers, and every run that was started.
 *
 * Law, tested: the page lists every given run, whether or not it succeeded.
 *
 * @module
 */

import { table, wrapped } from "./markdown.ts";
import type { Interval } from "./statistics.ts";

/** A claim of the paper with our finding. */
export interface ClaimRow {
  /** The statement of the paper, or our criterion. */
  readonly claim: string;
  /** Our number, with its unit. */
  readonly found: string;
  /** The data that it was computed from, for example `10 seeds`. */
  readonly n: string;
  /** 95 % interval as text; empty if there is none. */
  readonly interval: string;
  /** Whether the criterion is met; null if there is none. */
  readonly met: boolean | null;
  /** Title of the learner. */
  readonly algorithm: string;
  /** The words of `claim` that name the setting rather than the finding; by default none. */
  readonly named?: string;
  /** The number itself: a fraction, a mean or a difference; null if there is no finding. */
  readonly value: number | null;
  /** Number of seeds. */
  readonly seeds: number;
  /** The bounds of the 95 % interval; null if there is none. */
  readonly bounds: Interval | null;
  /** Scale of the runs, and deviations from the paper's setting; printed once, below the table. */
  readonly setting: string;
  /** Remarks on the numbers; may be empty. */
  readonly remark: string;
}

/** A run on the page. */
export interface RunRow {
  readonly name: string;
  /** The command that started it. */
  readonly command: string;
  /** The command that repeats it with the current presets. */
  readonly repeats: string;
  /** Version, revision, device and processor. */
  readonly made: string;
  /** How it ended. */
  readonly ended: string;
  /** The results, one line per seed. */
  readonly seeds: readonly string[];
  /** File names of its figures. */
  readonly figures: readonly string[];
}

/** A section of the page. */
export interface Section {
  readonly title: string;
  /** An introductory paragraph; may be empty. */
  readonly text: string;
  readonly claims: readonly ClaimRow[];
  readonly runs: readonly RunRow[];
  readonly pictures: readonly Picture[];
}

/** An image. */
export interface Picture {
  /** Its path, relative to the page. */
  readonly file: string;
  /** What it shows, in a few words. */
  readonly shows: string;
  /** The settings of its runs, as in {@link ClaimRow}. */
  readonly settings: readonly string[];
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

/** The table of claims, with a letter per setting and a key below. */
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

/** A claim of the paper, and its outcome here. */
export interface Verdict {
  /** The claim in a few words. */
  readonly claim: string;
  /** Page of the experiment, relative to the results. */
  readonly page: string;
  readonly verdict: "reproduced" | "partly" | "not" | "not tested";
  /** Why it was not tested; absent if it was. */
  readonly why?: string;
  /** The row of the best setting; null if nothing was run. */
  readonly best: ClaimRow | null;
  /** Number of settings tried, and number of those that meet the criterion. */
  readonly settings: number;
  readonly metIn: number;
}

/** The finding, in few words for a table cell. */
export const findingText = ({ found, interval, n }: ClaimRow): string =>
  [`${found.replace(/ \(each: .*\)/, "").trim()}`, ...interval === "" ? [] : [`[${interval}]`], n].join("; ");

/** A verdict, with the number of settings if there are several. */
const verdictText = ({ verdict, settings, metIn }: Verdict): string =>
  `**${verdict}**${settings > 1 ? `, ${metIn} of ${settings}` : ""}`;

/** The first page, with one line per claim. */
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
          each.best === null ? each.why ?? "" : findingText(each.best),
        ]),
      ),
      `Pages: ${
        pages.map(([file, title]) => `[${title}](${file})`).join(", ")
      }. For programs: [claims.json](claims.json).`,
      introduction,
    ].join("\n\n"))
  }\n`;

/** The page of an experiment: first the best settings with their figures, then an appendix with all others. */
export function resultsPage(
  { title, text, claims, runs, pictures }: Section,
  verdicts: readonly Verdict[],
): string {
  const best = verdicts.flatMap(({ best }) => best === null ? [] : [best]);
  const rankOf = ({ settings }: Picture): number =>
    best.findIndex(({ setting }) => settings.includes(setting));
  const shown = pictures.filter((picture) => rankOf(picture) >= 0).toSorted((a, b) => rankOf(a) - rankOf(b));
  const images = (of: readonly Picture[]) => of.map(({ file, shows }) => `![${shows}](${file})`);
  return `${
    wrapped([
      `# ${title}`,
      "[All results](README.md) · [softq](../README.md)",
      ...best.length === 0 ? [] : [...claimsText(best)],
      ...images(shown),
      ...text === "" ? [] : [text],
      ...claims.length === 0 ? [] : ["## Appendix: every setting that was tried", ...claimsText(claims)],
      ...images(pictures.filter((picture) => !shown.includes(picture))),
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
