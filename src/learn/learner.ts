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
import type { Policy } from "./policy.ts";

/** Transitions of a minibatch: `[R,B,S]`, `[R,B,A]`, `[R,B]`. */
export interface Minibatch {
  readonly observation: Tensor;
  readonly action: Tensor;
  readonly reward: Tensor;
  /** 1 where the task ended in the next state, else 0. */
  readonly terminated: Tensor;
  readonly nextObservation: Tensor;
}

/** A part of a flat vector with a name, for files. */
export interface NamedBlock {
  readonly name: string;
  /** Which entry of the state it is a part of. */
  readonly entry: string;
  readonly start: number;
  readonly shape: readonly number[];
}

/** A learner of R replicas with numerical settings `S` for each. */
export interface Learner<S> {
  /** Transitions in a minibatch. */
  readonly batch: number;
  /** Types of the state's entries and of the settings; the state has `updates` and `frozen`, `u32[R]`. */
  readonly stateTypes: (replicas: number) => Readonly<Record<string, TensorType>>;
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
  /** How the state acts, and which entry of the state the policy's parameters are. */
  readonly policy: Policy;
  readonly policyEntry: string;
  /** The matrices in the state's flat vectors, for files. */
  readonly blocks: readonly NamedBlock[];
}
