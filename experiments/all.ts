/**
 * The experiments of the command line.
 *
 * @module
 */

import type { Experiment } from "../src/run/experiment.ts";
import { maze } from "./maze.ts";
import { multiGoal } from "./multi_goal.ts";
import { pretrain } from "./pretrain.ts";
import { swimmer } from "./swimmer.ts";
import { transfer } from "./transfer.ts";

/** All experiments, in the order of the paper. */
export const EXPERIMENTS: readonly Experiment[] = [multiGoal, swimmer, maze, pretrain, transfer];
