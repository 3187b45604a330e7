/** An experiment whose environment takes a millisecond a step, and its command line: chunks take seconds to collect. */
import { pointMass } from "../../envs/point_mass.ts";
import { multiGoal } from "../../experiments/multi_goal.ts";
import { processConsole } from "../../src/terminal/console.ts";
import { cli } from "../../src/cli/main.ts";
import type { Experiment } from "../../src/run/experiment.ts";

const sound = pointMass();

/** The experiment. */
export const slow: Experiment = {
  ...multiGoal,
  name: "slow",
  preset: (...of) => ({ ...multiGoal.preset(...of), experiment: "slow" }),
  module: import.meta.url,
  environment: () => ({
    ...sound,
    stepMany: (states, actions, out, keys) => {
      const count = states.length / sound.spec.stateSize;
      for (const end = performance.now() + count; performance.now() < end;);
      sound.stepMany(states, actions, out, keys);
    },
  }),
};

if (import.meta.main) Deno.exit(await cli([slow], Deno.args, processConsole()));
