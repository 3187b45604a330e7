/**
 * Workers that collect for a run: the files are those of a run without, and what goes wrong is told in the same words.
 */
import { runSynchronously } from "../../src/device/pieces.ts";
import { assert } from "../deps.ts";
import { multiGoal } from "../../experiments/multi_goal.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { EnvironmentFailed } from "../../envs/boundary.ts";
import { collectorsFor, openCollectors } from "../../src/run/collectors.ts";
import { trainingOf } from "../../src/run/experiment.ts";
import { collectInParallel } from "../../src/train/parallel.ts";
import { emptyCollector, resetAll } from "../../src/train/collect.ts";
import { collectorOf } from "../../src/train/loop.ts";
import { emptyReplay, takeJournal } from "../../src/train/replay.ts";
import { breaking, BROKEN } from "./breaking_experiment.ts";
import { command, comparable, SMALL, withFolder } from "./run_fixture.ts";

Deno.test("A run whose environments are stepped by workers writes the files of one without", async () => {
  await withFolder(async (folder) => {
    const words = [
      ...SMALL.map((word) => word.replace("episodes=40", "episodes=4")),
      ...["--replicas=2", "--environments=5"],
    ];
    const files: Record<string, unknown>[] = [];
    for (const collectors of [0, 3]) {
      const out = `${folder}/${collectors}/run`;
      const { code, error } = await command([...words, `--collectors=${collectors}`, `--out=${out}`]);
      assert.equal(code, 0, error);
      files.push(await comparable(out));
    }
    assert.deepEqual(files[1], files[0]);
  });
});

Deno.test("Workers find every experiment in its module", async () => {
  for (const experiment of EXPERIMENTS) {
    assert(experiment.module !== undefined, experiment.name);
    const configuration = experiment.preset("soft-q", "smoke"),
      training = trainingOf(experiment, configuration);
    const collector = collectorOf(training), state = emptyCollector(collector);
    const { observation, action } = collector.environment.spec;
    const sizes = { observation: observation.length, action: action.length };
    const replay = emptyReplay({ replicas: 1, capacity: 100, ...sizes });
    resetAll(collector, state, replay);
    const source = { module: experiment.module, experiment: experiment.name, configuration };
    const collectors = openCollectors(1, source, assert.fail);
    try {
      const parameters = new Float32Array(collector.policy.size);
      runSynchronously((await collectInParallel(collectors, collector, state, parameters, 3))(replay));
      assert.equal(replay.cursor.transitions[0], 3 * configuration.environments);
    } finally {
      collectors.close();
    }
  }
});

Deno.test("An environment's fault in a worker is reported in its own words, as an environment's failure", async () => {
  const configuration = breaking.preset("soft-q", "smoke");
  const collector = collectorOf(trainingOf(breaking, configuration)), state = emptyCollector(collector);
  const replay = emptyReplay({ replicas: 1, capacity: 100, observation: 2, action: 2 });
  resetAll(collector, state, replay);
  const module = breaking.module ?? "",
    source = { experiment: breaking.name, configuration };
  const collectors = openCollectors(1, { module, ...source }, assert.fail);
  const lost = openCollectors(1, { module: multiGoal.module ?? "", ...source }, assert.fail);
  try {
    const parameters = new Float32Array(collector.policy.size);
    const failure = await collectInParallel(collectors, collector, state, parameters, 20).then(
      () => null,
      (e) => e,
    );
    assert(failure instanceof EnvironmentFailed);
    assert.match(failure.message, new RegExp(`^Environment "breaking": .*${BROKEN}`));
    await assert.rejects(
      collectInParallel(lost, collector, state, parameters, 1),
      /exports no experiment "breaking"/,
    );
  } finally {
    collectors.close();
    lost.close();
  }
});

Deno.test("A request that nobody awaits any more does not change the next one", async () => {
  const configuration = { ...multiGoal.preset("soft-q", "smoke"), environments: 4, chunk: 4 };
  const collector = collectorOf(trainingOf(multiGoal, configuration));
  const source = { module: multiGoal.module ?? "", experiment: multiGoal.name, configuration };
  const collectors = openCollectors(2, source, assert.fail), sizes = { observation: 2, action: 2 };
  const collected = async (abandoned: readonly number[]) => {
    const state = emptyCollector(collector), parameters = new Float32Array(collector.policy.size);
    const replay = emptyReplay({ replicas: 1, capacity: 100, ...sizes }, true);
    resetAll(collector, state, replay);
    for (const steps of abandoned) collectInParallel(collectors, collector, state, parameters, steps);
    runSynchronously((await collectInParallel(collectors, collector, state, parameters, 6))(replay));
    return [takeJournal(replay, 0), [...state.states], state.time[0]];
  };
  try {
    const expected = await collected([]);
    assert.deepEqual(await collected([9, 1, 30]), expected);
  } finally {
    collectors.close();
  }
});

/** The lines that workers of a module cause before `enough` of them, if nothing may take longer than a moment. */
const warned = async (module: string, enough: RegExp): Promise<readonly string[]> => {
  const configuration = { ...multiGoal.preset("soft-q", "smoke"), environments: 2, chunk: 2 };
  const collector = collectorOf(trainingOf(multiGoal, configuration)), state = emptyCollector(collector);
  resetAll(collector, state, emptyReplay({ replicas: 1, capacity: 100, observation: 2, action: 2 }));
  const lines: string[] = [], seen = Promise.withResolvers<void>();
  const source = { module, experiment: multiGoal.name, configuration };
  const collectors = openCollectors(2, source, (line) => {
    lines.push(line);
    if (enough.test(line)) seen.resolve();
  }, 0.05);
  try {
    void collectInParallel(collectors, collector, state, new Float32Array(collector.policy.size), 3);
    await seen.promise;
    await new Promise((resolve) => setTimeout(resolve, 100)); // the other worker is as slow
    return lines;
  } finally {
    collectors.close();
  }
};

const addressOf = (code: string): string => `data:text/typescript,${encodeURIComponent(code)}`;

Deno.test("A module that is imported for ever, and an environment whose step takes seconds, are named once, while the run waits", async () => {
  const endless = addressOf("await new Promise(() => setInterval(() => {}, 1000)); export {};");
  assert.deepEqual(await warned(endless, /importing/), [
    `A worker has been importing "${endless}" for 0.05 s: the training waits for it`,
  ]);
  // It ends by itself: Deno does not stop a worker in an endless loop, which would take a core from all later tests.
  const spinning = addressOf(`
    import { multiGoal } from ${JSON.stringify(multiGoal.module)};
    const stepMany = () => { for (const end = performance.now() + 3000; performance.now() < end;); };
    const environment = (variant) => ({ ...multiGoal.environment(variant), stepMany });
    export const endless = { ...multiGoal, environment };
  `);
  const { stepping, importing = [] } = Object.groupBy(
    await warned(spinning, /stepping/),
    (line) => line.includes("importing") ? "importing" : "stepping",
  );
  assert.deepEqual(stepping, [
    `A worker has been stepping the environment of "${spinning}" for 0.05 s: the training waits for it`,
  ]);
  assert(importing.length <= 1); // on a busy machine
});

Deno.test("Workers are used by default only with a GPU, and leave a core to the loop", () => {
  assert.equal(collectorsFor("cpu", 16, 100), 0);
  assert.equal(collectorsFor("webgpu", 2, 100), 0);
  assert.equal(collectorsFor("webgpu", 16, 100), 15);
  assert.equal(collectorsFor("webgpu", 16, 5), 5);
  assert.equal(collectorsFor("webgpu", 16, 1), 0);
});
