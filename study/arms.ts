/**
 * Comparison of the algorithms at their presets: a table of their results on the same task.
 *
 * @module
 */

import { table } from "../src/report/markdown.ts";
import { type ClaimRow, findingText } from "../src/report/results.ts";
import { type Configuration, RUN_OPTIONS } from "../src/run/configuration.ts";
import { withHorizon } from "../src/run/experiment.ts";
import type { MeasureTable } from "../src/run/measures.ts";
import type { TypedExperiment } from "../src/run/define_experiment.ts";
import type { Seed } from "./seeds.ts";

/** Fields that may differ between runs of one setting: seeds, execution and logging. */
const UNCOMPARED = new Set<string>(
  ["seed", "replicas", "initDigest", ...Object.keys(RUN_OPTIONS)].filter((name) =>
    !["algorithm", "variant", "init"].includes(name)
  ),
);

/** Whether a configuration is its algorithm's preset at its scale, in the experiment's first variant. */
export function isPreset<S extends MeasureTable, O extends MeasureTable>(
  experiment: TypedExperiment<S, O>,
  c: Configuration,
): boolean {
  const preset = withHorizon(experiment, experiment.preset(c.algorithm, c.scale));
  const values: Readonly<Record<string, unknown>> = { ...c };
  return Object.entries(preset).every(([name, value]) =>
    UNCOMPARED.has(name) || JSON.stringify(value) === JSON.stringify(values[name])
  );
}

/** A row's claim, without the algorithm's name. */
const claimText = ({ claim, algorithm, named = "" }: ClaimRow): string =>
  claim.replace(named, "").replace(` (${algorithm})`, "");

/**
 * The table of the arms that were run with their presets, one column per algorithm; empty if there are fewer than two.
 */
export function armsTable<S extends MeasureTable, O extends MeasureTable>(
  experiment: TypedExperiment<S, O>,
  seeds: readonly Seed<S, O>[],
  claims: (seeds: readonly Seed<S, O>[]) => readonly ClaimRow[],
): string {
  const rows = claims(seeds.filter(({ configuration }) => isPreset(experiment, configuration)));
  const algorithms = [...new Set(rows.map(({ algorithm }) => algorithm))];
  const compared = [...new Set(rows.map(claimText))].map((claim) => ({
    claim: claim.replace(/; (paper|aim)\b.*$/, ""),
    found: algorithms.map((algorithm) =>
      rows.find((each) => each.algorithm === algorithm && claimText(each) === claim)
    ),
  })).filter(({ found }) => found.filter((row) => row !== undefined).length > 1);
  return compared.length === 0
    ? ""
    : `Each algorithm with its preset and the same number of steps of the same task:\n\n${
      table(
        ["", ...algorithms],
        compared.map(({ claim, found }) => [
          claim,
          ...found.map((row) => row === undefined ? "–" : findingText(row)),
        ]),
      )
    }`;
}
