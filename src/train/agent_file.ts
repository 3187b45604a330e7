/**
 * Policies from the bytes of `parameters.safetensors`.
 *
 * @module
 */

import { E } from "../deps.ts";
import { type Agent, agentOf, type PolicyInvalid } from "../learn/agent.ts";
import { decode, explainSafetensors } from "./safetensors.ts";
import { oneLine } from "../given.ts";

/**
 * Reads a trained policy.
 *
 * @param bytes the result of `Trained.save`, or a run's `parameters.safetensors`
 * @returns the agent, or `PolicyInvalid` with the reason if the bytes are not those of a policy
 *
 * @example
 * ```ts
 * import { E, keyOf, loadAgent, pointMass, trainSoftQ } from "../../mod.ts";
 * import assert from "node:assert/strict";
 * const options = { steps: 25, minimumReplay: 10, hidden: [8], batch: 4 };
 * const trained = await trainSoftQ(pointMass(), options)();
 * assert.ok(E.isRight(trained));
 * const bytes = trained.right.save();
 * const loaded = loadAgent(bytes);
 * assert.ok(E.isRight(loaded));
 * const key = keyOf(1);
 * assert.deepEqual(loaded.right.act([1, 2], key), trained.right.agent.act([1, 2], key));
 * const damaged = loadAgent(bytes.subarray(0, 100));
 * assert.ok(E.isLeft(damaged) && damaged.left.message.startsWith("The file is cut short"));
 * ```
 */
export function loadAgent(bytes: Uint8Array): E.Either<PolicyInvalid, Agent> {
  if (!(bytes instanceof Uint8Array)) {
    return E.left({ _tag: "PolicyInvalid", message: "A policy is read from a Uint8Array of a file's bytes" });
  }
  const file = decode(bytes);
  if (E.isLeft(file)) {
    return E.left({ _tag: "PolicyInvalid", message: oneLine(explainSafetensors(file.left)) });
  }
  return agentOf(file.right.tensors, file.right.metadata);
}
