/**
 * The claims of figure 7: a maximum-entropy policy runs far, and in all directions.
 *
 * @module
 */

import type { pretrain } from "../../experiments/pretrain.ts";
import { SOFT_Q } from "../../src/learn/soft_q/algorithm.ts";
import { child } from "../../src/random/key.ts";
import { type ClaimRow, intervalText, rounded } from "../../src/report/results.ts";
import {
  interquartileMean,
  medianOf,
  octantsOf,
  resultantLength,
  stratifiedBootstrap,
} from "../../src/report/statistics.ts";
import {
  algorithmTitle,
  countOf,
  finite,
  grouped,
  isMaximumEntropy,
  type SeedOf,
  settingOf,
} from "../seeds.ts";
import { controlsOf, isSteady } from "../controls.ts";
import { BOOTSTRAP } from "./rows.ts";

type PretrainSeed = SeedOf<typeof pretrain>;

/** Displacement under uniform random torques in 500 steps, m. */
const RANDOM_DISPLACEMENT = 1.5;

/** A pretraining run's settings other than its temperature, in words. */
const remediesOf = ({ configuration: c }: PretrainSeed): readonly string[] => [
  ...c.variant === "speed-survival" ? ["paid for staying up"] : [],
  ...controlsOf(c),
  ...(c.critics ?? 1) > 1 ? [`${c.critics} critics`] : [],
  ...isSteady(c) ? [`targets that follow by ${c.targetRate}, critic's rate ${c.criticRate}`] : [],
  ...c.batch > 64 ? [`${c.batch} states a minibatch`] : [],
  ...c.discount === 0.99 ? [] : [`γ = ${c.discount}`],
  ...c.init === "" ? [] : ["continued from a run of as many steps"],
  ...c.stepsPerUpdate === 4 ? [] : [`an update every ${c.stepsPerUpdate} steps`],
];

/** A pretraining run in words: its temperature and other settings. */
const pretrainingOf = (seed: PretrainSeed): string => {
  const { temperature, rewardScale, temperatureRule } = seed.configuration;
  return [
    temperature === undefined
      ? "deterministic"
      : temperatureRule === "automatic"
      ? "α learned"
      : `α = ${temperature / rewardScale}`,
    ...remediesOf(seed),
  ].join(", ");
};

/** Displacements from the highest temperature to the lowest, for runs that differ only in temperature. */
function temperatureClaims(seeds: readonly PretrainSeed[]): readonly ClaimRow[] {
  const comparable = finite(seeds)
    .filter((seed) => seed.configuration.algorithm === SOFT_Q.name && remediesOf(seed).length === 0)
    .toSorted((a, b) => (b.configuration.temperature ?? 0) - (a.configuration.temperature ?? 0));
  if (comparable.length < 2) return [];
  const groups = grouped(comparable, pretrainingOf).map((group) => ({
    name: pretrainingOf(group[0]!),
    median: medianOf(group.flatMap(({ result }) => result.evaluation.displacements)),
  }));
  return [{
    algorithm: algorithmTitle(comparable[0]!.configuration),
    value: groups[groups.length - 1]!.median,
    seeds: comparable.length,
    bounds: null,
    claim: "displacement grows as α falls (one critic whose target is copied)",
    found: groups.map(({ name, median }) => `${name}: ${rounded(median)} m`).join("; "),
    n: countOf(comparable),
    interval: "",
    met: groups.every(({ median }, k) => k === 0 || median >= groups[k - 1]!.median),
    setting: settingOf(comparable),
    remark: "medians over episodes; the setting is that of the highest α",
  }];
}

/** Displacement and directions of one pretraining run. */
function displacementClaims(group: readonly PretrainSeed[]): readonly ClaimRow[] {
  const what = pretrainingOf(group[0]!), title = algorithmTitle(group[0]!.configuration);
  const remark = `${group[0]!.configuration.variant}, 27 numbers seen (125); the interval is over episodes`;
  const common = {
    n: countOf(group),
    interval: "",
    setting: settingOf(group),
    remark,
    named: `${what}: `,
    algorithm: title,
    value: null,
    seeds: group.length,
    bounds: null,
  };
  const counted = finite(group);
  if (counted.length === 0) {
    return [{ ...common, claim: `${what}: moves (${title})`, found: "nothing", met: false }];
  }
  const strata = counted.map(({ result }) => result.evaluation.displacements), all = strata.flat();
  const headings = counted.map(({ result }) => result.evaluation.headings);
  const interval = stratifiedBootstrap(strata, child(BOOTSTRAP, 1));
  return [
    {
      ...common,
      claim: `${what}: median net displacement at least twice that of random torques ` +
        `(${RANDOM_DISPLACEMENT} m), interval above once; aim 5 m (${title})`,
      value: medianOf(all),
      bounds: interval,
      found: `median ${rounded(medianOf(all))} m, interquartile mean ${rounded(interquartileMean(all))} m`,
      n: `${countOf(group)}, ${all.length} episodes`,
      interval: `${intervalText(interval)} m`,
      met: medianOf(all) >= 2 * RANDOM_DISPLACEMENT && interval[0] > RANDOM_DISPLACEMENT,
    },
    {
      ...common,
      claim:
        `${what}: headings in at least 6 of 8 octants with a resultant of at most 0.4; DDPG near 1 (${title})`,
      value: Math.max(...headings.map(resultantLength)),
      found: headings.map((each) => `${octantsOf(each)} octants, resultant ${rounded(resultantLength(each))}`)
        .join("; "),
      met: isMaximumEntropy(group[0]!)
        ? headings.every((each) => octantsOf(each) >= 6 && resultantLength(each) <= 0.4)
        : null,
    },
  ];
}

/** The rows of the pretraining runs. */
export const pretrainClaims = (seeds: readonly PretrainSeed[]): readonly ClaimRow[] => [
  ...grouped(seeds, (seed) => `${seed.configuration.algorithm} ${pretrainingOf(seed)}`)
    .flatMap(displacementClaims),
  ...temperatureClaims(seeds),
];
