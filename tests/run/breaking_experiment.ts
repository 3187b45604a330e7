/** An experiment whose environment breaks after some steps, in a module of its own, for workers to import. */
import { pointMass } from "../../envs/point_mass.ts";
import { multiGoal } from "../../experiments/multi_goal.ts";
import type { Experiment } from "../../src/run/experiment.ts";

/** What it says then. */
export const BROKEN = "the spring is broken";

const sound = pointMass();

/** The experiment. */
export const breaking: Experiment = {
  ...multiGoal,
  name: "breaking",
  module: import.meta.url,
  environment: () => ({
    ...sound,
    spec: { ...sound.spec, name: "breaking" },
    stepMany: (states, actions, out, keys) => {
      if (Math.hypot(states[0]!, states[1]!) > 0.5) throw new Error(BROKEN);
      states[0]! += 0.1;
      sound.stepMany(states, actions, out, keys);
    },
  }),
};
