/** Fixtures for tests of the study: folders, small settings, a plan, and a recording console. */

import type { PlannedRun } from "../../study/planned_run.ts";
import { study } from "../../study/study.ts";

/** The settings of a run of seconds. */
export const SMOKE = { scale: "smoke", device: "cpu" } as const;

/** The folders of a study in a folder of its own. */
export const foldersIn = (folder: string) => ({ runs: `${folder}/runs`, results: `${folder}/results` });

/** A console that remembers what was said. */
export const quiet = () => {
  const said: string[] = [];
  return {
    said,
    console: {
      out: (text: string) => void said.push(text),
      error: (text: string) => void said.push(text),
      isTerminal: false,
      width: () => 80,
      now: () => performance.now() / 1000,
      date: () => "2026-01-01T00:00:00.000Z",
      interrupted: () => false,
    },
  };
};

/** A run of each experiment. */
export const PLAN: readonly PlannedRun[] = [
  {
    name: "multi-goal",
    experiment: "multi-goal",
    minutes: 0.1,
    flags: { ...SMOKE, seeds: "0..1" },
    keeps: ["figure-1.json", "figure-1.svg", "parameters.safetensors"],
  },
  {
    name: "swimmer",
    experiment: "swimmer",
    minutes: 0.1,
    flags: { ...SMOKE, algorithm: "ddpg", seeds: "2..3" },
  },
  { name: "maze", experiment: "maze", minutes: 0.1, flags: SMOKE },
  { name: "pretrain", experiment: "pretrain", minutes: 0.1, flags: SMOKE },
  { name: "transfer", experiment: "transfer", minutes: 0.1, flags: SMOKE },
];

/** Carries a plan out to its end on two cores, and gives the exit code and what was said. */
export async function carriedOut(folder: string, plan: readonly PlannedRun[], ...words: readonly string[]) {
  const { console, said } = quiet(), folders = foldersIn(folder);
  await Deno.mkdir(folders.results, { recursive: true });
  const setting = { study: plan, schedule: plan, folders };
  const code = await study(["--hours=1", "--cores=2", ...words], console, setting);
  return { code, said: said.join("") };
}
