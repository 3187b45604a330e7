/** Estimates of what trials cost, from runs that have ended. */
import { assert } from "../deps.ts";
import { multiGoal } from "../../experiments/multi_goal.ts";
import type { Configuration } from "../../src/run/configuration.ts";
import { costFrom, costText } from "../../src/sweep/cost.ts";
import type { Trial } from "../../src/sweep/trials.ts";
import { withFolder } from "../run/run_fixture.ts";

const PRESET = multiGoal.preset("soft-q", "smoke");

const trialOf = (changes: Partial<Configuration>): Trial => ({
  name: "trial",
  values: {},
  fields: {},
  experiment: "multi-goal",
  after: null,
  configuration: { ...PRESET, ...changes },
});

/** Leaves what is read of a run of 400 steps that took so many seconds. */
async function leaveRun(
  folder: string,
  configuration: Readonly<Record<string, unknown>>,
  wallSeconds: number,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(configuration));
  const summary = { environmentSteps: 400, timing: { wallSeconds } };
  await Deno.writeTextFile(`${folder}/summary.json`, JSON.stringify(summary));
}

Deno.test("Layer normalisation is a part of a trial's cost: it is estimated from runs that have it too", () =>
  withFolder(async (folder) => {
    await leaveRun(`${folder}/plain`, PRESET, 4);
    await leaveRun(`${folder}/layer`, { ...PRESET, normalisation: "layer" }, 8);
    const cost = await costFrom([folder]);
    assert.equal(cost.seconds(trialOf({})), 4);
    assert.equal(cost.seconds(trialOf({ normalisation: "layer", steps: 800 })), 16);
    assert.equal(cost.source(trialOf({ normalisation: "layer" })), `1 run of the same sizes in ${folder}/`);
  }));

Deno.test("A run of a version without normalisation is one of the same sizes as a trial without it, and of other sizes than one with it", () =>
  withFolder(async (folder) => {
    const { normalisation: _, ...older } = PRESET;
    await leaveRun(`${folder}/older`, older, 4);
    const cost = await costFrom([folder]);
    assert.equal(cost.source(trialOf({})), `1 run of the same sizes in ${folder}/`);
    assert.equal(cost.source(trialOf({ normalisation: "layer" })), `1 run of other sizes in ${folder}/`);
    assert.match(
      costText([trialOf({})], cost),
      /^About 4 s of one core, estimated from 1 run of the same sizes/,
    );
  }));
