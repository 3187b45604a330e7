/** Algorithms beside one another: presets are told from other settings, and rows about the same thing share a line. */
import { assert } from "../deps.ts";
import { pretrain } from "../../experiments/pretrain.ts";
import { swimmer } from "../../experiments/swimmer.ts";
import { ALGORITHM_NAMES } from "../../src/learn/algorithms.ts";
import type { ClaimRow } from "../../src/report/results.ts";
import type { Configuration } from "../../src/run/configuration.ts";
import { withHorizon } from "../../src/run/experiment.ts";
import { armsTable, isPreset } from "../../study/arms.ts";
import { algorithmTitle, type Seed } from "../../study/seeds.ts";

const presetOf = (algorithm: string): Configuration =>
  withHorizon(swimmer, swimmer.preset(algorithm as Configuration["algorithm"], "study"));

/** A seed of which only the configuration is asked for. */
const seedOf = (configuration: Configuration) =>
  ({ configuration }) as unknown as Seed<typeof swimmer.measures, typeof swimmer.overallMeasures>;

const rowsOf = (seeds: readonly Pick<Seed, "configuration">[]): readonly ClaimRow[] =>
  seeds.map(({ configuration: c }, k) => ({
    ...{ n: "3 seeds", interval: "", met: null, value: k, seeds: 3, bounds: null, setting: "", remark: "" },
    claim: `${c.algorithm}'s: ends forward; paper: all (${algorithmTitle(c)})`,
    named: `${c.algorithm}'s: `,
    algorithm: algorithmTitle(c),
    found: `${c.temperature ?? "none"}`,
  }));

Deno.test("A configuration is a preset whatever its seeds and its device, and is not with any other option", () => {
  for (const algorithm of ALGORITHM_NAMES) {
    const preset = presetOf(algorithm);
    const free = {
      ...preset,
      seed: 7,
      replicas: 3,
      device: "webgpu",
      checkpointInterval: 0,
      logInterval: 500,
    } as const;
    assert(isPreset(swimmer, preset) && isPreset(swimmer, free), algorithm);
    const others = [
      { steps: 500_000 },
      { criticRate: 0.01 },
      { hidden: [8] },
      { variant: "finish-line-3m" },
      { init: "x" },
    ];
    for (const other of others) assert(!isPreset(swimmer, { ...preset, ...other }), JSON.stringify(other));
  }
  assert(!isPreset(pretrain, presetOf("sac")));
});

Deno.test("Presets of several algorithms stand in one line of a table, and other settings in none", () => {
  const presets = ALGORITHM_NAMES.map((name) => seedOf(presetOf(name)));
  const other = seedOf({ ...presetOf("soft-q"), temperature: 9 });
  const text = armsTable(swimmer, [other, ...presets], rowsOf), lines = text.split("\n");
  assert.equal(lines.at(-3), "|  | soft Q-learning | DDPG | soft actor-critic |");
  assert.equal(lines.at(-1), "| ends forward | 1; 3 seeds | none; 3 seeds | 1; 3 seeds |");
  assert.equal(armsTable(swimmer, [other, presets[0]!], rowsOf), "");
  assert.equal(armsTable(swimmer, [other], rowsOf), "");
});
