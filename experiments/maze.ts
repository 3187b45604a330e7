/**
 * The quadruped in the maze with a blocked passage (section 5.2 of the paper): two ways around a divider look alike at
 * first, and only one leads to the goal. Figure 3b.
 *
 *     deno run --allow-read --allow-write=runs experiments/maze.ts --help
 *
 * @module
 */

import { GOAL_WIDTH, quadruped } from "../envs/quadruped.ts";
import { MAZE } from "../envs/worlds.ts";
import { quadrupedGait } from "../envs/gaits.ts";
import type { Configuration } from "../src/run/configuration.ts";
import { processConsole } from "../src/cli/console.ts";
import {
  type Algorithm,
  type Evaluated,
  type Experiment,
  type Finished,
  presetOf,
  type Scale,
} from "../src/run/experiment.ts";
import type { JsonObject } from "../src/run/json.ts";
import { main } from "../src/cli/main.ts";
import { figure3 } from "../src/report/figure_3.ts";
import type { Point } from "../src/report/panel.ts";
import { meanOf } from "../src/report/statistics.ts";
import type { Episode } from "../src/train/evaluate.ts";
import { millimetres, pathOf, quadrupedScale } from "./paths.ts";

const GOAL = MAZE.goal!; // the maze has both
const THRESHOLD = MAZE.threshold!;

/** How wide the goal's Gaussian is, m; the other shows how much depends on our choice: at the start 28 % of it are felt. */
const WIDTHS: Readonly<Record<string, number>> = { gaussian: GOAL_WIDTH, "gaussian-5m": 5 };

/** The divider: whoever is above or below it, between its ends, is in a passage. */
const DIVIDER = { x: [3, 8], y: [3, 4] } as const;

const preset = (algorithm: Algorithm, scale: Scale): Configuration =>
  presetOf("maze", algorithm, scale, {
    variant: "gaussian",
    horizon: 500,
    ...quadrupedScale(algorithm, scale),
  });

const inPassage = ([x, y]: Point, upper: boolean): boolean =>
  x > DIVIDER.x[0] && x < DIVIDER.x[1] && (upper ? y > DIVIDER.y[1] : y < DIVIDER.y[0]);

/** How near the goal the episodes came, and which passages they saw. */
function summarise(episodes: readonly Episode[]): JsonObject {
  const paths = episodes.map((episode) => pathOf(episode));
  const least = paths.map((path) =>
    millimetres(path.map(([x, y]) => Math.hypot(x - GOAL[0], y - GOAL[1])).reduce((a, b) => Math.min(a, b)))
  );
  const share = (upper: boolean): number =>
    paths.filter((path) => path.some((place) => inPassage(place, upper))).length / paths.length;
  return {
    leastDistances: least,
    leastDistance: Math.min(...least),
    upperShare: share(true),
    lowerShare: share(false),
    reachedShare: least.filter((distance) => distance < THRESHOLD).length / least.length,
    meanReturn: meanOf(episodes.map((episode) => episode.return)),
    meanDiscountedReturn: meanOf(episodes.map((episode) => episode.discountedReturn)),
    meanEpisodeLength: meanOf(episodes.map((episode) => episode.length)),
  };
}

/** The least distance so far after each evaluation. */
const leastSoFar = (history: readonly Evaluated[]): readonly Point[] => {
  let least = Infinity;
  return history.map((
    each,
  ): Point => [each.step, least = Math.min(least, Number(each.evaluation.leastDistance))]);
};

/**
 * When a run first came closer than the blocked passage allows, and the mean shares of episodes that saw each passage in the
 * evaluations before that one; null where it is the first.
 */
function overall(history: readonly Evaluated[]): JsonObject {
  const success = history.findIndex(({ evaluation }) => Number(evaluation.reachedShare) > 0);
  const before = success < 0 ? history : history.slice(0, success);
  const seen = (name: string): number | null =>
    before.length === 0 ? null : meanOf(before.map(({ evaluation }) => Number(evaluation[name])));
  return {
    leastDistance: Math.min(...history.map(({ evaluation }) => Number(evaluation.leastDistance))),
    firstSuccess: success < 0 ? null : history[success].step,
    upperShareBefore: seen("upperShare"),
    lowerShareBefore: seen("lowerShare"),
  };
}

/** Figure 3b of any number of runs. */
export const figuresOf = (
  runs: readonly { readonly algorithm: Algorithm; readonly history: readonly Evaluated[] }[],
  caption: string,
): Readonly<Record<string, string>> => ({
  "figure-3b.svg": figure3({
    title: "Quadruped in the maze: the nearest to the goal so far",
    caption,
    measure: "least distance to the goal so far (m)",
    threshold: { value: THRESHOLD, meaning: "the best that the blocked passage allows" },
    runs: runs.map(({ algorithm, history }) => ({ algorithm, points: leastSoFar(history) })),
  }, "figure-3b"),
});

const figures = ({ configuration: c, history }: Finished): Readonly<Record<string, string>> =>
  figuresOf(
    history.map((each) => ({ algorithm: c.algorithm, history: each })),
    `${c.steps} environment steps, an update every ${c.stepsPerUpdate}, ` +
      `${c.intermediateEpisodes} episodes an evaluation`,
  );

/** The experiment. */
export const maze: Experiment = {
  name: "maze",
  brief: "Finds a goal behind one of two passages of which the other is blocked.",
  variants: Object.keys(WIDTHS),
  preset,
  environment: (variant) =>
    quadruped({
      task: { kind: "goal", width: WIDTHS[variant] },
      world: MAZE,
      observation: "compact-position",
    }),
  gait: quadrupedGait,
  summarise,
  overall,
  figures,
};

if (import.meta.main) Deno.exit(await main(maze, Deno.args, processConsole()));
