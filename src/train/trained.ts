/**
 * From a training to a trained policy, without files: what a script and a test need.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import { cpuDevice } from "../device/cpu.ts";
import type { Device, Executable } from "../device/device.ts";
import { type Agent, agentOf } from "../learn/agent.ts";
import type { PolicyTensors } from "../learn/networks_in_file.ts";
import type { Values } from "../tensor/loops.ts";
import { begin, isDone, type LoopError, type Training, type TrainingState, turn } from "./loop.ts";
import { nonFiniteOf } from "./non_finite.ts";
import type { OptionsInvalid } from "../learn/option.ts";
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
}

/** Why training gave no policy. */
export type TrainingError =
  | LoopError
  | OptionsInvalid
  | { readonly _tag: "NonFinite"; readonly message: string };

/** What the caller may give beside options. */
export interface TrainContext {
  /** Where updates run; by default the CPU. */
  readonly device?: Device;
  /** Called after each chunk. */
  readonly onChunk?: (state: TrainingState) => void;
}

/**
 * Carries a training out to its end.
 *
 * @param metadata what its file says beside the tensors
 */
export const trainPolicy = <S>(
  training: Training<S>,
  metadata: Readonly<Record<string, string>>,
  context: TrainContext = {},
): TE.TaskEither<TrainingError, Trained> =>
async () => {
  const device = context.device ?? cpuDevice();
  let executable: Executable | null = null;
  try {
    const started = await begin(device, training)();
    if (E.isLeft(started)) return started;
    const { running } = started.right;
    let { state } = started.right;
    executable = running.executable;
    while (!isDone(running, state)) {
      const next = await turn(running, state)();
      if (E.isLeft(next)) return next;
      state = next.right;
      for (let r = 0; r < training.replicas; r++) {
        const arrived = nonFiniteOf(training.environment.spec, state.collector.nonFinite, r);
        if (arrived === null) continue;
        return E.left({ _tag: "NonFinite", message: `Replica ${r} (seed ${training.seed + r}): ${arrived}` });
      }
      const r = state.frozen.findIndex((at) => at !== 0);
      if (r >= 0) {
        const who = `Replica ${r} (seed ${training.seed + r})`;
        const message = `${who}: its loss or a gradient was not finite at update ${state.frozen[r]}`;
        return E.left({ _tag: "NonFinite", message });
      }
      context.onChunk?.(state);
    }
    const read = await running.executable.read([
      ...new Set(training.learner.blocks.map(({ entry }) => entry)),
    ])();
    if (E.isLeft(read)) return read;
    const matrices = matricesOf(training, read.right);
    const agent = agentOf(matrices, metadata);
    // What was just written can be read, unless its numbers have grown beyond all bounds.
    if (E.isLeft(agent)) return E.left({ _tag: "NonFinite", message: agent.left.message });
    return E.right({ agent: agent.right, save: () => encode(matrices, metadata), metrics: state.metrics });
  } finally {
    executable?.close();
    if (context.device === undefined) device.close();
  }
};
