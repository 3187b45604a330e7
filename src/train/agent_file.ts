/**
 * Policies from the bytes of `parameters.safetensors`.
 *
 * @module
 */

import { E } from "../deps.ts";
import { type Agent, agentOf, type PolicyInvalid } from "../learn/agent.ts";
import { decode, explainSafetensors } from "./safetensors.ts";

/**
 * Reads a trained policy.
 *
 * @param bytes what `Trained.save` gave, or a run's `parameters.safetensors`
 * @returns `PolicyInvalid` with the reason where the bytes are not a policy's
 */
export function loadAgent(bytes: Uint8Array): E.Either<PolicyInvalid, Agent> {
  const file = decode(bytes);
  if (E.isLeft(file)) return E.left({ _tag: "PolicyInvalid", message: explainSafetensors(file.left) });
  return agentOf(file.right.tensors, file.right.metadata);
}
