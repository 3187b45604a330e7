/**
 * The training loop: collecting and learning in chunks with a fixed lag. A chunk is a turn, which `turn.ts` makes.
 *
 *     collect: (policy parameters, environment states, key) → (environment states, transitions)     on the host
 *     learn:   (learner state, transitions, key)            → learner state                         on the device
 *
 * Chunk n acts with the parameters after chunk n-2 had been learned (chunks 0 and 1 with the initial ones),
 * and its minibatches see transitions up to chunk n. So collecting overlaps with learning, and the result never depends
 * on timing.
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
import type { Aside } from "./aside.ts";
import {
  type Collector,
  type CollectorState,
  emptyCollector,
  type OrnsteinUhlenbeck,
  resetAll,
} from "./collect.ts";
import { type Pace, slowPace } from "../device/pieces.ts";
import { drawMinibatch } from "./minibatch.ts";
import { emptyReplay, type Replay, replayInputs } from "./replay.ts";

/** What is trained, and how collecting and learning alternate. */
export interface Training<S> {
  /** What is acted in; its state is private to each of the R·E copies. */
  readonly environment: Environment;
  /** What learns. */
  readonly learner: Learner<S>;
  /** The seed of replica 0; replica r has seed + r. */
  readonly seed: number;
  /** Seeds trained side by side, R. */
  readonly replicas: number;
  /** Environments of each replica. */
  readonly environments: number;
  /** Environment steps of each replica, over all its environments. */
  readonly steps: number;
  /** Environment steps of each replica in a chunk. */
  readonly chunk: number;
  /** Environment steps of each replica for one update. */
  readonly stepsPerUpdate: number;
  /** Transitions of each replica before learning begins. */
  readonly minimumReplay: number;
  /** Transitions kept for each replica. */
  readonly capacity: number;
  /** Steps after which an episode is truncated. */
  readonly horizon: number;
  /** Noise added to the policy's actions, or none. */
  readonly explorationNoise: OrnsteinUhlenbeck | null;
  /** The noises that the policy is asked for; all unless given. */
  readonly noiseSet?: NoiseSet | null;
  /** The symmetries under one of which each transition of a minibatch is turned; none unless given. */
  readonly symmetry?: SymmetryGroup | null;
  /** Whether the replay keeps a journal for checkpoints. */
  readonly journal: boolean;
  /** The settings of each replica when `steps` environment steps have been made. */
  readonly settings: (steps: number) => readonly S[];
}

/** How far a turn has come that was left before its end. */
export interface TurnProgress {
  /** Steps that each environment has made of the turn's own chunk; only the first turn collects it itself. */
  readonly own: number;
  /** Whether the chunk has been sent to the device. */
  readonly sent: boolean;
  /** Updates that have been made. */
  readonly updates: number;
  /** Steps that each environment has made of the next chunk. */
  readonly next: number;
}

/** The state of a training. */
export interface TrainingState {
  /** Chunks collected and learned. */
  readonly chunks: number;
  /** Environment steps of each replica. */
  readonly steps: number;
  /** Updates of each replica. */
  readonly updates: number;
  /** The host's side of the replay, written in place. */
  readonly replay: Replay;
  /** The state of the episodes, written in place. */
  readonly collector: CollectorState;
  /** The policies that the next chunk acts with, `[R,P]`. */
  readonly acting: Float32Array;
  /** The newest policies. */
  readonly newest: Float32Array;
  /** `[R]` update at which a replica stopped being finite, else 0. */
  readonly frozen: Uint32Array;
  /** `[R]` what was not finite then, as `frozenText` reads it. */
  readonly lost: Uint32Array;
  /** The last update's metrics, `[R]` each; empty before the first. */
  readonly metrics: Readonly<Record<string, Values>>;
  /** How far the turn has come that was left before its end; null between two turns. */
  readonly within: TurnProgress | null;
}

/** A training with its program on a device. */
export interface Running<S> {
  /** What is trained. */
  readonly training: Training<S>;
  /** What collects. */
  readonly collector: Collector;
  /** The compiled program of one update, which holds the learner's state. */
  readonly executable: Executable;
  /** Names of the metrics among the program's outputs, `[R]` each. */
  readonly metricNames: readonly string[];
  /** How many updates are made without a pause; follows the speed of the machine. */
  readonly pace: Pace;
  /** What collects while the device learns, and on other cores; the loop itself unless given. */
  readonly aside?: Aside;
}

/** Keys of the replicas. */
export const replicaKeys = ({ seed, replicas }: { seed: number; replicas: number }): readonly Key[] =>
  Array.from({ length: replicas }, (_, r) => keyOf(seed + r));

/** The program of one update: minibatch out of the replay, then the learner's update. */
export function updateProgram<S>(
  { learner, environment, replicas, capacity, symmetry = null }: Training<S>,
): { readonly program: Program; readonly metricNames: readonly string[] } {
  const spec = {
    replicas,
    capacity,
    observation: environment.spec.observation.length,
    action: environment.spec.action.length,
  };
  const { fields } = emptyReplay({ ...spec });
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

/** A training with its program, and its state before anything has happened. */
export interface Prepared<S> {
  /** The training on its device. */
  readonly running: Running<S>;
  /** Its state at the beginning. */
  readonly state: TrainingState;
}

/** Why a training could not begin or continue. */
export type LoopError = DeviceError | EnvironmentFailed;

/** What an environment's code does wrong in `task` becomes its failure. */
export const environmentFailures =
  <L, A>(task: TE.TaskEither<L, A>): TE.TaskEither<L | EnvironmentFailed, A> => async () => {
    try {
      return await task();
    } catch (thrown) {
      if (thrown instanceof EnvironmentFailed) return E.left(thrown);
      throw thrown;
    }
  };

/** What collects for a training. */
export const collectorOf = <S>(
  training: Omit<Training<S>, "learner"> & { readonly learner: Pick<Learner<S>, "policy"> },
): Collector => {
  const { environment, environments, horizon, explorationNoise, noiseSet = null, learner } = training;
  const keys = replicaKeys(training);
  return { environment, policy: learner.policy, horizon, environments, explorationNoise, noiseSet, keys };
};

/** Compiles a training's program and makes room for its state; environments and replay are still empty. */
export const prepare = <S>(
  device: Device,
  training: Training<S>,
): TE.TaskEither<LoopError, Prepared<S>> => {
  const failure = environmentFailure(training.environment);
  if (failure !== null) return TE.left(failure);
  const { program, metricNames } = updateProgram(training);
  return TE.map((executable: Executable): Prepared<S> => {
    const { environment, replicas, capacity, journal } = training;
    const collector = collectorOf(training);
    executable.write("key", collector.keys.flat());
    const parameters = new Float32Array(0);
    return {
      running: { training, collector, executable, metricNames, pace: slowPace() },
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
      },
    };
  })(device.compile(program));
};

/** Prepares a training, writes the initial state and resets the environments. */
export const begin = <S>(device: Device, training: Training<S>): TE.TaskEither<LoopError, Prepared<S>> =>
  environmentFailures(
    TE.map(({ running, state }: Prepared<S>): Prepared<S> => {
      const initial = training.learner.initial(running.collector.keys);
      for (const [name, values] of Object.entries(initial)) running.executable.write(name, values);
      resetAll(running.collector, state.collector, state.replay);
      const parameters = initial[training.learner.policyEntry] as Float32Array;
      return { running, state: { ...state, acting: parameters, newest: parameters } };
    })(prepare(device, training)),
  );

/** Updates of the turn that begins after so many steps: steps count, because live transitions may differ from replica to replica. */
export const updatesDue = (
  { chunk, stepsPerUpdate, minimumReplay }: Pick<
    Training<unknown>,
    "chunk" | "stepsPerUpdate" | "minimumReplay"
  >,
  steps: number,
): number => steps + chunk >= minimumReplay ? chunk / stepsPerUpdate : 0;

/** Whether there is nothing left to do. */
export const isDone = <S>({ training }: Running<S>, state: TrainingState): boolean =>
  state.steps >= training.steps;
