import { assert } from "../deps.ts";
import { distanceFromExact } from "../exact/learned.ts";
import { command, withFolder } from "../run/run_fixture.ts";

Deno.test("A short run with a small network finds all four goals and comes near the exact solution", () =>
  withFolder(async (folder) => {
    const { code, error } = await command([
      "--device=cpu",
      "--steps=6000",
      "--hidden=64,64",
      `--out=${folder}/run`,
    ]);
    assert.equal(code, 0, error);
    const { evaluation: [e] } = JSON.parse(await Deno.readTextFile(`${folder}/run/summary.json`));
    assert(e.successRate >= 0.9, JSON.stringify(e));
    assert(e.goalShares.every((share: number) => share >= 0.05), JSON.stringify(e));
    assert(e.meanReturn >= -260 && e.meanReturn <= -170, JSON.stringify(e));
    const distance = distanceFromExact(await Deno.readFile(`${folder}/run/parameters.safetensors`));
    // A full run's error is 0.1 to 0.2; this one has had 24 target copies instead of 40 and half the width.
    assert(distance.meanValueError <= 0.8, JSON.stringify(distance));
    assert(
      distance.originDeviation.every((deviation) => Math.abs(deviation - 0.56) <= 0.1),
      JSON.stringify(distance),
    );
  }));
