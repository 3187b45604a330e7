/** The state of a trial, as its run's folder says it. */

import { readTrial } from "../../src/sweep/trial_folder.ts";
import { assert } from "../deps.ts";
import { withFolder } from "../run/run_fixture.ts";

const HALVING = { metric: "meanReturn", goal: "greatest", rungs: [Infinity], reduction: 2 } as const;

Deno.test("A trial has the steps of its newest record or checkpoint, also before its first evaluation", () =>
  withFolder(async (folder) => {
    const steps = async (): Promise<number> => (await readTrial(folder, 1, HALVING)).steps;
    assert.equal(await steps(), 0);
    await Deno.mkdir(`${folder}/checkpoint`);
    for (const [latest, expected] of [[{ steps: 225 }, 225], [{ steps: "many" }, 0], [{}, 0]] as const) {
      await Deno.writeTextFile(`${folder}/checkpoint/latest.json`, JSON.stringify(latest));
      assert.equal(await steps(), expected);
    }
  }));
