/**
 * The report of one run or of several as one page that asks for nothing else.
 *
 * Laws, tested: every seed of every run is drawn; what runs were told differently stands first; names are escaped; the page
 * holds no script and refers to no other resource.
 *
 * @module
 */

import { curvesFigure, type RunCurves, styleOf } from "./curves.ts";
import type { Point } from "./panel.ts";
import { interquartileMean } from "./statistics.ts";
import { escape, PALETTE } from "./svg.ts";

/** A record of metrics with its nested names joined by dots. */
export type FlatRecord = ReadonlyMap<string, unknown>;

/** What is measured of a run while it goes on. */
export interface MeasuredRun {
  /** Its name, different for each run. */
  readonly name: string;
  /** Seed of replica 0. */
  readonly seed: number;
  /** Its metrics. */
  readonly records: readonly FlatRecord[];
  /** Its own figures as SVG, by file name. */
  readonly figures: readonly (readonly [file: string, svg: string])[];
}

/** What a report tells of a run. */
export interface ReportedRun extends MeasuredRun {
  /** What it is, in pairs of a heading and a text. */
  readonly facts: readonly (readonly [heading: string, text: string])[];
  /** Its configuration, field by field. */
  readonly configuration: readonly (readonly [field: string, value: string])[];
  /** The final evaluation of each seed by name; empty while there is none. */
  readonly evaluation: readonly (readonly [seed: number, values: FlatRecord])[];
  /** The command that repeats it. */
  readonly command: string;
}

/** What numbers are called, with their units. */
const QUANTITIES: Readonly<Record<string, readonly [title: string, quantity: string]>> = {
  "evaluation.meanReturn": ["Mean return", "mean return (reward)"],
  "evaluation.successRate": ["Success rate", "share of episodes"],
  "evaluation.meanEpisodeLength": ["Mean length of an episode", "environment steps"],
  ...Object.fromEntries(
    [0, 1, 2, 3].map((goal) => [
      `evaluation.goalShares.${goal}`,
      [`Goal ${goal + 1}'s share`, "share of the episodes that reach a goal"],
    ]),
  ),
  loss: ["Critic's loss", "J_Q (scaled reward²)"],
  q: ["Q of the minibatch", "Q (scaled reward)"],
  value: ["Soft value of next states", "V (scaled reward)"],
  bandwidth: ["Bandwidth of the Stein kernel", "h (squared distance)"],
  proposalFallback: ["Value samples from the uniform law", "share of samples"],
  tdError: ["TD error", "mean |Q̂ − Q| (scaled reward)"],
  qSpread: ["Spread of Q over a state's value samples", "standard deviation (scaled reward)"],
  effectiveParticles: ["Effective value samples", "samples"],
  entropy: ["Entropy of the policy that Q means", "entropy (nats)"],
  boundShare: ["Actions at their bounds", "share of action components"],
  criticGradientNorm: ["Norm of the critic's gradient", "norm"],
  samplerGradientNorm: ["Norm of the sampler's gradient", "norm"],
  objective: ["Policy's objective", "Q (scaled reward)"],
  "timing.updatesPerSecond": ["Speed of learning", "updates a second"],
  "timing.stepsPerSecond": ["Speed of the whole", "environment steps a second"],
};

/** Names that are not drawn: they place a record, or do not change. */
const PLACES = ["step", "updates", "replica", "frozenAt", "timing.seconds", "timing.deviceBytes"];

const finite = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** The curves of one quantity in all runs that have it. */
function curvesOf(runs: readonly MeasuredRun[], name: string): readonly RunCurves[] {
  return runs.flatMap((run): readonly RunCurves[] => {
    const replicas = new Map<number, Point[]>();
    for (const record of run.records) {
      const value = record.get(name);
      if (!finite(value)) continue;
      const replica = record.get("replica") as number;
      replicas.set(replica, [...replicas.get(replica) ?? [], [record.get("step") as number, value]]);
    }
    const seeds = [...replicas].map(([replica, points]) => ({ seed: run.seed + replica, points }));
    return seeds.length === 0 ? [] : [{ name: run.name, seeds }];
  });
}

/** Names of the numbers that some record has, known ones in their order first. */
function quantitiesIn(runs: readonly MeasuredRun[], wanted: (name: string) => boolean): readonly string[] {
  const found = new Set<string>();
  for (const { records } of runs) {
    for (const record of records) {
      for (const [name, value] of record) {
        if (finite(value) && !PLACES.includes(name) && wanted(name)) found.add(name);
      }
    }
  }
  const known = Object.keys(QUANTITIES);
  const rank = (name: string): number => known.includes(name) ? known.indexOf(name) : known.length;
  return [...found].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

const inWords = (name: string): string =>
  name.replace(/^(evaluation|timing)\./, "").replace(/\.(\d+)$/, (_, k) => ` ${Number(k) + 1}`)
    .replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`).replaceAll(".", ", ");

/** The one value that a quantity has everywhere, or null where it changes. */
function constantOf(runs: readonly MeasuredRun[], name: string): number | null {
  const values = new Set(
    runs.flatMap(({ records }) => records.map((record) => record.get(name)).filter(finite)),
  );
  return values.size === 1 ? [...values][0] : null;
}

/** The figures of the quantities. */
const figures = (runs: readonly MeasuredRun[], names: readonly string[], offset: number): string =>
  names.map((name, k) => {
    const words = inWords(name);
    const [title, quantity] = QUANTITIES[name] ?? [words[0].toUpperCase() + words.slice(1), words];
    const scope = `curves-${offset + k}`;
    return `<figure data-quantity="${escape(name)}">${
      curvesFigure({ scope, title, quantity, runs: curvesOf(runs, name) })
    }</figure>`;
  }).join("\n");

const cellOf = (value: unknown): string =>
  finite(value)
    ? escape(Number.isInteger(value) ? String(value) : value.toPrecision(4))
    : escape(String(value ?? "–"));

/** The final evaluation as a table: a row a seed, and the interquartile mean. */
function evaluationTable(run: ReportedRun, k: number, several: boolean): string {
  if (run.evaluation.length === 0) return `<p>${escape(run.name)} has no final evaluation yet.</p>`;
  const names = [...new Set(run.evaluation.flatMap(([, values]) => [...values.keys()]))].filter((name) =>
    name !== "seed"
  );
  const rows = run.evaluation.map(([seed, values]) =>
    `<tr><th scope="row">${seed}</th>${
      names.map((name) => `<td>${cellOf(values.get(name))}</td>`).join("")
    }</tr>`
  );
  const means = names.map((name) => {
    const values = run.evaluation.map(([, each]) => each.get(name)).filter(finite);
    return values.length === run.evaluation.length ? interquartileMean(values) : undefined;
  });
  const summary = run.evaluation.length > 1
    ? `<tr class="summary"><th scope="row">interquartile mean</th>${
      means.map((mean) => `<td>${mean === undefined ? "" : cellOf(mean)}</td>`).join("")
    }</tr>`
    : "";
  return `<div class="wide"><table class="numbers"><caption>${several ? swatch(k) : ""}${
    escape(run.name)
  }: the final evaluation</caption>
<thead><tr><th scope="col">seed</th>${
    names.map((name) => `<th scope="col">${escape(inWords(name))}</th>`).join("")
  }</tr></thead>
<tbody>${rows.join("")}${summary}</tbody></table></div>`;
}

const swatch = (k: number): string => `<span class="swatch ${styleOf(k).ink}"></span>`;

/** Pairs of one run. */
const pairs = (all: readonly (readonly [string, string])[], caption: string): string =>
  `<p class="caption">${escape(caption)}</p><dl>${
    all.map(([name, value]) => `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`).join("")
  }</dl>`;

/** Pairs of all runs as one table: what differs first. */
function comparison(
  runs: readonly ReportedRun[],
  of: (run: ReportedRun) => readonly (readonly [string, string])[],
  caption: string,
): string {
  if (runs.length === 1) return pairs(of(runs[0]), caption);
  const names = [...new Set(runs.flatMap((run) => of(run).map(([name]) => name)))];
  const values = new Map(names.map((name) => [
    name,
    runs.map((run) => of(run).find(([each]) => each === name)?.[1] ?? "–"),
  ]));
  const differs = (name: string): boolean => new Set(values.get(name)).size > 1;
  const ordered = [...names.filter(differs), ...names.filter((name) => !differs(name))];
  const head = `<thead><tr><td></td>${
    runs.map(({ name }, k) => `<th scope="col">${swatch(k)}${escape(name)}</th>`).join("")
  }</tr></thead>`;
  return `<div class="wide"><table><caption>${escape(caption)}</caption>${head}<tbody>${
    ordered.map((name) =>
      `<tr${differs(name) ? ' class="differs"' : ""}><th scope="row">${escape(name)}</th>${
        values.get(name)!.map((value) => `<td>${escape(value)}</td>`).join("")
      }</tr>`
    ).join("")
  }</tbody></table></div>`;
}

/** A figure of a run with names of its own in the page. */
const renamed = (svg: string, k: number): string => {
  const scope = /<svg[^>]* class="([\w-]+)"/.exec(svg)?.[1];
  return scope === undefined ? svg : svg.replaceAll(scope, `${scope}-of-${k}`);
};

const section = (id: string, heading: string, ...content: readonly string[]): string =>
  `<section id="${id}"><h2>${heading}</h2>\n${content.join("\n")}\n</section>`;

/** What was measured of runs so far: learning curves, their own figures and diagnostics, as far as there are any. */
export function measuredSections(runs: readonly MeasuredRun[]): readonly string[] {
  const several = runs.length > 1;
  const curves = quantitiesIn(runs, (name) => name.startsWith("evaluation."));
  const all = quantitiesIn(runs, (name) => !name.startsWith("evaluation."));
  const diagnostics = all.filter((name) => constantOf(runs, name) === null);
  const own = runs.flatMap((run, k) =>
    run.figures.map(([file, svg]) =>
      `<figure class="own" data-file="${escape(file)}">${renamed(svg, k)}<figcaption>${
        several ? swatch(k) : ""
      }${escape(several ? `${run.name}: ${file}` : file)}</figcaption></figure>`
    )
  );
  return [
    ...curves.length === 0
      ? []
      : [section("curves", "Learning curves", `<div class="grid">${figures(runs, curves, 0)}</div>`)],
    ...own.length === 0 ? [] : [
      section("figures", several ? "The experiments' own figures" : "The experiment's own figure", ...own),
    ],
    ...diagnostics.length === 0 ? [] : [
      section(
        "diagnostics",
        "Diagnostics",
        `<div class="grid">${figures(runs, diagnostics, curves.length)}</div>`,
      ),
    ],
  ];
}

/** The page. */
export function reportPage(title: string, runs: readonly ReportedRun[]): string {
  const several = runs.length > 1;
  const sections = [
    section("result", "Result", ...runs.map((run, k) => evaluationTable(run, k, several))),
    ...measuredSections(runs),
    section(
      "repeat",
      "Repeat it",
      ...runs.map(({ name, command }, k) =>
        `<p>${several ? swatch(k) : ""}${escape(name)}</p><pre><code>${escape(command)}</code></pre>`
      ),
    ),
    section(
      "configuration",
      "Configuration",
      comparison(
        runs,
        ({ configuration }) => configuration,
        several ? "Fields that differ stand first" : "All fields",
      ),
    ),
  ];
  const contents = sections.map((each) => {
    const [, id, heading] = /id="(\w+)"><h2>(.*?)<\/h2>/.exec(each)!; // every section begins so
    return `<a href="#${id}">${heading}</a>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(title)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<header><h1>${escape(title)}</h1>
${comparison(runs, ({ facts }) => facts, several ? "The runs" : "The run")}
<nav aria-label="Contents">${contents.join("")}</nav></header>
${sections.join("\n")}
</main>
</body>
</html>
`;
}

const inks = (mode: "light" | "dark"): string =>
  Object.entries(PALETTE).map(([ink, colour]) => `--${ink}:${colour[mode]}`).join(";");

/** The page's style: the palette of the figures, in light, in the dark and on paper. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;${inks("light")};--line:#d5dae0;--shade:#f4f6f8;--mark:#fff6df}
@media screen and (prefers-color-scheme:dark){:root{${
  inks("dark")
};--line:#343c45;--shade:#1c2228;--mark:#3a3113}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,'Segoe UI','Helvetica Neue',Arial,'Liberation Sans',sans-serif}
main{max-width:1360px;margin:0 auto;padding:1.5rem 1.25rem 3rem}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 1rem}
h2{font-size:1.15rem;margin:2.2rem 0 .8rem;padding-top:.6rem;border-top:1px solid var(--line)}
nav{display:flex;flex-wrap:wrap;gap:.35rem 1.1rem;margin-top:1rem}
a{color:var(--policy)}
figure{margin:0}
figure svg{display:block;width:100%;height:auto;max-width:100%}
figure.own{margin-bottom:1.2rem}
figure.own svg{width:auto}
figcaption{color:var(--muted);font-size:13px}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(370px,100%),1fr));gap:1.2rem 1rem}
.constants,.caption{color:var(--muted);font-size:14px;margin:.6rem 0 .3rem}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(300px,100%),1fr));gap:0 2rem;margin:0;font-size:14px}
dl div{display:flex;gap:1rem;justify-content:space-between;border-bottom:1px solid var(--line);padding:.22rem 0}
dt{color:var(--muted);white-space:nowrap}
dd{margin:0;text-align:right;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto;margin-bottom:1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px}
caption{text-align:left;color:var(--muted);padding:.2rem 0}
th,td{padding:.22rem .9rem .22rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th{font-weight:600}
thead th{white-space:nowrap}
tbody th{white-space:nowrap;font-weight:500;color:var(--muted)}
.numbers td,.numbers thead th+th{text-align:right}
tr.summary>*{font-weight:700;border-top:2px solid var(--line)}
tr.differs>*{background:var(--mark)}
tr.differs>th{color:var(--ink)}
pre{background:var(--shade);border:1px solid var(--line);border-radius:4px;padding:.7rem .9rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0 1rem}
.swatch{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.45em;background:var(--policy)}
${Object.keys(PALETTE).map((ink) => `.swatch.${ink}{background:var(--${ink})}`).join("")}
@media print{main{max-width:none;padding:0}nav{display:none}.grid{grid-template-columns:1fr 1fr}figure,tr,pre{break-inside:avoid}}
`;
