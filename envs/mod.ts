/**
 * Environments: the interface, the environments of the paper, and wrappers.
 *
 * @module
 */

export * from "./environment.ts";
export type { SignedPermutation, Symmetry, SymmetryGroup } from "./symmetry.ts";
export type { Extent, Ground, Outcome, View } from "./view.ts";
export { type ActionRepeat, actionRepeat, type IntervalReward } from "./action_repeat.ts";
export { withActuatorNoise } from "./actuator_noise.ts";
export { checkEnvironment } from "./check_environment.ts";
export { EnvironmentFailed, type EnvironmentPart } from "./boundary.ts";
export * from "./point_mass.ts";
export * from "./swimmer.ts";
export * from "./quadruped.ts";
export * from "./worlds.ts";
export type { Rectangle } from "./dynamics/walls.ts";
export type { Softness } from "./dynamics/soft_constraint.ts";
export type { BodyTask, SpeedMeasure } from "./body_task.ts";
export * from "./dynamics/chain_parameters.ts";
export { InvalidBody } from "./dynamics/invalid_body.ts";
export * from "./dynamics/quadruped_parameters.ts";
