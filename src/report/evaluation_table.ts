/**
 * Evaluations as a table: a row for each quantity, a column for each seed, and the typical value.
 *
 * Laws, tested: no line is wider than the terminal unless a single seed is; modes are shown for each seed, not
 * averaged.
 *
 * @module
 */

import { columns } from "./columns.ts";
import { caseTitle, EVALUATION_QUANTITIES, quantityOf, valueText, withUnit } from "./quantities.ts";
import { meanOverSeeds } from "./mean_over_seeds.ts";

/** An evaluation of one seed, as in a summary. */
export type SeedEvaluation = Readonly<Record<string, unknown>>;

/** A row: its label, a value for each seed, and the typical value. */
interface Row {
  readonly title: string;
  readonly values: readonly string[];
  readonly typical: string;
  readonly interval: string;
}

/** Values by name; `overall` and lists of modes are flattened. */
const namedIn = (evaluation: SeedEvaluation): readonly (readonly [name: string, value: unknown])[] =>
  Object.entries(evaluation).flatMap(([name, value]) => {
    if (Array.isArray(value)) {
      return quantityOf(`evaluation.${name}.0`).kind === "modes"
        ? value.map((each, k): [string, unknown] => [`${name}.${k}`, each])
        : [];
    }
    return typeof value === "object" && value !== null
      ? Object.entries(value).map(([inner, each]): [string, unknown] => [`${name}.${inner}`, each])
      : [[name, value]];
  });

/** The rows of a table of evaluations. */
function rowsOf(evaluations: readonly SeedEvaluation[]): readonly Row[] {
  const seeds = evaluations.map((each) => new Map(namedIn(each)));
  const names = [...new Set(seeds.flatMap((each) => [...each.keys()]))];
  const order = Object.keys(EVALUATION_QUANTITIES);
  const rank = (name: string): number => {
    const found = order.indexOf(name.replace(/\.\d+$/, ""));
    return found < 0 ? order.length : found;
  };
  return names.toSorted((a, b) => rank(a) - rank(b)).flatMap((name): readonly Row[] => {
    const quantity = quantityOf(`evaluation.${name}`);
    if (quantity.kind === "hidden") return [];
    const values = seeds.map((each) => each.get(name));
    const numbers = values.filter((value) => typeof value === "number");
    const typical = quantity.kind !== "modes" && numbers.length === values.length
      ? meanOverSeeds(numbers)
      : null;
    const mode = /\.(\d+)$/.exec(name);
    return [{
      title: mode === null ? withUnit(quantity) : caseTitle(quantity, Number(mode[1])),
      values: values.map((value) => valueText(value, quantity)),
      typical: typical === null ? "" : valueText(typical.mean, quantity),
      interval: typical?.interval == null
        ? ""
        : typical.interval.map((end) => valueText(end, quantity)).join(" to "),
    }];
  });
}

/** The table, in blocks of as many seeds as fit the width. */
export function evaluationTable(evaluations: readonly SeedEvaluation[], width: number): string {
  const rows = rowsOf(evaluations), several = evaluations.length > 1;
  const seeds = evaluations.map(({ seed }) => `seed ${seed}`);
  const last = several
    ? [["typical", "95 % interval"], ...rows.map((row) => [row.typical, row.interval])]
    : null;
  const block = (from: number, to: number, withLast: boolean): string =>
    columns([
      [
        `${evaluations[0]!["episodes"]} episodes`,
        ...seeds.slice(from, to),
        ...withLast ? last?.[0] ?? [] : [],
      ],
      ...rows.map((row, k) => [
        row.title,
        ...row.values.slice(from, to),
        ...withLast ? last?.[k + 1] ?? [] : [],
      ]),
    ], (column) => column > 0);
  const fits = (text: string): boolean => text.split("\n").every((line) => [...line].length <= width);
  const blocks: string[] = [];
  for (let from = 0; from < seeds.length;) {
    let to = seeds.length;
    while (to > from + 1 && !fits(block(from, to, to === seeds.length))) to--;
    blocks.push(block(from, to, to === seeds.length && fits(block(from, to, true))));
    from = to;
  }
  // If the typical values do not fit beside the last seeds, they get their own block.
  if (several && !blocks[blocks.length - 1]!.includes("typical")) {
    blocks.push(block(seeds.length, seeds.length, true));
  }
  const key = several ? "typical: the interquartile mean over seeds, with its 95 % bootstrap interval\n" : "";
  return `${blocks.join("\n")}${key}`;
}
