/**
 * Kept runs: folders such as those below `results/`, with `run.json` instead of a manifest, evaluations instead of
 * metrics, and parameters only where others start from them.
 *
 * Evaluations are a table for each replica, whose columns are the numbers of an evaluation. It takes less than half the room
 * of a list of objects, and holds what curves are drawn from, to seven digits.
 *
 * Law, tested: what is read is what was written, but for digits beyond the seventh.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { type ConfigInvalid, configInvalid } from "./configuration.ts";
import type { Evaluated } from "./experiment.ts";
import { isMissing, readFile } from "./files.ts";
import type { Json, JsonObject } from "./json.ts";
import { intact, keptRunFile, manifestIn } from "./written.ts";

/** Evaluations of one replica, by columns. */
export interface EvaluationTable {
  /** Environment steps at each evaluation. */
  readonly step: readonly number[];
  /** What `summarise` made of the episodes: for each name a value an evaluation. */
  readonly evaluation: Readonly<Record<string, readonly Json[]>>;
}

/** A number with seven digits, about a float32's. */
const shortened = (value: Json): Json => typeof value === "number" ? Number(value.toPrecision(7)) : value;

/** The evaluations of one replica as a table; all must have the same names. */
export const tableOf = (history: readonly Evaluated[]): EvaluationTable => ({
  step: history.map(({ step }) => step),
  evaluation: Object.fromEntries(
    Object.keys(history[0]?.evaluation ?? {}).map((
      name,
    ) => [name, history.map(({ evaluation }) => shortened(evaluation[name] ?? null))]),
  ),
});

/** The evaluations of one replica out of what a folder keeps: a table, or in folders of version 0.1 a list of objects. */
export const evaluationsOf = (kept: EvaluationTable | readonly Evaluated[]): readonly Evaluated[] =>
  "step" in kept
    ? kept.step.map((step, k) => ({
      step,
      evaluation: Object.fromEntries(
        Object.entries(kept.evaluation).map(([name, column]) => [name, column[k]!]),
      ) as JsonObject,
    }))
    : kept;

/** All evaluations of each replica: those on the way, and the final one that the summary has, where the run came so far. */
export const wholeHistory = (
  kept: readonly (EvaluationTable | readonly Evaluated[])[],
  summary: JsonObject,
): readonly (readonly Evaluated[])[] => {
  const step = Number(summary["environmentSteps"]), final = summary["evaluation"] as readonly JsonObject[];
  return kept.map((each, r) => {
    const onTheWay = evaluationsOf(each);
    const isThere = final[r]!["failed"] !== undefined || onTheWay.at(-1)?.step === step;
    return isThere ? onTheWay : [...onTheWay, { step, evaluation: final[r]! }];
  });
};

/** What `run.json` says of a kept run. */
export interface KeptRun {
  /** The command that made it. */
  readonly command: string;
  /** Its `manifest.json`. */
  readonly manifest: JsonObject;
  /** Why its parameters are not there; absent where they are. */
  readonly parameters?: string;
}

/** Reads what `run.json` says of a kept run; null where there is none: it is not a kept run. */
export const keptRunIn = (path: string): TE.TaskEither<ConfigInvalid, KeptRun | null> =>
  pipe(keptRunFile(path), TE.map((found) => found as KeptRun | null));

/** The field of the error where a run has no file of parameters. */
export const NO_PARAMETERS = "parameters";

/** Reads a run's file of parameters; where a kept run has none, the error says how they are made again. */
export const parametersIn = (path: string): TE.TaskEither<ConfigInvalid, Uint8Array> =>
  pipe(
    manifestIn(path),
    TE.chain((manifest) => intact(path, manifest, ["parameters.safetensors"])),
    TE.chainW(() => readFile(`${path}/parameters.safetensors`)),
    TE.orElse((error) => async () => {
      if (error._tag === "ConfigInvalid") return E.left(error);
      if (!isMissing(error)) return E.left(configInvalid("run", error.message));
      const kept = await keptRunIn(path)(), manifest = await manifestIn(path)();
      if (E.isLeft(kept)) return kept;
      const ended = E.isRight(manifest) && manifest.right?.["exit"] === "done";
      return E.left(
        kept.right?.parameters === undefined
          ? configInvalid(
            NO_PARAMETERS,
            ended
              ? `"${path}/parameters.safetensors" is not there any more: the run has written it`
              : `"${path}" has no parameters.safetensors: the run has not ended ("softq resume ${path}" goes on)`,
          )
          : configInvalid(
            "run",
            `"${path}" keeps no parameters; make them again: ${kept.right.command} --out FOLDER`,
          ),
      );
    }),
  );
