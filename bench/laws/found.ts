/**
 * The findings of the bench of laws, as stored in `bench/results/laws.json`.
 *
 * @module
 */

import type { Judgement } from "./judge.ts";
import type { Setting } from "./train.ts";

/** A law, and the judgement of independent draws from it. */
export interface JudgedLaw {
  readonly name: string;
  readonly dimension: number;
  readonly entropy: number;
  readonly shares: readonly number[];
  readonly exact: Judgement;
}

/** Mean and standard deviation of an error, nats. */
export interface ErrorFound {
  readonly bias: number;
  readonly deviation: number;
}

/** A sampler after some number of updates. */
export interface Row {
  readonly law: string;
  readonly setting: string;
  readonly updates: number;
  /** Seconds of training until then. */
  readonly seconds: number;
  readonly judgement: Judgement;
  /** The soft value's error by each proposal around this sampler's draws. */
  readonly values: Readonly<Record<string, ErrorFound>>;
}

/** Everything found. */
export interface LawFindings {
  /** The settings by name, complete. */
  readonly settings: Readonly<Record<string, Setting>>;
  readonly laws: readonly JudgedLaw[];
  readonly rows: readonly Row[];
  /**
   * Milliseconds per update in eight dimensions by setting and variation, which alternate on one thread of an otherwise
   * idle machine.
   */
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** Two findings as one; later findings of the same law and setting replace earlier ones. */
export function merged(earlier: LawFindings, later: LawFindings): LawFindings {
  const names = new Set(later.laws.map(({ name }) => name));
  const again = new Set(later.rows.map(({ law, setting }) => JSON.stringify([law, setting])));
  return {
    settings: { ...earlier.settings, ...later.settings },
    laws: [...earlier.laws.filter(({ name }) => !names.has(name)), ...later.laws],
    rows: [
      ...earlier.rows.filter(({ law, setting }) => !again.has(JSON.stringify([law, setting]))),
      ...later.rows,
    ],
    milliseconds: { ...earlier.milliseconds, ...later.milliseconds },
  };
}

/** Divergence of a sampler by its neighbours, above that of independent draws from its law, nats. */
export const excess = (law: JudgedLaw, { judgement }: Row): number =>
  judgement.divergence - law.exact.divergence;

/** Entropy of a sampler above that of independent draws from its law, nats. */
export const excessEntropy = (law: JudgedLaw, { judgement }: Row): number =>
  judgement.entropy - law.exact.entropy;

/** What one change of the setting `decile` comes to, as stored in `bench/results/laws_variations.json`. */
export interface VariationFinding {
  readonly variation: string;
  readonly law: string;
  readonly updates: number;
  /** As {@link excess}, to hundredths. */
  readonly divergence: number;
  /** The largest error of a mode's share, to hundredths. */
  readonly shareError: number;
}

const hundredths = (x: number): number => Math.round(100 * x) / 100;

/** The finding of a variation's row. */
export const variationFinding = (variation: string, law: JudgedLaw, row: Row): VariationFinding => ({
  variation,
  law: law.name,
  updates: row.updates,
  divergence: hundredths(excess(law, row)),
  shareError: hundredths(row.judgement.shareError),
});
