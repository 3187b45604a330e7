/**
 * The state of a trial, read from its run's folder: progress, scores and how it ended.
 *
 * A sweep keeps no other record: it can be stopped at any moment, and continues from the state of the folders.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { E } from "../deps.ts";
import { historyOf } from "../run/evaluation.ts";
import type { Evaluated } from "../run/experiment.ts";
import { readFile } from "../run/files.ts";
import type { JsonObject } from "../run/json.ts";
import type { Halving } from "./space.ts";

/** A value at a number of environment steps. */
type Point = readonly [step: number, value: number];

/** The state of a trial. */
export interface TrialState {
  /** `missing`: nothing to continue from; `begun`: it has a checkpoint; `done` and `failed`: it has ended. */
  readonly standing: "missing" | "begun" | "done" | "failed";
  /** Environment steps of the newest record. */
  readonly steps: number;
  /** The metric at each rung reached, averaged over the replicas; null if non-finite. */
  readonly scores: readonly (number | null)[];
  /** Why it failed, if the failure is its own; after a full disk or a missing device it can continue elsewhere. */
  readonly error: string | null;
  /** Training time so far, s. */
  readonly seconds: number;
  /** SHA-256 of the run's results without timings: equal runs have equal digests. */
  readonly digest: string | null;
}

/** Failures that are determined by the configuration alone, so that a repeated run fails the same way. */
const OWN_FAULTS: readonly unknown[] = ["NonFinite", "EnvironmentFailed", "RunFailed", "ConfigInvalid"];

/** The state of a trial that has not started. */
export const UNTOUCHED: TrialState = {
  standing: "missing",
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

/** The complete lines of a file that another process may be writing. */
const wholeLines = (text: string): string => text.slice(0, text.lastIndexOf("\n") + 1);

/** The mean of a metric over the replicas of an evaluation. */
function scoreOf(metric: string, replicas: readonly (JsonObject | undefined)[]): number | null {
  const values = replicas.map((evaluation) => evaluation?.[metric]);
  return values.every((value): value is number => typeof value === "number" && Number.isFinite(value))
    ? values.reduce((a, b) => a + b, 0) / values.length
    : null;
}

/** A measure of a run's evaluations, replica by replica: during training, and of the final evaluation if it exists. */
export async function curvesIn(
  folder: string,
  replicas: number,
  metric: string,
): Promise<readonly { readonly points: readonly Point[]; readonly final?: Point }[]> {
  const summary = await objectIn(`${folder}/summary.json`);
  const history = historyOf(wholeLines(await textOf(`${folder}/metrics.jsonl`) ?? ""), replicas);
  const final = summary?.evaluation as readonly JsonObject[] | undefined;
  return history.map((evaluations, r) => {
    const points = evaluations.flatMap(({ step, evaluation: { [metric]: value } }): readonly Point[] =>
      typeof value === "number" ? [[step, value]] : []
    );
    const last = final?.[r]?.[metric];
    return typeof last === "number"
      ? { points, final: [Number(summary?.environmentSteps), last] as const }
      : { points };
  });
}

/** Reads a trial's folder. */
export async function readTrial(folder: string, replicas: number, halving: Halving): Promise<TrialState> {
  const [summary, manifest, metrics, latest] = [
    await objectIn(`${folder}/summary.json`),
    await objectIn(`${folder}/manifest.json`),
    await textOf(`${folder}/metrics.jsonl`),
    await objectIn(`${folder}/checkpoint/latest.json`),
  ];
  const history = historyOf(wholeLines(metrics ?? ""), replicas);
  const final = summary?.evaluation as readonly JsonObject[] | undefined;
  const failed = failureIn(manifest);
  const steps = Number(summary?.environmentSteps ?? history[0].at(-1)?.step ?? 0);
  return {
    standing: failed !== null ? "failed" : summary !== null ? "done" : latest !== null ? "begun" : "missing",
    steps,
    scores: scoresOf(halving, history, final),
    error: failed,
    seconds: secondsOf(summary, wholeLines(metrics ?? "")),
    digest: summary === null ? null : await digestOf(folder, summary, metrics ?? ""),
  };
}

/** Why a run failed, if the failure is its own; else null. */
function failureIn(manifest: JsonObject | null): string | null {
  const { exit, fault = "RunFailed" } = manifest ?? {};
  const own = OWN_FAULTS.includes(fault) && !/allocation failed|out of memory/i.test(String(exit));
  return own && typeof exit === "string" && exit.startsWith("failed") ? exit : null;
}

/** A run's duration, s, from its summary or its last record. */
function secondsOf(summary: JsonObject | null, lines: string): number {
  const { timing } = (summary ?? JSON.parse(lines.trimEnd().split("\n").at(-1) || "{}")) as {
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
  { adapter: _, timing: _times, ...summary }: JsonObject,
  metrics: string,
): Promise<string> {
  const hash = createHash("sha256");
  const parameters = await readFile(`${folder}/parameters.safetensors`)();
  if (E.isRight(parameters)) hash.update(parameters.right);
  for (const line of wholeLines(metrics).split("\n").filter((line) => line !== "")) {
    const { timing: _timing, ...record } = JSON.parse(line) as JsonObject;
    hash.update(`${JSON.stringify(record)}\n`);
  }
  return hash.update(JSON.stringify(summary)).digest("hex");
}
