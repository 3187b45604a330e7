/**
 * The state of a trial, read from its run's folder: progress, scores and how it ended.
 *
 * A sweep keeps no other record: it can be stopped at any moment, and continues from the state of the folders.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { E, pipe, TE } from "../deps.ts";
import { historyOf } from "../run/evaluation.ts";
import type { Evaluated } from "../run/experiment.ts";
import { readFile } from "../run/files.ts";
import type { JsonObject } from "../run/json.ts";
import { intact, metricsLinesIn, type Written, writtenIn } from "../run/written.ts";
import type { Halving } from "./space.ts";

/** A value at a number of environment steps. */
type Point = readonly [step: number, value: number];

/** The state of a trial. */
export interface TrialState {
  /** `missing`: nothing to continue from; `begun`: it has a checkpoint; `done` and `failed`: it has ended. */
  readonly status: "missing" | "begun" | "done" | "failed";
  /** Environment steps of the newest record or checkpoint. */
  readonly steps: number;
  /** The metric at each rung reached, averaged over the replicas; null if non-finite. */
  readonly scores: readonly (number | null)[];
  /**
   * Why it failed, if the failure is its own; after a full disk or a missing device it can continue elsewhere. A trial
   * with damaged files has failed, too.
   */
  readonly error: string | null;
  /** Training time so far, s. */
  readonly seconds: number;
  /** SHA-256 of the run's results without timings: equal runs have equal digests. */
  readonly digest: string | null;
}

/** Failures that are determined by the configuration alone, so that a repeated run fails the same way. */
const DETERMINISTIC_FAILURES: readonly unknown[] = [
  "NonFinite",
  "EnvironmentFailed",
  "RunFailed",
  "ConfigInvalid",
];

/** The state of a trial that has not started. */
export const NOT_STARTED: TrialState = {
  status: "missing",
  steps: 0,
  scores: [],
  error: null,
  seconds: 0,
  digest: null,
};

/** A file's text; null if it cannot be read. */
const textOf = async (path: string): Promise<string | null> => {
  const bytes = await readFile(path)();
  return E.isLeft(bytes) ? null : new TextDecoder().decode(bytes.right);
};

/** The JSON object in a file; null if the file is missing or incomplete. */
async function objectIn(path: string): Promise<JsonObject | null> {
  const text = await textOf(path);
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && !Array.isArray(value) ? value as JsonObject | null : null;
  } catch {
    return null;
  }
}

/** The mean of a metric over the replicas of an evaluation. */
function scoreOf(metric: string, replicas: readonly (JsonObject | undefined)[]): number | null {
  const values = replicas.map((evaluation) => evaluation?.[metric]);
  return values.every((value): value is number => typeof value === "number" && Number.isFinite(value))
    ? values.reduce((a, b) => a + b, 0) / values.length
    : null;
}

/** The validated contents of a run's files; null for a missing file. */
const writtenOf = (folder: string, replicas: number) =>
  pipe(
    TE.Do,
    TE.bind("summary", () => writtenIn("summary", `${folder}/summary.json`)),
    TE.bind("manifest", () => writtenIn("manifest", `${folder}/manifest.json`)),
    TE.chainFirst(({ manifest }) => intact(folder, manifest, ["summary.json", "metrics.jsonl"])),
    TE.bind("lines", () => metricsLinesIn(`${folder}/metrics.jsonl`, replicas)),
  );

/** The final evaluation, replica by replica. */
const finalOf = (summary: Written | null): readonly JsonObject[] | undefined =>
  summary?.["evaluation"] as readonly JsonObject[] | undefined;

/** A measure of a run's evaluations, replica by replica: during training, and of the final evaluation if it exists. */
export async function curvesIn(
  folder: string,
  replicas: number,
  metric: string,
): Promise<readonly { readonly points: readonly Point[]; readonly final?: Point }[]> {
  const written = await writtenOf(folder, replicas)();
  if (E.isLeft(written)) return []; // reported in its row
  const { summary, lines } = written.right, final = finalOf(summary);
  return historyOf(lines, replicas).map((evaluations, r) => {
    const points = evaluations.flatMap(({ step, evaluation: { [metric]: value } }): readonly Point[] =>
      typeof value === "number" ? [[step, value]] : []
    );
    const last = final?.[r]?.[metric];
    return typeof last === "number"
      ? { points, final: [Number(summary?.["environmentSteps"]), last] as const }
      : { points };
  });
}

/** Reads a trial's folder. */
export async function readTrial(folder: string, replicas: number, halving: Halving): Promise<TrialState> {
  const written = await writtenOf(folder, replicas)();
  if (E.isLeft(written)) return { ...NOT_STARTED, status: "failed", error: written.left.message };
  const { summary, manifest, lines } = written.right;
  const latest = await objectIn(`${folder}/checkpoint/latest.json`);
  const history = historyOf(lines, replicas), failed = failureIn(manifest);
  return {
    status: failed !== null ? "failed" : summary !== null ? "done" : latest !== null ? "begun" : "missing",
    steps: Number(summary?.["environmentSteps"] ?? Math.max(stepIn(lines.at(-1)), stepIn(latest, "steps"))),
    scores: scoresOf(halving, history, finalOf(summary)),
    error: failed,
    seconds: secondsOf(summary, lines),
    digest: summary === null ? null : await digestOf(folder, summary),
  };
}

/** The latest environment step that a run has written; 0 if none. */
function stepIn(written: JsonObject | Written | null | undefined, field = "step"): number {
  const step = written?.[field];
  return typeof step === "number" ? step : 0;
}

/** Why a run failed, if the failure is its own; else null. */
function failureIn(manifest: Written | null): string | null {
  const { exit, fault = "RunFailed" } = manifest ?? {};
  const own = DETERMINISTIC_FAILURES.includes(fault) &&
    !/allocation failed|out of memory/i.test(String(exit));
  return own && typeof exit === "string" && exit.startsWith("failed") ? exit : null;
}

/** A run's duration, s, from its summary or its last record. */
function secondsOf(summary: Written | null, lines: readonly Written[]): number {
  const { timing } = (summary ?? lines.at(-1) ?? {}) as {
    readonly timing?: { readonly wallSeconds?: number; readonly seconds?: number };
  };
  return timing?.wallSeconds ?? timing?.seconds ?? 0;
}

/** The scores at the rungs, up to the first that was not reached. */
function scoresOf(
  { metric, rungs }: Halving,
  history: readonly (readonly Evaluated[])[],
  final: readonly JsonObject[] | undefined,
): readonly (number | null)[] {
  const scores: (number | null)[] = [];
  for (const rung of rungs.slice(0, -1)) {
    const there = history.map((each) => each.find(({ step }) => step === rung)?.evaluation);
    if (there.some((evaluation) => evaluation === undefined)) return scores;
    scores.push(scoreOf(metric, there));
  }
  return final === undefined ? scores : [...scores, scoreOf(metric, final)];
}

/** The digest of a finished run's results: parameters, and metrics and summary without timings. */
async function digestOf(
  folder: string,
  { adapter: _, timing: _times, ...summary }: Written,
): Promise<string> {
  const hash = createHash("sha256");
  const parameters = await readFile(`${folder}/parameters.safetensors`)();
  if (E.isRight(parameters)) hash.update(parameters.right);
  // From the text, because the order of keys counts.
  const text = await textOf(`${folder}/metrics.jsonl`) ?? "";
  for (const line of text.split("\n").slice(0, -1)) {
    const { timing: _timing, ...record } = JSON.parse(line) as JsonObject;
    hash.update(`${JSON.stringify(record)}\n`);
  }
  return hash.update(JSON.stringify(summary)).digest("hex");
}
