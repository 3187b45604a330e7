/**
 * The claims of figure 7: a maximum-entropy policy runs far, and in all directions.
 *
 * @module
 */

import type { pretrain } from "../../experiments/pretrain.ts";
import { SOFT_Q } from "../../src/learn/soft_q/algorithm.ts";
import { child } from "../../src/random/key.ts";
import { counted } from "../../src/report/quantities.ts";
import { type ClaimRow, intervalText, rounded } from "../../src/report/results.ts";
import {
  bootstrap,
  meanOf,
  medianOf,
  octantsOf,
  resultantLength,
  type Statistic,
} from "../../src/report/statistics.ts";
import {
  algorithmTitle,
  countOf,
  finite,
  grouped,
  isMaximumEntropy,
  type SeedOf,
  settingOf,
  sizesOf,
  temperatureOf,
} from "../seeds.ts";
import { changeOf, isSweep } from "../ablation.ts";
import { controlsOf, isSteady, withoutHeading } from "../controls.ts";
import { BOOTSTRAP } from "./rows.ts";

type PretrainSeed = SeedOf<typeof pretrain>;

/** Displacement under uniform random torques in 500 steps, m. */
const RANDOM_DISPLACEMENT = 1.5;

/** A median net displacement in 10 s that shows a gait, m: more than rllab's best controllers (1.4 m/s) run. */
const FAR = 15;

/** A pretraining run's settings other than its temperature, in words. */
const remediesOf = ({ configuration: c }: PretrainSeed): readonly string[] => [
  ...c.variant === "speed-survival" ? ["survival rewarded"] : [],
  ...controlsOf(c),
  ...(c.critics ?? 1) > 1 ? [`${c.critics} critics`] : [],
  ...isSteady(c) ? [`targets averaged at rate ${c.targetRate}, critic rate ${c.criticRate}`] : [],
  ...c.batch > 64 ? [`minibatch of ${c.batch}`] : [],
  ...c.capacity > 0 ? [`replay of the last ${c.capacity} transitions`] : [],
  ...c.discount === 0.99 ? [] : [`γ = ${c.discount}`],
  ...c.init === "" ? [] : ["continued from another run"],
  ...(c.samplerAverage ?? 0) === 0 ? [] : [`evaluated with a sampler averaged at rate ${c.samplerAverage}`],
  ...c.stepsPerUpdate === 4
    ? []
    : [c.stepsPerUpdate === 1 ? "an update every step" : `an update every ${c.stepsPerUpdate} steps`],
];

/** The name of a run's temperature, α in units of the unscaled reward. */
const alphaOf = ({ configuration }: PretrainSeed): string => `α = ${temperatureOf(configuration)}`;

/** A pretraining run in words: its temperature and other settings. */
const pretrainingOf = (seed: PretrainSeed): string => {
  const { temperature, temperatureRule } = seed.configuration;
  return [
    temperature === undefined
      ? "deterministic"
      : temperatureRule === "automatic"
      ? "α learned"
      : alphaOf(seed),
    ...remediesOf(seed),
  ].join(", ");
};

/** The runs of one temperature, each seed's displacements (m) and headings (rad). */
interface AtTemperature {
  readonly name: string;
  readonly displacements: readonly (readonly number[])[];
  readonly headings: readonly (readonly number[])[];
}

/** A statistic of two groups of strata, as a statistic of their concatenation, in which `first` belong to the first. */
const twoGroupStatistic = (
  first: number,
  statistic: (a: Parameters<Statistic>[0], b: Parameters<Statistic>[0]) => number,
): Statistic =>
(strata) => statistic(strata.slice(0, first), strata.slice(first));

/** The median of the second group minus that of the first. */
const medianChange = (from: AtTemperature): Statistic =>
  twoGroupStatistic(from.displacements.length, (a, b) => medianOf(b.flat()) - medianOf(a.flat()));

/** The mean over seeds of the headings' resultant in the first group minus that in the second. */
const resultantChange = (lower: AtTemperature): Statistic =>
  twoGroupStatistic(
    lower.headings.length,
    (a, b) => meanOf(a.map(resultantLength)) - meanOf(b.map(resultantLength)),
  );

/** The number of seeds at each of two temperatures: `1 seed against 1`. */
const seedsAtEach = ([first, second]: readonly [AtTemperature, AtTemperature]): string =>
  `${counted(first.headings.length, "seed")} against ${second.headings.length}`;

/** Displacements and headings from the highest temperature to the lowest, for runs that differ only in temperature. */
function temperatureClaims(seeds: readonly PretrainSeed[], how: string): readonly ClaimRow[] {
  const comparable = finite(seeds)
    .toSorted((a, b) => temperatureOf(b.configuration) - temperatureOf(a.configuration));
  const groups = grouped(comparable, alphaOf).map((group): AtTemperature => ({
    name: alphaOf(group[0]!),
    displacements: group.map(({ result }) => result.evaluation.displacements),
    headings: group.map(({ result }) => result.evaluation.headings),
  }));
  if (groups.length < 2) return [];
  const steps = groups.slice(1).map((to, k) => {
    const from = groups[k]!, strata = [...from.displacements, ...to.displacements];
    return { from, to, strata, by: medianChange(from)(strata) };
  });
  const least = steps.reduce((a, b) => b.by < a.by ? b : a);
  const [above, lowest] = groups.slice(-2) as [AtTemperature, AtTemperature];
  const headings = [...lowest.headings, ...above.headings], narrower = resultantChange(lowest);
  const within = bootstrap(least.strata, medianChange(least.from), child(BOOTSTRAP, 3));
  const apart = bootstrap(headings, narrower, child(BOOTSTRAP, 4));
  const resultant = ({ headings }: AtTemperature): string => rounded(meanOf(headings.map(resultantLength)));
  const common = {
    algorithm: algorithmTitle(comparable[0]!.configuration),
    seeds: comparable.length,
    setting: settingOf(comparable),
    remark: "the interval is over episodes; the setting is that of the highest α",
  };
  return [
    {
      ...common,
      claim: `displacement grows as α falls (${how})`,
      value: least.by,
      bounds: within,
      found: `least from ${least.from.name} to ${least.to.name}, by ${rounded(least.by)} m (each: ${
        groups.map(({ name, displacements }) => `${name}: ${rounded(medianOf(displacements.flat()))} m`).join(
          "; ",
        )
      })`,
      n: `${seedsAtEach([least.from, least.to])}, ${least.strata.flat().length} episodes`,
      interval: `${intervalText(within)} m`,
      met: within[0] > 0,
    },
    {
      ...common,
      claim: `headings vary less at ${lowest.name} than at ${above.name} (${how})`,
      value: narrower(headings),
      bounds: apart,
      found: `resultant greater by ${rounded(narrower(headings))} (each: ${resultant(lowest)}, ${
        resultant(above)
      })`,
      n: `${seedsAtEach([lowest, above])}, ${headings.flat().length} episodes`,
      interval: intervalText(apart),
      met: apart[0] > 0,
    },
  ];
}

/** Displacement and directions of one pretraining run. */
function displacementClaims(group: readonly PretrainSeed[]): readonly ClaimRow[] {
  const what = pretrainingOf(group[0]!), title = algorithmTitle(group[0]!.configuration);
  const remark = `${
    withoutHeading(group[0]!.configuration.variant)
  }, 27 observed numbers (125); the interval is over episodes`;
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
  const interval = bootstrap(strata, (of) => medianOf(of.flat()), child(BOOTSTRAP, 1));
  const medians = strata.map(medianOf);
  const everyWay = headings.every((each) => octantsOf(each) >= 6 && resultantLength(each) <= 0.4);
  const narrowest = headings.reduce((a, b) => resultantLength(b) > resultantLength(a) ? b : a);
  const around = bootstrap([narrowest], ([of]) => resultantLength(of!), child(BOOTSTRAP, 5));
  return [
    {
      ...common,
      claim: `${what}: median net displacement at least twice that of random torques ` +
        `(${RANDOM_DISPLACEMENT} m), interval above once; aim 5 m (${title})`,
      value: medianOf(all),
      bounds: interval,
      found: `median ${rounded(medianOf(all))} m`,
      n: `${countOf(group)}, ${all.length} episodes`,
      interval: `${intervalText(interval)} m`,
      met: medianOf(all) >= 2 * RANDOM_DISPLACEMENT && interval[0] > RANDOM_DISPLACEMENT,
    },
    {
      ...common,
      claim: `${what}: headings in at least 6 of 8 octants with a resultant of at most 0.4 (${title})`,
      value: resultantLength(narrowest),
      bounds: around,
      n: `${countOf(group)}, ${all.length} episodes`,
      interval: intervalText(around),
      found: headings.map((each) => `${octantsOf(each)} octants, resultant ${rounded(resultantLength(each))}`)
        .join("; "),
      met: isMaximumEntropy(group[0]!) ? everyWay : null,
    },
    {
      ...common,
      claim:
        `${what}: far and in all directions at once: a median of at least ${FAR} m in 10 s, in at least ` +
        `6 octants with a resultant of at most 0.4 (${title})`,
      value: medianOf(all),
      bounds: interval,
      n: `${countOf(group)}, ${all.length} episodes`,
      interval: `${intervalText(interval)} m`,
      found: headings.map((each, k) =>
        `${rounded(medians[k]!)} m in ${octantsOf(each)} octants, resultant ${rounded(resultantLength(each))}`
      ).join("; "),
      met: everyWay && medians.every((median) => median >= FAR),
    },
  ];
}

/** The rows of the pretraining runs; those of the ablation have a table, and of them only the temperatures a row. */
export const pretrainClaims = (seeds: readonly PretrainSeed[]): readonly ClaimRow[] => {
  const own = seeds.filter((seed) => changeOf(seed.run) === null);
  return [
    ...grouped(own, (seed) => `${pretrainingOf(seed)}, ${sizesOf(seed.configuration).join()}`)
      .flatMap(displacementClaims),
    ...temperatureClaims(
      own.filter((seed) => seed.configuration.algorithm === SOFT_Q.name && remediesOf(seed).length === 0),
      "one critic whose target is copied, uniform value samples",
    ),
    ...temperatureClaims(
      seeds.filter(({ run }) => isSweep(run)),
      "two critics, value samples of the mixture",
    ),
  ];
};
