/**
 * Trained policies: from the matrices of a file to actions.
 *
 * @module
 */

import { E } from "../deps.ts";
import { normal } from "../random/draw.ts";
import { isKey, type Key } from "../random/key.ts";
import { ALGORITHM_NAMES, algorithmNamed, ALGORITHMS } from "./algorithms.ts";
import { type Layout, layoutOf, NORMALISATIONS } from "./network.ts";
import { networksIn, type NetworksInFile, type PolicyTensors } from "./networks_in_file.ts";
import { shown } from "./option.ts";
import { bindParameters, type Policy } from "./policy.ts";
import { described, isRecord, oneLine } from "../given.ts";

/** Tensors that are not those of a policy. */
export interface PolicyInvalid {
  /** The discriminant. */
  readonly _tag: "PolicyInvalid";
  /** Which tensor or metadata is wrong, in a sentence. */
  readonly message: string;
}

/** Acts with trained policies. */
export interface Agent {
  /** Number of policies, R. */
  readonly replicas: number;
  /** Length of an observation. */
  readonly observation: number;
  /** Length of an action. */
  readonly action: number;
  /** The names of an observation's and of an action's numbers, in order; absent if its file does not contain them. */
  readonly names?: { readonly observation: readonly string[]; readonly action: readonly string[] };
  /**
   * Draws an action; equal keys give equal actions.
   *
   * @param replica number of the policy; the first unless given
   * @throws RangeError if the observation has another length or is not finite, or the key is not one
   */
  readonly act: (observation: ArrayLike<number>, key: Key, replica?: number) => Float32Array;
  /**
   * The deterministic policy `s ↦ f(ξ; s)` with one noise ξ, drawn from the key, for all observations; DDPG's has no noise
   * and is always deterministic.
   */
  readonly withFixedNoise: (key: Key, replica?: number) => (observation: ArrayLike<number>) => Float32Array;
}

const invalid = (message: string): E.Either<PolicyInvalid, never> =>
  E.left({ _tag: "PolicyInvalid", message: oneLine(message) });

/** A file's metadata, with defaults for entries that early files lack because there was only one possibility. */
export const completeMetadata = (
  metadata: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> & { readonly algorithm: string; readonly normalisation: string } => ({
  algorithm: ALGORITHMS[0].name,
  normalisation: NORMALISATIONS[0],
  ...metadata,
});

/** An agent from the matrices and the metadata of a file. */
export function agentOf(
  tensors: PolicyTensors,
  metadata: Readonly<Record<string, string>>,
): E.Either<PolicyInvalid, Agent> {
  for (const [what, given] of [["tensors", tensors], ["metadata", metadata]] as const) {
    if (!isRecord(given)) return invalid(`A policy's ${what} must be an object: got ${shown(given)}`);
  }
  if (metadata["format"] !== "softq 1") {
    const { format } = metadata, newer = /^softq ([2-9]|[1-9]\d+)$/.test(format ?? "");
    const got = format === undefined ? "it has none" : `got ${shown(format)}`;
    return invalid(
      `The file's format must be "softq 1": ${got}${newer ? ", which a newer version of softq writes" : ""}`,
    );
  }
  const { algorithm: name, normalisation: said } = completeMetadata(metadata);
  const algorithm = algorithmNamed(name);
  if (algorithm === undefined) {
    return invalid(`The file's algorithm must be one of ${ALGORITHM_NAMES.join(", ")}: got ${shown(name)}`);
  }
  const normalisation = NORMALISATIONS.find((each) => each === said);
  if (normalisation === undefined) {
    return invalid(
      `The file's normalisation must be one of ${NORMALISATIONS.join(", ")}: got ${shown(said)}`,
    );
  }
  const found = networksIn(tensors, metadata, algorithm.file);
  if (E.isLeft(found)) return invalid(found.left);
  const { policy: { sample, state, hidden, output }, names } = found.right;
  const layout = layoutOf({ sample, state, hidden, output, activation: "relu", normalisation });
  const acting = algorithm.file.policyOf(layout, metadata);
  return E.isLeft(acting) ? invalid(acting.left) : E.right({
    ...agentWith(tensors, layout, found.right, acting.right),
    ...names === null ? {} : { names },
  });
}

/** The agent of a policy with the matrices of a file. */
function agentWith(
  tensors: PolicyTensors,
  layout: Layout,
  { replicas: R, policy: { matrices }, action: length }: NetworksInFile,
  policy: Policy,
): Agent {
  const parameters = new Float32Array(R * layout.size);
  layout.blocks.forEach(({ start, rows, columns }, k) => {
    const { data } = tensors[matrices[k]!]!, size = rows * columns;
    for (let r = 0; r < R; r++) {
      for (let i = 0; i < size; i++) parameters[r * layout.size + start + i] = data[r * size + i]!;
    }
  });
  const { state } = layout.network, act = bindParameters(policy, parameters);
  const actWith = (observation: ArrayLike<number>, noise: Float64Array, replica: number): Float32Array => {
    if (observation?.length !== state) {
      throw new RangeError(`An observation must have ${state} numbers: got ${described(observation)}`);
    }
    const wrong = Array.from(observation).findIndex((x) => !Number.isFinite(x)); // holes included
    if (wrong >= 0) {
      throw new RangeError(
        `An observation must have finite numbers: number ${wrong} is ${shown(observation[wrong])}`,
      );
    }
    if (!(Number.isInteger(replica) && replica >= 0 && replica < R)) {
      throw new RangeError(`The replica must be from 0 to ${R - 1}: got ${shown(replica)}`);
    }
    const action = new Float32Array(length);
    act(replica * layout.size, observation, noise, action);
    return action;
  };
  const noiseOf = (key: Key): Float64Array => {
    if (!isKey(key)) throw new RangeError(`The key must be one, such as keyOf gives: got ${shown(key)}`);
    return normal(key, policy.noise);
  };
  return {
    replicas: R,
    observation: state,
    action: length,
    act: (observation, key, replica = 0) => actWith(observation, noiseOf(key), replica),
    withFixedNoise: (key, replica = 0) => {
      const noise = noiseOf(key);
      return (observation) => actWith(observation, noise, replica);
    },
  };
}
