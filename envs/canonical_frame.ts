/**
 * A body's task seen in a canonical frame: of the images of a state under a group of symmetries one is observed, and an
 * action is one of that image. Any policy on it is exactly equivariant, and learns all images of a motion at once
 * (Kaba, Mondal, Zhang, Bengio, Ravanbakhsh, "Equivariance with Learned Canonicalization Functions", ICML 2023; here the
 * choice is given, not learned).
 *
 * Law, tested: states that are images of each other have equal observations, and with equal actions equal rewards and
 * again states that are images of each other, up to rounding.
 *
 * @module
 */

import type { BodyTask } from "./body_task.ts";
import type { SymmetryGroup } from "./symmetry.ts";

/**
 * The task in a canonical frame. Its specification names no symmetries: they are in the frame.
 *
 * @param group symmetries of the task
 * @param chosen index of the symmetry that takes a state to its canonical image; for images of each other, the same image
 */
export function inCanonicalFrame(
  task: BodyTask,
  group: SymmetryGroup,
  chosen: (state: Float64Array) => number,
): BodyTask {
  const { symmetry: _, ...spec } = task.spec, observations = spec.observation.length;
  const seen = new Float64Array(observations), taken = new Float64Array(spec.action.length);
  return {
    ...task,
    spec,
    advance: (state, action, outcome) => {
      const { from, sign } = group[chosen(state)]!.action;
      for (let i = 0; i < from.length; i++) taken[from[i]!] = sign[i]! * action[i]!;
      task.advance(state, taken, outcome);
    },
    observe: (state, out, offset) => {
      task.observe(state, seen, 0);
      const { from, sign } = group[chosen(state)]!.observation;
      for (let i = 0; i < observations; i++) out[offset + i] = sign[i]! * seen[from[i]!]!;
    },
  };
}
