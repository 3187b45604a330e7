/**
 * The paper's claims, each with its verdict over all settings tried.
 *
 * Law, tested: a claim is reproduced if its criterion is met in every setting, partly if in some, and not if in none;
 * it is not tested if no run could tell, and then says why.
 *
 * @module
 */

import type { ClaimRow, Section, Verdict } from "../src/report/results.ts";
import type { JsonObject } from "../src/run/json.ts";

/** A claim of the paper, and the rows that test it. */
interface PaperClaim {
  readonly claim: string;
  /** Prefix of its section's title. */
  readonly section: string;
  readonly speaks: (row: ClaimRow) => boolean;
}

/** A claim that no run tests, and why. */
interface UntestedClaim {
  readonly claim: string;
  readonly section: string;
  readonly untested: string;
}

const by = (title: string) => ({ algorithm }: ClaimRow): boolean => algorithm === title;
const soft = by("soft Q-learning"), ddpg = by("DDPG");

/** The claims, in the order of the paper. */
const PAPER_CLAIMS: readonly (PaperClaim | UntestedClaim)[] = [
  {
    claim: "Multi-goal: soft Q-learning reaches all four goals (figure 1)",
    section: "Multi-goal",
    speaks: (row) => soft(row) && row.claim.startsWith("some goal"),
  },
  {
    claim: "Multi-goal: Q has one mode, a dip and two modes (figure 1)",
    section: "Multi-goal",
    untested: "each run draws it, but nothing measures it",
  },
  {
    claim: "Multi-goal: DDPG commits to a single goal",
    section: "Multi-goal",
    speaks: (row) => ddpg(row) && row.claim.includes("commits to one goal"),
  },
  {
    claim: "Swimmer: soft Q-learning explores both ways first (figure 6)",
    section: "Swimmer",
    speaks: (row) => soft(row) && row.claim.startsWith("before the first crossing"),
  },
  {
    claim: "Swimmer: soft Q-learning crosses, ends forward (figure 3a)",
    section: "Swimmer",
    speaks: (row) => soft(row) && row.claim.startsWith("ends forward"),
  },
  {
    claim: "Swimmer: a fifth of DDPG's runs end backward (figure 3a)",
    section: "Swimmer",
    untested: "it takes 30 runs to tell a fifth from none",
  },
  {
    claim: "Maze: soft Q-learning finds the open passage (figure 3b)",
    section: "Maze",
    speaks: (row) => soft(row) && row.claim.startsWith("comes nearer"),
  },
  {
    claim: "Maze: 60 % of DDPG's runs find it, and later (figure 3b)",
    section: "Maze",
    untested: "at most four seeds a setting cannot tell 60 % from most or few; 2 of 12 came near, once each",
  },
  {
    claim: "Pretraining: the quadruped learns to run",
    section: "Pretraining",
    speaks: (row) => soft(row) && row.claim.includes("median net displacement"),
  },
  {
    claim: "Pretraining: it runs in all directions (figure 7)",
    section: "Pretraining",
    speaks: (row) => soft(row) && row.claim.includes("far and in all directions"),
  },
  {
    claim: "Pretraining: it runs farther where α is lower (figure 7)",
    section: "Pretraining",
    speaks: (row) => row.claim.startsWith("displacement grows"),
  },
  {
    claim: "Pretraining: headings vary less where α is lowest (figure 7)",
    section: "Pretraining",
    speaks: (row) => row.claim.startsWith("headings vary less"),
  },
  {
    claim: "Transfer: maximum-entropy pretraining is ahead of DDPG's (figure 5)",
    section: "Transfer",
    speaks: (row) => soft(row) && row.claim.includes(" ahead of DDPG initialisation"),
  },
  {
    claim: "Transfer: it leads around the bend of the U (section 5.3)",
    section: "Transfer",
    speaks: (row) => soft(row) && row.claim.includes("comes around the bend in the last evaluation"),
  },
  {
    claim: "Transfer: pretraining by DDPG is a poor start (figure 5)",
    section: "Transfer",
    speaks: (row) => ddpg(row) && row.claim.includes(" ahead of "),
  },
  {
    claim: "The loss's gradient is minus the policy's (Appendix B)",
    section: "Policy gradient",
    speaks: () => true,
  },
];

/** The page of a section, by its title. */
export const pageOf = (title: string): string =>
  `${title.replace(/ \(.*/, "").toLowerCase().replaceAll(" ", "-")}.md`;

/** Orders rows by result: criterion, then number, then seeds; of equal ones the later in the plan is first. */
const better = (a: ClaimRow, b: ClaimRow): number => {
  const value = (row: ClaimRow): number => row.value ?? -Infinity;
  return Number(b.met === true) - Number(a.met === true) || value(b) - value(a) || b.seeds - a.seeds;
};

/** The verdict on each claim. */
export const verdictsOf = (sections: readonly Section[]): readonly Verdict[] =>
  PAPER_CLAIMS.map((each): Verdict => {
    const { claim, section } = each, found = sections.find(({ title }) => title.startsWith(section));
    const page = pageOf(found?.title ?? section);
    const none = { claim, page, verdict: "not tested", best: null, settings: 0, metIn: 0 } as const;
    if ("untested" in each) return { ...none, why: each.untested };
    const { speaks } = each;
    const rows = (found?.claims ?? []).filter((row) => row.met !== null && speaks(row));
    if (rows.length === 0) return { ...none, why: "nothing was run that tests it" };
    const metIn = rows.filter(({ met }) => met).length;
    return {
      claim,
      page,
      verdict: metIn === rows.length ? "reproduced" : metIn > 0 ? "partly" : "not",
      best: rows.toReversed().toSorted(better)[0] ?? null,
      settings: rows.length,
      metIn,
    };
  });

/** A number with six significant digits. */
const short = (x: number): number => Number(x.toPrecision(6));

/** A row as JSON, with its setting's place among all settings. */
const rowJson = (experiment: string, row: ClaimRow, settings: readonly string[]): JsonObject => ({
  claim: row.claim,
  experiment,
  algorithm: row.algorithm,
  setting: settings.indexOf(row.setting),
  n: row.seeds,
  value: row.value === null ? null : short(row.value),
  interval: row.bounds === null ? null : row.bounds.map(short),
  met: row.met,
  found: row.found,
  remark: row.remark,
});

/** The content of `claims.json`: the verdicts, every row of every setting, and the settings, to which rows point. */
export function claimsDocument(sections: readonly Section[], verdicts: readonly Verdict[]): JsonObject {
  const texts = [...new Set(sections.flatMap(({ claims }) => claims.map(({ setting }) => setting)))];
  return {
    verdicts: verdicts.map(({ claim, verdict, why, page, best, settings, metIn }) => ({
      claim,
      verdict,
      ...why === undefined ? {} : { why },
      page,
      settings,
      metIn,
      best: best === null ? null : rowJson(page.replace(".md", ""), best, texts),
    })),
    claims: sections.flatMap(({ title, claims }) =>
      claims.map((row) => rowJson(pageOf(title).replace(".md", ""), row, texts))
    ),
    settings: texts,
  };
}
