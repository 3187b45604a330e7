/**
 * What the outcomes of a study say about the paper's claims.
 *
 * @module
 */

import type { JsonObject } from "../src/run/json.ts";
import { child, keyOf } from "../src/random/key.ts";
import { type ClaimRow, intervalText, rounded } from "../src/report/results.ts";
import {
  bootstrap,
  interquartileMean,
  lead,
  medianOf,
  octantsOf,
  resultantLength,
  stratifiedBootstrap,
  wilson,
} from "../src/report/statistics.ts";
import {
  algorithmOf,
  bySetting,
  countOf,
  finite,
  grouped,
  initOf,
  isSoftQ,
  type Seed,
  settingOf,
} from "./seeds.ts";
import { armOf } from "../experiments/transfer.ts";

const KEY = keyOf(0);

/** How many seeds have a property, as a row. */
function share(
  claim: string,
  seeds: readonly Seed[],
  holds: (seed: Seed) => boolean,
  target: ((k: number, n: number) => boolean) | null,
  remark: string,
): ClaimRow {
  const k = finite(seeds).filter(holds).length, n = seeds.length;
  return {
    claim: `${claim} (${algorithmOf(seeds[0].configuration)})`,
    found: `${k} of ${n}`,
    n: countOf(seeds),
    interval: intervalText(wilson(k, n)),
    met: target === null ? null : target(k, n),
    setting: settingOf(seeds),
    remark,
  };
}

/** The interquartile mean of a number over seeds, as a row. */
function typical(
  claim: string,
  seeds: readonly Seed[],
  value: (seed: Seed) => number,
  met: ((mean: number) => boolean) | null,
  unit: string,
  remark: string,
): ClaimRow {
  const values = finite(seeds).map(value), mean = interquartileMean(values);
  return {
    claim: `${claim} (${algorithmOf(seeds[0].configuration)})`,
    found: values.length === 0
      ? "nothing"
      : `${rounded(mean)} ${unit} (each: ${values.map((x) => rounded(x)).join(", ")})`,
    n: countOf(seeds),
    interval: values.length < 2 ? "" : intervalText(stratifiedBootstrap([values], KEY)),
    met: met === null ? null : values.length > 0 && met(mean),
    setting: settingOf(seeds),
    remark,
  };
}

const sharesOf = ({ evaluation }: Seed): readonly number[] =>
  (evaluation.goalShares ?? []) as readonly number[];
const mostVisited = (seed: Seed): number => sharesOf(seed).indexOf(Math.max(...sharesOf(seed)));

/** Figure 1's claims: all goals with soft Q-learning, one with DDPG. */
export function multiGoalClaims(seeds: readonly Seed[]): readonly ClaimRow[] {
  return bySetting(seeds).flatMap((group) => {
    const { configuration } = group[0], { variant } = configuration;
    if (isSoftQ(configuration)) {
      return [share(
        "some goal in at least 95 % of 400 episodes, each goal in 10 to 40 %; in at least 9 of 10 seeds",
        group,
        (seed) =>
          Number(seed.evaluation.successRate) >= 0.95 && sharesOf(seed).every((x) => x >= 0.1 && x <= 0.4),
        (k, n) => n >= 10 && k >= 0.9 * n,
        "",
      )];
    }
    const from = variant === "first-code" ? "from the origin exactly" : "from N(0, 0.1²)";
    const goals = new Set(finite(group).map(mostVisited)).size;
    return [
      share(
        `starts ${from}: commits to one goal in at least 90 % of its episodes; ` +
          `${goals} different goals over the seeds`,
        group,
        (seed) => Math.max(...sharesOf(seed)) >= 0.9,
        (k, n) => k === n && goals > 1,
        variant === "first-code"
          ? "the paper does not say where episodes start"
          : "with starts spread by 0.1 the best deterministic policy goes to the nearest goal",
      ),
      typical(
        `starts ${from}: return at least -130`,
        group,
        (seed) => Number(seed.evaluation.meanReturn),
        (mean) => mean >= -130,
        "",
        variant === "first-code"
          ? "this variant pays for the place before a step: the final code's optimum, -111, is -136 by its rule"
          : "the deterministic optimum is -111",
      ),
    ];
  });
}

/** A critic at a third of the preset's rate, for soft Q-learning two, with targets that follow at every update. */
const STEADY = "steady critic";

/** The claims of figures 3a and 6. */
export const swimmerClaims = (seeds: readonly Seed[]): readonly ClaimRow[] =>
  bySetting(seeds).flatMap(
    (group) => {
      const { configuration } = group[0], { variant } = configuration, soft = isSoftQ(configuration);
      const more = String(variant);
      const most = soft ? (k: number, n: number) => k > n / 2 : null;
      return [
        share(
          "crosses the finish line in an evaluation; paper: all runs, at any time",
          group,
          ({ overall }) => typeof overall.firstCrossing === "number",
          most,
          more,
        ),
        share(
          "ends forward, mean beyond 0.5 m; paper: all, DDPG 80 %",
          group,
          ({ overall }) => overall.endsForward === true,
          most,
          more,
        ),
        share(
          "ends backward; paper: none, DDPG 20 %",
          group,
          ({ overall }) => overall.endsBackward === true,
          null,
          more,
        ),
        share(
          "before the first crossing one policy's episodes end beyond 0.5 m both ways",
          group,
          ({ overall }) => overall.bothWaysBeforeCrossing === true,
          most,
          more,
        ),
        typical(
          "farthest forward in any evaluation",
          group,
          ({ overall }) => Number(overall.bestDistance),
          null,
          "m",
          more,
        ),
      ];
    },
  );

/** The name of the run whose folder this is. */
const nameOf = (folder: string): string => folder.slice(folder.lastIndexOf("/") + 1);

/** The claims of figure 3b. */
export const mazeClaims = (seeds: readonly Seed[]): readonly ClaimRow[] =>
  bySetting(seeds).flatMap((group) => {
    const { configuration: c } = group[0], { target, variant } = c, soft = isSoftQ(c);
    const more = [
      ...variant === "gaussian" ? [] : [`Gaussian of ${String(variant).split("-")[1]}`],
      ...initOf(c) === "" ? [] : [`started from ${nameOf(initOf(c))}`],
      ...target === "polyak" ? [STEADY] : [],
      "geometry estimated",
    ].join("; ");
    // Who succeeds in the first evaluation has seen nothing before.
    const seen = group.filter(({ overall }) => overall.upperShareBefore !== null);
    return [
      share(
        "comes nearer than 1.75 m in an evaluation; paper: all runs, DDPG 60 %, at any time",
        group,
        ({ overall }) => typeof overall.firstSuccess === "number",
        soft ? (k, n) => k === n : null,
        more,
      ),
      typical(
        "least distance to the goal in any evaluation",
        group,
        ({ overall }) => Number(overall.leastDistance),
        null,
        "m",
        more,
      ),
      ...seen.length === 0 ? [] : [share(
        "before success, both passages in at least 20 % of episodes",
        seen,
        ({ overall }) => Number(overall.upperShareBefore) >= 0.2 && Number(overall.lowerShareBefore) >= 0.2,
        null,
        more,
      )],
    ];
  });

/** Uniform random torques come so far in 500 steps, m. */
const RANDOM_DISPLACEMENT = 1.5;

/** What a pretraining has beside its temperature, in words. */
const remediesOf = ({ configuration: c }: Seed): readonly string[] => [
  ...c.variant === "speed-survival" ? ["paid for staying up"] : [],
  ...Number(c.critics ?? 1) > 1 ? [`${c.critics} critics`] : [],
  ...c.target === "polyak" ? [`targets that follow by ${c.targetRate}, critic's rate ${c.criticRate}`] : [],
  ...Number(c.batch) > 64 ? [`${c.batch} states a minibatch`] : [],
  ...c.discount === 0.99 ? [] : [`γ = ${c.discount}`],
  ...initOf(c) === "" ? [] : ["continued from a run of as many steps"],
  ...c.stepsPerUpdate === 4 ? [] : [`an update every ${c.stepsPerUpdate} steps`],
];

/** A pretraining in words: its temperature and its remedies. */
const pretrainingOf = (seed: Seed): string => {
  const { configuration: c } = seed;
  const first = isSoftQ(c) ? `α = ${Number(c.temperature) / Number(c.rewardScale)}` : "deterministic";
  return [first, ...remediesOf(seed)].join(", ");
};

/** Displacements from the highest temperature to the lowest, of the runs that differ in nothing else. */
function temperatureClaims(seeds: readonly Seed[]): readonly ClaimRow[] {
  const comparable = finite(seeds).filter((seed) =>
    isSoftQ(seed.configuration) && remediesOf(seed).length === 0
  ).toSorted((a, b) => Number(b.configuration.temperature) - Number(a.configuration.temperature));
  if (comparable.length < 2) return [];
  const groups = grouped(comparable, pretrainingOf).map((group) => ({
    name: pretrainingOf(group[0]),
    median: medianOf(
      group.flatMap(({ evaluation }) => (evaluation.displacements ?? []) as readonly number[]),
    ),
  }));
  return [{
    claim: "displacement grows as α falls (one critic whose target is copied)",
    found: groups.map(({ name, median }) => `${name}: ${rounded(median)} m`).join("; "),
    n: countOf(comparable),
    interval: "",
    met: groups.every(({ median }, k) => k === 0 || median >= groups[k - 1].median),
    setting: settingOf(comparable),
    remark: "medians over episodes; the setting is that of the highest α",
  }];
}

/** The claims of figure 7. */
export const pretrainClaims = (seeds: readonly Seed[]): readonly ClaimRow[] => [
  ...displacementClaims(seeds),
  ...temperatureClaims(seeds),
];

/** How far and in which directions each pretraining runs. */
const displacementClaims = (seeds: readonly Seed[]): readonly ClaimRow[] =>
  grouped(seeds, pretrainingOf)
    .flatMap((group) => {
      const { configuration: c } = group[0], soft = isSoftQ(c), what = pretrainingOf(group[0]);
      const more = `${c.variant}, 27 numbers seen (125); the interval is over episodes`;
      const counted = finite(group);
      if (counted.length === 0) {
        const none = { found: "nothing", n: countOf(group), interval: "", met: false };
        return [{
          claim: `${what}: moves (${algorithmOf(c)})`,
          ...none,
          setting: settingOf(group),
          remark: more,
        }];
      }
      const strata = counted.map(({ evaluation }) => (evaluation.displacements ?? []) as readonly number[]);
      const all = strata.flat(),
        headings = counted.map(({ evaluation }) => (evaluation.headings ?? []) as readonly number[]);
      const interval = stratifiedBootstrap(strata, child(KEY, 1));
      return [
        {
          claim: `${what}: median net displacement at least twice that of random torques ` +
            `(${RANDOM_DISPLACEMENT} m), interval above once; aim 5 m (${algorithmOf(c)})`,
          found: `median ${rounded(medianOf(all))} m, interquartile mean ${
            rounded(interquartileMean(all))
          } m`,
          n: `${countOf(group)}, ${all.length} episodes`,
          interval: `${intervalText(interval)} m`,
          met: medianOf(all) >= 2 * RANDOM_DISPLACEMENT && interval[0] > RANDOM_DISPLACEMENT,
          setting: settingOf(group),
          remark: more,
        },
        {
          claim: `${what}: headings in at least 6 of 8 octants with a resultant of at most 0.4; ` +
            `DDPG near 1 (${algorithmOf(c)})`,
          found: headings.map((each) =>
            `${octantsOf(each)} octants, resultant ${rounded(resultantLength(each))}`
          )
            .join("; "),
          n: countOf(group),
          interval: "",
          met: soft ? headings.every((each) => octantsOf(each) >= 6 && resultantLength(each) <= 0.4) : null,
          setting: settingOf(group),
          remark: more,
        },
      ];
    });

/** How a seed's run began, in words. */
export const beginningOf = ({ configuration: c }: Seed): string =>
  armOf({ algorithm: String(c.algorithm), init: initOf(c) });

/** Whether a fine-tuning began to learn only when α and the noises had shrunk to their ends, a tenth of its steps. */
export const beganLate = (c: JsonObject): boolean =>
  c.experiment === "transfer" && Number(c.minimumReplay) >= 0.1 * Number(c.steps);

/** The arm of a seed's run, with what it began from. */
function armOfSeed(seed: Seed): string {
  const init = initOf(seed.configuration);
  return `${beginningOf(seed)}${init === "" ? "" : ` (${nameOf(init)})`}`;
}

/** The mean of a seed's curve of discounted returns. */
const returnsOf = ({ overall }: Seed): number => Number(overall.meanOfCurve);

/** By how much one arm's mean is greater than another's, as a row. */
function leadOf(claim: string, arm: readonly Seed[], other: readonly Seed[], how: string): ClaimRow {
  const strata = [arm, other].map((seeds) => finite(seeds).map(returnsOf));
  const interval = bootstrap(strata, lead, child(KEY, 2)), found = strata.every((each) => each.length > 0);
  return {
    claim,
    found: found ? `a lead of ${rounded(lead(strata))}` : "nothing",
    n: `${countOf(arm)}, ${countOf(other)}`,
    interval: found ? intervalText(interval) : "",
    met: found ? interval[0] > 0 : null,
    setting: settingOf(arm),
    remark: `${how}the interval is the bootstrap's of the difference; the setting is the first arm's`,
  };
}

const MAXIMUM_ENTROPY = "maximum-entropy initialisation";

/** The claims of figure 5: a row for each world and arm, and the lead of the arm that the paper is about. */
export const transferClaims = (seeds: readonly Seed[]): readonly ClaimRow[] =>
  grouped(seeds, ({ configuration: c }) => `${c.variant} ${c.target} ${beganLate(c)}`).flatMap((world) => {
    const { configuration: c } = world[0], { variant } = c, arms = grouped(world, armOfSeed);
    const how = [
      ...c.target === "polyak" ? [`${STEADY}; `] : [],
      ...beganLate(c) ? ["α and noises had shrunk before learning began; "] : [],
    ].join("");
    const ours = arms.find(([first]) => beginningOf(first) === MAXIMUM_ENTROPY);
    return [
      ...arms.map((arm) =>
        typical(
          `${variant}, ${armOfSeed(arm[0])}: mean of the curve of discounted returns`,
          arm,
          returnsOf,
          null,
          "",
          `${how}10 seeds in the paper; worlds and noise set are ours; one pretraining an algorithm`,
        )
      ),
      ...ours === undefined ? [] : arms.filter((arm) => arm !== ours).map((other) =>
        leadOf(
          `${variant}: ${armOfSeed(ours[0])} ahead of ${armOfSeed(other[0])}; paper: learns fastest`,
          ours,
          other,
          how,
        )
      ),
    ];
  });
