/**
 * Processes that are interrupted, as by Ctrl-C. They end within half a second of processor time, which is what they
 * take on an idle machine; on the clock they are given ten times as long, because tests share their cores with others.
 */

import { assert } from "../deps.ts";
import { runsGpuTests } from "../device/adapter.ts";
import { pause, until } from "../waiting.ts";
import { type Ended, ended, outcomeOf, spawn } from "./kill_fixture.ts";
import { withFolder } from "./run_fixture.ts";

/** Milliseconds on the clock, and of processor time. */
const PATIENCE = 5000, PROMISED = 500;

/** Loaded first, it tells at its end how much processor time a process has used. */
const METER = new URL("processor_time.ts", import.meta.url).pathname;

/** A command line whose only experiment takes a millisecond a step. */
const SLOW = new URL("slow_experiment.ts", import.meta.url).pathname;

/** Starts a command line in a process that tells its processor time at its end. */
const metered = (words: readonly string[], program?: string): Deno.ChildProcess =>
  spawn(words, ["--allow-run", "--preload", METER], program);

/** Milliseconds of processor time that a process has used, in steps of ten; 0 where the system does not tell. */
function processorTime({ pid }: Deno.ChildProcess): number {
  try {
    // After the name in parentheses: the state, ten numbers, and hundredths of a second of the user and of the system.
    const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ").at(-1)!.split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return 0;
  }
}

/** A short run with two long evaluations, the first before its first checkpoint. */
const EVALUATING = [
  "train",
  "multi-goal",
  "--device=cpu",
  "--steps=400",
  "--minimum-replay=50",
  "--hidden=16,16",
  "--batch=16",
  "--value-particles=8",
  "--fixed-particles=4",
  "--moved-particles=4",
  "--log-interval=50",
  "--checkpoint-interval=0",
  "--evaluation-interval=200",
  "--intermediate-episodes=4000",
  "--evaluation-episodes=4000",
];

/** A run whose only turns take seconds. */
const LONG_TURNS = [
  ...EVALUATING.filter((word) => !/evaluation|intermediate|hidden|batch|log|steps/.test(word)),
  "--steps=200",
  "--chunk=100",
  "--environments=4",
  "--log-interval=100",
  "--hidden=256,256",
  "--batch=64",
  "--evaluation-episodes=10",
];

const lines = async (run: string): Promise<number> => {
  try {
    return (await Deno.readTextFile(`${run}/metrics.jsonl`)).split("\n").length - 1;
  } catch {
    return 0;
  }
};

/** Sends a signal, and checks that the process ends soon, as interrupted. */
async function interrupt(process: Deno.ChildProcess, signal: Deno.Signal, times = 1): Promise<Ended> {
  const begun = performance.now(), before = processorTime(process);
  for (let k = 0; k < times; k++) process.kill(signal);
  const end = await ended(process);
  const took = performance.now() - begun;
  assert.equal(end.code, 130, end.error);
  assert(took < PATIENCE, `${took} ms`);
  const told = /processor time: ([\d.]+) ms\n/.exec(end.error);
  // A process that the system ends at once does not come to tell it.
  if (told !== null && before > 0) {
    assert(Number(told[1]) - before < PROMISED, `${Number(told[1]) - before} ms of processor time`);
  }
  return { ...end, error: end.error.replace(told?.[0] ?? "", "") };
}

/**
 * Interrupts a run when `reached` says, resumes it, and compares it with one that was never stopped.
 *
 * @param program the command line; softq's unless given
 * @param more words of the run that is stopped
 */
const stopsAndResumes = (
  words: readonly string[],
  reached: (run: string) => Promise<boolean>,
  says: RegExp,
  signal: Deno.Signal,
  program?: string,
  more: readonly string[] = [],
) =>
  withFolder(async (folder) => {
    const whole = await ended(spawn([...words, `--out=${folder}/whole/run`], [], program));
    assert.equal(whole.code, 0, whole.error);
    const run = `${folder}/stopped/run`, process = metered([...words, ...more, `--out=${run}`], program);
    await until("the run to get there", () => reached(run));
    await pause(300);
    const { error } = await interrupt(process, signal);
    assert.match(error, says);
    assert.equal(JSON.parse(await Deno.readTextFile(`${run}/manifest.json`)).exit, "interrupted");
    const resumed = await ended(spawn(["resume", run], [], program));
    assert.equal(resumed.code, 0, resumed.error);
    // What was not stopped has no checkpoint to compare.
    const [{ stored: _, ...stopped }, { stored: __, ...expected }] = await Promise.all(
      [outcomeOf(run), outcomeOf(`${folder}/whole/run`)],
    );
    for (const name of Object.keys(expected)) {
      assert(JSON.stringify(stopped[name]) === JSON.stringify(expected[name]), `${name} differs`);
    }
  });

Deno.test("A run that is interrupted in an evaluation during training stops there, and resumes to the same files", () =>
  // Lines at 50, 100 and 150 steps: that of 200 is written after the evaluation.
  stopsAndResumes(
    EVALUATING.map((word) => word.replace("evaluation-episodes=4000", "evaluation-episodes=10")),
    async (run) => await lines(run) === 3,
    /Interrupted after (175|200) steps; continue with: deno task softq resume /,
    "SIGINT",
  ));

Deno.test("A run that is interrupted in its final evaluation stops there, and resumes to the same files", () =>
  stopsAndResumes(
    EVALUATING.map((word) => word.replace("intermediate-episodes=4000", "intermediate-episodes=10")),
    async (run) => await lines(run) === 8,
    /Interrupted in the final evaluation, after 400 steps; continue with: deno task softq resume /,
    "SIGTERM",
  ));

Deno.test("A run that is interrupted in a long iteration stops within it, and resumes to the same files", () =>
  stopsAndResumes(
    LONG_TURNS,
    async (run) => await lines(run) === 1,
    /Interrupted after 100 steps; continue with: deno task softq resume /,
    "SIGINT",
  ));

/** A run with two chunks that take seconds to collect, and hardly anything to learn. */
const LONG_CHUNKS = [
  ...EVALUATING.filter((word) => !/evaluation|intermediate|log|steps|replay/.test(word)).with(1, "slow"),
  "--steps=3000",
  "--chunk=1500",
  "--minimum-replay=1500",
  "--steps-per-update=100",
  "--environments=4",
  "--log-interval=1500",
  "--evaluation-interval=0",
  "--evaluation-episodes=10",
];

for (const collectors of [0, 2]) {
  Deno.test(`A run that is interrupted while ${collectors} workers collect a long chunk stops within it, and resumes to the same files`, () =>
    stopsAndResumes(
      LONG_CHUNKS,
      (run) => Deno.stat(`${run}/metrics.jsonl`).then(() => true, () => false),
      /Interrupted after 0 steps; continue with: deno task softq resume /,
      "SIGINT",
      SLOW,
      [`--collectors=${collectors}`],
    ));
}

Deno.test({
  name: runsGpuTests
    ? "A run on WebGPU that is interrupted in a long turn stops within it, and resumes to the same files"
    : "Interrupting a long turn on WebGPU (ignored: there is no WebGPU adapter here)",
  ignore: !runsGpuTests,
  fn: () =>
    stopsAndResumes(
      LONG_TURNS.map((word) => word.replace("--device=cpu", "--device=webgpu").replace(/256|64/, "32")),
      async (run) => await lines(run) === 1,
      /Interrupted after 100 steps; continue with: deno task softq resume /,
      "SIGTERM",
    ),
});

Deno.test("If nothing checks for interrupts, or no longer does, an interrupt ends the process immediately, after its clean-up", async () => {
  const console_ = new URL("../../src/terminal/console.ts", import.meta.url).href;
  for (const looks of ["never", "always", "no more"]) {
    const code = `
      import { processConsole } from ${JSON.stringify(console_)};
      const { listen, interrupted, stopListening, onExit, error } = processConsole();
      listen();
      onExit(() => error("ended at once "));
      if (${looks !== "never"}) interrupted();
      if (${looks === "no more"}) stopListening();
      error("ready ");
      setInterval(() => ${looks === "always"} && interrupted() && (error("looked"), Deno.exit(7)), 10);`;
    const process = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--ext=ts", code],
      stderr: "piped",
      stdout: "null",
    }).spawn();
    const reader = process.stderr.getReader(), decoder = new TextDecoder();
    let said = "";
    for (let sent = false;;) {
      const { value, done } = await reader.read();
      if (done) break;
      said += decoder.decode(value);
      if (!sent && said.includes("ready")) {
        sent = true;
        process.kill("SIGINT");
      }
    }
    const { code: exit } = await process.status;
    assert.deepEqual([exit, said], looks === "always" ? [7, "ready looked"] : [130, "ready ended at once "]);
  }
});

Deno.test("A sweep that is interrupted lets its trials make checkpoints, and says how it goes on", () =>
  withFolder(async (folder) => {
    const file = `${folder}/sweep.json`, sweep = `${folder}/sweep`;
    const configuration = {
      ...{ device: "cpu", steps: 100_000, minimumReplay: 50, hidden: [16, 16], batch: 16, valueParticles: 8 },
      ...{
        fixedParticles: 4,
        movedParticles: 4,
        logInterval: 100,
        checkpointInterval: 0,
        evaluationEpisodes: 4,
      },
    };
    const axes = { seed: [0, 1] };
    await Deno.writeTextFile(
      file,
      JSON.stringify({ name: "s", experiment: "multi-goal", configuration, axes }),
    );
    const words = ["sweep", file, `--out=${sweep}`, "--local=2"];
    const process = metered(words);
    const trials = async (): Promise<readonly string[]> => {
      const names: string[] = [];
      for await (const { name } of Deno.readDir(`${sweep}/trials`)) names.push(`${sweep}/trials/${name}`);
      return names;
    };
    const learning = async () => {
      const found = await trials().catch(() => []);
      const steps = await Promise.all(found.map(lines));
      return steps.length === 2 && steps.every((count) => count >= 2);
    };
    await until("an update", learning);
    const { error } = await interrupt(process, "SIGTERM");
    assert.match(
      error,
      /Interrupted; the same command goes on, and softq sweep status .* says where it stands\n$/,
    );
    for (const run of await trials()) {
      assert.equal(JSON.parse(await Deno.readTextFile(`${run}/manifest.json`)).exit, "interrupted");
      assert((await Deno.stat(`${run}/checkpoint/latest.json`)).isFile);
    }
  }));

Deno.test("Two interrupts end a run immediately; its manifest says so, and it can be resumed", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`, process = metered([...LONG_TURNS, `--out=${run}`]);
    await until("the run's metrics", () => Deno.stat(`${run}/metrics.jsonl`).then(() => true, () => false));
    const { error } = await interrupt(process, "SIGINT", 5);
    assert.match(
      error,
      /(Ended at once|Interrupted after \d+ steps); continue with: deno task softq resume /,
    );
    assert.equal(JSON.parse(await Deno.readTextFile(`${run}/manifest.json`)).exit, "interrupted");
    const resumed = await ended(spawn(["resume", run]));
    assert.equal(resumed.code, 0, resumed.error);
  }));

Deno.test("Evaluation and watching can be interrupted, say so, and write nothing", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    // A swimmer's episodes end at the horizon alone.
    const words = EVALUATING.filter((word) => !/=400$|evaluation|intermediate/.test(word)).with(1, "swimmer");
    const long = [
      "--steps=100",
      "--chunk=50",
      "--horizon=20000",
      "--evaluation-interval=0",
      "--evaluation-episodes=1",
    ];
    const made = await ended(spawn([...words, ...long, `--out=${run}`]));
    assert.equal(made.code, 0, made.error);
    const before = [...Deno.readDirSync(run)].map(({ name }) => name).sort();
    for (const words of [["evaluate", run, "--episodes=1000000"], ["watch", run, "--episodes=200"]]) {
      const process = metered(words);
      await pause(4000); // it reads the run in a moment, and then plays for minutes
      const { error } = await interrupt(process, "SIGTERM");
      assert.equal(error, "Interrupted before all episodes were played: nothing was written\n");
    }
    assert.deepEqual([...Deno.readDirSync(run)].map(({ name }) => name).sort(), before);
  }));

Deno.test("A command that writes a page from existing files ends immediately if interrupted", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    const words = EVALUATING.map((word) => word.replace("4000", "10"));
    const made = await ended(spawn([...words, `--out=${run}`]));
    assert.equal(made.code, 0, made.error);
    // Thousands of times the run's metrics, of which no manifest knows better: the page takes seconds.
    await Deno.remove(`${run}/manifest.json`);
    const metrics = await Deno.readTextFile(`${run}/metrics.jsonl`);
    await Deno.writeTextFile(`${run}/metrics.jsonl`, metrics.repeat(20_000));
    const process = metered(["report", run]);
    await pause(1500);
    await interrupt(process, "SIGINT");
    assert(!await Deno.stat(`${run}/report.html`).then(() => true, () => false));
  }));

/** The manifest's last word of a run, once there is one that `isIt`. */
async function exitOf(folder: string, isIt: (exit: string) => boolean): Promise<string> {
  let exit = "";
  await until("the manifest's last word", async () => {
    const manifest = await Deno.readTextFile(`${folder}/manifest.json`).catch(() => "{}");
    exit = String((JSON.parse(manifest || "{}") as { exit?: unknown }).exit);
    return isIt(exit);
  });
  return exit;
}

/** Whether there is `script`, which gives a command a terminal of its own. */
const hasScript = Deno.build.os === "linux" &&
  await new Deno.Command("script", { args: ["--version"], stdout: "null", stderr: "null" }).output()
    .then(({ success }) => success, () => false);

Deno.test({
  name: "A run whose terminal goes away stops with a checkpoint; under nohup, without a terminal, it goes on",
  ignore: !hasScript,
  fn: () =>
    withFolder(async (folder) => {
      const run = (out: string, ...more: string[]): string =>
        [
          Deno.execPath(),
          "run",
          "--quiet",
          "-A",
          `${import.meta.dirname}/../../cli.ts`,
          ...EVALUATING,
          "--steps=1000000",
          `--out=${out}`,
          ...more,
        ]
          .filter((word) => !/steps=400|intermediate|evaluation-interval/.test(word)).join(" ");
      const lines = async (run: string): Promise<number> =>
        (await Deno.readTextFile(`${folder}/${run}/metrics.jsonl`).catch(() => "")).split("\n").length - 1;
      const terminal = new Deno.Command("script", {
        args: ["-qec", run(`${folder}/terminal`), "/dev/null"],
        stdin: "piped",
        stdout: "null",
        stderr: "null",
      }).spawn();
      await exitOf(`${folder}/terminal`, (exit) => exit === "running");
      await until("a line of its metrics", async () => await lines("terminal") > 0);
      terminal.kill("SIGKILL"); // and with it the other end of the terminal
      await Promise.all([terminal.stdin.close(), terminal.status]);
      assert.equal(await exitOf(`${folder}/terminal`, (exit) => exit !== "running"), "interrupted");
      const quiet = new Deno.Command("nohup", {
        args: run(`${folder}/quiet`).split(" "),
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      await until("a line of its metrics", async () => await lines("quiet") > 0);
      quiet.kill("SIGHUP");
      const before = await lines("quiet");
      await until("a line of its metrics", async () => await lines("quiet") > before + 1);
      quiet.kill("SIGTERM");
      await quiet.status;
      assert.equal(await exitOf(`${folder}/quiet`, (exit) => exit !== "running"), "interrupted");
    }),
});
