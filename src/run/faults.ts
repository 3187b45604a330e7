/**
 * What can go wrong inside a run besides files and devices: non-finite numbers, and code that throws.
 *
 * Laws, tested: a checkpoint of a replica that is not frozen is finite; an environment that throws ends the run with an
 * error as a value; both leave the last checkpoint as it was.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import { EnvironmentFailed } from "../../envs/boundary.ts";
import type { Running, Training, TrainingState } from "../train/loop.ts";
import { frozenText, LOST_STATE } from "../train/lost.ts";
import { nonFiniteOf } from "../train/non_finite.ts";
import type { Snapshot } from "../train/snapshot.ts";

/** Every replica has become non-finite. */
export interface NonFinite {
  /** Tells it from other errors. */
  readonly _tag: "NonFinite";
  /** What was not finite, and when. */
  readonly message: string;
}

/** Code of an environment or of an experiment has thrown. */
export interface RunFailed {
  /** Tells it from other errors. */
  readonly _tag: "RunFailed";
  /** Whose code has thrown, and what. */
  readonly message: string;
  /** What was thrown. */
  readonly cause: unknown;
}

/** A task whose exceptions are failures; an environment's are its own. */
export const catchExceptions =
  <L, A>(what: string, task: TE.TaskEither<L, A>): TE.TaskEither<L | EnvironmentFailed | RunFailed, A> =>
  async () => {
    try {
      return await task();
    } catch (cause) {
      if (cause instanceof EnvironmentFailed) return E.left(cause);
      const message = `${what} failed: ${cause instanceof Error ? cause.message : String(cause)}`;
      return E.left({ _tag: "RunFailed", message, cause });
    }
  };

/** What is known of a training in which a replica may have failed. */
type FailedState = Pick<TrainingState, "frozen" | "lost" | "collector">;

/** What of a training its failures are told with. */
type FailedTraining = Pick<
  Training<unknown>,
  "environment" | "chunk" | "stepsPerUpdate" | "minimumReplay"
>;

/**
 * The sentences for the replicas that became non-finite, or to which something non-finite came: what the environment gave
 * is the cause of what followed from it.
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
 * Fails where every replica is frozen, because then nothing is left to learn.
 *
 * @param stored environment steps of the newest checkpoint; null where there is none
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
 * The state with every replica frozen, on the device too, that is still active and has a non-finite number; a failure
 * where that leaves no active replica.
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
    lost[r] = LOST_STATE;
    found.push(`Replica ${r} (seed ${seed + r}) has ${broken} at update ${state.updates}`);
  }
  if (found.length === 0) return E.right(state);
  if (frozen.every((at) => at !== 0)) {
    return E.left({ _tag: "NonFinite", message: `${found.join("; ")}: no checkpoint was written` });
  }
  executable.write("frozen", frozen);
  return E.right({ ...state, frozen, lost });
}
