/**
 * Archived runs: folders such as those below `results/`, with `run.json` instead of a manifest, evaluations instead of
 * metrics, and parameters only where others start from them.
 *
 * Evaluations are stored as a table for each replica, with a column for each measure and seven significant digits, in
 * less than half the size of a list of objects.
 *
 * Law, tested: values survive a round trip up to the seventh digit.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { type ConfigInvalid, configInvalid, resumeCommand } from "./configuration.ts";
import type { Evaluated } from "./experiment.ts";
import { isMissing, readFile } from "./files.ts";
import type { Json, JsonObject } from "./json.ts";
import { archivedRunFile, intact, manifestIn } from "./written.ts";

/** Evaluations of one replica, by columns. */
export interface EvaluationTable {
  /** Environment steps at each evaluation. */
  readonly step: readonly number[];
  /** For each measure its values, one for each evaluation. */
  readonly evaluation: Readonly<Record<string, readonly Json[]>>;
}

/** Rounds a number to seven significant digits, about the precision of float32. */
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

/** The evaluations of one replica from a table, or from the list of objects that version 0.1 wrote. */
export const evaluationsOf = (stored: EvaluationTable | readonly Evaluated[]): readonly Evaluated[] =>
  "step" in stored
    ? stored.step.map((step, k) => ({
      step,
      evaluation: Object.fromEntries(
        Object.entries(stored.evaluation).map(([name, column]) => [name, column[k]!]),
      ) as JsonObject,
    }))
    : stored;

/**
 * All evaluations of each replica: the intermediate ones, and the summary's final one if the replica reached the end.
 */
export const allEvaluations = (
  stored: readonly (EvaluationTable | readonly Evaluated[])[],
  summary: JsonObject,
): readonly (readonly Evaluated[])[] => {
  const step = Number(summary["environmentSteps"]), final = summary["evaluation"] as readonly JsonObject[];
  return stored.map((each, r) => {
    const intermediate = evaluationsOf(each);
    const isThere = final[r]!["failed"] !== undefined || intermediate.at(-1)?.step === step;
    return isThere ? intermediate : [...intermediate, { step, evaluation: final[r]! }];
  });
};

/** The contents of an archived run's `run.json`. */
export interface ArchivedRun {
  /** The command that made it. */
  readonly command: string;
  /** Its `manifest.json`. */
  readonly manifest: JsonObject;
  /** Why its parameters are not kept; absent if they are. */
  readonly parameters?: string;
}

/** Reads an archived run's `run.json`; null if the folder is not an archived run. */
export const archivedRunIn = (path: string): TE.TaskEither<ConfigInvalid, ArchivedRun | null> =>
  pipe(archivedRunFile(path), TE.map((found) => found as ArchivedRun | null));

/** The error's field if a run has no parameter file. */
export const NO_PARAMETERS = "parameters";

/** Reads a run's parameter file; if an archived run has none, the error says how to reproduce it. */
export const parametersIn = (path: string): TE.TaskEither<ConfigInvalid, Uint8Array> =>
  pipe(
    manifestIn(path),
    TE.chain((manifest) => intact(path, manifest, ["parameters.safetensors"])),
    TE.chainW(() => readFile(`${path}/parameters.safetensors`)),
    TE.orElse((error) => async () => {
      if (error._tag === "ConfigInvalid") return E.left(error);
      if (!isMissing(error)) return E.left(configInvalid("run", error.message));
      const archived = await archivedRunIn(path)(), manifest = await manifestIn(path)();
      if (E.isLeft(archived)) return archived;
      const ended = E.isRight(manifest) && manifest.right?.["exit"] === "done";
      return E.left(
        archived.right?.parameters === undefined
          ? configInvalid(
            NO_PARAMETERS,
            ended
              ? `"${path}/parameters.safetensors" is missing: ${
                resumeCommand(path)
              } makes it again, or says how`
              : `"${path}" has no parameters.safetensors: the run has not ended; continue with: ${
                resumeCommand(path)
              }`,
          )
          : configInvalid(
            "run",
            `"${path}" keeps no parameters; make them again: ${archived.right.command} --out FOLDER`,
          ),
      );
    }),
  );
