/** Runs an experiment's command line in this process, with its output caught. */

import { main } from "../../src/cli/main.ts";
import type { Experiment } from "../../src/run/experiment.ts";
import { multiGoal } from "../../experiments/multi_goal.ts";

/** What a command printed, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs the command line with these words. */
export async function command(
  words: readonly string[],
  experiment: Experiment = multiGoal,
): Promise<Outcome> {
  let out = "", error = "";
  const code = await main(experiment, words, {
    out: (text) => void (out += text),
    error: (text) => void (error += text),
    isTerminal: false,
    width: () => 80,
    now: () => performance.now() / 1000,
    date: () => new Date().toISOString(),
    interrupted: () => false,
  });
  return { code, out, error };
}

/** Runs `body` with a folder that is removed afterwards. */
export async function withFolder<A>(body: (folder: string) => Promise<A>): Promise<A> {
  const folder = await Deno.makeTempDir({ prefix: "softq-test-" });
  try {
    return await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A small run: seconds on any machine. */
export const SMALL = [
  "--device=cpu",
  "--steps=200",
  "--hidden=16,16",
  "--batch=16",
  "--value-particles=8",
  "--fixed-particles=4",
  "--moved-particles=4",
  "--evaluation-episodes=40",
  "--evaluation-interval=100",
  "--log-interval=50",
];

/** A JSON value without what depends on time and machine. */
export function withoutTiming(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTiming);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => key !== "timing").map((
      [key, inner],
    ) => [key, withoutTiming(inner)]),
  );
}

/** The files of a run that two runs of the same seed must write alike, by name. */
export async function comparable(folder: string): Promise<Record<string, unknown>> {
  const text = (name: string): Promise<string> => Deno.readTextFile(`${folder}/${name}`);
  const lines = (await text("metrics.jsonl")).trim().split("\n");
  // The run's own name stands in the parameters' metadata, so the two folders must have the same last part.
  return {
    config: await text("config.json"),
    metrics: lines.map((line) => withoutTiming(JSON.parse(line))),
    summary: withoutTiming(JSON.parse(await text("summary.json"))),
    parameters: [...await Deno.readFile(`${folder}/parameters.safetensors`)],
    figure: await text("figure-1.svg"),
    figureData: await text("figure-1.json"),
  };
}
