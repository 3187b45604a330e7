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

/** One whose step throws what has something of its own to say. */
export const telling: Environment = environment({
  ...task,
  step: () => {
    throw new Error("the arm is stuck", { cause: { joint: 2 } });
  },
});

/** One whose step throws what cannot be sent from a worker. */
export const unsendable: Environment = environment({
  ...task,
  step: () => {
    throw { message: () => "a function" };
  },
});

/** One that leaves behind what ends its worker. */
export const dying: Environment = environment({
  ...task,
  step: (state, action, key) => {
    if (typeof Deno !== "undefined" && "WorkerGlobalScope" in globalThis) {
      queueMicrotask(() => {
        throw new Error("thrown by nobody");
      });
    }
    return task.step(state, action, key);
  },
});

/** One that takes its time in a worker: five milliseconds a step. */
export const slow: Environment = environment({
  ...task,
  step: (state, action, key) => {
    if ("WorkerGlobalScope" in globalThis) {
      for (const end = performance.now() + 5; performance.now() < end;);
    }
    return task.step(state, action, key);
  },
});
