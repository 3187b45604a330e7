/**
 * Learning: options, algorithms, their updates and learners, and agents.
 *
 * `agentOf` checks its arguments, whatever a caller gives. The other functions are parts of the library
 * and trust their arguments to have the declared types.
 *
 * @module
 */

export * from "./agent.ts";
export * from "./algorithm.ts";
export { type AnyOptions, configured, type Intersection } from "./algorithms.ts";
export * from "./ddpg/algorithm.ts";
export * from "./ddpg/options.ts";
export * from "./ddpg/update.ts";
export * from "./ddpg/learner.ts";
export * from "./learner.ts";
export * from "./host_network.ts";
export * from "./network.ts";
export * from "./option.ts";
export * from "./options.ts";
export * from "./policy.ts";
export * from "./record.ts";
export * from "./soft_q/algorithm.ts";
export * from "./soft_q/options.ts";
export * from "./soft_q/update.ts";
export * from "./soft_q/learner.ts";
export type { PolicyTensors } from "./networks_in_file.ts";
export { ALGORITHMS } from "./algorithms.ts";
export * from "./sac/algorithm.ts";
export * from "./sac/learner.ts";
export * from "./sac/options.ts";
export * from "./sac/policy.ts";
export * from "./sac/update.ts";
