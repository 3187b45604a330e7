/**
 * Every experiment that the command line knows.
 *
 * @module
 */

import type { Experiment } from "../src/run/experiment.ts";
import { maze } from "./maze.ts";
import { multiGoal } from "./multi_goal.ts";
import { pretrain } from "./pretrain.ts";
import { swimmer } from "./swimmer.ts";
import { transfer } from "./transfer.ts";

/** Every experiment, in the order in which the paper has them. */
export const EXPERIMENTS: readonly Experiment[] = [multiGoal, swimmer, maze, pretrain, transfer];
