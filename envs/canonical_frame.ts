/**
 * A body's task seen in a canonical frame: of the images of a state under a group of symmetries one is observed, and an
 * action is one of that image. Any policy on it is exactly equivariant, and learns all images of a motion at once
 * (Kaba, Mondal, Zhang, Bengio, Ravanbakhsh, "Equivariance with Learned Canonicalization Functions", ICML 2023; here the
 * choice is given, not learned).
 *
 * Law, tested: where the group preserves the task, states that are images of each other have equal observations, and
 * with equal actions equal rewards and again states that are images of each other, up to rounding. Elsewhere marks
 * tell the frames apart, so that nothing of the observation is lost.
 *
 * @module
 */

import type { BodyTask } from "./body_task.ts";
import type { Component } from "./environment.ts";
import type { SymmetryGroup } from "./symmetry.ts";

/** What tells the frames of a group apart: components of an observation, and their values for each symmetry. */
export interface FrameMarks {
  readonly components: readonly Component[];
  readonly values: readonly (readonly number[])[];
}

/** No marks, for a task that the group preserves. */
const UNMARKED: FrameMarks = { components: [], values: [] };

/**
 * The task in a canonical frame. Its specification names no symmetries: they are in the frame.
 *
 * @param group symmetries of the body
 * @param chosen index of the symmetry that takes a state to its canonical image; for images of each other, the same image
 * @param marks at the end of an observation; needed if the task is not preserved by the group
 */
export function inCanonicalFrame(
  task: BodyTask,
  group: SymmetryGroup,
  chosen: (state: Float64Array) => number,
  marks: FrameMarks = UNMARKED,
): BodyTask {
  const { symmetry: _, ...spec } = task.spec, observations = spec.observation.length;
  const seen = new Float64Array(observations), taken = new Float64Array(spec.action.length);
  return {
    ...task,
    spec: { ...spec, observation: [...spec.observation, ...marks.components] },
    advance: (state, action, outcome) => {
      const { from, sign } = group[chosen(state)]!.action;
      for (let i = 0; i < from.length; i++) taken[from[i]!] = sign[i]! * action[i]!;
      task.advance(state, taken, outcome);
    },
    observe: (state, out, offset) => {
      task.observe(state, seen, 0);
      const frame = chosen(state), { from, sign } = group[frame]!.observation;
      for (let i = 0; i < observations; i++) out[offset + i] = sign[i]! * seen[from[i]!]!;
      for (let i = 0; i < marks.components.length; i++) {
        out[offset + observations + i] = marks.values[frame]![i]!;
      }
    },
  };
}
