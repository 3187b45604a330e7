/**
 * `softq watch`: a page that plays episodes of a run's policy or, without a run, of a script or a policy file in an
 * experiment.
 *
 * @module
 */

import { SCRIPTS } from "../run/scripted.ts";
import { SHOWN_EPISODES, writeEpisodes } from "../run/watched.ts";
import { listenToInterrupts } from "../terminal/console.ts";
import { command, type Invocation, oneOrNone, RUN } from "./command.ts";
import { countFlag, optionalSwitch, textFlag } from "./flags.ts";
import { printFile } from "../terminal/result.ts";

const FLAGS = {
  episodes: countFlag(`episodes to show, overlaid [${SHOWN_EPISODES}; 1 with --experiment]`, "count", 1, 200),
  best: optionalSwitch("play the best checkpoint's policy, not the final one"),
  replica: countFlag("replica of the run [0]", "replica", 0),
  experiment: textFlag("experiment to show without a run, under a script", "name"),
  variant: textFlag("with --experiment: its variant [the first]", "variant"),
  policy: textFlag(
    `with --experiment: one of ${SCRIPTS.join(", ")}, or a parameters.safetensors [random]`,
    "policy",
  ),
  seed: countFlag("with --experiment: seed of the episodes [0]", "seed", 0),
  steps: countFlag("with --experiment: steps of an episode [the environment's horizon]", "steps", 1, 1e6),
  out: textFlag("file to write [watch.html in the run's folder, or runs/watch-NAME.html]", "file"),
};

/** The command. */
export const watchCommand = (invocation: Invocation) =>
  command(invocation, {
    brief: "Write a page that plays episodes of a run's policy, or of a body without a run",
    help:
      "Plays episodes with the final policy of a run, or that of its newest checkpoint, and writes a page\n" +
      "to watch them on. With --experiment it needs no run: the body moves at random, not at all, or by a\n" +
      "hand-made gait, for example --experiment maze --policy gait, or by a policy that a page has saved.\n" +
      "Least permissions: --allow-read of the run's folder, --allow-write of the page.",
    usage: [
      "[--best] [--replica N] [--episodes N] [--out file] <run>",
      "--experiment name [--variant V] [--policy P] [--seed N] [--steps N] [--episodes N] [--out file]",
    ],
    flags: FLAGS,
    takes: oneOrNone(RUN),
    run: async (options, path) => {
      const { experiments, console } = invocation;
      const written = writeEpisodes(experiments, path, options, () => listenToInterrupts(console));
      return printFile(await written(), console);
    },
  });
