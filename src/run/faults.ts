/**
 * Faults inside a run, besides those of files and devices: non-finite numbers and exceptions.
 *
 * Laws, tested: a checkpoint of a replica that is not frozen is finite; an environment that throws ends the run with an
 * error as a value; both leave the last checkpoint unchanged.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import { EnvironmentFailed } from "../../envs/boundary.ts";
import type { Running, Training, TrainingState } from "../train/loop.ts";
import { frozenText, STATE_CAUSE } from "../train/non_finite_causes.ts";
import type { Episode } from "../train/evaluate.ts";
import { nonFiniteOf } from "../train/non_finite.ts";
import type { Snapshot } from "../train/snapshot.ts";
import { thrownText } from "../given.ts";
import { ExperimentFailed } from "./checked_experiment.ts";

/** Every replica has become non-finite. */
export interface NonFinite {
  /** The discriminant. */
  readonly _tag: "NonFinite";
  /** What was non-finite, and when. */
  readonly message: string;
}

/** An exception of other code, such as an observer's. */
export interface RunFailed {
  /** The discriminant. */
  readonly _tag: "RunFailed";
  /** The failed part and the exception's message. */
  readonly message: string;
  /** What was thrown. */
  readonly cause: unknown;
}

/** An exception as a failure; those of an environment and of an experiment keep their type. */
function failureOf(what: string, cause: unknown): CodeFailed {
  return cause instanceof EnvironmentFailed || cause instanceof ExperimentFailed
    ? cause
    : { _tag: "RunFailed", message: `${what} failed: ${thrownText(cause)}`, cause };
}

/** A failure of an environment's, of an experiment's or of other code. */
export type CodeFailed = EnvironmentFailed | ExperimentFailed | RunFailed;

/** Turns exceptions of a task into failures. */
export const catchExceptions =
  <L, A>(what: string, task: TE.TaskEither<L, A>): TE.TaskEither<L | CodeFailed, A> => async () => {
    try {
      return await task();
    } catch (cause) {
      return E.left(failureOf(what, cause));
    }
  };

/** {@link catchExceptions} for a task whose making may throw as well. */
export const guarded = <L, A>(
  what: string,
  task: () => TE.TaskEither<L, A>,
): TE.TaskEither<L | CodeFailed, A> => catchExceptions(what, () => task()());

/** {@link catchExceptions} for what is computed at once. */
export function caught<L, A>(what: string, compute: () => E.Either<L, A>): E.Either<L | CodeFailed, A> {
  try {
    return compute();
  } catch (cause) {
    return E.left(failureOf(what, cause));
  }
}

/** The parts of a training's state that describe failures. */
type FailedState = Pick<TrainingState, "frozen" | "lost" | "collector">;

/** The parts of a training that the messages of failures use. */
type FailedTraining = Pick<
  Training<unknown>,
  "environment" | "chunk" | "stepsPerUpdate" | "minimumReplay"
>;

/**
 * A sentence for each replica that became non-finite or received a non-finite value. If the environment gave a
 * non-finite value, the sentence names it as the cause.
 */
export function failedReplicas(
  training: FailedTraining,
  state: FailedState,
  seed: number,
): readonly string[] {
  const { environment: { spec } } = training, { frozen, collector } = state;
  return [...frozen].flatMap((update, r) => {
    const arrived = nonFiniteOf(spec, collector.nonFinite, r), who = `Replica ${r} (seed ${seed + r})`;
    if (update === 0) return arrived === null ? [] : [`${who}: ${arrived}, which no update has drawn`];
    return [
      arrived === null
        ? `${who}: ${frozenText(training, state, r)}, and it was frozen`
        : `${who}: ${arrived}, and it was frozen at update ${update}`,
    ];
  });
}

/**
 * Fails if every replica is frozen, since nothing is left to learn.
 *
 * @param stored environment steps of the newest checkpoint; null if there is none
 */
export function requireActiveReplica(
  training: FailedTraining,
  state: FailedState,
  seed: number,
  stored: number | null,
): E.Either<NonFinite, null> {
  if (state.frozen.some((at) => at === 0)) return E.right(null);
  const kept = stored === null
    ? "no checkpoint had been written"
    : `the last checkpoint, of step ${stored}, is from before`;
  const message = `${failedReplicas(training, state, seed).join("; ")}: no replica is left; ${kept}`;
  return E.left({ _tag: "NonFinite", message });
}

/** A sentence for each replica whose episodes had a non-finite value, about the first one. */
export const nonFiniteIn = (episodes: readonly (readonly Episode[])[], seed: number): readonly string[] =>
  episodes.flatMap((each, r) => {
    const k = each.findIndex(({ nonFinite }) => nonFinite !== undefined);
    return k < 0
      ? []
      : [`Replica ${r} (seed ${seed + r}): ${each[k]!.nonFinite} of episode ${k} of its evaluation`];
  });

/** The first non-finite number in the arrays of a replica, with the array's name. */
function firstNonFinite(snapshot: Snapshot, replica: number, replicas: number): string | null {
  for (const [name, { data }] of Object.entries(snapshot.tensors)) {
    if (!name.startsWith("learner.") || data instanceof Uint32Array) continue;
    const size = data.length / replicas;
    for (let i = replica * size; i < (replica + 1) * size; i++) {
      if (!Number.isFinite(data[i])) return `the number ${data[i]} in "${name.slice("learner.".length)}"`;
    }
  }
  return null;
}

/**
 * Freezes every active replica with a non-finite number, in the state and on the device; fails if no replica remains
 * active.
 */
export function freezeNonFinite<S>(
  { executable }: Running<S>,
  state: TrainingState,
  snapshot: Snapshot,
  seed: number,
): E.Either<NonFinite, TrainingState> {
  const frozen = state.frozen.slice(), lost = state.lost.slice(), found: string[] = [];
  for (let r = 0; r < frozen.length; r++) {
    const broken = frozen[r] === 0 ? firstNonFinite(snapshot, r, frozen.length) : null;
    if (broken === null) continue;
    frozen[r] = Math.max(1, state.updates);
    lost[r] = STATE_CAUSE;
    found.push(`Replica ${r} (seed ${seed + r}) has ${broken} at update ${state.updates}`);
  }
  if (found.length === 0) return E.right(state);
  if (frozen.every((at) => at !== 0)) {
    return E.left({ _tag: "NonFinite", message: `${found.join("; ")}: no checkpoint was written` });
  }
  executable.write("frozen", frozen);
  return E.right({ ...state, frozen, lost });
}
