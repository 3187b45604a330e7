/**
 * Rewards that the paper does not give, chosen by a rule from the small model, and the page that documents the rule.
 *
 *     deno run --allow-read=results,runs --allow-write=docs study/choices.ts    writes docs/choices.md and docs/choices.svg
 *
 * @module
 */

import { MAZE, U_MAZE, type World } from "../envs/worlds.ts";
import { swimmer } from "../experiments/swimmer.ts";
import { E, pipe } from "../src/deps.ts";
import {
  clippedTo,
  type Frame,
  frameOf,
  legendOf,
  lineThrough,
  type Mark,
  threshold,
} from "../src/report/chart.ts";
import { figure, FIGURE_WIDTH, group, type Ink, label, MARGIN } from "../src/report/svg.ts";
import { archivedRuns } from "./archived_run.ts";
import { STUDY } from "./plan.ts";
import { seedsOf } from "./seeds.ts";
import { swimmerSection, undirectedSwims } from "./swimmer_line.ts";
import { type Runner, solveSmallModel, visitShares } from "./small_model.ts";

/**
 * Bodies for which a reward must work: one that runs like a pretrained policy, and one that has only begun to learn.
 */
export const RUNNERS: Readonly<Record<string, Runner>> = {
  runner: { speed: 1.5, interval: 0.06, dimensions: 8, running: 4, drift: 0.5, radius: 0.25 },
  beginner: { speed: 1, interval: 0.06, dimensions: 8, running: 5, drift: 0.5, radius: 0.25 },
};

/** Candidate widths of the Gaussian, m, and heights in units of α. */
export const WIDTHS = [1, 1.5, 2, 3, 5] as const, HEIGHTS = [3, 10, 20, 30, 50, 100, 200, 300] as const;

/** Duration of an optimal policy's episode, s: long enough that only arriving counts, not speed. */
const SECONDS = 20;

/** What was tried in the U, by hand but for the second row. */
const U_TRIALS = [
  "**In the U the rule was not enough.** The policy that runs 24 m comes around the bend in 30 to 40 % of its episodes",
  "before it learns anything there, but no setting that was tried kept that: these, from that policy (the last two from",
  "the one of 26 m, which comes around in 15 %), by one seed each (the first two by three: the latest loss and the",
  "nearest way of them), judged by 20 episodes every 5000 steps. All but the second are not archived: they were stopped",
  "when they had failed. *Lost* is the number of updates at the first evaluation from which on no episode came around.",
  "",
  "| setting | lost | then nearest (m left) |",
  "| --- | ---: | ---: |",
  "| learning after 1000 steps | 4500 | 5.6 |",
  "| learning after 20 000 steps | 10 500 | 5.2 |",
  "| the same, targets averaged at rate 0.02 | 5500 | 5.3 |",
  "| the same, γ = 0.98 | 5500 | 6.0 |",
  "| targets at 0.02, the sampler at a tenth of its rate | 5500 | 5.8 |",
  "| targets at 0.02, a Gaussian of width 1 m | 5500 | 5.3 |",
  "| a Gaussian of width 1 m, rewards times ten | 5500 | 8.5 |",
  "| targets at 0.02, α = 0.0015 | 5500 | 5.3 |",
  "| the critic first (sampler held for 20 000 updates), width 1 m | 500 | 5.4 |",
  "| the critic first, α = 0.0015 | 500 | 6.1 |",
  "| the same, the sampler at a hundredth of its rate | 10 500 | 5.2 |",
  "| the critic first, α = 0.002, samples near the sampler (σ = 0.15) | 500 | 6.0 |",
  "| the same, a Gaussian of width 1 m | 500 | 6.1 |",
  "| learning after 10 000 steps, α = 0.1, rewards times five | 5500 | 7.2 |",
  "| the policy of 26 m, in its frame, α = 0.1, rewards times five | 5500 | 5.0 |",
  "| the same, a step costs the entropy of uniform torques | 500 | 4.6 |",
  "",
  "Two things seem to be at work, neither of them in the model. Learned values are too high: 10 to 30 where the returns",
  "are below 8 (with a width of 1 m, below 0.5), so that a fall, whose value is exactly 0, costs more than the goal",
  "promises, and whoever stands does not fall. And only the sampler knows the gait: no value sample drawn at random is",
  "a stride, so once the sampler stands, the value of running is that of standing. In the hallways each decision's",
  "reward outweighs the error, in the maze the Gaussian rises along the way.",
];

/** The worlds with a goal, and the discount per decision of 0.06 s with which each is learned. */
export const TASKS: Readonly<Record<string, { readonly world: World; readonly discount: number }>> = {
  maze: { world: MAZE, discount: 0.98 },
  "u-maze": { world: U_MAZE, discount: 0.99 },
};

/** The fraction of the optimal policy's episodes that come closer to the goal than the world's threshold. */
export function arrivals(
  { world, discount }: { readonly world: World; readonly discount: number },
  runner: Runner,
  width: number,
  heightOverTemperature: number,
): number {
  const model = solveSmallModel(
    { world, height: heightOverTemperature, width, temperature: 1, discount },
    runner,
  );
  const [gx, gy] = world.goal ?? [0, 0], near = world.threshold ?? 0;
  const arrived = ([x, y]: readonly [number, number]): boolean => Math.hypot(x - gx, y - gy) < near;
  return visitShares(model, world.start, Math.round(SECONDS / runner.interval), [arrived])[0]!;
}

/**
 * By how many nats per decision the optimal policy prefers to run rather than to idle at the start: the least over the
 * runners, each in its best direction.
 */
export const preference = (
  { world, discount }: { readonly world: World; readonly discount: number },
  width: number,
  heightOverTemperature: number,
): number =>
  Math.min(
    ...Object.values(RUNNERS).map((runner) => {
      const { centres, choices, policy } = solveSmallModel(
        { world, height: heightOverTemperature, width, temperature: 1, discount },
        runner,
      );
      const distances = centres.map(([x, y]) => Math.hypot(x - world.start[0], y - world.start[1]));
      const start = distances.indexOf(Math.min(...distances)), [idle, ...run] = policy[start]!;
      return Math.log(Math.max(...run) / idle!) / choices[start]![0]!.decisions;
    }),
  );

/** A width, and the arrival rate at each of {@link HEIGHTS}: the minimum over the runners. */
export interface ArrivalCurve {
  /** Width of the Gaussian, m. */
  readonly width: number;
  /** Arrival rate for each height. */
  readonly shares: readonly number[];
}

/** The curves of a task. */
export const curvesOf = (
  task: { readonly world: World; readonly discount: number },
): readonly ArrivalCurve[] =>
  WIDTHS.map((width) => ({
    width,
    shares: HEIGHTS.map((height) =>
      Math.min(...Object.values(RUNNERS).map((runner) => arrivals(task, runner, width, height)))
    ),
  }));

/**
 * The rule: the smallest height at which at least half of every runner's optimal episodes arrive; among the widths for
 * which it is the smallest, the one with the most arrivals; among equals the wider, which has the longer reach.
 */
export function chosen(curves: readonly ArrivalCurve[]): {
  readonly width: number;
  readonly height: number;
  readonly share: number;
} | null {
  for (const [k, height] of HEIGHTS.entries()) {
    const able = curves.filter(({ shares }) => shares[k]! >= 0.5);
    if (able.length === 0) continue;
    const best = able.reduce((a, b) => b.shares[k]! >= a.shares[k]! - 0.005 ? b : a);
    return { width: best.width, height, share: best.shares[k]! };
  }
  return null;
}

/**
 * The noise of a learned soft value, in nats: that of the presets' 8 samples on one bump in eight dimensions
 * (docs/sampler.md).
 */
const NOISE = 2;

/** The second rule: the smallest height, not below the first rule's, at which the preference is ten times the noise. */
export function felt(preferences: readonly number[], ruled: number): number | null {
  return HEIGHTS.find((height, k) => height >= ruled && preferences[k]! >= 10 * NOISE) ?? null;
}

const INKS: readonly Ink[] = ["policy", "second", "third", "fourth", "muted"];
const DASHES = [undefined, "7 3", "2 3", "10 3 2 3", "4 4"] as const;

/** The figure: arrivals against height over α, one panel per world, one line per width. */
export function choicesFigure(tasks: Readonly<Record<string, readonly ArrivalCurve[]>>): string {
  const x = [Math.log10(HEIGHTS[0]), Math.log10(HEIGHTS[HEIGHTS.length - 1]!)] as const;
  const marks = HEIGHTS.map((height): Mark => [Math.log10(height), String(height)]);
  const shares = [0, 0.25, 0.5, 0.75, 1].map((share): Mark => [share, `${100 * share} %`]);
  const panels = Object.entries(tasks).map(([name, curves], k) => {
    const frame: Frame = { left: 64, top: 82 + 258 * k, width: FIGURE_WIDTH - 80, height: 180, x, y: [0, 1] };
    return group(
      { class: "panel" },
      label(frame.left, frame.top - 10, name, { weight: "bold", size: 13 }),
      frameOf(frame, {
        x: "height of the Gaussian over α",
        y: "episodes that arrive",
        marks: [marks, shares],
      }),
      clippedTo(
        frame,
        `choices-${k}`,
        ...curves.map((curve, i) =>
          lineThrough(
            frame,
            curve.shares.map((share, j) => [Math.log10(HEIGHTS[j]!), share]),
            INKS[i]!,
            { "stroke-width": 2, "stroke-dasharray": DASHES[i] },
          )
        ),
      ),
      threshold(frame, 0.5, null),
    );
  });
  const title = "The height that a goal's reward needs";
  return figure(
    {
      scope: "choices",
      width: FIGURE_WIDTH,
      height: 82 + 258 * Object.keys(tasks).length - 26,
      title,
      description:
        "Share of the optimal policy's episodes that arrive, the minimum over two runners, against the height of the " +
        "goal's Gaussian in units of the temperature, one line for each width.",
    },
    label(MARGIN, 26, title, { weight: "bold", size: 16 }),
    legendOf(
      MARGIN,
      48,
      WIDTHS.map((width, i) => {
        const dash = DASHES[i]!;
        return {
          name: i === 0 ? `width ${width} m` : `${width} m`,
          ink: INKS[i]!,
          ...dash === undefined ? {} : { dash },
        };
      }),
    ),
    ...panels,
  );
}

/** The page; `swimmers` is its last section. */
export function choicesPage(
  tasks: Readonly<Record<string, readonly ArrivalCurve[]>>,
  swimmers: string,
): string {
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  const tables = Object.entries(tasks).map(([name, curves]) => {
    const rule = chosen(curves), task = TASKS[name]!, { discount } = task;
    const preferences = rule === null ? [] : HEIGHTS.map((height) => preference(task, rule.width, height));
    const second = rule === null ? null : felt(preferences, rule.height);
    const head = `| width (m) | ${HEIGHTS.map((height) => `${height} α`).join(" | ")} |`;
    const rows = curves.map(({ width, shares }) => `| ${width} | ${shares.map(percent).join(" | ")} |`);
    return [
      `### ${name}, γ = ${discount}`,
      "",
      head,
      `| --- |${" ---: |".repeat(HEIGHTS.length)}`,
      ...rows,
      "",
      rule === null
        ? "At none of these heights do half of the episodes arrive."
        : `**By the rule: height ${rule.height} α, width ${rule.width} m** (${percent(rule.share)} arrive).`,
      "",
      ...rule === null ? [] : [
        `Preference for running at the start, width ${rule.width} m (nats per decision):`,
        "",
        head.replace("width (m)", "height"),
        `| --- |${" ---: |".repeat(HEIGHTS.length)}`,
        `| nats | ${preferences.map((nats) => nats.toFixed(1).replace("-", "−")).join(" | ")} |`,
        "",
        ...second === null ? [] : [`**By the second rule: height ${second} α.**`, ""],
      ],
    ].join("\n");
  });
  const bodies = Object.entries(RUNNERS).map(([name, { speed, running }]) =>
    `| ${name} | ${speed} | ${running} |`
  );
  return [
    "# Rewards that had to be chosen, and the rule for them",
    "",
    "[Contents](README.md) · [softq](../README.md)",
    "",
    "The paper rewards the maze and the U by a Gaussian at the goal and gives neither its height nor its width. A",
    "maximum-entropy policy weighs that height against entropy: if it is too low, the *optimal* policy idles, and no",
    "estimator and no number of updates changes that. The height is therefore chosen from an exactly solved model",
    "(`study/small_model.ts`), by a first rule before any run that uses it and by a second one after the first seed",
    "in the maze, and is the same for every algorithm.",
    "",
    "In the model, a body is a point. In each decision (0.06 s) it either idles, with the entropy of uniform actions, or",
    "runs and gives up some of that entropy. The reward must work for two bodies:",
    "",
    "| body | speed (m/s) | entropy given up (nats per decision) |",
    "| --- | ---: | ---: |",
    ...bodies,
    "",
    `A cell of a table is the share of the optimal policy's episodes of ${SECONDS} s that come closer to the goal than`,
    "the world's threshold, for the worse of the two bodies. The optimal policy depends on the height in units of α",
    "alone.",
    "",
    "**The rule.** The smallest height at which at least half of the episodes arrive; among the widths for which it is",
    "the smallest, the one with the most arrivals; among equals the wider, which has the longer reach. A greater height",
    "than an optimal policy needs also makes dead ends near the goal more attractive.",
    "",
    "![Share of episodes that arrive against the height over α](choices.svg)",
    "",
    ...tables,
    "**The second rule.** In the model values are exact; with the presets' 8 samples a learned soft value has a noise of",
    `${NOISE} nats at least ([sampler](sampler.md)), and at the first rule's height an optimal policy prefers to run by less`,
    "than that (the tables above), so that a learned one dawdles: two seeds of the maze came no nearer than 3.1 and 4.0 m",
    "and had unlearned their gait. So the height is the smallest at which running is preferred at the start by ten times",
    "the noise. This rule was written after the first seed at 200 α had come near in the maze, and before all others.",
    "",
    "The heights of the first rule are those of the variants at α = 0.1, `ruled-0.06s` of the maze (also as",
    "`ruled-0.06s-travel-66`) and `u-maze-ruled-0.06s` of transfer; those of the second are the same variants at a lower α",
    "(`--temperature 0.01` and `0.02`) or with scaled rewards (`--reward-scale 10` and `5`). The first variants (height 1, width 3 m) remain available. With those at α = 0.1, according to the model,",
    "hardly any episode reaches the goal of either world.",
    "",
    "In the U a wide Gaussian is deceptive: the start is 4 m from the goal, behind the divider, and is rewarded nearly as",
    "much as the way around it, so that the optimal policy stays there.",
    "",
    ...U_TRIALS,
    "",
    swimmers,
  ].join("\n");
}

if (import.meta.main) {
  const tasks = Object.fromEntries(Object.entries(TASKS).map(([name, task]) => [name, curvesOf(task)]));
  const swimmers = pipe(
    await archivedRuns({ runs: "runs", results: "results" }, STUDY)(),
    E.chain((runs) => seedsOf(runs, swimmer)),
    E.map((seeds) => swimmerSection(undirectedSwims(seeds))),
  );
  if (E.isLeft(swimmers)) throw new Error(swimmers.left.message);
  Deno.writeTextFileSync("docs/choices.md", choicesPage(tasks, swimmers.right));
  Deno.writeTextFileSync("docs/choices.svg", choicesFigure(tasks));
}
