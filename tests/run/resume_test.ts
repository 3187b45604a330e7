import { assert } from "../deps.ts";
import { ALGORITHMS, OPTION_NAMES } from "../../src/learn/algorithms.ts";
import { flagOf } from "../../src/run/configuration.ts";
import { runsGpuTests } from "../device/adapter.ts";
import { until } from "../waiting.ts";
import { ended, killAndResume, outcomeOf, spawn } from "./kill_fixture.ts";
import { SMALL, withFolder } from "./run_fixture.ts";

const RUN = [
  "train",
  "multi-goal",
  ...SMALL.filter((word) => !word.startsWith("--steps")),
  "--steps=1000",
  "--replicas=2",
  "--environments=5",
  "--exploration-noise=ornstein-uhlenbeck",
  "--critics=2",
  "--temperature-end=0.5",
  "--noise-set=8",
  "--sampler-average=0.01",
  "--normalisation=layer",
  "--noise-set-steps=600",
  "--capacity=700",
  "--checkpoint-interval=100",
];

Deno.test("Runs killed at random moments and resumed end with the files of one that was never stopped", () =>
  withFolder(async (folder) => {
    const { resumed } = await killAndResume(RUN, folder, 4, 1);
    assert(resumed >= 4);
  }));

Deno.test("Runs whose environments are stepped by workers, killed at random moments and resumed with any number of them, end with the same files", () =>
  withFolder(async (folder) => {
    // The number of workers is no part of a run: each process is given another.
    const given = (resumed: number): readonly string[] => [`--collectors=${[2, 0, 3][resumed % 3]}`];
    const { resumed } = await killAndResume(RUN, folder, 3, 4, given);
    assert(resumed >= 3);
  }));

for (const { name, options } of ALGORITHMS.slice(1)) {
  /** The same run of another algorithm, which refuses the options that it does not have. */
  const run = [
    ...RUN.filter((word) =>
      OPTION_NAMES.every((option) => Object.hasOwn(options, option) || !word.startsWith(`${flagOf(option)}=`))
    ),
    `--algorithm=${name}`,
  ];
  Deno.test(`Runs of ${name} killed at random moments and resumed end with the files of one that was never stopped`, () =>
    withFolder(async (folder) => {
      const { resumed } = await killAndResume(run, folder, 2, 2);
      assert(resumed >= 2);
    }));
}

Deno.test({
  name: runsGpuTests
    ? "A run on WebGPU killed at random moments and resumed ends with the files of one that was never stopped"
    : "Killing a run on WebGPU and resuming it (ignored: there is no WebGPU adapter here)",
  ignore: !runsGpuTests,
  fn: () =>
    withFolder(async (folder) => {
      const words = ["--device=webgpu", "--steps=100", "--minimum-replay=25", "--checkpoint-interval=25"];
      const given = words.map((word) => word.split("=")[0]);
      const run = [
        "train",
        "multi-goal",
        ...SMALL.filter((word) => !given.includes(word.split("=")[0])),
        ...words,
      ];
      const { resumed } = await killAndResume(run, folder, 1, 3);
      assert(resumed >= 1);
    }),
});

Deno.test("An interrupted run makes a checkpoint, exits with 130, and resumes to the same files", () =>
  withFolder(async (folder) => {
    const whole = await ended(spawn([...RUN, `--out=${folder}/whole/run`]));
    assert.equal(whole.code, 0, whole.error);
    const process = spawn(
      [...RUN, "--checkpoint-interval=0", `--out=${folder}/stopped/run`].filter((word) =>
        word !== "--checkpoint-interval=100"
      ),
    );
    // It listens to interrupts before it makes its folder, however slow the machine is.
    const begun = () => Deno.stat(`${folder}/stopped/run/metrics.jsonl`).then(() => true, () => false);
    await until("the run's metrics", begun);
    process.kill("SIGINT");
    const { code, error } = await ended(process);
    if (code === 0) return; // the machine was faster than the interrupt
    assert.equal(code, 130, error);
    assert.match(error, /Interrupted after \d+ steps; continue with: deno task softq resume /);
    const manifest = JSON.parse(await Deno.readTextFile(`${folder}/stopped/run/manifest.json`));
    assert.equal(manifest.exit, "interrupted");
    const resumed = await ended(spawn(["resume", `${folder}/stopped/run`]));
    assert.equal(resumed.code, 0, resumed.error);
    const [a, b] = await Promise.all(
      ["whole", "stopped"].map((name) => outcomeOf(`${folder}/${name}/run`)),
    ) as [Record<string, unknown>, Record<string, unknown>];
    // The configuration differs in the interval, and with it the run's id in the parameters' metadata.
    assert.deepEqual({ metrics: b["metrics"], summary: b["summary"], figure: b["figure"] }, {
      metrics: a["metrics"],
      summary: a["summary"],
      figure: a["figure"],
    });
  }));

Deno.test("A run that was killed before its first checkpoint begins again, says so, and ends with the same files", () =>
  withFolder(async (folder) => {
    const words = [...RUN, "--checkpoint-interval=0"].filter((word) => word !== "--checkpoint-interval=100");
    const whole = await ended(spawn([...words, `--out=${folder}/whole/run`]));
    assert.equal(whole.code, 0, whole.error);
    const run = `${folder}/killed/run`, process = spawn([...words, `--out=${run}`]);
    const logged = () => Deno.stat(`${run}/metrics.jsonl`).then(({ size }) => size > 0, () => false);
    await until("a line of its metrics", logged);
    process.kill("SIGKILL");
    assert.equal((await ended(process)).signal, "SIGKILL");
    const resumed = await ended(spawn(["resume", run]));
    assert.equal(resumed.code, 0, resumed.error);
    assert.match(
      resumed.error,
      /^".*run" has no checkpoint yet: the run begins again, as its config\.json says\n/,
    );
    assert.deepEqual(await outcomeOf(run), await outcomeOf(`${folder}/whole/run`));
    const again = await ended(spawn(["resume", run]));
    assert.equal(again.code, 2);
    assert.match(again.error, /^The run in ".*run" is finished: there is nothing to continue\n$/);
  }));

Deno.test("Options that were changed since a run began are named, in its config.json and on the command line", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    const made = await ended(
      spawn(["train", "multi-goal", ...SMALL, "--checkpoint-interval=100", `--out=${run}`]),
    );
    assert.equal(made.code, 0, made.error);
    const before = await outcomeOf(run), text = await Deno.readTextFile(`${run}/config.json`);
    const config = JSON.parse(text);
    for (
      const [changes, says] of [
        [{ steps: 400 }, /: "steps" was 200 and is 400; .*train multi-goal --config .* --init /],
        [{ temperature: 2, batch: 8 }, /: "batch" was 16 and is 8, "temperature" was 1 and is 2; /],
        [{ hidden: [16] }, /: "hidden" was \[16,16\] and is \[16\]; .* begins with new networks: /],
      ] as const
    ) {
      await Deno.writeTextFile(`${run}/config.json`, JSON.stringify({ ...config, ...changes }, null, 2));
      const { code, error } = await ended(spawn(["resume", run]));
      assert.equal(code, 2, error);
      assert.match(error, says);
      assert.equal(error.trim().split("\n").length, 1, error);
    }
    await Deno.writeTextFile(`${run}/config.json`, text);
    const { code, error } = await ended(spawn(["resume", run, "--steps=400"]));
    assert.equal(code, 2);
    assert.match(
      error,
      /^--steps cannot be changed by resume: .*train multi-goal --config .*run\/config\.json --init .*run --steps=400\n$/,
    );
    assert.deepEqual(await outcomeOf(run), before);
  }));
