/**
 * Carrying out a training in memory, without files.
 *
 * @module
 */

import { E, TE } from "../deps.ts";
import { cpuDevice } from "../device/cpu.ts";
import type { Device, Executable } from "../device/device.ts";
import { eventLoopTurn, pauses } from "../device/pieces.ts";
import type { Environment } from "../../envs/environment.ts";
import type { Configured } from "../learn/algorithm.ts";
import { type Agent, agentOf } from "../learn/agent.ts";
import type { PolicyTensors } from "../learn/networks_in_file.ts";
import type { Values } from "../tensor/loops.ts";
import { child, keyOf, stream } from "../random/key.ts";
import type { ParallelStepper } from "./parallel.ts";
import { awaited, type CallerFailed, callerFailures, checkedDevice } from "./caller.ts";
import type { Collectors } from "./collectors.ts";
import { type AgentEvaluation, evaluate } from "./evaluate_agent.ts";
import { begin, isDone, type LoopError, type Running, type Training, type TrainingState } from "./loop.ts";
import { iterate } from "./iteration.ts";
import { frozenText } from "./non_finite_causes.ts";
import { nonFiniteOf } from "./non_finite.ts";
import type { Breach, OptionsInvalid } from "../learn/option.ts";
import { encode, type StoredTensor } from "./safetensors.ts";

/** The weight matrices in a learner's state by name, `[R, rows, columns]` each. */
export function matricesOf<S>(
  { learner, replicas: R }: Pick<Training<S>, "learner" | "replicas">,
  state: Readonly<Record<string, Values>>,
): Record<string, StoredTensor & PolicyTensors[string]> {
  return Object.fromEntries(learner.blocks.map(({ name, entry, start, shape }) => {
    const flat = state[entry] as Float32Array, size = flat.length / R, length = shape[0] * shape[1];
    const data = new Float32Array(R * length);
    for (let r = 0; r < R; r++) {
      data.set(flat.subarray(r * size + start, r * size + start + length), r * length);
    }
    return [name, { shape: [R, ...shape], data }];
  }));
}

/** A trained policy. */
export interface Trained {
  /** The agent that acts with the replicas' policies. */
  readonly agent: Agent;
  /** Encodes `parameters.safetensors`, which `loadAgent` reads. */
  readonly save: () => Uint8Array;
  /** The last update's metrics, `[R]` each. */
  readonly metrics: Readonly<Record<string, Values>>;
  /** Environment steps of each replica; fewer than requested if the training was stopped. */
  readonly steps: number;
  /** Updates of each replica. */
  readonly updates: number;
}

/** Why a training failed. */
export type TrainingError =
  | LoopError
  | OptionsInvalid
  | CallerFailed
  | { readonly _tag: "NonFinite"; readonly message: string };

/** The progress of a training. */
export interface TrainingProgress {
  /** Environment steps of each replica. */
  readonly steps: number;
  /** Environment steps of each replica at the end of the training. */
  readonly of: number;
  /** Updates of each replica. */
  readonly updates: number;
  /** The last update's metrics, `[R]` each; empty before the first. */
  readonly metrics: Readonly<Record<string, Values>>;
  /** The current policies, ready to act; later updates do not change them. Created on first access. */
  readonly agent: Agent;
  /** The current evaluation of each replica's policy; null if none was due. */
  readonly evaluation: readonly AgentEvaluation[] | null;
}

/** What the caller may give besides the options. */
export interface TrainContext {
  /** Where updates run; by default the CPU. */
  readonly device?: Device;
  /** Called after each chunk and awaited; it must not modify its argument. */
  readonly onProgress?: (progress: TrainingProgress) => unknown;
  /** Evaluations during the training, for `onProgress`; none unless given. */
  readonly evaluation?: {
    /** Environment steps between two; a multiple of `chunk`. */
    readonly interval: number;
    /** Episodes of each replica. */
    readonly episodes: number;
  };
  /** Stops the training early; the result then has the policies trained so far. */
  readonly signal?: AbortSignal;
  /**
   * Workers that step the environments while the device learns, made by `collectors` of `@softq/softq/collectors`; the
   * bits are the same. Without it, the training steps the environments itself.
   */
  readonly collectors?: CollectorsOpened;
}

/** Opens the collectors of a training, or returns what is wrong with them; the training closes them. */
export type CollectorsOpened = (
  environment: Environment,
  configured: Pick<Configured, "algorithm" | "options">,
) => E.Either<readonly Breach[], Collectors>;

/**
 * Carries out a training. It yields to the event loop between pieces of work (`src/device/pieces.ts`).
 *
 * @param metadata the metadata of the parameter file
 * @param parallel collects on other cores; the training collects itself unless given
 */
export const trainPolicy = <S>(
  training: Training<S>,
  metadata: Readonly<Record<string, string>>,
  context: Omit<TrainContext, "collectors"> = {},
  parallel?: ParallelStepper,
): TE.TaskEither<TrainingError, Trained> =>
  callerFailures("Training")(async () => {
    const device = context.device === undefined ? cpuDevice() : checkedDevice(context.device);
    let executable: Executable | null = null;
    try {
      const started = await begin(device, training)();
      if (E.isLeft(started)) return started;
      const running = parallel === undefined ? started.right.running : { ...started.right.running, parallel };
      executable = running.executable;
      const ended = await iterations(running, started.right.state, metadata, context);
      return E.isLeft(ended) ? ended : await trainedOf(running, ended.right, metadata);
    } finally {
      executable?.close();
      if (context.device === undefined) device.close();
    }
  });

/** Repeats iterations until all steps have been made, or until the caller's signal stops them. */
async function iterations<S>(
  running: Running<S>,
  begun: TrainingState,
  metadata: Readonly<Record<string, string>>,
  { onProgress, evaluation, signal }: TrainContext,
): Promise<E.Either<TrainingError, TrainingState>> {
  const { training } = running, stopped = (): boolean => signal?.aborted === true;
  const pause = pauses();
  let state = begun;
  while (!isDone(running, state) && !stopped()) {
    const next = await iterate(running, state, stopped)();
    if (E.isLeft(next)) return next;
    state = next.right;
    if (state.within !== null) break;
    const failed = nonFiniteReplica(training, state);
    if (failed !== null) return E.left({ _tag: "NonFinite", message: failed });
    if (onProgress !== undefined) {
      const agent = lazyAgent(training, metadata, state.newest);
      const due = evaluation !== undefined && state.steps % evaluation.interval === 0;
      const evaluated = due
        ? await evaluateReplicas(training, agent(), evaluation.episodes, state.steps)()
        : E.right(null);
      if (E.isLeft(evaluated)) return evaluated;
      const { steps, updates, metrics } = state, of = training.steps;
      const progress = {
        steps,
        of,
        updates,
        metrics,
        get agent() {
          return agent();
        },
        evaluation: evaluated.right,
      };
      await awaited("onProgress", () => onProgress(progress));
    }
    await pause();
  }
  return E.right(state);
}

/** Why the first failed replica failed; null if none has. */
function nonFiniteReplica<S>(
  training: Training<S>,
  state: TrainingState,
): string | null {
  const { environment: { spec }, replicas, seed } = training, { collector: { nonFinite }, frozen } = state;
  for (let r = 0; r < replicas; r++) {
    const who = `Replica ${r} (seed ${seed + r})`, arrived = nonFiniteOf(spec, nonFinite, r);
    if (arrived !== null) return `${who}: ${arrived}`;
    if (frozen[r] !== 0) return `${who}: ${frozenText(training, state, r)}`;
  }
  return null;
}

/** The agent of the policies `[R, policy.size]`, made on first use. */
function lazyAgent<S>(
  { learner, replicas }: Training<S>,
  metadata: Readonly<Record<string, string>>,
  policies: Float32Array,
): () => Agent {
  let made: Agent | null = null;
  const blocks = learner.blocks.filter(({ entry }) => entry === learner.policyEntry);
  return () => {
    if (made !== null) return made;
    const agent = agentOf(
      matricesOf({ learner: { ...learner, blocks }, replicas }, { [learner.policyEntry]: policies }),
      metadata,
    );
    // Replicas with non-finite parameters have been reported before.
    if (E.isLeft(agent)) throw new Error(agent.left.message);
    return made = agent.right;
  };
}

/** Evaluates each replica with a key derived from its own and from the number of steps. */
const evaluateReplicas = <S>(
  { environment, horizon, seed, replicas }: Training<S>,
  agent: Agent,
  episodes: number,
  steps: number,
): TE.TaskEither<TrainingError, readonly AgentEvaluation[]> =>
  TE.traverseSeqArray((replica: number) => {
    const key = child(stream(keyOf(seed + replica), "evaluation"), steps);
    return evaluate(agent, environment, { episodes, key, horizon, replica });
  })(Array.from({ length: replicas }, (_, r) => r));

/** The result of a finished training. */
async function trainedOf<S>(
  { training, executable }: Running<S>,
  { steps, updates, metrics }: TrainingState,
  metadata: Readonly<Record<string, string>>,
): Promise<E.Either<TrainingError, Trained>> {
  const read = await executable.read([...new Set(training.learner.blocks.map(({ entry }) => entry))])();
  if (E.isLeft(read)) return read;
  await eventLoopTurn();
  const matrices = matricesOf(training, read.right);
  await eventLoopTurn();
  const agent = agentOf(matrices, metadata);
  // The only possible failure is a non-finite parameter.
  return E.isLeft(agent)
    ? E.left({ _tag: "NonFinite", message: agent.left.message })
    : E.right({ agent: agent.right, save: () => encode(matrices, metadata), metrics, steps, updates });
}
