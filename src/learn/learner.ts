/**
 * What a learning algorithm is to the training loop: a record of pure functions over an explicit state.
 *
 * @module
 */

import type { Key } from "../random/key.ts";
import type { Values } from "../tensor/loops.ts";
import type { Tensor } from "../tensor/expression.ts";
import type { Tensors } from "../tensor/program.ts";
import type { TensorType } from "../tensor/shape.ts";
import type { Layout } from "./network.ts";
import type { Policy } from "./policy.ts";

/** The transitions of a minibatch, B for each of R replicas. */
export interface Minibatch {
  /** `[R,B,S]` s, the observation acted on. */
  readonly observation: Tensor;
  /** `[R,B,A]` a, in [-1, 1]. */
  readonly action: Tensor;
  /** `[R,B]` r, the environment's own reward. */
  readonly reward: Tensor;
  /** `[R,B]` 1 where the task ended in the next state, else 0 (a truncated episode has not ended). */
  readonly terminated: Tensor;
  /** `[R,B,S]` s′, the observation that followed. */
  readonly nextObservation: Tensor;
}

/** A part of a flat vector with a name, for files. */
export interface NamedBlock {
  /** Its name in a file, for example `sampler.layer1`. */
  readonly name: string;
  /** Which entry of the state it is a part of. */
  readonly entry: string;
  /** Element of the replica's flat vector at which it starts. */
  readonly start: number;
  /** Rows and columns, row-major. */
  readonly shape: readonly number[];
}

/** A learner of R replicas with numerical settings `S` for each. */
export interface Learner<S> {
  /** Transitions in a minibatch. */
  readonly batch: number;
  /** Types of the state's entries by name; the state has `updates` and `frozen`, `u32[R]`. */
  readonly stateTypes: (replicas: number) => Readonly<Record<string, TensorType>>;
  /** Types of the settings by name. */
  readonly settingTypes: (replicas: number) => Readonly<Record<string, TensorType>>;
  /** The initial state, one key a replica. */
  readonly initial: (keys: readonly Key[]) => Readonly<Record<string, Values>>;
  /** The settings as they are written to the device, one record a replica. */
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
  /** How the state acts. */
  readonly policy: Policy;
  /** The entry of the state that is the policy's parameters, `[R, policy.size]`. */
  readonly policyEntry: string;
  /** The matrices in the state's flat vectors, for files. */
  readonly blocks: readonly NamedBlock[];
}

/** The settings of all replicas as they are written to the device, by name. */
export type WrittenSettings = Readonly<Record<string, readonly number[]>>;

/** Matrices of a network as they are called in files. */
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
