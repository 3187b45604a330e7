/**
 * Fifty runs killed with SIGKILL at random moments and resumed: soft Q-learning and DDPG, on the CPU and on WebGPU.
 * Their final files must be those of a run that was never stopped, and none may be lost. They store a checkpoint after
 * every iteration, so that many kills meet the storing. What it came to is kept in `tests/long/kill.json`.
 */

import { TINY } from "../cli/softq.ts";
import { assert } from "../deps.ts";
import { runsGpuTests } from "../device/adapter.ts";
import { keep } from "../study/kept_results.ts";
import { killAndResume } from "../run/kill_fixture.ts";
import { withFolder } from "../run/run_fixture.ts";
import { freshSeed } from "../seed.ts";

const RESULTS = new URL("kill.json", import.meta.url);

const wordsOf = (algorithm: "soft-q" | "ddpg", device: "cpu" | "webgpu"): readonly string[] => [
  "train",
  "multi-goal",
  ...TINY.filter((word) =>
    !/^--(device|steps|checkpoint-interval)=/.test(word) && !(algorithm === "ddpg" && /particles/.test(word))
  ),
  `--algorithm=${algorithm}`,
  `--device=${device}`,
  // A software GPU makes some ten updates a second.
  `--steps=${device === "cpu" ? 1500 : 200}`,
  "--checkpoint-interval=25",
];

for (const algorithm of ["soft-q", "ddpg"] as const) {
  for (const device of ["cpu", "webgpu"] as const) {
    const runs = device === "cpu" ? 20 : 5;
    Deno.test(`${runs} runs of ${algorithm} on ${device}, killed at random moments and resumed, end with the files of one that was never stopped`, async () => {
      assert(
        device === "cpu" || runsGpuTests,
        "This test needs a WebGPU adapter: install Mesa's software Vulkan",
      );
      const seed = freshSeed(), words = wordsOf(algorithm, device);
      console.log(`seed ${seed}: ${words.join(" ")}`);
      const tally = await withFolder((folder) => killAndResume(words, folder, runs, seed));
      console.log(JSON.stringify(tally));
      await keep(RESULTS, `${algorithm}, ${device}`, { seed, ...tally, lost: 0 });
      const met = Object.values(tally.unfinished).reduce((sum, each) => sum + each, 0);
      assert(tally.resumed >= runs && (device === "webgpu" || met > 0), "no kill met a checkpoint's storing");
    });
  }
}
