/**
 * What is left to a run with a damaged checkpoint: the best other one, in the words of every command that needs one.
 *
 * Law, tested: the command that is offered works.
 *
 * @module
 */

import { E } from "../deps.ts";
import { oneLine } from "../given.ts";
import type { CheckpointInvalid } from "./checkpoint/checkpoint.ts";
import { checkpointsIn, type OmittedParts, readCheckpoint } from "./checkpoint/reader.ts";
import { resumeCommand } from "./configuration.ts";

/** Alternatives to a damaged checkpoint, the best first. */
const ALTERNATIVES: readonly {
  readonly without: OmittedParts;
  readonly offer: (resumeFrom: string) => string;
}[] = [
  {
    without: { replay: false, metrics: false },
    offer: (resumeFrom) => `continue from a good checkpoint, bit for bit, with ${resumeFrom}`,
  },
  {
    without: { replay: false, metrics: true },
    offer: (resumeFrom) =>
      `continue with ${resumeFrom} --new-metrics (learning stays bit-exact; damaged metrics files are renamed and ` +
      "replaced by new ones)",
  },
  {
    without: { replay: true, metrics: false },
    offer: (resumeFrom) =>
      `continue with its parameters and moments and an empty replay with ${resumeFrom} --empty-replay (not bit-exact)`,
  },
  {
    without: { replay: true, metrics: true },
    offer: (resumeFrom) =>
      `continue with its parameters and moments, an empty replay and new files of metrics with ${resumeFrom} ` +
      "--empty-replay --new-metrics (not bit-exact)",
  },
];

/**
 * The error of a checkpoint that cannot be used, with what can be done instead.
 *
 * @param run the run's id
 * @param widths lengths of an observation and of an action
 * @param newest whether the newest checkpoint was wanted
 */
export async function withAlternative(
  path: string,
  run: string,
  widths: { readonly observation: number; readonly action: number },
  invalid: CheckpointInvalid,
  newest = true,
): Promise<CheckpointInvalid> {
  const found = await checkpointsIn(path)(), others = E.isRight(found) ? found.right : [];
  for (const { without, offer } of ALTERNATIVES) {
    for (const steps of others) {
      if (E.isLeft(await readCheckpoint(path, run, steps, widths, without)())) continue;
      return {
        ...invalid,
        message: oneLine(`${invalid.message}; ${offer(`${resumeCommand(path)} --from ${steps}`)}`, Infinity),
      };
    }
  }
  return {
    ...invalid,
    message: others.length === 0 && newest
      ? oneLine(
        `"${path}" has no checkpoint to continue from; with "${path}/checkpoint" removed, the run begins again`,
        Infinity,
      )
      : `${invalid.message}; no checkpoint of this run can be used`,
  };
}
