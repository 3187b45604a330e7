/**
 * The training loop: collecting and learning in chunks with a fixed lag.
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
import {
  collectInPieces,
  type Collector,
  type CollectorState,
  emptyCollector,
  type OrnsteinUhlenbeck,
  resetAll,
} from "./collect.ts";
import { type Aside, collectAside } from "./aside.ts";
import {
  inPieces,
  type Pace,
  type Pieces,
  slowPace,
  type Stopped,
  updatesInPieces,
} from "../device/pieces.ts";
import { drawMinibatch } from "./minibatch.ts";
import { emptyReplay, flush, type Replay, replayInputs } from "./replay.ts";

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

/** Whether there is nothing left to do. */
export const isDone = <S>({ training }: Running<S>, state: TrainingState): boolean =>
  state.steps >= training.steps;

/**
 * One turn: sends the collected chunk to the device and has it learned; meanwhile collects the next one. The event loop
 * gets a turn every few hundredths of a second.
 *
 * The state's arrays are reused; the state given should not be used again.
 *
 * @param stopped whether to leave the turn before its end. The state that is then given says in `within` how far it has
 * come, and another turn completes it with the bits of one that was not left
 */
export const turn = <S>(
  running: Running<S>,
  state: TrainingState,
  stopped?: Stopped,
): TE.TaskEither<LoopError, TrainingState> => environmentFailures(turnOf(running, state, stopped));

/** A turn that has not begun. */
const BEGINNING: TurnProgress = { own: 0, sent: false, updates: 0, next: 0 };

/** Updates of the turn that follows `state`: steps count, because live transitions may differ from replica to replica. */
const updatesDue = <S>({ chunk, stepsPerUpdate, minimumReplay }: Training<S>, state: TrainingState): number =>
  state.steps + chunk >= minimumReplay ? chunk / stepsPerUpdate : 0;

const turnOf = <S>(
  running: Running<S>,
  state: TrainingState,
  stopped?: Stopped,
): TE.TaskEither<DeviceError, TrainingState> =>
async () => {
  const progress = { ...state.within ?? BEGINNING };
  const whole = running.aside === undefined
    ? await inPieces(workOf(running, state, progress), stopped)
    : await workAside(running, running.aside, state, progress, stopped);
  return whole === null ? E.right({ ...state, within: progress }) : await ended(running, state);
};

/** The state after a turn whose work is done. */
const ended = async <S>(
  { training, executable, metricNames }: Running<S>,
  state: TrainingState,
): Promise<E.Either<DeviceError, TrainingState>> => {
  const { learner, chunk } = training, updates = updatesDue(training, state);
  const read = await executable.read([learner.policyEntry, "frozen", ...updates > 0 ? metricNames : []])();
  return E.map((values: Readonly<Record<string, Values>>): TrainingState => ({
    chunks: state.chunks + 1,
    steps: state.steps + chunk,
    updates: state.updates + updates,
    replay: state.replay,
    collector: state.collector,
    acting: state.newest, // the parameters after the chunk before this one
    newest: values[learner.policyEntry] as Float32Array,
    frozen: values["frozen"] as Uint32Array,
    metrics: updates > 0
      ? Object.fromEntries(metricNames.map((name) => [name, values[name]!]))
      : state.metrics,
    within: null,
  }))(read);
};

/** How far a turn has come, while it goes on. */
type Progressing = { -readonly [K in keyof TurnProgress]: TurnProgress[K] };

/**
 * The same with collecting aside, at the same time as learning. A chunk that was begun in the loop itself is finished
 * there; one that was not done when the turn is left is collected again.
 */
async function workAside<S>(
  running: Running<S>,
  aside: Aside,
  state: TrainingState,
  done: Progressing,
  stopped?: Stopped,
): Promise<true | null> {
  const { training: { chunk, environments, steps }, collector } = running, length = chunk / environments;
  const begin = (parameters: Float32Array) =>
    collectAside(aside, collector, state.collector, parameters, length);
  if (state.chunks === 0 && !done.sent && done.own === 0) {
    (await begin(state.acting))(state.replay);
    done.own = length;
  }
  const collects = state.steps + chunk < steps && done.next === 0;
  if (!collects) return await inPieces(workOf(running, state, done), stopped);
  // Its failure is looked at after learning: nobody may be waiting for it when it comes.
  const begun = begin(state.newest).then(E.right, (failure: unknown) => E.left(failure));
  const whole = await inPieces(learningOf(running, state, done), stopped);
  const collected = await begun;
  if (E.isLeft(collected)) throw collected.left;
  if (whole === null) return null;
  collected.right(state.replay);
  done.next = length;
  return true;
}

/** What is left to do of a turn; keeps its progress in `done`. */
function* workOf<S>(running: Running<S>, state: TrainingState, done: Progressing): Pieces<true> {
  yield* learningOf(running, state, done);
  const { training: { chunk, environments, steps }, collector } = running;
  if (state.steps + chunk < steps) {
    const length = chunk / environments;
    for (
      const _ of collectInPieces(collector, state.collector, state.replay, state.newest, length, done.next)
    ) {
      done.next++;
      yield;
    }
  }
  return true;
}

/** The part of a turn's work before the next chunk is collected. */
function* learningOf<S>(
  { training, collector, executable, pace }: Running<S>,
  state: TrainingState,
  done: Progressing,
): Pieces<true> {
  const { learner, environments, chunk } = training, { replay } = state;
  const length = chunk / environments, steps = state.steps + chunk;
  // Chunk 0 is collected in its own turn; every later one was collected in the turn before.
  if (state.chunks === 0 && !done.sent && done.own < length) {
    for (const _ of collectInPieces(collector, state.collector, replay, state.acting, length, done.own)) {
      done.own++;
      yield;
    }
  }
  for (const [name, values] of Object.entries(learner.settings(training.settings(steps)))) {
    executable.write(name, values);
  }
  if (!done.sent) flush(replay, executable);
  done.sent = true;
  yield* updatesInPieces(
    executable,
    updatesDue(training, state) - done.updates,
    pace,
    (updates) => done.updates += updates,
  );
  return true;
}
