/**
 * The command line: parses arguments, runs a command and returns its exit code.
 *
 * Exit codes: 0 done, 1 the run failed, 2 the command or configuration is wrong, 130 interrupted after a checkpoint.
 *
 * @module
 */

import { EXIT } from "../run/exit.ts";
import type { Experiment } from "../run/experiment.ts";
import type { Connect } from "../sweep/place.ts";
import type { Console } from "../terminal/console.ts";
import { handOver } from "../terminal/programs.ts";
import type { Invocation } from "./command.ts";
import { completionCommand } from "./completion.ts";
import { buildRouteMap, type CommandContext, type RouteMap } from "./deps.ts";
import { evaluateCommand } from "./evaluate.ts";
import { invoke } from "./invoke.ts";
import { listCommand } from "./list.ts";
import { reportCommand } from "./report.ts";
import { resumeCommand } from "./resume.ts";
import { asksForServer } from "./server.ts";
import { sweepRoutes } from "./sweep.ts";
import { trainCommand, trainRoutes, unknownFlags } from "./train.ts";
import { versionCommand } from "./version.ts";
import { watchCommand } from "./watch.ts";
import { workerCommand } from "./worker.ts";

/** Runs an experiment's own command line; returns its exit code. */
export const main = (experiment: Experiment, words: readonly string[], console_: Console): Promise<number> =>
  invoke({
    name: experiment.name,
    target: (called) => trainCommand(experiment, { ...called, experiments: [experiment], connect: null }),
    words,
    console: console_,
    unknownFlags: unknownFlags(experiment),
  });

/**
 * Runs the command line of all experiments; returns its exit code.
 *
 * @param connect connects to servers; without it, a separate program is started for them
 */
export const cli = (
  experiments: readonly Experiment[],
  words: readonly string[],
  console_: Console,
  connect: Connect | null = null,
): Promise<number> => {
  if (connect === null && asksForServer(words)) return handOver(words, console_);
  if (words.length === 1 && words[0] === "train") {
    console_.error(
      `softq train needs an experiment, one of ${experiments.map(({ name }) => name).join(", ")}\n`,
    );
    return Promise.resolve(EXIT.wrong);
  }
  return invoke({
    name: "softq",
    target: (called) => routes({ ...called, experiments, connect }),
    words,
    console: console_,
    unknownFlags: unknownFlags(experiments.find(({ name }) => name === words[1])),
  });
};

const routes = (invocation: Invocation): RouteMap<CommandContext> =>
  buildRouteMap({
    routes: {
      train: trainRoutes(invocation),
      resume: resumeCommand(invocation),
      evaluate: evaluateCommand(invocation),
      report: reportCommand(invocation),
      watch: watchCommand(invocation),
      list: listCommand(invocation),
      sweep: sweepRoutes(invocation),
      worker: workerCommand(invocation),
      version: versionCommand(invocation),
      completion: completionCommand(invocation),
    },
    docs: {
      brief: "Soft Q-learning: energy-based policies for continuous control",
      fullDescription: "Soft Q-learning: energy-based policies for continuous control\n" +
        "Every command takes --debug, which shows where an exception came from.",
    },
  });
