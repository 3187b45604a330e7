/** Environments of a caller's, for workers that import them. */
import { type Environment, environment } from "../../envs/environment.ts";
import { pointMass } from "../../envs/point_mass.ts";

const plane = pointMass();

/** A point mass by another name. */
export const task: Environment = { ...plane, spec: { ...plane.spec, name: "own task" } };

/** One with another horizon. */
export const other: Environment = { ...task, spec: { ...task.spec, horizon: 7 } };

/** The step that breaks. */
export const STEP = 12;

let steps = 0;

/** One whose step throws after a while. */
export const failing: Environment = environment({
  ...task,
  step: (state, action, key) => {
    if (++steps === STEP) throw new Error(`broken at step ${STEP}`);
    return task.step(state, action, key);
  },
});
