/**
 * Processes that are interrupted, as by Ctrl-C. On an idle machine they end within half a second; tests share their cores
 * with others (3.0 s were seen with both of two cores busy), so that they are given ten times as long.
 */

import { assert } from "../deps.ts";
import { type Ended, ended, outcomeOf, spawn } from "./kill_fixture.ts";
import { withFolder } from "./run_fixture.ts";

const PATIENCE = 5000;

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
  "--intermediate-episodes=8000",
  "--evaluation-episodes=8000",
];

/** A run whose only turns take seconds. */
const LONG_TURNS = [
  ...EVALUATING.filter((word) => !/evaluation|intermediate|hidden|batch|log/.test(word)),
  "--chunk=200",
  "--environments=4",
  "--log-interval=200",
  "--hidden=256,256",
  "--batch=256",
  "--evaluation-episodes=10",
];

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits until something is so, two minutes at most. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const begun = performance.now();
  while (!await holds()) {
    assert(performance.now() - begun < 120_000, "it never came to be");
    await pause(20);
  }
}

const lines = async (run: string): Promise<number> => {
  try {
    return (await Deno.readTextFile(`${run}/metrics.jsonl`)).split("\n").length - 1;
  } catch {
    return 0;
  }
};

/** Sends a signal, and checks that the process ends soon, as interrupted. */
async function interrupt(process: Deno.ChildProcess, signal: Deno.Signal, times = 1): Promise<Ended> {
  const begun = performance.now();
  for (let k = 0; k < times; k++) process.kill(signal);
  const end = await ended(process);
  const took = performance.now() - begun;
  assert.equal(end.code, 130, end.error);
  assert(took < PATIENCE, `${took} ms`);
  return end;
}

/** Interrupts a run when `reached` says, resumes it, and compares it with one that was never stopped. */
const stopsAndResumes = (
  words: readonly string[],
  reached: (run: string) => Promise<boolean>,
  says: RegExp,
  signal: Deno.Signal,
) =>
  withFolder(async (folder) => {
    const whole = await ended(spawn([...words, `--out=${folder}/whole/run`]));
    assert.equal(whole.code, 0, whole.error);
    const run = `${folder}/stopped/run`, process = spawn([...words, `--out=${run}`]);
    await until(() => reached(run));
    await pause(300);
    const { error } = await interrupt(process, signal);
    assert.match(error, says);
    assert.equal(JSON.parse(await Deno.readTextFile(`${run}/manifest.json`)).exit, "interrupted");
    const resumed = await ended(spawn(["resume", run]));
    assert.equal(resumed.code, 0, resumed.error);
    // What was not stopped has no checkpoint to compare.
    const [{ stored: _, ...stopped }, { stored: __, ...expected }] = await Promise.all(
      [outcomeOf(run), outcomeOf(`${folder}/whole/run`)],
    );
    for (const name of Object.keys(expected)) {
      assert(JSON.stringify(stopped[name]) === JSON.stringify(expected[name]), `${name} differs`);
    }
  });

Deno.test("A run that is interrupted in an evaluation on the way stops there, and resumes to the same files", () =>
  // Lines at 50, 100 and 150 steps: that of 200 is written after the evaluation.
  stopsAndResumes(
    EVALUATING,
    async (run) => await lines(run) === 3,
    /Interrupted after (175|200) steps; continue with: deno task softq resume /,
    "SIGINT",
  ));

Deno.test("A run that is interrupted in its final evaluation stops there, and resumes to the same files", () =>
  stopsAndResumes(
    EVALUATING,
    async (run) => await lines(run) === 8,
    /Interrupted in the final evaluation, after 400 steps; continue with: deno task softq resume /,
    "SIGTERM",
  ));

Deno.test("A run that is interrupted in a long turn stops within it, and resumes to the same files", () =>
  stopsAndResumes(
    LONG_TURNS,
    async (run) => await lines(run) === 1,
    /Interrupted after 200 steps; continue with: deno task softq resume /,
    "SIGINT",
  ));

Deno.test("Two interrupts at once end a run at once; its manifest says so, and it can be resumed", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`, process = spawn([...LONG_TURNS, `--out=${run}`]);
    await until(() => Deno.stat(`${run}/metrics.jsonl`).then(() => true, () => false));
    const { error } = await interrupt(process, "SIGINT", 5);
    assert.match(
      error,
      /(Ended at once|Interrupted after \d+ steps); continue with: deno task softq resume /,
    );
    assert.equal(JSON.parse(await Deno.readTextFile(`${run}/manifest.json`)).exit, "interrupted");
    const resumed = await ended(spawn(["resume", run]));
    assert.equal(resumed.code, 0, resumed.error);
  }));

Deno.test("Evaluating and watching can be interrupted, say so, and write nothing", () =>
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
      const process = spawn(words);
      await pause(4000); // it reads the run in a moment, and then plays for minutes
      const { error } = await interrupt(process, "SIGTERM");
      assert.equal(error, "Interrupted before all episodes were played: nothing was written\n");
    }
    assert.deepEqual([...Deno.readDirSync(run)].map(({ name }) => name).sort(), before);
  }));

Deno.test("A command that writes a page from what there is ends at once where it is interrupted", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    const words = EVALUATING.map((word) => word.replace("8000", "10"));
    const made = await ended(spawn([...words, `--out=${run}`]));
    assert.equal(made.code, 0, made.error);
    // A hundred times the run's metrics: the page takes seconds.
    const metrics = await Deno.readTextFile(`${run}/metrics.jsonl`);
    await Deno.writeTextFile(`${run}/metrics.jsonl`, metrics.repeat(20_000));
    const process = spawn(["report", run]);
    await pause(1500);
    await interrupt(process, "SIGINT");
    assert(!await Deno.stat(`${run}/report.html`).then(() => true, () => false));
  }));
