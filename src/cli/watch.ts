/**
 * `softq watch`: a page that plays episodes of a run's policy or, without a run, of a script or a policy file in an
 * experiment.
 *
 * @module
 */

import type { Experiment } from "../run/experiment.ts";
import { SCRIPTS } from "../run/scripted.ts";
import { SHOWN_EPISODES, type WatchOptions, writeEpisodes } from "../run/watched.ts";
import { type Console, listenToInterrupts } from "./console.ts";
import { buildCommand, type Command, type CommandContext } from "./deps.ts";
import { printResult } from "./exit_code.ts";
import { countFlag, optionalSwitch, runArgument, textFlag } from "./flags.ts";

/** The command. */
export const watchCommand = (
  experiments: readonly Experiment[],
  console_: Console,
  exit: (code: number) => void,
): Command<CommandContext> =>
  buildCommand<WatchOptions, [string?], CommandContext>({
    parameters: {
      positional: { kind: "tuple", parameters: [{ ...runArgument, optional: true }] },
      flags: {
        episodes: countFlag(
          `episodes to show, overlaid [${SHOWN_EPISODES}; 1 with --experiment]`,
          "count",
          1,
          200,
        ),
        best: optionalSwitch("play the best checkpoint's policy, not the final one"),
        replica: countFlag("replica of the run [0]", "replica", 0),
        experiment: textFlag("experiment to show without a run, under a script", "name"),
        variant: textFlag("with --experiment: its variant [the first]", "variant"),
        policy: textFlag(
          `with --experiment: one of ${SCRIPTS.join(", ")}, or a parameters.safetensors [random]`,
          "policy",
        ),
        seed: countFlag("with --experiment: seed of the episodes [0]", "seed", 0),
        steps: countFlag(
          "with --experiment: steps of an episode [the environment's horizon]",
          "steps",
          1,
          1e6,
        ),
        out: textFlag("file to write [watch.html in the run's folder, or runs/watch-NAME.html]", "file"),
      },
    },
    docs: {
      customUsage: [
        "[--best] [--replica N] [--episodes N] [--out file] <run>",
        "--experiment name [--variant V] [--policy P] [--seed N] [--steps N] [--episodes N] [--out file]",
      ],
      brief: "Write a page that plays episodes of a run's policy, or of a body without a run",
      fullDescription:
        "Plays episodes with the final policy of a run, or that of its newest checkpoint, and writes a page\n" +
        "to watch them on. With --experiment it needs no run: the body moves at random, not at all, or by a\n" +
        "hand-made gait, for example --experiment maze --policy gait, or by a policy that a page has saved.\n" +
        "Least permissions: --allow-read of the run's folder, --allow-write of the page.",
    },
    func: async function (options, path): Promise<void> {
      const result = await writeEpisodes(experiments, path, options, () => listenToInterrupts(console_))();
      exit(printResult(result, console_, (file) => `${file}\n`));
    },
  });
