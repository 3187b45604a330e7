/**
 * The training loop's view of a learning algorithm: a record of pure functions over an explicit state.
 *
 * @module
 */

import { runSynchronously } from "../device/pieces.ts";
import type { Optimised, OptimisedWithTarget } from "../kernels/adam.ts";
import type { Key } from "../random/key.ts";
import type { Values } from "../tensor/loops.ts";
import type { Tensor } from "../tensor/expression.ts";
import type { Tensors } from "../tensor/program.ts";
import { f32, type TensorType } from "../tensor/shape.ts";
import type { Layout } from "./network.ts";
import type { Policy } from "./policy.ts";
import { flat, flatTypes, type Leaves, nested, type TypesOf } from "./record.ts";

/** The transitions of a minibatch, B for each of R replicas. */
export interface Minibatch {
  /** `[R,B,S]` s, the observation acted on. */
  readonly observation: Tensor;
  /** `[R,B,A]` a, in [-1, 1]. */
  readonly action: Tensor;
  /** `[R,B]` r, the environment's own reward. */
  readonly reward: Tensor;
  /** `[R,B]` 1 if the task ended in the next state, else 0 (a truncated episode has not ended). */
  readonly terminated: Tensor;
  /** `[R,B,S]` s′, the observation that followed. */
  readonly nextObservation: Tensor;
}

/** A part of a flat vector with a name, for files. */
export interface NamedBlock {
  /** Its name in a file, for example `sampler.layer1`. */
  readonly name: string;
  /** The entry of the state that it is a part of. */
  readonly entry: string;
  /** Another entry that is initialised like this one in a training that starts from a file. */
  readonly starts?: string;
  /** Element of the replica's flat vector at which it starts. */
  readonly start: number;
  /** Rows and columns, row-major. */
  readonly shape: readonly [number, number];
}

/** A learner of R replicas with numerical settings `S` for each, in the flat form that programs and files have. */
export interface Learner<S> {
  /** Transitions in a minibatch. */
  readonly batch: number;
  /** Types of the state's entries by name; the state has `updates` and `frozen`, `u32[R]`. */
  readonly stateTypes: (replicas: number) => Readonly<Record<string, TensorType>>;
  /** Types of the settings by name. */
  readonly settingTypes: (replicas: number) => Readonly<Record<string, TensorType>>;
  /** The initial state, one key per replica. */
  readonly initial: (keys: readonly Key[]) => Readonly<Record<string, Values>>;
  /** The same, but yielding every few milliseconds: large networks take seconds. */
  readonly initialInPieces: (
    keys: readonly Key[],
  ) => Generator<void, Readonly<Record<string, Values>>, void>;
  /** The settings as they are written to the device, one record per replica. */
  readonly settings: (each: readonly S[]) => Readonly<Record<string, readonly number[]>>;
  /**
   * One update.
   *
   * @param key `u32[R,2]`, from which, with the state's counter of updates, it draws its random numbers
   * @returns the next state's entries, and metrics `[R]` by name
   */
  readonly update: (
    state: Tensors,
    settings: Tensors,
    minibatch: Minibatch,
    key: Tensor,
  ) => { readonly state: Tensors; readonly metrics: Tensors };
  /** The policy of the state. */
  readonly policy: Policy;
  /** The entry of the state that is the policy's parameters, `[R, policy.size]`. */
  readonly policyEntry: string;
  /** The matrices in the state's flat vectors, for files. */
  readonly blocks: readonly NamedBlock[];
}

/** The parts of a learner: the same with its state and settings as records, `State` and `Settings`. */
export interface LearnerParts<State, Settings, S>
  extends Pick<Learner<S>, "batch" | "policy" | "policyEntry" | "blocks"> {
  /** Types of the state, which has `updates` and `frozen`, `u32[R]`. */
  readonly state: (replicas: number) => TypesOf<State>;
  /** Types of the settings. */
  readonly settings: (replicas: number) => TypesOf<Settings>;
  /** The initial state, one key per replica; yields every few milliseconds. */
  readonly initial: (keys: readonly Key[]) => Generator<void, Leaves<State, Values>, void>;
  /** The settings as they are written to the device, one record of numbers per replica. */
  readonly written: (each: readonly S[]) => Leaves<Settings, readonly number[]>;
  /** One update; see {@link Learner.update}. */
  readonly update: (
    state: State,
    settings: Settings,
    minibatch: Minibatch,
    key: Tensor,
  ) => { readonly state: State; readonly metrics: Tensors };
}

/** A learner's initial state, in both forms. */
export const initialOf = (
  initialInPieces: Learner<unknown>["initialInPieces"],
): Pick<Learner<unknown>, "initial" | "initialInPieces"> => ({
  initial: (keys) => runSynchronously(initialInPieces(keys)),
  initialInPieces,
});

/** A learner from its parts. */
export const learnerOf = <State, Settings, S>(
  parts: LearnerParts<State, Settings, S>,
): Learner<S> => ({
  batch: parts.batch,
  stateTypes: (R) => flatTypes<State>(parts.state(R)),
  settingTypes: (R) => flatTypes<Settings>(parts.settings(R)),
  ...initialOf(function* (keys) {
    return flat<State, Values>(parts.state(keys.length), yield* parts.initial(keys));
  }),
  settings: (each) => flat<Settings, readonly number[]>(parts.settings(each.length), parts.written(each)),
  update: (state, settings, minibatch, key) => {
    const R = state["updates"]!.shape[0]!, types = parts.state(R);
    const { state: next, metrics } = parts.update(
      nested<State>(types, state),
      nested<Settings>(parts.settings(R), settings),
      minibatch,
      key,
    );
    return { state: flat<State, Tensor>(types, next as Leaves<State, Tensor>), metrics };
  },
  policy: parts.policy,
  policyEntry: parts.policyEntry,
  blocks: parts.blocks,
});

/** Types of a network's flat vectors of length `size`, and of their moments. */
export const optimisedTypes = (replicas: number, size: number): TypesOf<Optimised> => ({
  parameters: f32(replicas, size),
  first: f32(replicas, size),
  second: f32(replicas, size),
});

/** The same with a target. */
export const optimisedTypesWithTarget = (
  replicas: number,
  size: number,
): TypesOf<OptimisedWithTarget> => ({ ...optimisedTypes(replicas, size), target: f32(replicas, size) });

/** A network before its first update: its moments are zero. */
export const initialOptimised = (parameters: Float32Array): Leaves<Optimised, Float32Array> => ({
  parameters,
  first: new Float32Array(parameters.length),
  second: new Float32Array(parameters.length),
});

/** The same with a target that is a copy. */
export const initialOptimisedWithTarget = (
  parameters: Float32Array,
): Leaves<OptimisedWithTarget, Float32Array> => ({
  ...initialOptimised(parameters),
  target: parameters.slice(),
});

/** The settings of all replicas as they are written to the device, by name. */
export type WrittenSettings = Readonly<Record<string, readonly number[]>>;

/** Matrices of a network, by their names in files. */
export const networkBlocks = (
  layout: Layout,
  prefix: string,
  entry: string,
  offset = 0,
): readonly NamedBlock[] => {
  const inputs = layout.blocks.filter(({ role }) => role !== "layer").length;
  return layout.blocks.map(({ role, start, rows, columns }, k) => ({
    name: `${prefix}.${role === "layer" ? `layer${k - inputs + 1}` : role}`,
    entry,
    start: offset + start,
    shape: [rows, columns],
  }));
};
