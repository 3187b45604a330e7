/**
 * The seeds of the study's runs with their results, and their settings compared with the paper's.
 *
 * @module
 */

import { E, pipe } from "../src/deps.ts";
import { counted } from "../src/report/quantities.ts";
import { algorithmNamed, ALGORITHMS } from "../src/learn/algorithms.ts";
import { type ConfigInvalid, configInvalid, type Configuration } from "../src/run/configuration.ts";
import { type MeasureTable, readMeasures, type ValuesOf } from "../src/run/measures.ts";
import { EXPERIMENTS } from "../experiments/all.ts";
import { withoutHeading } from "./controls.ts";
import type { ShownSeed, TypedExperiment } from "../src/run/define_experiment.ts";
import { withHorizon } from "../src/run/experiment.ts";
import type { ArchivedRun } from "./archived_run.ts";

/** The final results of a seed. */
export interface Result<S extends MeasureTable, O extends MeasureTable> {
  readonly evaluation: ValuesOf<S>;
  readonly overall: ValuesOf<O>;
}

/** One seed of one run. */
export interface Seed<S extends MeasureTable = MeasureTable, O extends MeasureTable = MeasureTable>
  extends ShownSeed<S> {
  readonly run: ArchivedRun;
  /** Null for a seed without valid results: it became non-finite, or its run failed. */
  readonly result: Result<S, O> | null;
}

/** A seed with valid results. */
export type FiniteSeed<S extends MeasureTable, O extends MeasureTable> = Seed<S, O> & {
  readonly result: Result<S, O>;
};

/** A seed of an experiment's run. */
export type SeedOf<P> = P extends TypedExperiment<infer S, infer O> ? Seed<S, O> : never;

/** A seed of an experiment's run with valid results. */
export type FiniteSeedOf<P> = P extends TypedExperiment<infer S, infer O> ? FiniteSeed<S, O> : never;

/** Whether a seed's policy also maximises entropy, that is, has a temperature. */
export const isMaximumEntropy = ({ configuration }: Pick<Seed, "configuration">): boolean =>
  configuration.temperature !== undefined;

/** A run's α in units of the unscaled reward; 0 for a deterministic policy. */
export const temperatureOf = ({ temperature = 0, rewardScale }: Configuration): number =>
  temperature / rewardScale;

/** Groups items by a string, in order of first appearance. */
export function grouped<A>(items: readonly A[], by: (item: A) => string): readonly (readonly A[])[] {
  const groups = new Map<string, A[]>();
  for (const item of items) groups.set(by(item), [...groups.get(by(item)) ?? [], item]);
  return [...groups.values()];
}

/** All seeds of the runs of an experiment, including failed ones; an error if a run's measures cannot be read. */
export const seedsOf = <S extends MeasureTable, O extends MeasureTable>(
  runs: readonly ArchivedRun[],
  { name, measures, overallMeasures }: TypedExperiment<S, O>,
): E.Either<ConfigInvalid, readonly Seed<S, O>[]> => {
  const seedOf = (run: ArchivedRun, k: number): E.Either<string, Seed<S, O>> => {
    const { seed, evaluation, failed } = run.seeds[k]!, { configuration } = run;
    const result: E.Either<string, Result<S, O> | null> = failed !== null ? E.right(null) : pipe(
      readMeasures(measures, evaluation),
      E.bindTo("evaluation"),
      E.bind("overall", () => readMeasures(overallMeasures, evaluation["overall"] ?? {})),
    );
    const history = E.traverseArray((each: ArchivedRun["history"][number][number]) =>
      E.map((values: ValuesOf<S>) => ({ step: each.step, evaluation: values }))(
        readMeasures(measures, each.evaluation),
      )
    )(run.history[k]!);
    return pipe(
      E.Do,
      E.bind("result", () => result),
      E.bind("history", () => history),
      E.map((read): Seed<S, O> => ({ run, configuration, seed, ...read })),
    );
  };
  return pipe(
    runs.filter(({ configuration }) => configuration.experiment === name).flatMap((run) =>
      run.seeds.map((_, k) => ({ run, k }))
    ),
    E.traverseArray(({ run, k }) =>
      E.mapLeft((why: string) =>
        configInvalid("study", `The archived run "${run.name}" cannot be used: ${why}`)
      )(
        seedOf(run, k),
      )
    ),
  );
};

/** The title of the learning algorithm. */
export const algorithmTitle = ({ algorithm }: Pick<Configuration, "algorithm">): string =>
  (algorithmNamed(algorithm) ?? ALGORITHMS[0]).title;

/** The seeds with valid results. */
export const finite = <S extends MeasureTable, O extends MeasureTable>(
  seeds: readonly Seed<S, O>[],
): readonly FiniteSeed<S, O>[] =>
  seeds.flatMap((seed) => seed.result === null ? [] : [{ ...seed, result: seed.result }]);

/** The number of seeds, and how many of them failed. */
export function countOf(seeds: readonly Seed[]): string {
  const failed = seeds.length - finite(seeds).length;
  return `${counted(seeds.length, "seed")}${failed === 0 ? "" : `, of which ${failed} failed`}`;
}

/** Fields in which runs may differ from the paper, with the words around them. */
const COMPARED: readonly (readonly [field: keyof Configuration, before: string, after: string])[] = [
  ["hidden", "layers of ", ""],
  ["stepsPerUpdate", "steps per update: ", ""],
  ["minimumReplay", "", " transitions before learning"],
  ["temperature", "α = ", ""],
  ["rewardScale", "reward scale ", ""],
  ["discount", "γ = ", ""],
  ["critics", "critics: ", ""],
  ["valueParticles", "K_V = ", ""],
  ["valueProposal", "value samples: ", ""],
  ["mixtureCentres", "mixture of ", " centres"],
  ["movedParticles", "K = ", ""],
  ["fixedParticles", "M = ", ""],
  ["bandwidth", "bandwidth: ", ""],
  ["samplerAverage", "sampler averaged at rate ", ""],
  ["batch", "minibatch of ", ""],
  ["capacity", "replay of the last ", " transitions"],
  ["horizon", "episodes of at most ", " steps"],
  ["symmetry", "symmetry: ", ""],
  ["criticRate", "critic rate ", ""],
  ["samplerRate", "sampler or policy rate ", ""],
  ["explorationNoise", "exploration noise: ", ""],
];

/** The target update, in words. */
const followsOf = ({ target, targetRate, targetInterval }: Configuration): string =>
  target === "polyak" ? `averaged at rate ${targetRate}` : `copied every ${targetInterval} updates`;

/** Steps of a configuration, and the sizes and rates that differ from the paper's (in brackets). */
export function sizesOf(c: Configuration): readonly string[] {
  const experiment = EXPERIMENTS.find(({ name }) => name === c.experiment)!; // it was validated when it was read
  const paper = withHorizon(experiment, experiment.preset(c.algorithm, "paper"));
  const beside = (ours: unknown, theirs: unknown): string =>
    String(ours) === String(theirs) ? String(ours) : `${ours} (${theirs})`;
  return [
    `${algorithmTitle(c)}, ${c.scale}, ${withoutHeading(c.variant)}: ${beside(c.steps, paper.steps)} steps`,
    ...COMPARED.filter(([field]) => c[field] !== undefined && String(c[field]) !== String(paper[field]))
      .map(([field, before, after]) => `${before}${beside(c[field], paper[field])}${after}`),
    `target ${beside(followsOf(c), followsOf(paper))}`,
  ];
}

/** The setting of runs in words, including their number of updates. */
export function settingOf(seeds: readonly Seed[]): string {
  const { configuration, run } = finite(seeds)[0] ?? seeds[0]!;
  const [scale, ...sizes] = sizesOf(configuration);
  return [scale, `${run.updates} updates`, ...sizes].join("; ");
}

/** Groups seeds by variant of the task and setting, in order of first appearance. */
export const bySetting = <A extends Seed>(seeds: readonly A[]): readonly (readonly A[])[] =>
  grouped(seeds, ({ configuration: c }) => [c.variant, c.init, ...sizesOf(c)].join());
