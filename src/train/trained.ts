/**
 * From a training to a trained policy, without files: what a script and a test need.
 *
 * @module
 */

import { E, TE } from "../deps.ts";
import { cpuDevice } from "../device/cpu.ts";
import type { Device, Executable } from "../device/device.ts";
import { pauses } from "../device/pieces.ts";
import type { Environment } from "../../envs/environment.ts";
import type { Configured } from "../learn/algorithm.ts";
import { type Agent, agentOf } from "../learn/agent.ts";
import type { PolicyTensors } from "../learn/networks_in_file.ts";
import type { Values } from "../tensor/loops.ts";
import { child, keyOf, stream } from "../random/key.ts";
import type { Aside } from "./aside.ts";
import { type CallerFailed, callerFailures } from "./caller.ts";
import type { Collectors } from "./collectors.ts";
import { type AgentEvaluation, evaluate } from "./evaluate_agent.ts";
import { begin, isDone, type LoopError, type Running, type Training, type TrainingState } from "./loop.ts";
import { turn } from "./turn.ts";
import { frozenText } from "./lost.ts";
import { nonFiniteOf } from "./non_finite.ts";
import type { Breach, OptionsInvalid } from "../learn/option.ts";
import { encode, type StoredTensor } from "./safetensors.ts";

/** The matrices in a learner's state by name, `[R, rows, columns]` each. */
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
  /** Acts with the policies of the replicas. */
  readonly agent: Agent;
  /** The bytes of `parameters.safetensors`, which `loadAgent` reads. */
  readonly save: () => Uint8Array;
  /** The last update's metrics, `[R]` each. */
  readonly metrics: Readonly<Record<string, Values>>;
  /** Environment steps of each replica that the policy has learned from; fewer than asked for where it was stopped. */
  readonly steps: number;
  /** Updates of each replica. */
  readonly updates: number;
}

/** Why training gave no policy. */
export type TrainingError =
  | LoopError
  | OptionsInvalid
  | CallerFailed
  | { readonly _tag: "NonFinite"; readonly message: string };

/** How far a training has come. */
export interface TrainingProgress {
  /** Environment steps of each replica. */
  readonly steps: number;
  /** Environment steps of each replica when it is done. */
  readonly of: number;
  /** Updates of each replica. */
  readonly updates: number;
  /** The last update's metrics, `[R]` each; empty before the first. */
  readonly metrics: Readonly<Record<string, Values>>;
  /** The policies as they are now, which can act at once and go on to do so unchanged; made when it is asked for. */
  readonly agent: Agent;
  /** What the policies come to now, one evaluation a replica; null where none was due. */
  readonly evaluation: readonly AgentEvaluation[] | null;
}

/** What the caller may give beside options. */
export interface TrainContext {
  /** Where updates run; by default the CPU. */
  readonly device?: Device;
  /** Called after each chunk, and waited for; it must not write to what it is given. */
  readonly onProgress?: (progress: TrainingProgress) => unknown;
  /** Evaluations on the way, for `onProgress`; none unless given. */
  readonly evaluation?: {
    /** Environment steps between two; a multiple of `chunk`. */
    readonly interval: number;
    /** Episodes of each replica. */
    readonly episodes: number;
  };
  /** Ends the training before its end, with the policies that there are then. */
  readonly signal?: AbortSignal;
  /**
   * Has environments stepped by workers while the device learns, with the same bits: `collectors` of
   * `@softq/softq/collectors`. Without it the training steps them itself.
   */
  readonly collectors?: CollectorsOpened;
}

/** Opens what collects for a training, or says what is wrong with it; the training closes it. */
export type CollectorsOpened = (
  environment: Environment,
  configured: Pick<Configured, "algorithm" | "options">,
) => E.Either<readonly Breach[], Collectors>;

/**
 * Carries out a training to its end. The event loop gets a turn every few hundredths of a second meanwhile, on every device.
 *
 * @param metadata what its file says beside the tensors
 * @param aside what collects; the training itself unless given
 */
export const trainPolicy = <S>(
  training: Training<S>,
  metadata: Readonly<Record<string, string>>,
  context: Omit<TrainContext, "collectors"> = {},
  aside?: Aside,
): TE.TaskEither<TrainingError, Trained> =>
  callerFailures("Training")(async () => {
    const device = context.device ?? cpuDevice();
    let executable: Executable | null = null;
    try {
      const started = await begin(device, training)();
      if (E.isLeft(started)) return started;
      const running = aside === undefined ? started.right.running : { ...started.right.running, aside };
      executable = running.executable;
      const ended = await turnsOf(running, started.right.state, metadata, context);
      return E.isLeft(ended) ? ended : await trainedOf(running, ended.right, metadata);
    } finally {
      executable?.close();
      if (context.device === undefined) device.close();
    }
  });

/** Turns until all steps are made, or until the caller has had enough. */
async function turnsOf<S>(
  running: Running<S>,
  begun: TrainingState,
  metadata: Readonly<Record<string, string>>,
  { onProgress, evaluation, signal }: TrainContext,
): Promise<E.Either<TrainingError, TrainingState>> {
  const { training } = running, stopped = (): boolean => signal?.aborted === true;
  const pause = pauses();
  let state = begun;
  while (!isDone(running, state) && !stopped()) {
    const next = await turn(running, state, stopped)();
    if (E.isLeft(next)) return next;
    state = next.right;
    if (state.within !== null) break;
    const failed = nonFiniteReplica(training, state);
    if (failed !== null) return E.left({ _tag: "NonFinite", message: failed });
    if (onProgress !== undefined) {
      const agent = agentWhenAsked(training, metadata, state.newest);
      const due = evaluation !== undefined && state.steps % evaluation.interval === 0;
      const evaluated = due
        ? await evaluateReplicas(training, agent(), evaluation.episodes, state.steps)()
        : E.right(null);
      if (E.isLeft(evaluated)) return evaluated;
      const { steps, updates, metrics } = state, of = training.steps;
      await onProgress({
        steps,
        of,
        updates,
        metrics,
        get agent() {
          return agent();
        },
        evaluation: evaluated.right,
      });
    }
    await pause();
  }
  return E.right(state);
}

/** What the first replica that failed says of it; null where none has. */
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

/** The agent of the policies `[R, policy.size]`, made when it is first asked for. */
function agentWhenAsked<S>(
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
    // Replicas with other than finite numbers have been found before.
    if (E.isLeft(agent)) throw new Error(agent.left.message);
    return made = agent.right;
  };
}

/** An evaluation of each replica, on a key that follows from its own and the number of steps. */
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

/** The result of a training that has ended. */
async function trainedOf<S>(
  { training, executable }: Running<S>,
  { steps, updates, metrics }: TrainingState,
  metadata: Readonly<Record<string, string>>,
): Promise<E.Either<TrainingError, Trained>> {
  const read = await executable.read([...new Set(training.learner.blocks.map(({ entry }) => entry))])();
  if (E.isLeft(read)) return read;
  const matrices = matricesOf(training, read.right), agent = agentOf(matrices, metadata);
  // What was just written can be read, unless its numbers have grown beyond all bounds.
  return E.isLeft(agent)
    ? E.left({ _tag: "NonFinite", message: agent.left.message })
    : E.right({ agent: agent.right, save: () => encode(matrices, metadata), metrics, steps, updates });
}
