/** Sweeps over a real NATS server: queue, leases, duplicates, refusals, with workers that only pretend to train. */
import { assert } from "../deps.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { E } from "../../src/deps.ts";
import { type Bus, openBus } from "../../src/nats/bus.ts";
import { connectTo } from "../../src/nats/connection.ts";
import { outcomeOfEntry } from "../../src/nats/records.ts";
import { changeSweep, jobsLeft, resultsOf, submit, sweepOnBus } from "../../src/nats/sweeps.ts";
import { work, type WorkerOptions } from "../../src/nats/worker.ts";
import type { Left } from "../../src/sweep/schedule.ts";
import { parseSweep, type SweepFile } from "../../src/sweep/space.ts";
import { type TrialState, UNTOUCHED } from "../../src/sweep/trial_folder.ts";
import { type Sweep, sweepOf } from "../../src/sweep/trials.ts";
import { withFolder } from "../run/run_fixture.ts";
import { hasNats, type NatsServer, withServer } from "./nats_server.ts";

const BUILD = { version: "test", revision: null };

/** A sweep of so many trials. */
function fakeSweep(
  trials: number,
  name = "fake",
  halving: object = {},
): { readonly file: SweepFile; readonly sweep: Sweep } {
  const configuration = { scale: "smoke", steps: 400, evaluationInterval: 100 };
  const file = parseSweep(JSON.stringify({
    name,
    experiment: "multi-goal",
    configuration: "halving" in halving ? { ...configuration, steps: undefined } : configuration,
    axes: { seed: Array.from({ length: trials }, (_, n) => n) },
    ...halving,
  }));
  assert(E.isRight(file), E.isLeft(file) ? file.left.message : "");
  const sweep = sweepOf(EXPERIMENTS, file.right);
  assert(E.isRight(sweep), E.isLeft(sweep) ? sweep.left.message : "");
  return { file: file.right, sweep: sweep.right };
}

/** Puts a sweep on the bus; how many trials wait then. */
async function submitted(bus: Bus, file: SweepFile, sweep: Sweep): Promise<number> {
  const result = await submit(bus, file, sweep, EXPERIMENTS, BUILD);
  assert(E.isRight(result), E.isLeft(result) ? result.left.message : "");
  return result.right.waiting;
}

/** The digest that a fake trial comes to. */
const digestOf = (trial: string): string => trial.replace(/\D/g, "").padStart(64, "0").slice(-64);

interface Pretence {
  /** Called when a trial is begun; how it is left, null for as it should be. */
  readonly begin?: (trial: string) => Promise<Left | null>;
  /** The digest that this worker comes to. */
  readonly digest?: (trial: string) => string;
  readonly interrupted?: () => boolean;
  readonly build?: WorkerOptions["build"];
  readonly say?: (line: string) => void;
}

/** A worker that trains nothing. */
function pretender(folder: string, name: string, pretence: Pretence = {}): WorkerOptions {
  const { begin, digest = digestOf, interrupted = () => false, build = BUILD, say = () => {} } = pretence;
  return {
    experiments: EXPERIMENTS,
    build,
    name,
    folder: `${folder}/${name}`,
    checkpointSeconds: 3600,
    memoryBytes: () => Infinity,
    interrupted,
    say,
    untilEmpty: true,
    now: () => performance.now(),
    executor: (sweep) => {
      const states = new Map<string, TrialState>();
      return {
        workers: 1,
        read: (trial) => Promise.resolve(states.get(trial.name) ?? UNTOUCHED),
        run: async (trial, steps): Promise<Left> => {
          const left = await begin?.(trial.name) ?? null;
          if (left !== null) return left;
          const rung = sweep.halving.rungs.indexOf(steps), last = rung === sweep.halving.rungs.length - 1;
          const scores = Array.from({ length: rung + 1 }, () => trial.configuration.seed);
          states.set(
            trial.name,
            last
              ? { ...UNTOUCHED, standing: "done", steps: 400, scores, digest: digest(trial.name) }
              : { ...UNTOUCHED, standing: "begun", steps, scores },
          );
          return { _tag: "Reached" };
        },
      };
    },
  };
}

/** A bus of the server's. */
async function withBus<A>({ url }: NatsServer, body: (bus: Bus) => Promise<A>, lease = 2): Promise<A> {
  const connection = await connectTo({ url })();
  assert(E.isRight(connection), E.isLeft(connection) ? connection.left.message : "");
  try {
    return await body(await openBus(connection.right, lease));
  } finally {
    await connection.right.close();
  }
}

const test = (name: string, body: (folder: string) => Promise<void>): void =>
  Deno.test({
    name,
    ignore: !hasNats,
    fn: () => withFolder(body),
    // The client's own timers of a closed connection.
    sanitizeOps: false,
  });

test("A sweep that is submitted twice is there once, and every trial ends once", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const { file, sweep } = fakeSweep(20);
      assert.deepEqual(await submitted(bus, file, sweep), 20);
      assert.deepEqual(await submitted(bus, file, sweep), 20);
      assert.equal((await jobsLeft(bus, "fake")).size, 20);
      const ends = await Promise.all(["a", "b", "c"].map((name) => work(bus, pretender(folder, name))));
      assert.equal(ends.reduce((sum, { ended }) => sum + ended, 0), 20);
      assert.deepEqual(ends.map(({ duplicates, faults }) => [duplicates, faults.length]), [[0, 0], [0, 0], [
        0,
        0,
      ]]);
      const { outcomes } = await resultsOf(bus, sweep);
      assert.deepEqual(
        [...outcomes].map(([n, { digest }]) => [n, digest]),
        sweep.trials.map(({ name }, n) => [n, digestOf(name)]),
      );
      // Nothing is left to submit.
      assert.deepEqual(await submitted(bus, file, sweep), 0);
      const other = fakeSweep(3);
      const refused = await submit(bus, other.file, other.sweep, EXPERIMENTS, BUILD);
      assert(E.isLeft(refused));
      assert.match(
        refused.left.message,
        /^Another sweep is called "fake" there: give this one another name$/,
      );
    })));

test("A worker that falls silent is noticed within its lease; two owners come to one outcome, and other bits are a fault", (folder) =>
  withServer(folder, (server) =>
    withBus(server, (bus) =>
      withBus(server, async (partitioned) => {
        const { file, sweep } = fakeSweep(2);
        await submitted(bus, file, sweep);
        let release = (): void => {};
        const held = new Promise<void>((resolve) => release = resolve);
        let began = (): void => {};
        const begun = new Promise<void>((resolve) => began = resolve);
        // The first worker's messages do not come through for longer than its lease, as in a partition of the network.
        const silent = { ...partitioned, lease: 3600 };
        const slow = work(silent, {
          ...pretender(folder, "slow", {
            begin: async () => {
              began();
              await held;
              return null;
            },
            digest: (trial) => trial.startsWith("0") ? "f".repeat(64) : digestOf(trial),
          }),
        });
        await begun;
        const started = performance.now();
        const quick = await work(bus, pretender(folder, "quick"));
        assert.equal(quick.ended, 2, "the silent worker's trial was not taken over");
        assert(performance.now() - started < 20_000, "it took longer than ten leases");
        release();
        const late = await slow;
        const lines = [late.duplicates, late.faults.length];
        // Which of the two trials the slow worker held is chance: the first of them it gets wrong.
        const { outcomes } = await resultsOf(bus, sweep);
        assert.deepEqual([...outcomes.values()].map(({ worker }) => worker), ["quick", "quick"]);
        assert.equal(late.ended, 0);
        assert.deepEqual(lines[1] === 1 ? [0, 1] : [1, 0], lines);
        if (lines[1] === 1) assert.match(late.faults[0], /^0_seed-0: slow came to f{64}, quick to 0{64}$/);
      }))));

test("A trial whose process dies three times is given up with its reason, and the others go on", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const { file, sweep } = fakeSweep(4);
      await submitted(bus, file, sweep);
      const begin = (trial: string): Promise<Left | null> =>
        Promise.resolve(trial.startsWith("2") ? { _tag: "Lost", reason: "it ended with SIGKILL" } : null);
      await work(bus, pretender(folder, "a", { begin }));
      const { outcomes } = await resultsOf(bus, sweep);
      assert.deepEqual([...outcomes.values()].map(({ standing }) => standing), [
        "done",
        "done",
        "lost",
        "done",
      ]);
      assert.equal(outcomes.get(2)?.error, "it ended with SIGKILL");
    })));

test("Successive halving over several workers lets the best third of each rung go on", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const halving = { halving: { metric: "meanReturn", rungs: [100, 200, 400], reduction: 3 } };
      const { file, sweep } = fakeSweep(18, "halved", halving);
      await submitted(bus, file, sweep);
      await Promise.all(["a", "b", "c"].map((name) => work(bus, pretender(folder, name))));
      const { scores, outcomes } = await resultsOf(bus, sweep);
      const reached = (rung: number): number =>
        [...scores.values()].filter((each) => each.length > rung).length;
      assert.equal(reached(0), 18);
      assert(reached(1) >= 6 && reached(1) < 18, `${reached(1)} at rung 1`);
      assert(outcomes.size >= 2 && outcomes.size <= reached(1), `${outcomes.size} ended`);
      // The score is the seed: the two best trials are sure to come through.
      assert(outcomes.has(17) && outcomes.has(16));
    })));

test("A worker of another version, and a sweep that is paused or cancelled, change nothing", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const { file, sweep } = fakeSweep(3);
      await submitted(bus, file, sweep);
      const lines: string[] = [];
      const begun = performance.now();
      const foreign = pretender(folder, "old", {
        build: { version: "0.0.1", revision: null },
        say: (line) => lines.push(line),
        interrupted: () => performance.now() - begun > 1500,
      });
      assert.equal((await work(bus, foreign)).ended, 0);
      assert.match(
        lines[0],
        /^The sweep "fake" asks for softq test \(no revision\): this is 0\.0\.1 \(no revision\)$/,
      );
      assert(E.isLeft(await sweepOnBus(bus, "other", EXPERIMENTS, BUILD)));
      await changeSweep(bus, "fake", (record) => ({ ...record, cancelled: [1] }));
      const end = await work(bus, pretender(folder, "new"));
      assert.equal(end.ended, 2);
      const { outcomes } = await resultsOf(bus, sweep);
      assert.deepEqual([...outcomes.keys()], [0, 2]);
    })));

test("What comes from the bus is checked like a stranger's file", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const { file, sweep } = fakeSweep(2);
      await submitted(bus, file, sweep);
      // Entries that are none, paths that climb, jobs of trials that there are not.
      await bus.outcomes.put("fake.0", "{}");
      assert.equal(outcomeOfEntry(await bus.outcomes.get("fake.0")), null);
      await bus.outcomes.delete("fake.0");
      const climbing = [{ steps: 1, files: [{ path: "../../x", bytes: 1, sha256: "0".repeat(64) }] }];
      await bus.checkpoints.put("fake.0", JSON.stringify(climbing));
      await bus.jobs.publish("softq.jobs.fake.99.0", new Uint8Array());
      await bus.jobs.publish("softq.jobs.NONSENSE.x", new Uint8Array());
      await bus.sweeps.put("broken", '{"file": 1}');
      const lines: string[] = [];
      const end = await work(bus, pretender(folder, "a", { say: (line) => lines.push(line) }));
      assert.equal(end.ended, 2);
      assert(lines.some((line) => line.startsWith("A job that is none was thrown away")));
      assert(E.isLeft(await sweepOnBus(bus, "broken", EXPERIMENTS, BUILD)));
    })));

test("No server, wrong credentials and an address that is none are one line each, without the password", async (folder) => {
  const left = async (options: Parameters<typeof connectTo>[0]): Promise<string> => {
    const connection = await connectTo(options)();
    assert(E.isLeft(connection));
    return connection.left.message;
  };
  assert.equal(
    await left({ url: "nats://127.0.0.1:1" }),
    "Cannot use the server nats://127.0.0.1:1: nothing answers there",
  );
  assert.match(await left({ url: "http://127.0.0.1" }), /an address is nats:\/\/host:port/);
  await Deno.writeTextFile(`${folder}/password`, "sesame\n");
  const words = ["--user", "ali", "--pass", "sesame"];
  await withServer(folder, async ({ url }) => {
    const wrong = url.replace("//", "//ali:baba@");
    assert.equal(await left({ url: wrong }), `Cannot use the server ${url}: it refuses the credentials`);
    const right = await connectTo({ url, user: "ali", passwordFile: `${folder}/password` })();
    assert(E.isRight(right));
    await right.right.close();
  }, words);
});
