/** The study's schedule: interleaving, cores, initial runs, and runs whose processes die. */
import { assert, fc } from "../deps.ts";
import { type PlannedRun, roundRobin, startOf } from "../../study/planned_run.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { E } from "../../src/deps.ts";
import { statusOf } from "../../study/archive.ts";
import { carryOut } from "../../study/schedule.ts";
import { withFolder } from "../run/run_fixture.ts";

const planned = (name: string, seed = 0, init?: string): PlannedRun => ({
  name,
  experiment: "multi-goal",
  minutes: 1,
  flags: { seed: String(seed), ...init === undefined ? {} : { init } },
});

/** Carries a plan out with a program that stands for softq; what it noted, line by line, and which runs were lost. */
async function carriedOut(folder: string, plan: readonly PlannedRun[], cores: number, seconds = 60) {
  const log = `${folder}/log`, script = new URL("fake_softq.ts", import.meta.url).pathname;
  await Deno.writeTextFile(log, "");
  const folders = { runs: `${folder}/runs`, results: `${folder}/results` }, begun = performance.now();
  const made = await carryOut(plan, folders, {
    experiments: EXPERIMENTS,
    cores,
    softq: [Deno.execPath(), "run", "--quiet", "-A", script, log],
    stops: () => performance.now() - begun > 1000 * seconds,
    say: () => {},
  });
  assert(E.isRight(made), E.isLeft(made) ? made.left.message : "");
  const lost = made.right;
  const lines = (await Deno.readTextFile(log)).trim().split("\n").filter((line) => line !== "");
  return { folders, lost, lines, events: lines.map((line) => line.split(" ").slice(0, 2).join(" ")) };
}

const made = (folder: string): string => {
  Deno.mkdirSync(folder);
  return folder;
};

Deno.test("Groups alternate, every run is listed once, and after the run from which it starts", () => {
  const a = [planned("a1"), planned("a2", 0, "results/b3"), planned("a3")];
  const b = [planned("b1"), planned("b2"), planned("b3", 0, "results/b2"), planned("b4")];
  const names = (groups: readonly (readonly PlannedRun[])[]) => roundRobin(groups).map(({ name }) => name);
  assert.deepEqual(names([a, b]), ["a1", "b1", "b2", "b3", "a2", "a3", "b4"]);
  assert.deepEqual(names([b, a]), ["b1", "a1", "b2", "b3", "a2", "a3", "b4"]);
  assert.deepEqual(names([a.slice(0, 1), b]), ["a1", "b1", "b2", "b3", "b4"]);
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(5), { maxLength: 6 }), { minLength: 1, maxLength: 4 }), (sizes) => {
      let count = 0;
      const groups = sizes.map((group) =>
        group.map((back) => {
          const start = count - 1 - back;
          return planned(`r${count++}`, 0, start >= 0 && back < 3 ? `results/r${start}` : undefined);
        })
      );
      const listed = roundRobin(groups);
      assert.deepEqual(new Set(listed), new Set(groups.flat()));
      assert.equal(listed.length, count);
      listed.forEach((run, k) => {
        const start = startOf(run);
        assert(start === null || listed.slice(0, k).some(({ name }) => name === start));
      });
    }),
  );
});

Deno.test("At most as many runs are active as there are cores, and all are if there are enough", () =>
  withFolder(async (folder) => {
    const plan = ["a", "b", "c", "d", "e"].map((name) => planned(name));
    for (const cores of [1, 3]) {
      const { events, lost, folders, lines } = await carriedOut(made(`${folder}/${cores}`), plan, cores);
      let active = 0, most = 0;
      for (const event of events) most = Math.max(most, active += event.startsWith("begin") ? 1 : -1);
      assert.equal(most, cores);
      assert.deepEqual([...lost], []);
      for (const run of plan) assert.equal(await statusOf(folders, run), "finished");
      for (const line of lines) assert.match(line, /--threads 1 --stop-with input$/);
    }
  }));

Deno.test("A run begins when the run from which it starts is archived, and others do not wait for it", () =>
  withFolder(async (folder) => {
    const plan = [planned("first"), planned("second", 0, "results/first"), planned("third")];
    const { events } = await carriedOut(folder, plan, 2);
    assert(events.indexOf("begin second") > events.indexOf("end first"));
    assert(events.indexOf("begin third") < events.indexOf("begin second"));
  }));

Deno.test("A process that dies is begun again, three times at most; a run that fails has ended; the others go on", () =>
  withFolder(async (folder) => {
    const plan = [
      planned("dies", 7),
      planned("after", 0, "results/dies"),
      planned("fails", 8),
      planned("good"),
    ];
    const { events, lost, folders } = await carriedOut(folder, plan, 2);
    assert.equal(events.filter((event) => event === "begin dies").length, 3);
    assert.deepEqual([...lost.keys()], ["dies"]);
    assert.match(lost.get("dies")!, /exit code 9/);
    assert.equal(await statusOf(folders, plan[0]!), "missing");
    assert(!events.includes("begin after"));
    for (const run of plan.slice(2)) assert.equal(await statusOf(folders, run), "finished");
    assert.equal(events.filter((event) => event === "begin fails").length, 1);
  }));

Deno.test("No run begins when the time is over, and what is finished is not made again", () =>
  withFolder(async (folder) => {
    const plan = [planned("a"), planned("b"), planned("c")];
    const first = await carriedOut(folder, plan, 1, 0.2);
    assert.deepEqual(first.events, ["begin a", "end a"]);
    const second = await carriedOut(folder, plan, 1);
    assert.deepEqual(second.events, ["begin b", "end b", "begin c", "end c"]);
  }));
