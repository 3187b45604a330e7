/**
 * The claims of figure 5: a row for each world and arm, and the lead of the paper's arm.
 *
 * @module
 */

import { armOf, type transfer } from "../../experiments/transfer.ts";
import type { ClaimRow } from "../../src/report/results.ts";
import type { Configuration } from "../../src/run/configuration.ts";
import { controlsOf, isSteady } from "../controls.ts";
import { type FiniteSeedOf, grouped, isMaximumEntropy, type SeedOf } from "../seeds.ts";
import { runNameOf } from "../planned_run.ts";
import { meanDifferenceOf, share, STEADY, typical } from "./rows.ts";

/**
 * Whether a fine-tuning run began learning only after α and the noises had been annealed: at rllab's control interval,
 * over a tenth of its steps.
 */
export const beganLate = (c: Configuration): boolean =>
  c.experiment === "transfer" && controlsOf(c).length === 0 && c.minimumReplay >= 0.1 * c.steps;

/** The arm of a seed's run, with its initialisation. */
function armOfSeed({ configuration }: SeedOf<typeof transfer>): string {
  const { init } = configuration;
  return `${armOf(configuration)}${init === "" ? "" : ` (${runNameOf(init)})`}`;
}

/** The unit of the curves. */
const UNIT = "of discounted return";

const meanOfCurve = ({ result }: FiniteSeedOf<typeof transfer>): number => result.overall.meanOfCurve;

/** Whether an episode came around the bend, in some evaluation or in the last one, where that was measured. */
const comesAround = {
  measured: ({ result }: SeedOf<typeof transfer>): boolean =>
    result !== null && result.overall.aroundShare !== null,
  ever: ({ result }: FiniteSeedOf<typeof transfer>): boolean => (result.overall.aroundShare ?? 0) > 0,
  atLast: ({ result }: FiniteSeedOf<typeof transfer>): boolean => (result.evaluation.aroundShare ?? 0) > 0,
};

/** The rows of one world and setting. */
function worldClaims(world: readonly SeedOf<typeof transfer>[]): readonly ClaimRow[] {
  const { configuration: c } = world[0]!, { variant } = c, arms = grouped(world, armOfSeed);
  const how = [
    ...isSteady(c) ? [`${STEADY}; `] : [],
    ...beganLate(c) ? ["α and noises had shrunk before learning began; "] : [],
  ].join("");
  const armFrom = (maximumEntropy: boolean, pretrained: boolean) =>
    arms.find(([first]) =>
      isMaximumEntropy(first!) === maximumEntropy && (first!.configuration.init !== "") === pretrained
    );
  const ours = armFrom(true, true), pretrained = armFrom(false, true), scratch = armFrom(false, false);
  const remark = `${how}the interval is the bootstrap's of the difference; the setting is the first arm's`;
  return [
    ...arms.map((arm) =>
      typical(
        `${variant}, ${armOfSeed(arm[0]!)}: mean of the curve of discounted returns`,
        arm,
        meanOfCurve,
        null,
        UNIT,
        `${how}10 seeds in the paper; worlds and noise set are ours; one pretraining an algorithm`,
      )
    ),
    ...arms.filter((arm) => arm.some(comesAround.measured)).flatMap((arm) =>
      ([
        ["some evaluation, also before learning", comesAround.ever],
        ["the last evaluation", comesAround.atLast],
      ] as const).map(([when, holds]) =>
        share(
          `${variant}, ${armOfSeed(arm[0]!)}: an episode comes around the bend in ${when}`,
          arm,
          holds,
          isMaximumEntropy(arm[0]!) && arm[0]!.configuration.init !== "" ? (k) => k > 0 : null,
          `${how}the world is ours`,
        )
      )
    ),
    ...ours === undefined ? [] : arms.filter((arm) => arm !== ours).map((other) =>
      meanDifferenceOf(
        `${variant}: ${armOfSeed(ours[0]!)} ahead of ${armOfSeed(other[0]!)}; paper: learns fastest`,
        ours,
        other,
        meanOfCurve,
        UNIT,
        remark,
      )
    ),
    ...pretrained === undefined || scratch === undefined ? [] : [
      meanDifferenceOf(
        `${variant}: ${armOfSeed(scratch[0]!)} ahead of ${armOfSeed(pretrained[0]!)}; ` +
          "paper: a deterministic policy is a poor start",
        scratch,
        pretrained,
        meanOfCurve,
        UNIT,
        remark,
      ),
    ],
  ];
}

/** The rows of the fine-tuning runs. */
export const transferClaims = (seeds: readonly SeedOf<typeof transfer>[]): readonly ClaimRow[] =>
  grouped(seeds, ({ configuration: c }) => `${c.variant} ${c.target} ${beganLate(c)}`).flatMap(worldClaims);
