/**
 * Which commands hear of an interrupt. What only reads files and writes a page listens to none, so that the system ends
 * it at once, however long it would take; what has something to keep listens, and then looks.
 */
import { assert } from "../deps.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { parseSweep } from "../../src/sweep/space.ts";
import { openSweepFolder } from "../../src/sweep/sweep_folder.ts";
import { right } from "../device/adapter.ts";
import { withFolder } from "../run/run_fixture.ts";
import { copyFolder, softq } from "./softq.ts";

const OLD_RUNS = new URL("../run/old_runs", import.meta.url).pathname;

/** How often a command began to listen, and how often it looked. */
async function heard(words: readonly string[], stop = false) {
  let listened = 0, looked = 0;
  const { code, error } = await softq(words, {
    listen: () => void listened++,
    interrupted: () => (looked++, stop),
  }, EXPERIMENTS);
  return { code, error, listened: listened > 0, looked: looked > 0 };
}

Deno.test("Commands that read files and write a page do not handle an interrupt, which ends them immediately", () =>
  withFolder(async (folder) => {
    const runs = `${folder}/runs`, sweep = `${folder}/sweep`;
    await copyFolder(OLD_RUNS, runs);
    const file = {
      name: "quiet",
      experiment: "multi-goal",
      configuration: { device: "cpu" },
      axes: { seed: [0, 1] },
    };
    right(await openSweepFolder(sweep, right(parseSweep(JSON.stringify(file))))());
    await Deno.writeTextFile(`${folder}/quiet.json`, JSON.stringify(file));
    const commands = [
      ["list", runs],
      ["report", `${runs}/soft-q`],
      ["sweep", `${folder}/quiet.json`, "--dry-run"],
      ["sweep", "status", sweep],
      ["sweep", "report", sweep],
      ["sweep", "pause", sweep],
      ["watch", "--experiment=maze", "--policy=gait", "--steps=10", `--out=${folder}/gait.html`],
    ];
    for (const words of commands) {
      const found = await heard(words);
      const expected = { code: 0, error: "", listened: false, looked: false };
      assert.deepEqual(found, expected, words.join(" "));
    }
  }));

Deno.test("A command that plays episodes handles interrupts and ends after one", () =>
  withFolder(async (folder) => {
    await copyFolder(`${OLD_RUNS}/soft-q`, `${folder}/run`);
    const { code, listened, looked } = await heard(["evaluate", `${folder}/run`, "--episodes=1000000"], true);
    assert.deepEqual([code, listened, looked], [130, true, true]);
  }));
