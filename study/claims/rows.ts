/**
 * Rows of the report: the number of seeds with a property, the interquartile mean of a measure over seeds, and the lead
 * of one arm over another.
 *
 * @module
 */

import { child, type Key, keyOf } from "../../src/random/key.ts";
import { type ClaimRow, intervalText, rounded } from "../../src/report/results.ts";
import {
  bootstrap,
  interquartileMean,
  lead,
  stratifiedBootstrap,
  wilson,
} from "../../src/report/statistics.ts";
import type { MeasureTable } from "../../src/run/measures.ts";
import { algorithmTitle, countOf, finite, type FiniteSeed, type Seed, settingOf } from "../seeds.ts";

/** The random key of the bootstraps. */
export const BOOTSTRAP: Key = keyOf(0);

/** The words for targets that are Polyak averages where the algorithm's default is copying. */
export const STEADY = "steady critic";

/** The number of seeds with a property. */
export function share<S extends MeasureTable, O extends MeasureTable>(
  claim: string,
  seeds: readonly Seed<S, O>[],
  holds: (seed: FiniteSeed<S, O>) => boolean,
  target: ((k: number, n: number) => boolean) | null,
  remark: string,
): ClaimRow {
  const k = finite(seeds).filter(holds).length, n = seeds.length;
  return {
    algorithm: algorithmTitle(seeds[0]!.configuration),
    value: k / n,
    seeds: n,
    bounds: wilson(k, n),
    claim: `${claim} (${algorithmTitle(seeds[0]!.configuration)})`,
    found: `${k} of ${n}`,
    n: countOf(seeds),
    interval: intervalText(wilson(k, n)),
    met: target === null ? null : target(k, n),
    setting: settingOf(seeds),
    remark,
  };
}

/** The interquartile mean of a measure over seeds. */
export function typical<S extends MeasureTable, O extends MeasureTable>(
  claim: string,
  seeds: readonly Seed<S, O>[],
  value: (seed: FiniteSeed<S, O>) => number,
  met: ((mean: number) => boolean) | null,
  unit: string,
  remark: string,
): ClaimRow {
  const values = finite(seeds).map(value), mean = interquartileMean(values);
  const bounds = values.length < 2 ? null : stratifiedBootstrap([values], BOOTSTRAP);
  return {
    algorithm: algorithmTitle(seeds[0]!.configuration),
    value: values.length === 0 ? null : mean,
    seeds: seeds.length,
    bounds,
    claim: `${claim} (${algorithmTitle(seeds[0]!.configuration)})`,
    found: values.length === 0
      ? "nothing"
      : `${rounded(mean)} ${unit} (each: ${values.map((x) => rounded(x)).join(", ")})`,
    n: countOf(seeds),
    interval: bounds === null ? "" : intervalText(bounds),
    met: met === null ? null : values.length > 0 && met(mean),
    setting: settingOf(seeds),
    remark,
  };
}

/** The difference of the interquartile means of two arms. */
export function meanDifferenceOf<S extends MeasureTable, O extends MeasureTable>(
  claim: string,
  arm: readonly Seed<S, O>[],
  other: readonly Seed<S, O>[],
  value: (seed: FiniteSeed<S, O>) => number,
  unit: string,
  remark: string,
): ClaimRow {
  const strata = [arm, other].map((seeds) => finite(seeds).map(value));
  const interval = bootstrap(strata, lead, child(BOOTSTRAP, 2)),
    found = strata.every((each) => each.length > 0);
  return {
    algorithm: algorithmTitle(arm[0]!.configuration),
    value: found ? lead(strata) : null,
    seeds: arm.length,
    bounds: found ? interval : null,
    claim,
    found: found
      ? `ahead by ${rounded(lead(strata))} ${unit} (each: ${
        strata.map((each) => rounded(interquartileMean(each))).join(", ")
      })`
      : "nothing",
    n: `${countOf(arm)} against ${countOf(other)}`,
    interval: found ? intervalText(interval) : "",
    met: found ? interval[0] > 0 : null,
    setting: settingOf(arm),
    remark,
  };
}
