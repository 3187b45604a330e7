/**
 * The swimmer's temperature and finish line, which the paper does not give, chosen together from how far policies swim
 * at each temperature where there is no line.
 *
 * The rule, written down before the runs that use it: a policy can find a line only if its episodes reach it by
 * themselves, can find the better way only if they go both ways, and is paid for the line only in what is left of the
 * episode. So the line of a temperature is half of the distance that a quarter of the undirected policy's episodes reach
 * on either side (the lesser of both sides, the mean over seeds), and the temperature is the one with the farthest line.
 *
 * @module
 */

import type { swimmer } from "../experiments/swimmer.ts";
import { table } from "../src/report/markdown.ts";
import { meanOf, medianOf, quantileOf } from "../src/report/statistics.ts";
import { finite, isMaximumEntropy, type SeedOf, temperatureOf } from "./seeds.ts";

/** The undirected policy of one seed. */
export interface UndirectedSwim {
  /** The variant of the experiment. */
  readonly variant: string;
  readonly temperature: number;
  readonly seed: number;
  /** Number of updates after which it was evaluated. */
  readonly updates: number;
  /** Where its episodes ended along x, m; those of equal seeds begin in the same states. */
  readonly ends: readonly number[];
  /** Shares of the episodes that end beyond 0.5 m. */
  readonly forward: number;
  readonly backward: number;
}

/** What is known about one temperature of a variant. */
export interface TemperatureRow {
  readonly variant: string;
  readonly temperature: number;
  /** Number of seeds. */
  readonly seeds: number;
  /** Median distance between an episode's start and end, m: the mean over seeds. */
  readonly distance: number;
  /** Shares as in {@link UndirectedSwim}, of each seed. */
  readonly forward: readonly number[];
  readonly backward: readonly number[];
  /** The line, m: half of the distance that a quarter of the episodes reach on either side, the mean over seeds. */
  readonly line: number;
}

/** The distance that a quarter of the episodes reach on either side, m; 0 if that many go one way alone. */
export const reachedBothWays = (ends: readonly number[]): number =>
  Math.max(0, Math.min(quantileOf(ends, 0.75), -quantileOf(ends, 0.25)));

/** The undirected maximum-entropy policies among an experiment's seeds. */
export const undirectedSwims = (seeds: readonly SeedOf<typeof swimmer>[]): readonly UndirectedSwim[] =>
  finite(seeds).filter((seed) =>
    isMaximumEntropy(seed) && seed.configuration.variant.startsWith("undirected")
  ).map((
    { run, configuration, seed, result: { evaluation } },
  ) => ({
    variant: configuration.variant,
    temperature: temperatureOf(configuration),
    seed,
    updates: run.updates,
    ends: evaluation.distances,
    forward: evaluation.forwardShare,
    backward: evaluation.backwardShare,
  }));

/** The rows: variants in order of appearance, each from the highest temperature to the lowest. */
export function temperatureRows(swims: readonly UndirectedSwim[]): readonly TemperatureRow[] {
  return Object.entries(Object.groupBy(swims, ({ variant }) => variant)).flatMap(([variant, of = []]) => {
    const temperatures = [...new Set(of.map(({ temperature }) => temperature))].sort((a, b) => b - a);
    return temperatures.map((temperature): TemperatureRow => {
      const all = of.filter((swim) => swim.temperature === temperature);
      return {
        variant,
        temperature,
        seeds: all.length,
        distance: meanOf(all.map(({ ends }) => medianOf(ends.map(Math.abs)))),
        forward: all.map(({ forward }) => forward),
        backward: all.map(({ backward }) => backward),
        line: meanOf(all.map(({ ends }) => reachedBothWays(ends))) / 2,
      };
    });
  });
}

/**
 * Of the initial states of the policies that go both ways, how many there are and from how many all of these policies
 * go the same way; null if no two such policies are evaluated from the same states.
 */
export function sameWay(
  swims: readonly UndirectedSwim[],
): { readonly states: number; readonly same: number } | null {
  const bothWays = swims.filter(({ ends }) => reachedBothWays(ends) > 0);
  const groups = Object.values(Object.groupBy(bothWays, ({ seed, ends }) => `${seed}, ${ends.length}`))
    .filter((group = []) => group.length > 1);
  const counts = groups.flatMap((group = []) =>
    group[0]!.ends.map((end, k) => group.every(({ ends }) => Math.sign(ends[k]!) === Math.sign(end)))
  );
  return counts.length === 0 ? null : { states: counts.length, same: counts.filter((each) => each).length };
}

/** A variant, its temperature and the line there. */
export type SwimmerChoice = Pick<TemperatureRow, "variant" | "temperature" | "line">;

/** The row with the farthest line, rounded down to decimetres; null if no policy goes both ways. */
export function chosenLine(rows: readonly TemperatureRow[]): SwimmerChoice | null {
  const best = rows.reduce<TemperatureRow | null>((a, b) => a === null || b.line > a.line ? b : a, null);
  const line = Math.floor(10 * (best?.line ?? 0)) / 10;
  return best === null || line === 0 ? null : { variant: best.variant, temperature: best.temperature, line };
}

const percents = (shares: readonly number[]): string =>
  shares.map((share) => `${Math.round(100 * share)} %`).join(", ");

/** The section of docs/choices.md. */
export function swimmerSection(swims: readonly UndirectedSwim[]): string {
  const rows = temperatureRows(swims), choice = chosenLine(rows), way = sameWay(swims);
  const updates = Math.min(...swims.map((swim) => swim.updates));
  return [
    "## The swimmer's line and temperature",
    "",
    "The paper's finish line pays more on one side, and gives neither its place nor α. A policy finds the line only if",
    "its episodes reach it by themselves, and the better side only if they go both ways. So the swimmer is first trained",
    `without a line, at several temperatures, for ${updates} updates at least, and both are chosen from where the episodes`,
    "of 25 s end (the median distance from the start, and the shares beyond 0.5 m on either side):",
    "",
    table(
      ["variant", "α", "seeds", "distance (m)", "forward", "backward", "line (m)"],
      rows.map(({ variant, temperature, seeds, distance, forward, backward, line }) => [
        `\`${variant}\``,
        String(temperature),
        String(seeds),
        distance.toFixed(2),
        percents(forward),
        percents(backward),
        line.toFixed(2),
      ]),
    ),
    "",
    "**The rule.** The line of a temperature is half of the distance that a quarter of the episodes reach on either side",
    "(the lesser of both; the mean over seeds), so that they spend part of the episode beyond it; the temperature is the one",
    "with the farthest line.",
    "",
    "As rllab's swimmer observes itself (from its first link), every policy commits to one way before the first evaluation.",
    "Observed from its centre, the swimmer is the same from both ends, and minibatches that exchange head and tail at",
    "random (`--symmetry body`) teach it both ways at once.",
    ...way === null ? [] : [
      "The way that an episode takes is decided by its initial state, hardly by the policy's own randomness: from " +
      `${way.same} of ${way.states} states, the policies of different temperatures go the same way.`,
    ],
    "",
    choice === null
      ? "At none of these temperatures does a quarter of the episodes go each way: the rule gives no line yet."
      : `**By the rule: \`${choice.variant}\`, α = ${choice.temperature}, line ${choice.line} m** (rounded down to decimetres).`,
    "",
  ].join("\n");
}
