/**
 * Experiments from their parts: variants of an environment, presets by scale and algorithm, measures of episodes, and
 * figures of one or of many runs. The paper's experiments have this shape, and so can a user's.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import { E } from "../deps.ts";
import {
  callPart,
  type ExperimentPart,
  wrongChanges,
  wrongFiles,
  wrongMeasures,
} from "./checked_experiment.ts";
import type { Configuration } from "./configuration.ts";
import {
  type Algorithm,
  type Evaluated,
  type Experiment,
  type Finished,
  presetOf,
  type Scale,
} from "./experiment.ts";
import type { JsonObject } from "./json.ts";
import { type MeasureTable, NUMBER, readMeasures, type ValuesOf } from "./measures.ts";
import type { Gait } from "./scripted.ts";
import type { Episode } from "../train/evaluate.ts";

/** Files by name. */
export type Files = Readonly<Record<string, string>>;

/** Part of a configuration. */
export type Changes = Partial<Configuration>;

/** A seed of a run, for figures. */
export interface ShownSeed<S extends MeasureTable> {
  readonly configuration: Configuration;
  readonly seed: number;
  /** Its evaluations, the final one last. */
  readonly history: readonly Evaluated<ValuesOf<S>>[];
}

/** A finished run, for figures. */
export interface FinishedRun<S extends MeasureTable, V> extends Omit<Finished, "history"> {
  readonly variant: V;
  readonly seeds: readonly ShownSeed<S>[];
}

/** Caption, file name and title of a figure. */
export interface FigureOptions {
  readonly caption: string;
  /** Suffix of every figure's file name, before the extension. */
  readonly suffix?: string;
  /** The setting that distinguishes them from similar figures, for their titles; none unless given. */
  readonly setting?: string;
}

/** The parts of an experiment. */
export interface ExperimentParts<V, S extends MeasureTable, O extends MeasureTable> {
  /** Name on the command line. */
  readonly name: string;
  /** URL of the module that exports it, for workers that collect. */
  readonly module?: string;
  /** One sentence for `--help`. */
  readonly brief: string;
  /** Versions of the task by name, the default first. */
  readonly variants: Readonly<Record<string, V>>;
  readonly environment: (variant: V) => Environment;
  /** Changes to the defaults at each scale. */
  readonly scales: Readonly<Partial<Record<Scale, Changes>>>;
  /** Further changes for some algorithms, by name. */
  readonly algorithms?: Readonly<Record<string, (scale: Scale) => Changes>>;
  /** Further changes for some variants. */
  readonly settings?: (variant: V, scale: Scale) => Changes;
  /** Measures of an evaluation's episodes. */
  readonly measures: S;
  readonly summarise: (episodes: readonly Episode[], variant: V) => ValuesOf<S>;
  /** Measures of all evaluations of a seed; none unless given. */
  readonly overall?: {
    readonly measures: O;
    readonly summarise: (history: readonly Evaluated<ValuesOf<S>>[]) => ValuesOf<O>;
  };
  /** Figures of the evaluations of any number of seeds on one variant. */
  readonly curves?: (seeds: readonly ShownSeed<S>[], variant: V, options: FigureOptions) => Files;
  /** Further files of one finished run. */
  readonly figures?: (finished: FinishedRun<S, V>) => Files;
  /** A hand-made gait. */
  readonly gait?: Gait;
}

/** An experiment with typed measures. */
export interface TypedExperiment<S extends MeasureTable, O extends MeasureTable> extends Experiment {
  readonly measures: S;
  readonly overallMeasures: O;
  /** See {@link ExperimentParts.curves}; the variant by its name. */
  readonly curves: (seeds: readonly ShownSeed<S>[], variant: string, options: FigureOptions) => Files;
}

/** Measures of any environment's episodes, for experiments without measures of their own. */
export const RETURNS = {
  measures: { meanReturn: NUMBER, meanDiscountedReturn: NUMBER, meanEpisodeLength: NUMBER },
  summarise: (episodes: readonly Episode[]): Readonly<
    Record<"meanReturn" | "meanDiscountedReturn" | "meanEpisodeLength", number>
  > => ({
    meanReturn: mean(episodes.map((episode) => episode.return)),
    meanDiscountedReturn: mean(episodes.map((episode) => episode.discountedReturn)),
    meanEpisodeLength: mean(episodes.map(({ length }) => length)),
  }),
};

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** The measures of an evaluation that this process made; failing to read them back is a bug, hence the exception. */
const ownValues = <T extends MeasureTable>(table: T, json: JsonObject): ValuesOf<T> => {
  const values = readMeasures(table, json);
  if (E.isLeft(values)) throw new TypeError(`An evaluation of this run: ${values.left}`);
  return values.right;
};

/** The schedule of a run, for captions. */
export const runCaption = ({ steps, stepsPerUpdate, intermediateEpisodes }: Configuration): string =>
  `${steps} environment steps, an update every ${stepsPerUpdate}, ${intermediateEpisodes} episodes an evaluation`;

/** An experiment from its parts. */
export function defineExperiment<V, S extends MeasureTable, O extends MeasureTable = Record<never, never>>(
  parts: ExperimentParts<V, S, O>,
): TypedExperiment<S, O> {
  const { name, brief, variants, environment, scales, algorithms = {}, measures, summarise, overall, gait } =
    parts;
  /** Calls a part that need not be there, and then gives nothing. */
  const part = <A extends object>(
    of: ExperimentPart,
    call: (() => A) | undefined,
    wrong: (given: unknown) => string | null,
  ): A | Record<never, never> => call === undefined ? {} : callPart(name, of, call, wrong);
  const typed = (history: readonly Evaluated[]): readonly Evaluated<ValuesOf<S>>[] =>
    history.map(({ step, evaluation }) => ({ step, evaluation: ownValues(measures, evaluation) }));
  const curves: TypedExperiment<S, O>["curves"] = (seeds, variant, options) =>
    part("curves", parts.curves?.bind(parts, seeds, variants[variant]!, options), wrongFiles);
  const preset = (algorithm: Algorithm, scale: Scale, variant = Object.keys(variants)[0]!): Configuration =>
    presetOf(name, algorithm, scale, {
      variant,
      ...scales[scale],
      ...part(
        "algorithms",
        Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm]!.bind(algorithms, scale) : undefined,
        wrongChanges,
      ),
      // Validation refuses another variant.
      ...Object.hasOwn(variants, variant)
        ? part("settings", parts.settings?.bind(parts, variants[variant]!, scale), wrongChanges)
        : {},
    });
  return {
    name,
    brief,
    variants: Object.keys(variants),
    preset,
    environment: (variant) => environment(variants[variant]!),
    measures,
    overallMeasures: overall?.measures ?? {} as O,
    summarise: (episodes, variant) => summarise(episodes, variants[variant]!),
    ...overall === undefined ? {} : {
      overall: (history) =>
        part(
          "overall",
          () => overall.summarise(typed(history)),
          (given) => wrongMeasures(given, overall.measures),
        ),
    },
    curves,
    figures: ({ history, ...finished }) => {
      const { configuration } = finished;
      const seeds = history.map((each, r) => ({
        configuration,
        seed: configuration.seed + r,
        history: typed(each),
      }));
      return {
        ...curves(seeds, configuration.variant, { caption: runCaption(configuration) }),
        ...part(
          "figures",
          parts.figures?.bind(parts, { ...finished, variant: variants[configuration.variant]!, seeds }),
          wrongFiles,
        ),
      };
    },
    ...parts.module === undefined ? {} : { module: parts.module },
    ...gait === undefined ? {} : { gait },
  };
}
