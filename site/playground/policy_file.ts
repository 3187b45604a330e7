/**
 * Policy files: validation for this task, metadata, and training from their networks.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import { completeMetadata, type PolicyInvalid } from "../../src/learn/agent.ts";
import { algorithmNamed } from "../../src/learn/algorithms.ts";
import { NORMALISATIONS } from "../../src/learn/network.ts";
import { loadAgent } from "../../src/train/agent_file.ts";
import { withInitialParameters } from "../../src/train/initial_parameters.ts";
import type { Training } from "../../src/train/loop.ts";
import { decode } from "../../src/train/safetensors.ts";
import { type Algorithm, LIMITS, type PlayOptions, SQUASHES } from "./options.ts";

/** The metadata of a file that the page's options can adopt. */
export interface PolicyFile {
  readonly algorithm: Algorithm;
  readonly options: Partial<Pick<PlayOptions, "hidden" | "normalisation" | "squash">>;
}

const invalid = (message: string): E.Either<PolicyInvalid, never> =>
  E.left({ _tag: "PolicyInvalid", message });

/** Reads a file's metadata; an error if it is not a policy of the multi-goal task. */
export function describePolicy(bytes: Uint8Array): E.Either<PolicyInvalid, PolicyFile> {
  const agent = loadAgent(bytes);
  if (E.isLeft(agent)) return agent;
  const { observation, action } = agent.right;
  if (observation !== 2 || action !== 2) {
    return invalid(
      `The file is a policy of another task: it observes ${observation} numbers and returns ${action}, not 2 and 2`,
    );
  }
  const file = decode(bytes);
  if (E.isLeft(file)) return invalid("The file cannot be read"); // it could be read a moment ago
  const { tensors, metadata } = file.right, said = completeMetadata(metadata);
  const algorithm = algorithmNamed(said.algorithm);
  if (algorithm === undefined) {
    return invalid(`The file has an algorithm that this page does not know: ${said.algorithm}`);
  }
  if (tensors["critic0.state"] === undefined) {
    return invalid(
      "The file has no critic, without which there is no Q to show and no training to continue",
    );
  }
  const { name, file: { prefix } } = algorithm, hidden = [tensors[`${prefix}.state`]!.shape[2]!];
  for (let k = 1; tensors[`${prefix}.layer${k + 1}`] !== undefined; k++) {
    hidden.push(tensors[`${prefix}.layer${k}`]!.shape[2]!);
  }
  if (hidden.length > LIMITS.layers[1] || hidden.some((width) => width > LIMITS.width[1])) {
    return invalid(
      `The file's networks are larger than this page takes: hidden layers of ${hidden.join(", ")}`,
    );
  }
  const squash = SQUASHES.find((each) => each === metadata["squash"]);
  const normalisation = NORMALISATIONS.find((each) => each === said.normalisation) ?? "none";
  return E.right({
    algorithm: name,
    options: { hidden, normalisation, ...squash === undefined ? {} : { squash } },
  });
}

/** A training with the initial networks of a file. */
export function beginningWith<S>(
  training: Training<S>,
  bytes: Uint8Array,
): E.Either<PolicyInvalid, Training<S>> {
  const file = decode(bytes);
  if (E.isLeft(file)) return invalid("The file cannot be read");
  const { tensors, metadata } = file.right;
  const learner = withInitialParameters(training.learner, training.environment.spec, tensors, metadata);
  return E.isLeft(learner)
    ? invalid(`The file does not fit this page: ${learner.left.message}`)
    : E.right({ ...training, learner: learner.right });
}
