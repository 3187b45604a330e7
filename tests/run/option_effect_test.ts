/** No option of a run is accepted and ignored: each has a value that changes what the run writes beside its `config.json`. */
import { assert } from "../deps.ts";
import { flagText } from "../../src/learn/option.ts";
import { flagOf, RUN_OPTIONS, type RunOptions } from "../../src/run/configuration.ts";
import { filesIn, softq, TINY } from "../cli/softq.ts";
import { withFolder, withoutTiming } from "./run_fixture.ts";

/** A value that must make a difference, and what else is set with and without it. */
type Probe = readonly [value: unknown, setting?: Readonly<Record<string, unknown>>];

/** Probes of all rows; OTHER is the folder of a finished run. */
const probes = (OTHER: string): Readonly<Record<keyof RunOptions, Probe>> => ({
  algorithm: ["sac"],
  scale: ["smoke"],
  device: ["reference"],
  variant: ["first-code"],
  init: [OTHER],
  initReplay: ["kept", { init: OTHER }],
  initTemperature: ["kept", { init: OTHER }],
  initNoise: ["kept", { init: OTHER }],
  evaluationEpisodes: [3],
  evaluationInterval: [100],
  intermediateEpisodes: [3, { evaluationInterval: 100 }],
  checkpointInterval: [100],
  logInterval: [100],
  metrics: ["csv"],
});

/** A run of 200 steps with all that is about runs as at first. */
const WORDS = [
  ...TINY.filter((word) =>
    !/^--(steps|value-particles|(fixed|moved)-particles|device|metrics|.*-interval|.*-episodes)=/.test(word)
  ),
  "--steps=200",
];

/** The preset's own values of what some scales set and this test does not. */
const SETTLED = {
  device: "cpu",
  evaluationEpisodes: 4,
  evaluationInterval: 0,
  intermediateEpisodes: 4,
  checkpointInterval: 0,
  logInterval: 50,
};

/** A file without what depends on time, machine and place; null for what is left out wholly. */
function comparable(name: string, base64: string): string | null {
  if (/^(config|manifest)\.json$|^report\.html$/.test(name)) return null;
  const text = new TextDecoder().decode(Uint8Array.fromBase64(base64));
  if (name.endsWith(".jsonl")) {
    return JSON.stringify(text.trimEnd().split("\n").map((line) => withoutTiming(JSON.parse(line))));
  }
  if (/^(summary|figure-1)\.json$/.test(name)) return JSON.stringify(withoutTiming(JSON.parse(text)));
  // Names the run, of which the configuration is a part.
  return name === "parameters.safetensors" ? text.slice(text.indexOf('"critic')) : base64;
}

Deno.test("Every option of runs changes what a run writes", () =>
  withFolder(async (folder) => {
    let count = 0;
    const run = async (options: Readonly<Record<string, unknown>>): Promise<string> => {
      const out = `${folder}/${count++}`;
      const words = Object.entries({ ...SETTLED, ...options }).map(([name, value]) =>
        `${flagOf(name)}=${flagText(value)}`
      );
      const { code, error } = await softq(["train", "multi-goal", ...WORDS, ...words, `--out=${out}`]);
      assert.equal(code, 0, `${words.join(" ")}: ${error}`);
      return out;
    };
    const written = async (out: string): Promise<string> => {
      const files = Object.entries(await filesIn(out)).map((
        [name, bytes],
      ) => [name, comparable(name, bytes)]);
      return JSON.stringify(files.filter(([, content]) => content !== null).toSorted());
    };
    const other = await run({ noiseSet: 4, temperature: 0.5, seed: 9, checkpointInterval: 100 });
    const list = probes(other);
    assert.deepEqual(Object.keys(list).toSorted(), Object.keys(RUN_OPTIONS).toSorted(), "a row has no probe");
    const known = new Map<string, string>();
    for (const [name, [value, setting = {}]] of Object.entries(list)) {
      const key = JSON.stringify(setting), plain = known.get(key) ?? await written(await run(setting));
      known.set(key, plain);
      assert.notEqual(await written(await run({ ...setting, [name]: value })), plain, `${name} is ignored`);
    }
    // The comparison would see that an option is ignored: what is the same is written the same.
    assert.equal(await written(await run({})), known.get("{}"));
  }));
