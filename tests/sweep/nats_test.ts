/** Sweeps over a real NATS server: queue, leases, duplicates and rejections, with fake workers that do not train. */
import { assert } from "../deps.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { E } from "../../src/deps.ts";
import { connectTo } from "../../src/nats/connection.ts";
import { readOverview } from "../../src/nats/overview.ts";
import { outcomeOfEntry } from "../../src/nats/records.ts";
import { changeSweep, jobsLeft, recordOf, resultsOf, submit, sweepOnBus } from "../../src/nats/sweeps.ts";
import { work } from "../../src/nats/worker.ts";
import { overviewTable } from "../../src/sweep/overview.ts";
import type { AssignmentEnd } from "../../src/sweep/schedule.ts";
import { withServer } from "./nats_server.ts";
import { BUILD, digestOf, fakeSweep, fakeWorker, submitted, test, withBus } from "./fake_worker.ts";

test("A sweep that is submitted twice exists once, and every trial ends once", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const { file, sweep } = fakeSweep(20);
      assert.deepEqual(await submitted(bus, file, sweep), 20);
      assert.deepEqual(await submitted(bus, file, sweep), 20);
      assert.equal((await jobsLeft(bus, "fake")).size, 20);
      const ends = await Promise.all(["a", "b", "c"].map((name) => work(bus, fakeWorker(folder, name))));
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

test("A silent worker is noticed within its lease; two owners reach one outcome, and other bits are a fault", (folder) =>
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
          ...fakeWorker(folder, "slow", {
            begin: async () => {
              began();
              await held;
              return null;
            },
            digest: () => "f".repeat(64),
          }),
        });
        await begun;
        const started = performance.now();
        const quick = await work(bus, fakeWorker(folder, "quick"));
        assert.equal(quick.ended, 2, "the silent worker's trial was not taken over");
        assert(performance.now() - started < 20_000, "it took longer than ten leases");
        release();
        const late = await slow;
        const { outcomes, faults } = await resultsOf(bus, sweep);
        assert.deepEqual([...outcomes.values()].map(({ worker }) => worker), ["quick", "quick"]);
        assert.deepEqual([late.ended, late.duplicates, late.faults.length], [0, 0, 1]);
        assert.match(late.faults[0]!, /^([01])_seed-\1: slow came to f{64}, quick to 0{63}\1$/);
        // Everyone who asks is told.
        assert.deepEqual(faults, late.faults);
        const { overview } = await readOverview(bus, { sweep, record: (await recordOf(bus, "fake"))! });
        assert.match(
          overviewTable(sweep, overview),
          /\nA fault of determinism: [01]_seed-[01]: slow came to f{64}/,
        );
      }))));

test("A trial whose process dies three times is given up with its reason, and the others go on", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const { file, sweep } = fakeSweep(4);
      await submitted(bus, file, sweep);
      const begin = (trial: string): Promise<AssignmentEnd | null> =>
        Promise.resolve(trial.startsWith("2") ? { _tag: "Lost", reason: "it ended with SIGKILL" } : null);
      await work(bus, fakeWorker(folder, "a", { begin }));
      const { outcomes } = await resultsOf(bus, sweep);
      assert.deepEqual([...outcomes.values()].map(({ standing }) => standing), [
        "done",
        "done",
        "lost",
        "done",
      ]);
      assert.equal(outcomes.get(2)?.error, "it ended with SIGKILL");
      const { overview } = await readOverview(bus, { sweep, record: (await recordOf(bus, "fake"))! });
      assert.match(overviewTable(sweep, overview), /\n2_seed-2: it ended with SIGKILL\n/);
    })));

test("A worker that is stopped properly does not count as silent, however often it happens", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const { file, sweep } = fakeSweep(1);
      await submitted(bus, file, sweep);
      for (let n = 0; n < 12; n++) {
        let asked = false;
        const begin = (): Promise<AssignmentEnd> => {
          asked = true;
          return Promise.resolve({ _tag: "Interrupted" });
        };
        await work(bus, fakeWorker(folder, `stopped-${n}`, { begin, interrupted: () => asked }));
        assert(asked);
      }
      assert.equal((await work(bus, fakeWorker(folder, "last"))).ended, 1);
      assert.equal((await resultsOf(bus, sweep)).outcomes.get(0)?.standing, "done");
    })));

test("A worker that waits for a server which is gone ends when it is asked to", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      let asked = false;
      const working = work(bus, {
        ...fakeWorker(folder, "a", { interrupted: () => asked }),
        untilEmpty: false,
      });
      await server.kill();
      asked = true;
      assert.equal((await working).ended, 0);
    })));

test("Successive halving over several workers lets the best third of each rung go on", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const halving = { halving: { metric: "meanReturn", rungs: [100, 200, 400], reduction: 3 } };
      const { file, sweep } = fakeSweep(18, "halved", halving);
      await submitted(bus, file, sweep);
      await Promise.all(["a", "b", "c"].map((name) => work(bus, fakeWorker(folder, name))));
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
      const foreign = fakeWorker(folder, "old", {
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
      const end = await work(bus, fakeWorker(folder, "new"));
      assert.equal(end.ended, 2);
      const { outcomes } = await resultsOf(bus, sweep);
      assert.deepEqual([...outcomes.keys()], [0, 2]);
    })));

test("Messages from the server are checked like files from outside", (folder) =>
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
      const end = await work(bus, fakeWorker(folder, "a", { say: (line) => lines.push(line) }));
      assert.equal(end.ended, 2);
      assert(lines.some((line) => line.startsWith("Discarded an invalid job")));
      assert(E.isLeft(await sweepOnBus(bus, "broken", EXPERIMENTS, BUILD)));
    })));

/** Why a connection fails. */
const left = async (options: Parameters<typeof connectTo>[0]): Promise<string> => {
  const connection = await connectTo(options)();
  assert(E.isLeft(connection));
  return connection.left.message;
};

test("No server, wrong credentials and an invalid address give one line each, without the password", async (folder) => {
  assert.equal(
    await left({ url: "nats://127.0.0.1:1" }),
    "Cannot use the server nats://127.0.0.1:1: nothing answers there",
  );
  for (const url of ["http://127.0.0.1", "nats://127.0.0.1:99999", "nats://127.0.0.1:1:2"]) {
    assert.equal(
      await left({ url }),
      `Cannot use the server ${url}: an address is nats://host:port or tls://host:port`,
    );
  }
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

Deno.test({
  name: "What greets like no NATS server is called none, and nothing is printed",
  sanitizeResources: false, // the client goes on waiting for an answer, which no option ends
  sanitizeOps: false,
  fn: async () => {
    const { log } = console, printed: unknown[] = [];
    console.log = (...words) => void printed.push(words);
    const greetings = ["HTTP/1.1 400 Bad Request\r\n\r\n", "\0\xff\r\n", "INFO {not JSON}\r\n"];
    const informal = ["{}", "[]", "3", "null", '{"version":7}', '{"version":"new"}'];
    for (const greeting of [null, ...greetings, ...informal.map((each) => `INFO ${each}\r\n`)]) {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const served = listener.accept().then(async (connection) => {
        if (greeting !== null) await connection.write(new TextEncoder().encode(greeting));
        connection.close();
      });
      const url = `nats://127.0.0.1:${listener.addr.port}`;
      assert.equal(await left({ url }), `Cannot use the server ${url}: it is not a NATS server`);
      await served;
    }
    console.log = log;
    assert.deepEqual(printed, []);
  },
});
