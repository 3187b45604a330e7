/**
 * The report of one or several runs as a self-contained page.
 *
 * Laws, tested: every seed of every run is drawn; options that differ between runs come first; names are escaped; the
 * page holds no script and refers to no other resource.
 *
 * @module
 */

import { type CurvesData, curvesFigure, type RunCurves } from "./curves.ts";
import { episodesFigure, modesFigure } from "./distribution.ts";
import { type LineStyle, stylesOf } from "./line_style.ts";
import type { Point } from "./panel.ts";
import {
  caseTitle,
  columnText,
  EVALUATION_QUANTITIES,
  METRIC_QUANTITIES,
  quantityOf,
  valueText,
  withUnit,
} from "./quantities.ts";
import { meanOverSeeds } from "./mean_over_seeds.ts";
import { escape } from "./svg.ts";
import { interactiveParts } from "./interactive.ts";
import { reportDocument } from "./report_document.ts";

/** A record of metrics, flattened with dotted names; `final` marks the record of the final evaluation. */
export type FlatRecord = ReadonlyMap<string, unknown>;

/** The measurements of a run. */
export interface MeasuredRun {
  /** Its unique name. */
  readonly name: string;
  /** The learner, which determines the colour. */
  readonly algorithm: string;
  /** Seed of replica 0. */
  readonly seed: number;
  /** Its metrics. */
  readonly records: readonly FlatRecord[];
  /** Its own figures as SVG text, by file name. */
  readonly figures: readonly (readonly [file: string, svg: string])[];
  /** The final evaluation of each seed, by measure; absent or empty until it exists. */
  readonly evaluation?: readonly (readonly [seed: number, values: FlatRecord])[];
}

/** A run in a report. */
export interface ReportedRun extends MeasuredRun {
  /** Its description, in pairs of a heading and a text. */
  readonly facts: readonly (readonly [heading: string, text: string])[];
  /** Its configuration, field by field. */
  readonly configuration: readonly (readonly [field: string, value: string])[];
  /** The final evaluation of each seed, by measure; empty until it exists. */
  readonly evaluation: readonly (readonly [seed: number, values: FlatRecord])[];
  /** The command that repeats it. */
  readonly command: string;
}

const finite = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** The line styles of runs, the same in all figures and tables of a report. */
const lineStylesOf = (runs: readonly MeasuredRun[]): readonly LineStyle[] =>
  stylesOf(runs.map(({ algorithm }) => algorithm));

/** The curves of one quantity, for all runs that recorded it. */
export function curvesOf(runs: readonly MeasuredRun[], name: string): readonly RunCurves[] {
  const styles = lineStylesOf(runs);
  return runs.map((run, k): RunCurves => {
    const replicas = new Map<number, { readonly points: Point[]; final?: Point }>();
    for (const record of run.records) {
      const value = record.get(name);
      if (!finite(value)) continue;
      const replica = record.get("replica") as number, point: Point = [record.get("step") as number, value];
      const curve = replicas.get(replica) ?? { points: [] };
      replicas.set(replica, curve);
      if (record.get("final") === true) curve.final = point;
      else curve.points.push(point);
    }
    return {
      name: run.name,
      style: styles[k]!,
      seeds: [...replicas].map(([replica, curve]) => ({ seed: run.seed + replica, ...curve })),
    };
  });
}

/** Names of the recorded quantities that may be drawn as curves, known ones first, in their order. */
function quantitiesIn(runs: readonly MeasuredRun[], wanted: (name: string) => boolean): readonly string[] {
  const found = new Set<string>();
  for (const { records } of runs) {
    for (const record of records) {
      for (const [name, value] of record) {
        const { kind } = quantityOf(name);
        if (finite(value) && (kind === "number" || kind === "share") && name !== "final" && wanted(name)) {
          found.add(name);
        }
      }
    }
  }
  return inOrder([...found]);
}

/** Sorts names in the order of the table of quantities, unknown ones last. */
function inOrder(names: readonly string[]): readonly string[] {
  const known = [
    ...Object.keys(EVALUATION_QUANTITIES).map((name) => `evaluation.${name}`),
    ...Object.keys(METRIC_QUANTITIES),
  ];
  const rank = (name: string): number => {
    const at = known.indexOf(name.replace(/\.\d+$/, ""));
    return at < 0 ? known.length : at;
  };
  return names.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b, "en", { numeric: true }));
}

/** The value of a constant quantity; null if it varies. */
function constantOf(runs: readonly MeasuredRun[], name: string): number | null {
  const values = new Set(
    runs.flatMap(({ records }) => records.map((record) => record.get(name)).filter(finite)),
  );
  return values.size === 1 ? [...values][0]! : null;
}

/** The data of one quantity's figure. */
export function curvesDataOf(runs: readonly MeasuredRun[], name: string, scope: string): CurvesData {
  const { title, unit, range } = quantityOf(name);
  const quantity = unit === "" ? title : unit;
  return { scope, title, quantity, ...range === undefined ? {} : { range }, runs: curvesOf(runs, name) };
}

/** The figures of quantities over the steps, with values readable by pointer and keyboard. */
const figures = (runs: readonly MeasuredRun[], names: readonly string[], offset: number): string =>
  names.map((name, k) =>
    `<figure class="curves" data-quantity="${escape(name)}" tabindex="0">${
      curvesFigure(curvesDataOf(runs, name, `curves-${offset + k}`))
    }</figure>`
  ).join("\n");

/** Values of a list in a final evaluation. */
const listIn = (values: FlatRecord, name: string): readonly number[] =>
  [...values].filter(([key]) => key.replace(/\.\d+$/, "") === name).map(([, value]) => value).filter(finite);

/** Distributions over the episodes of the final evaluation. */
function distributions(runs: readonly MeasuredRun[]): readonly string[] {
  const styles = lineStylesOf(runs);
  const lists = new Set(
    runs.flatMap(({ evaluation = [] }) => evaluation.flatMap(([, values]) => [...values.keys()]))
      .filter((name) => /\.\d+$/.test(name)).map((name) => name.replace(/\.\d+$/, "")),
  );
  return inOrder([...lists].map((name) => `evaluation.${name}`)).flatMap((name, k): readonly string[] => {
    const { title, unit, kind, cases } = quantityOf(`${name}.0`), own = name.replace(/^evaluation\./, "");
    if (kind !== "episodes" && kind !== "modes") return [];
    const seeds = runs.flatMap(({ name: run, evaluation = [] }, k) =>
      evaluation.map(([seed, values]) => ({ run, ink: styles[k]!.ink, seed, values: listIn(values, own) }))
    ).filter(({ values }) => values.length > 0);
    const data = { scope: `distribution-${k}`, title, quantity: unit, seeds, named: runs.length > 1, cases };
    const picture = kind === "modes" ? modesFigure(data) : episodesFigure(data);
    return [`<figure data-quantity="${escape(name)}">${picture}</figure>`];
  });
}

/** The final evaluation as a table: one row per seed, and the interquartile means. */
function evaluationTable(run: ReportedRun, swatch: string): string {
  if (run.evaluation.length === 0) return `<p>${escape(run.name)} has no final evaluation yet.</p>`;
  const all = [...new Set(run.evaluation.flatMap(([, values]) => [...values.keys()]))];
  const names = inOrder(all.map((name) => `evaluation.${name}`)).filter((name) =>
    ["number", "share", "modes"].includes(quantityOf(name).kind)
  );
  const value = (values: FlatRecord, name: string): unknown => values.get(name.replace(/^evaluation\./, ""));
  const row = (head: string, cells: readonly string[], kind = ""): string =>
    `<tr${kind}><th scope="row">${head}</th>${cells.map((each) => `<td>${each}</td>`).join("")}</tr>`;
  const typical = names.map((name) => {
    const values = run.evaluation.map(([, each]) => value(each, name)).filter(finite);
    const whole = quantityOf(name).kind !== "modes" && values.length === run.evaluation.length;
    return whole ? meanOverSeeds(values) : null;
  });
  // A column has one format, that of the typical value too.
  const texts = new Map(names.map((name, i) => {
    const seeds = run.evaluation.map(([, each]) => value(each, name)).filter(finite), own = typical[i];
    const summary = run.evaluation.length > 1 && own != null ? [own.mean, ...own.interval ?? []] : [];
    return [name, columnText([...seeds, ...summary], quantityOf(name))];
  }));
  const cell = (value: unknown, name: string): string => escape(texts.get(name)!(value));
  const summary = run.evaluation.length > 1
    ? row(
      "interquartile mean",
      typical.map((each, i) => each === null ? "" : cell(each.mean, names[i]!)),
      ' class="summary"',
    ) +
      row(
        "95 % interval",
        typical.map((each, i) =>
          each?.interval == null ? "" : each.interval.map((end) => cell(end, names[i]!)).join(" to ")
        ),
      )
    : "";
  const heads = names.map((name) => {
    const mode = /\.(\d+)$/.exec(name), quantity = quantityOf(name);
    // Coordinates stay on one line.
    return escape(
      mode === null
        ? withUnit(quantity)
        : caseTitle(quantity, Number(mode[1])).replace(/, (?=\S+\)$)/, ",\u00a0"),
    );
  });
  const episodes = run.evaluation[0]![1].get("episodes");
  return `<div class="wide" tabindex="0"><table class="numbers"><caption>${swatch}${
    escape(run.name)
  }: the final evaluation${finite(episodes) ? `, ${episodes} episodes a seed` : ""}</caption>
<thead><tr><th scope="col">seed</th>${
    heads.map((head) => `<th scope="col">${head}</th>`).join("")
  }</tr></thead>
<tbody>${
    run.evaluation.map(([seed, values]) =>
      row(String(seed), names.map((name) => cell(value(values, name), name)))
    )
      .join("")
  }${summary}</tbody></table></div>`;
}

/** The symbols of runs beside their names; empty for a single run. */
const swatchesOf = (runs: readonly MeasuredRun[]): readonly string[] =>
  lineStylesOf(runs).map(({ ink }) => runs.length > 1 ? `<span class="swatch ${ink}"></span>` : "");

/** The table of pairs of one run. */
const pairs = (all: readonly (readonly [string, string])[], caption: string): string =>
  `<p class="caption">${escape(caption)}</p><dl>${
    all.map(([name, value]) => `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`).join("")
  }</dl>`;

/** The pairs of all runs in one table, those that differ first. */
function comparison(
  runs: readonly ReportedRun[],
  of: (run: ReportedRun) => readonly (readonly [string, string])[],
  caption: string,
): string {
  if (runs.length === 1) return pairs(of(runs[0]!), caption);
  const names = [...new Set(runs.flatMap((run) => of(run).map(([name]) => name)))],
    swatches = swatchesOf(runs);
  const values = new Map(names.map((name) => [
    name,
    runs.map((run) => of(run).find(([each]) => each === name)?.[1] ?? "–"),
  ]));
  const differs = (name: string): boolean => new Set(values.get(name)).size > 1;
  const ordered = [...names.filter(differs), ...names.filter((name) => !differs(name))];
  const head = `<thead><tr><td></td>${
    runs.map(({ name }, k) => `<th scope="col">${swatches[k]}${escape(name)}</th>`).join("")
  }</tr></thead>`;
  return `<div class="wide"><table><caption>${escape(caption)}</caption>${head}<tbody>${
    ordered.map((name) =>
      `<tr${differs(name) ? ' class="differs"' : ""}><th scope="row">${escape(name)}</th>${
        values.get(name)!.map((value) => `<td>${escape(value)}</td>`).join("")
      }</tr>`
    ).join("")
  }</tbody></table></div>`;
}

/** A figure of a run, with identifiers unique in the page. */
const renamed = (svg: string, k: number): string => {
  const scope = /<svg[^>]* class="([\w-]+)"/.exec(svg)?.[1];
  return scope === undefined ? svg : svg.replaceAll(scope, `${scope}-of-${k}`);
};

const section = (id: string, heading: string, ...content: readonly string[]): string =>
  `<section id="${id}"><h2>${heading}</h2>\n${content.join("\n")}\n</section>`;

/** Names of the quantities drawn against the steps, and of constant diagnostics. */
function namesOf(runs: readonly MeasuredRun[]) {
  const all = quantitiesIn(runs, (name) => !name.startsWith("evaluation."));
  return {
    // A summary over all evaluations has a single value, which is in the table.
    curves: quantitiesIn(runs, (name) => /^evaluation\.(?!overall\.)/.test(name)),
    diagnostics: all.filter((name) => constantOf(runs, name) === null),
    level: all.filter((name) => constantOf(runs, name) !== null),
  };
}

/** The maximum over the seeds of the number of measurements of a quantity. */
const measurementsOf = (runs: readonly MeasuredRun[], name: string): number =>
  Math.max(
    0,
    ...curvesOf(runs, name).flatMap(({ seeds }) =>
      seeds.map(({ points, final }) => points.length + (final === undefined ? 0 : 1))
    ),
  );

/** One line of constant quantities and one of those measured once; empty if there are none. */
const constants = (runs: readonly MeasuredRun[], names: readonly string[]): string => {
  const line = (head: string, own: readonly string[]): string => {
    const text = own.map((name) => {
      const quantity = quantityOf(name);
      return `${withUnit(quantity)}: ${valueText(constantOf(runs, name), quantity)}`;
    });
    return text.length === 0 ? "" : `<p class="constants">${head}: ${escape(text.join("; "))}</p>`;
  };
  const once = (name: string): boolean => measurementsOf(runs, name) === 1;
  const ended = runs.every(({ evaluation = [] }) => evaluation.length > 0);
  return line(ended ? "Measured once" : "One measurement so far", names.filter(once)) +
    line("The same throughout", names.filter((name) => !once(name)));
};

/**
 * The measurements of runs so far: the available learning curves, distributions, own figures and diagnostics.
 */
export function measuredSections(runs: readonly MeasuredRun[]): readonly string[] {
  const several = runs.length > 1, spread = distributions(runs), swatches = swatchesOf(runs);
  const { curves, diagnostics, level } = namesOf(runs);
  const own = runs.flatMap((run, k) =>
    run.figures.map(([file, svg]) =>
      `<figure class="own" data-file="${escape(file)}">${renamed(svg, k)}<figcaption>${swatches[k]}${
        escape(several ? `${run.name}: ${file}` : file)
      }</figcaption></figure>`
    )
  );
  return [
    ...curves.length === 0
      ? []
      : [section("curves", "Learning curves", `<div class="grid">${figures(runs, curves, 0)}</div>`)],
    ...spread.length === 0
      ? []
      : [section("episodes", "Episode by episode", `<div class="grid">${spread.join("\n")}</div>`)],
    ...own.length === 0 ? [] : [
      section("figures", several ? "The experiments' own figures" : "The experiment's own figures", ...own),
    ],
    ...diagnostics.length + level.length === 0 ? [] : [
      section(
        "diagnostics",
        "Diagnostics",
        `<div class="grid">${figures(runs, diagnostics, curves.length)}</div>`,
        constants(runs, level),
      ),
    ],
  ];
}

/** The page. */
export function reportPage(title: string, runs: readonly ReportedRun[]): string {
  const several = runs.length > 1, styles = lineStylesOf(runs), swatches = swatchesOf(runs);
  const choices = runs.map(({ name, seed, records }, k) => ({
    name,
    style: styles[k]!,
    seeds: [...new Set(records.map((record) => seed + Number(record.get("replica"))))].sort((x, y) => x - y),
  }));
  const { curves, diagnostics } = namesOf(runs);
  const interactive = interactiveParts(
    [...curves, ...diagnostics].map((name, k) => curvesDataOf(runs, name, `curves-${k}`)),
    choices,
  );
  const sections = [
    section("result", "Result", ...runs.map((run, k) => evaluationTable(run, swatches[k]!))),
    ...measuredSections(runs),
    section(
      "repeat",
      "Repeat it",
      ...runs.map(({ name, command }, k) =>
        `<p>${swatches[k]}${escape(name)}</p><pre><code>${escape(command)}</code></pre>`
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
  return reportDocument({
    title,
    facts: comparison(runs, ({ facts }) => facts, several ? "The runs" : "The run"),
    sections,
    interactive,
  });
}
