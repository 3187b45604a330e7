/** Trainings of soft Q-learning from options. */
import type { Environment } from "../../envs/environment.ts";
import type { Configured } from "../../src/learn/algorithm.ts";
import { configured } from "../../src/learn/algorithms.ts";
import type { WrittenSettings } from "../../src/learn/learner.ts";
import { SOFT_Q } from "../../src/learn/soft_q/algorithm.ts";
import type { SoftQOptions } from "../../src/learn/soft_q/options.ts";
import type { Training } from "../../src/train/loop.ts";
import { trainingOf } from "../../src/train/training.ts";
import { right } from "../device/adapter.ts";

/** Soft Q-learning with options, which must be right. */
export const softQ = (options: Partial<SoftQOptions>): Configured<SoftQOptions> =>
  right(configured(SOFT_Q, options));

/** Its training. */
export const softQTraining = (
  environment: Environment,
  options: Partial<SoftQOptions>,
): Training<WrittenSettings> => trainingOf(environment, softQ(options));
