/**
 * Figures over several runs of the study; runs of one setting share a figure.
 *
 * @module
 */

import { algorithmNamed } from "../src/learn/algorithms.ts";
import { figure7 } from "../src/report/figure_7.ts";
import type { Configuration } from "../src/run/configuration.ts";
import { grouped as digitsOf } from "../src/run/pace.ts";
import type { MeasureTable } from "../src/run/measures.ts";
import type { TypedExperiment } from "../src/run/define_experiment.ts";
import { pretrain } from "../experiments/pretrain.ts";
import { panelOf } from "../experiments/pretrain_figure.ts";
import { changeOf, isSweep } from "./ablation.ts";
import { beganLate } from "./claims/transfer.ts";
import { SHORT } from "./plan/settings.ts";
import { controlPart, controlsOf, isAtRllabInterval, isSteady, isTravelling } from "./controls.ts";
import { grouped, type Seed, type SeedOf, settingOf, temperatureOf } from "./seeds.ts";

/** A figure over several runs. */
export interface StudyFigure {
  /** Name of its file. */
  readonly file: string;
  /** The text of the SVG file. */
  readonly content: string;
  /** What it shows, in a few words. */
  readonly shows: string;
  /** The settings of its runs, as in the rows of claims. */
  readonly settings: readonly string[];
}

/** The number of the paper's figure that a file's name begins with: `Figure 3a`. */
const numberOf = (file: string): string => `Figure ${/^figure-(\d+[a-z]?)/.exec(file)?.[1] ?? ""}`;

/** The title in an SVG file, with its entities, which Markdown reads too. */
const titleIn = (svg: string): string => /<title[^>]*>([^<]*)</.exec(svg)?.[1] ?? "";

const figureIn = (file: string, content: string, how: string, seeds: readonly Seed[]): StudyFigure => ({
  file,
  content,
  shows: `${numberOf(file)}. ${titleIn(content)}; ${how}`,
  settings: [...new Set(seeds.map((seed) => settingOf([seed])))],
});

/** A property that distinguishes a run's setting from others of its experiment. */
interface SettingMark {
  /** A part of a figure's name. */
  readonly part: string;
  readonly means: string;
  readonly holds: (c: Configuration) => boolean;
}

/** Whether a maze's Gaussian is one of docs/choices.md. */
const isRuled = ({ experiment, variant }: Configuration): boolean =>
  experiment === "maze" && variant.startsWith("ruled");

const MARKS: readonly SettingMark[] = [
  {
    // At longer control intervals all targets are averaged, as soft actor-critic's always are.
    part: "steady",
    means: "steady critic",
    holds: (c) => isSteady(c) && controlPart(c) === "",
  },
  {
    part: "copy-500",
    means: "targets copied every 500 updates",
    holds: (c) => c.target === "copy" && c.targetInterval === 500,
  },
  {
    part: "dense",
    means: "an update every two steps",
    holds: (c) => c.experiment === "swimmer" && c.stepsPerUpdate === 2,
  },
  {
    part: "scale-100",
    means: "reward scale 100 of soft Q-learning",
    holds: (c) => c.experiment === "swimmer" && c.rewardScale === 100,
  },
  { part: "late", means: "learning began when α and the noises had shrunk", holds: beganLate },
  {
    part: "million",
    means: "a million steps",
    holds: (c) => c.experiment === "swimmer" && c.steps === 1_000_000,
  },
  {
    part: "0.01",
    means: "α = 0.01",
    holds: (c) => c.experiment === "maze" && temperatureOf(c) === 0.01 && !isRuled(c),
  },
  {
    // Not DDPG, which has no temperature, nor soft actor-critic with a learned one: their goals are as high as those of
    // the runs with the second rule's α.
    part: "first-rule",
    means: "the height of the first rule, 20 α",
    holds: (c) => isRuled(c) && temperatureOf(c) === 0.1 && c.temperatureRule !== "automatic",
  },
  {
    part: "third-of-second-rule",
    means: "a third of the height of the second rule, 67 α",
    holds: (c) => isRuled(c) && temperatureOf(c) === 0.03,
  },
  {
    part: "scale-10",
    means: "rewards times ten, at α = 0.1",
    holds: (c) => c.experiment === "maze" && c.rewardScale === 10,
  },
  { part: "5m", means: "a Gaussian of 5 m", holds: (c) => c.variant === "gaussian-5m" },
  {
    part: "pretrained",
    means: "from a pretrained policy",
    holds: (c) => ["maze", "swimmer"].includes(c.experiment) && c.init !== "",
  },
];

const marksOf = (c: Configuration): readonly SettingMark[] => MARKS.filter(({ holds }) => holds(c));

/** A run's setting as a part of a figure's name: each setting has its own figures. */
const suffixOf = (c: Configuration): string =>
  [...marksOf(c).map(({ part }) => part), controlPart(c)].filter((part) => part !== "").map((part) =>
    `-${part}`
  )
    .join("");

/** The meaning of a line or a band in an experiment's figures. */
const LINES: Readonly<Record<string, string>> = { transfer: "mean and one standard deviation over seeds" };

/** The figures of an experiment's seeds on some variants, separately for each setting. */
export const curvesBySetting = <S extends MeasureTable, O extends MeasureTable>(
  { name, curves }: TypedExperiment<S, O>,
  seeds: readonly Seed<S, O>[],
  variants: readonly string[],
): readonly StudyFigure[] =>
  grouped(
    seeds.filter(({ configuration: c }) => variants.includes(c.variant)),
    ({ configuration }) => suffixOf(configuration),
  ).flatMap((group): readonly StudyFigure[] => {
    const { configuration } = group[0]!;
    const caption = [
      LINES[name] ?? "one line per seed",
      ...marksOf(configuration).map(({ means }) => means),
      ...controlsOf(configuration),
    ].join("; ");
    const setting = [
      ...marksOf(configuration).map(({ part }) => part.replaceAll("-", " ")),
      ...isTravelling(configuration) ? ["frame of travel"] : [],
    ].join(", ");
    const files = curves(group, configuration.variant, { caption, suffix: suffixOf(configuration), setting });
    return Object.entries(files).map(([file, content]) =>
      figureIn(file, content, `${configuration.variant}; ${caption}`, group)
    );
  });

/** A pretraining run's settings other than its temperature, in a few words. */
const remedyOf = (c: Configuration): string => {
  const { variant, symmetry, critics = 1, discount, init } = c;
  return [
    ...variant === "speed-survival" ? ["survival"] : [],
    ...controlsOf({ variant, symmetry }),
    ...isSteady(c) ? ["steady"] : critics > 1 ? ["2 critics"] : [],
    ...c.batch > (algorithmNamed(c.algorithm)?.defaults.batch ?? 0) ? ["many states"] : [],
    ...discount === 0.99 ? [] : [`γ = ${discount}`],
    ...init === "" ? [] : ["continued"],
  ].join(", ");
};

/** Steps of the first pretraining runs. */
const FIRST_STEPS = Number(SHORT.steps);

/**
 * Figure 7: the first settings, from the highest temperature to the lowest. The remedies, the algorithms after as many
 * steps as in their presets, the ablation's temperatures, those that learn from recent transitions, those in the frame
 * of travel, and the other runs at the longer control interval have figures of their own.
 */
export function pretrainFigures(all: readonly SeedOf<typeof pretrain>[]): readonly StudyFigure[] {
  const seeds = all.filter(({ run }) => changeOf(run) === null || isSweep(run));
  const shown = seeds.filter(({ run, history }) => run.traces.length > 0 && history.length > 0)
    .toSorted((a, b) => temperatureOf(b.configuration) - temperatureOf(a.configuration));
  const figureOf = (
    file: string,
    caption: string,
    of: readonly SeedOf<typeof pretrain>[],
    remedyIn: (c: Configuration) => string = remedyOf,
  ): readonly StudyFigure[] => {
    const panels = of.map(
      ({ run, seed, configuration, history }) => {
        const { heading, traces } = run.traces[seed - configuration.seed]!, remedy = remedyIn(configuration);
        const title = remedy === "" ? heading : heading.replace(", seed", `, ${remedy}, seed`);
        return panelOf(configuration.algorithm, title, traces, history[history.length - 1]!.evaluation);
      },
    );
    return panels.length === 0 ? [] : [figureIn(
      file,
      figure7({
        title: `Paths of the pretrained quadruped: ${caption}`,
        caption: "forty episodes of 10 s of each run's last policy",
        panels,
      }),
      `${of.length} policies`,
      of,
    )];
  };
  const { steps } = pretrain.preset("soft-q", "study");
  const sweep = shown.filter(({ run }) => isSweep(run));
  // A row for each stage, a column for each seed.
  const travelling = shown.filter(({ configuration }) => isTravelling(configuration))
    .toSorted(({ configuration: a }, { configuration: b }) =>
      Number(isAtRllabInterval(a)) - Number(isAtRllabInterval(b)) || a.steps - b.steps
    );
  const recent = shown.filter((seed) => seed.configuration.capacity > 0 && !travelling.includes(seed));
  const symmetric = shown.filter((seed) =>
    seed.configuration.symmetry === "body" && ![sweep, recent].some((each) => each.includes(seed))
  );
  const whole = shown.filter((seed) =>
    seed.configuration.steps === steps && seed.configuration.init === "" && !symmetric.includes(seed)
  );
  const others = shown.filter((seed) =>
    ![whole, symmetric, sweep, recent, travelling].some((each) => each.includes(seed))
  );
  const has = (remedy: boolean) => others.filter(({ configuration: c }) => (remedyOf(c) !== "") === remedy);
  return [
    ...figureOf(
      "figure-7.svg",
      `one critic, ${digitsOf(FIRST_STEPS)} steps unless said otherwise`,
      has(false),
      ({ steps }) => steps === FIRST_STEPS ? "" : `${digitsOf(steps)} steps`,
    ),
    ...figureOf("figure-7-remedies.svg", "other settings", has(true)),
    ...figureOf("figure-7-temperatures.svg", "several α, 100 000 updates from scratch", sweep, () => ""),
    ...figureOf("figure-7-algorithms.svg", `the algorithms after ${digitsOf(steps)} steps`, whole),
    ...figureOf(
      "figure-7-recent.svg",
      "from recent transitions, without and with the symmetry",
      recent,
      ({ symmetry, init, steps }) =>
        [
          ...symmetry === "body" ? ["symmetry"] : [],
          `${digitsOf(steps)} steps${init === "" ? "" : " more"}`,
        ].join(", "),
    ),
    ...figureOf(
      "figure-7-travel.svg",
      "observed in the frame of travel",
      travelling,
      (c) =>
        [
          ...isAtRllabInterval(c) ? ["every 0.02 s"] : [],
          `${digitsOf(c.steps)} steps${c.init === "" ? "" : " more"}`,
        ].join(", "),
    ),
    ...figureOf(
      "figure-7-symmetry.svg",
      "under the body's symmetry, control every 0.06 s",
      symmetric,
      (c) =>
        [
          ...isAtRllabInterval(c) ? ["every 0.02 s"] : [],
          ...c.init === "" ? [] : ["continued"],
          ...(c.samplerAverage ?? 0) === 0 ? [] : ["averaged"],
        ].join(", "),
    ),
  ];
}
