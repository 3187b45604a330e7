/**
 * The training loop: collecting and learning in chunks with a fixed lag. Each chunk takes one iteration of the loop
 * (`iteration.ts`).
 *
 *     collect: (policy parameters, environment states, key) → (environment states, transitions)     on the host
 *     learn:   (learner state, transitions, key)            → learner state                         on the device
 *
 * Chunk n is collected with the parameters after learning on chunk n-2 (chunks 0 and 1 with the initial ones), and its
 * minibatches are drawn from the transitions up to chunk n. Collecting thus overlaps with learning, while the result
 * never depends on timing.
 *
 * @module
 */

import { E, TE } from "../deps.ts";
import { EnvironmentFailed } from "../../envs/boundary.ts";
import { environmentFailure } from "../../envs/check_environment.ts";
import type { Environment } from "../../envs/environment.ts";
import type { SymmetryGroup } from "../../envs/symmetry.ts";
import type { Device, DeviceError, Executable } from "../device/device.ts";
import type { Learner } from "../learn/learner.ts";
import type { NoiseSet } from "../learn/policy.ts";
import { type Key, keyOf } from "../random/key.ts";
import { input } from "../tensor/expression.ts";
import type { Values } from "../tensor/loops.ts";
import { type Program, programOf } from "../tensor/program.ts";
import { type TensorType, u32 } from "../tensor/shape.ts";
import type { Merge, ParallelStepper } from "./parallel.ts";
import {
  type Collector,
  type CollectorState,
  emptyCollector,
  type OrnsteinUhlenbeck,
  resetInPieces,
} from "./collect.ts";
import { eventLoopTurn, initialPace, type Pace, type Pieces, wholeInPieces } from "../device/pieces.ts";
import { drawMinibatch } from "./minibatch.ts";
import { emptyReplay, fieldsOf, type Replay, replayInputs } from "./replay.ts";

/** A training: environment, learner, and the schedule of collecting and learning. */
export interface Training<S> {
  /** The environment, of which R·E copies are stepped, each with its own state. */
  readonly environment: Environment;
  /** The learner. */
  readonly learner: Learner<S>;
  /** The seed of replica 0; replica r has seed + r. */
  readonly seed: number;
  /** Number of seeds trained in one program, R. */
  readonly replicas: number;
  /** Environments of each replica, E. */
  readonly environments: number;
  /** Environment steps of each replica, over all its environments. */
  readonly steps: number;
  /** Environment steps of each replica in a chunk. */
  readonly chunk: number;
  /** Environment steps of each replica per update. */
  readonly stepsPerUpdate: number;
  /** Number of transitions of each replica before learning begins. */
  readonly minimumReplay: number;
  /** Transitions kept for each replica. */
  readonly capacity: number;
  /** Steps after which an episode is truncated. */
  readonly horizon: number;
  /** Noise added to the policy's actions, or none. */
  readonly explorationNoise: OrnsteinUhlenbeck | null;
  /** The finite set of noises from which the policy's input is drawn; unrestricted unless given. */
  readonly noiseSet?: NoiseSet | null;
  /** The group of symmetries, a random one of which is applied to each transition of a minibatch; none unless given. */
  readonly symmetry?: SymmetryGroup | null;
  /** Whether the replay keeps a journal for checkpoints. */
  readonly journal: boolean;
  /** The settings of each replica after `steps` environment steps. */
  readonly settings: (steps: number) => readonly S[];
}

/** The progress of an interrupted iteration. */
export interface IterationProgress {
  /** Steps of each environment in the iteration's own chunk, which only the first iteration collects itself. */
  readonly own: number;
  /** Whether the chunk has been sent to the device. */
  readonly sent: boolean;
  /** Number of updates made. */
  readonly updates: number;
  /** Steps of each environment in the next chunk. */
  readonly next: number;
}

/** The state of a training. */
export interface TrainingState {
  /** Number of chunks collected and learned. */
  readonly chunks: number;
  /** Environment steps of each replica. */
  readonly steps: number;
  /** Updates of each replica. */
  readonly updates: number;
  /** The host's part of the replay, written in place. */
  readonly replay: Replay;
  /** The state of the episodes, written in place. */
  readonly collector: CollectorState;
  /** `[R,P]` the policies with which the next chunk is collected. */
  readonly acting: Float32Array;
  /** `[R,P]` the newest policies. */
  readonly newest: Float32Array;
  /** `[R]` the update at which a replica became non-finite, else 0. */
  readonly frozen: Uint32Array;
  /** `[R]` a code of what was non-finite, decoded by `frozenText`. */
  readonly lost: Uint32Array;
  /** `[R]` each: metrics of the last update; empty before the first. */
  readonly metrics: Readonly<Record<string, Values>>;
  /** The progress of an interrupted iteration; null between two iterations. */
  readonly within: IterationProgress | null;
  /** The next chunk if other cores are collecting it already, else null; not part of a snapshot. */
  readonly begun: BegunChunk | null;
}

/** A chunk that is being collected on other cores; a failure is what an environment threw there. */
export type BegunChunk = Promise<E.Either<unknown, Merge>>;

/** A training with its compiled program. */
export interface Running<S> {
  /** The training. */
  readonly training: Training<S>;
  /** The collector. */
  readonly collector: Collector;
  /** The compiled program of one update, which holds the learner's state. */
  readonly executable: Executable;
  /** Names of the metrics among the program's outputs, `[R]` each. */
  readonly metricNames: readonly string[];
  /** Number of updates between two pauses, adapted to the speed of the machine. */
  readonly pace: Pace;
  /** Collects on other cores while the device learns; the loop itself collects unless given. */
  readonly parallel?: ParallelStepper;
}

/** Root keys of the replicas. */
export const replicaKeys = ({ seed, replicas }: { seed: number; replicas: number }): readonly Key[] =>
  Array.from({ length: replicas }, (_, r) => keyOf(seed + r));

/** The program of one update: a minibatch is drawn from the replay, then the learner updates. */
export function updateProgram<S>(
  { learner, environment, replicas, capacity, symmetry = null }: Training<S>,
): { readonly program: Program; readonly metricNames: readonly string[] } {
  const spec = {
    replicas,
    capacity,
    observation: environment.spec.observation.length,
    action: environment.spec.action.length,
  };
  const fields = fieldsOf(spec);
  const inputsOf = (types: Readonly<Record<string, TensorType>>) =>
    Object.fromEntries(Object.entries(types).map(([name, type]) => [name, input(type)]));
  const state = inputsOf(learner.stateTypes(replicas)), settings = inputsOf(learner.settingTypes(replicas));
  const replay = inputsOf(replayInputs(spec, fields)), key = input(u32(replicas, 2));
  const minibatch = drawMinibatch(spec, fields, replay, key, state["updates"]!, learner.batch, symmetry);
  const { state: next, metrics } = learner.update(state, settings, minibatch, key);
  return {
    program: programOf({ ...state, ...settings, ...replay, key }, { ...next, ...metrics }),
    metricNames: Object.keys(metrics),
  };
}

/** A training with its compiled program and its initial state. */
export interface Prepared<S> {
  /** The training with its compiled program. */
  readonly running: Running<S>;
  /** Its initial state. */
  readonly state: TrainingState;
}

/** Why a training could not begin or continue. */
export type LoopError = DeviceError | EnvironmentFailed;

/** Turns an `EnvironmentFailed` thrown in `task` into a failure. */
export const environmentFailures =
  <L, A>(task: TE.TaskEither<L, A>): TE.TaskEither<L | EnvironmentFailed, A> => async () => {
    try {
      return await task();
    } catch (thrown) {
      if (thrown instanceof EnvironmentFailed) return E.left(thrown);
      throw thrown;
    }
  };

/** The collector of a training. */
export const collectorOf = <S>(
  training: Omit<Training<S>, "learner"> & { readonly learner: Pick<Learner<S>, "policy"> },
): Collector => {
  const { environment, environments, horizon, explorationNoise, noiseSet = null, learner } = training;
  const keys = replicaKeys(training);
  return { environment, policy: learner.policy, horizon, environments, explorationNoise, noiseSet, keys };
};

/** Compiles a training's program and allocates its state, still without episodes and transitions. */
export const prepare = <S>(
  device: Device,
  training: Training<S>,
): TE.TaskEither<LoopError, Prepared<S>> => {
  const failure = environmentFailure(training.environment);
  if (failure !== null) return TE.left(failure);
  return async () => {
    const { program, metricNames } = updateProgram(training);
    await eventLoopTurn();
    return E.map((executable: Executable): Prepared<S> => {
      const { environment, replicas, capacity, journal } = training;
      const collector = collectorOf(training);
      executable.write("key", collector.keys.flat());
      const parameters = new Float32Array(0);
      return {
        running: { training, collector, executable, metricNames, pace: initialPace() },
        state: {
          chunks: 0,
          steps: 0,
          updates: 0,
          replay: emptyReplay({
            replicas,
            capacity,
            observation: environment.spec.observation.length,
            action: environment.spec.action.length,
          }, journal),
          collector: emptyCollector(collector),
          acting: parameters,
          newest: parameters,
          frozen: new Uint32Array(replicas),
          lost: new Uint32Array(replicas),
          metrics: {},
          within: null,
          begun: null,
        },
      };
    })(await device.compile(program)());
  };
};

/** Prepares a training, writes the learner's initial state and starts the episodes. */
export const begin = <S>(device: Device, training: Training<S>): TE.TaskEither<LoopError, Prepared<S>> =>
  environmentFailures(
    TE.chainTaskK((prepared: Prepared<S>) => () => wholeInPieces(beginning(prepared)))(
      prepare(device, training),
    ),
  );

/** Numbers written to the device at a time, which takes a millisecond or two. */
const WRITE_LENGTH = 2 ** 20;

/** Writes the learner's initial state and starts the episodes. */
function* beginning<S>({ running, state }: Prepared<S>): Pieces<Prepared<S>> {
  const { collector, executable, training: { learner } } = running;
  const initial = yield* learner.initialInPieces(collector.keys);
  for (const [name, values] of Object.entries(initial)) {
    for (let at = 0; at < values.length; at += WRITE_LENGTH) {
      executable.write(name, values.subarray(at, at + WRITE_LENGTH), at);
      yield;
    }
  }
  yield* resetInPieces(collector, state.collector, state.replay);
  const parameters = initial[learner.policyEntry] as Float32Array;
  return { running, state: { ...state, acting: parameters, newest: parameters } };
}

/**
 * The number of updates in the iteration that begins after `steps` steps. It is decided by steps rather than by live
 * transitions, because the latter may differ between replicas.
 */
export const updatesDue = (
  { chunk, stepsPerUpdate, minimumReplay }: Pick<
    Training<unknown>,
    "chunk" | "stepsPerUpdate" | "minimumReplay"
  >,
  steps: number,
): number => steps + chunk >= minimumReplay ? chunk / stepsPerUpdate : 0;

/** Whether all steps have been made. */
export const isDone = <S>({ training }: Running<S>, state: TrainingState): boolean =>
  state.steps >= training.steps;
