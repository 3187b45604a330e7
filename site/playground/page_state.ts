/**
 * The state of the playground, which its address encodes.
 *
 * @module
 */

import type { Goal } from "../../envs/point_mass.ts";
import { type Algorithm, ALGORITHMS, PLAY_DEFAULTS, type PlayOptions, type Temperature } from "./options.ts";

/** Updates per second; 0 for as many as possible. */
export const SPEEDS = [1, 10, 100, 0] as const;

/** Devices on which the page's updates run. */
export const DEVICES = ["auto", "cpu", "webgpu"] as const;

/** A learner's number of steps, and the steps at which its temperature changes. */
export interface TrainingSchedule {
  readonly temperatures: readonly Temperature[];
  /** Number of steps after which it stops; null for no limit. */
  readonly until: number | null;
}

/** An opened policy file: an address contains its name and digest, not its content. */
export interface FileMark {
  /** Its name, of letters, digits, dots, hyphens and underscores. */
  readonly name: string;
  /** The first 16 hexadecimal digits of its SHA-256; empty if the browser cannot compute it. */
  readonly digest: string;
}

/** The complete state of the page, without derived data. */
export interface PageState {
  /** Options of the task and the algorithm. */
  readonly options: PlayOptions;
  /** The algorithms trained side by side. */
  readonly algorithms: readonly Algorithm[];
  /** The algorithm that the other panels show. */
  readonly front: Algorithm;
  /** The viewed state, whose actions are shown. */
  readonly looked: Goal;
  /** Whether the Stein particles are shown. */
  readonly particles: boolean;
  /** See {@link SPEEDS}. */
  readonly speed: typeof SPEEDS[number];
  /** See {@link DEVICES}. */
  readonly device: typeof DEVICES[number];
  /** Number of steps after which the learner in front stops; null for no limit. */
  readonly until: number | null;
  /** Temperatures of the other learners, if different from `options`, which belongs to the one in front. */
  readonly otherTemperatures: Readonly<Record<Algorithm, readonly Temperature[]>>;
  /** Numbers of steps after which the other learners stop, if different from `until`. */
  readonly otherUntil: Readonly<Record<Algorithm, number>>;
  /** The file with the learner's initial networks; null for new networks. */
  readonly file: FileMark | null;
}

/** The page's initial state. */
export const PAGE_DEFAULTS: PageState = {
  options: PLAY_DEFAULTS,
  algorithms: ALGORITHMS.slice(0, 1),
  front: ALGORITHMS[0]!,
  looked: [0, 0],
  particles: false,
  speed: 0,
  device: "auto",
  until: null,
  otherTemperatures: {},
  otherUntil: {},
  file: null,
};

/** The state with these learners; the first is in front if the previous one is not among them. */
export const withLearners = (state: PageState, algorithms: readonly Algorithm[]): PageState => ({
  ...state,
  algorithms,
  front: algorithms.includes(state.front) ? state.front : algorithms[0]!,
});

/** The schedule of a learner. */
export const scheduleOf = (state: PageState, algorithm: Algorithm): TrainingSchedule => ({
  temperatures: state.otherTemperatures[algorithm] ?? state.options.temperatures,
  until: state.otherUntil[algorithm] ?? state.until,
});

/** The state with these schedules; other learners keep theirs. */
export function withSchedules(
  state: PageState,
  schedules: Readonly<Record<Algorithm, TrainingSchedule>>,
): PageState {
  const of = (algorithm: Algorithm): TrainingSchedule => schedules[algorithm] ?? scheduleOf(state, algorithm);
  const { temperatures, until } = of(state.front), schedule = JSON.stringify(temperatures);
  const others = state.algorithms.filter((each) => each !== state.front)
    .map((algorithm) => ({ algorithm, ...of(algorithm) }));
  return {
    ...state,
    options: { ...state.options, temperatures },
    until,
    otherTemperatures: Object.fromEntries(
      others.filter((each) => JSON.stringify(each.temperatures) !== schedule)
        .map((each) => [each.algorithm, each.temperatures]),
    ),
    otherUntil: Object.fromEntries(
      others.flatMap((each) =>
        each.until === null || each.until === until ? [] : [[each.algorithm, each.until]]
      ),
    ),
  };
}

/** The state with all learners restarted at their current temperatures. */
export function restarted(state: PageState): PageState {
  const temperatures = [{ from: 0, value: state.options.temperatures.at(-1)!.value }];
  return {
    ...state,
    options: { ...state.options, temperatures },
    until: null,
    otherTemperatures: {},
    otherUntil: {},
    file: null,
  };
}
