/**
 * The sizes that a session measures: the tasks as the study trains them, and the paper's largest.
 *
 * @module
 */

import { quadruped } from "../../envs/quadruped.ts";
import { type Configuration, CONFIGURATIONS } from "../setting.ts";

/** The study's quadruped: it observes the 27 numbers of its own body, the paper's 125. */
const STUDY_QUADRUPED: Configuration = {
  name: "quadruped",
  environment: quadruped({ observation: "compact" }),
  hidden: 128,
  batch: 64,
  fixed: 16,
  moved: 16,
  values: 32,
};

const [multiGoal, swimmer, paper] = CONFIGURATIONS as [Configuration, Configuration, Configuration];

/** Small to large. */
export const SIZES: readonly Configuration[] = [multiGoal, swimmer, STUDY_QUADRUPED, paper];

/** Replicas side by side. */
export const REPLICAS = [1, 4, 16, 64] as const;
