/** Scarce resources: space on a server, memory or disk of a worker. Nothing is lost or marked as failed. */
import { assert } from "../deps.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { E } from "../../src/deps.ts";
import { openBus } from "../../src/nats/bus.ts";
import { connectTo } from "../../src/nats/connection.ts";
import { hasRoom, needOf, roomOn } from "../../src/nats/store.ts";
import { jobsLeft, recordOf, resultsOf, submit } from "../../src/nats/sweeps.ts";
import { work } from "../../src/nats/worker.ts";
import type { AssignmentEnd } from "../../src/sweep/schedule.ts";
import { until } from "../waiting.ts";
import { withServer } from "./nats_server.ts";
import { BUILD, fakeSweep, fakeWorker, submitted, test, withBus } from "./fake_worker.ts";

test("A sweep that a server has no room for is refused in a line, and nothing of it is submitted", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const { file, sweep } = fakeSweep(20), { checkpoint, results } = needOf(sweep, EXPERIMENTS);
      assert(checkpoint > 10_000 && results > checkpoint, `${checkpoint}, ${results}`);
      const refused = await submit(bus, file, sweep, EXPERIMENTS, BUILD);
      assert(E.isLeft(refused));
      assert.match(
        refused.left.message,
        /^The server has no room for the sweep "fake": it may need [\d.]+ MB and there are 1\.9 MB$/,
      );
      assert.equal(await recordOf(bus, "fake"), null);
      assert.equal((await jobsLeft(bus, "fake")).size, 0);
      // A smaller one fits, and is told what it takes.
      const small = fakeSweep(2, "small");
      const taken = await submit(bus, small.file, small.sweep, EXPERIMENTS, BUILD);
      assert(E.isRight(taken));
      assert.match(
        taken.right.store,
        /^A checkpoint takes at most \d+\.?\d* kB, and two are kept .*has room for 1\.9 MB$/,
      );
    }, 2e6)));

test("Results wait while a server has no room, and are sent when it has; a checkpoint is never worth a failure", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const { file, sweep } = fakeSweep(2);
      await submitted(bus, file, sweep);
      // Something else has come to fill the store.
      await bus.files.putBlob({ name: "other" }, new Uint8Array(1_500_000));
      assert(!await hasRoom(bus, 600_000));
      const lines: string[] = [];
      const worker = work(
        bus,
        fakeWorker(folder, "a", { resultBytes: 600_000, say: (line) => lines.push(line) }),
      );
      const waits = "Results wait, as the server has no room for 600 kB";
      await until(waits, () => lines.some((line) => line.startsWith(waits)));
      assert.equal((await resultsOf(bus, sweep)).outcomes.size, 0);
      await bus.files.delete("other");
      const { ended, machineFailure } = await worker;
      assert.deepEqual([ended, machineFailure], [2, null]);
      const { outcomes } = await resultsOf(bus, sweep);
      assert.deepEqual([...outcomes.values()].map(({ standing }) => standing), ["done", "done"]);
      const { used, free } = await roomOn(bus);
      assert(used > 1_200_000 && free !== null && free < 800_000, `${used}, ${free}`);
    }, 2e6)));

test("A store that a server could never give is refused when the first one comes", async (folder) => {
  const configuration = `${folder}/server.conf`;
  await Deno.writeTextFile(configuration, "jetstream { max_file_store: 1000000 }\n");
  await withServer(folder, async ({ url }) => {
    const connection = await connectTo({ url })();
    assert(E.isRight(connection));
    await assert.rejects(openBus(connection.right, 2, 50e6), /insufficient storage resources/);
    await connection.right.close();
  }, ["-c", configuration]);
});

test("A trial that is too large for a worker's memory is left to another, in a line", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const { file, sweep } = fakeSweep(1);
      await submitted(bus, file, sweep);
      const lines: string[] = [];
      const end = await work(
        bus,
        fakeWorker(folder, "small", {
          memory: 1e6,
          say: (line) => lines.push(line),
          interrupted: () => lines.length > 0,
        }),
      );
      assert.equal(end.ended, 0);
      assert.deepEqual(lines.map((line) => line.replace(/[\d.]+ MB of/, "N MB of")), [
        "0_seed-0 of fake is left to others: it needs N MB of memory, and here are 1 MB",
      ]);
      assert.equal((await work(bus, fakeWorker(folder, "large"))).ended, 1);
    })));

test("A worker whose machine can do nothing leaves its trials to others and gives up with the reason", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const { file, sweep } = fakeSweep(6);
      await submitted(bus, file, sweep);
      const full: AssignmentEnd = { _tag: "Unable", reason: 'Cannot write "x": the disk is full' };
      const lines: string[] = [];
      const end = await work(
        bus,
        fakeWorker(folder, "full", { begin: () => Promise.resolve(full), say: (line) => lines.push(line) }),
      );
      assert.deepEqual([end.ended, end.machineFailure], [0, 'Cannot write "x": the disk is full']);
      assert(lines.some((line) => /^\d_seed-\d of fake is left to others: Cannot write "x"/.test(line)));
      assert.equal((await work(bus, fakeWorker(folder, "good"))).ended, 6);
      const { outcomes } = await resultsOf(bus, sweep);
      assert(
        [...outcomes.values()].every(({ standing, worker }) => standing === "done" && worker === "good"),
      );
    })));

test("Deaths of a trial's process are counted over all workers", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      const { file, sweep } = fakeSweep(1);
      await submitted(bus, file, sweep);
      const died: AssignmentEnd = { _tag: "Lost", reason: "it ended with SIGKILL" };
      for (const name of ["a", "b", "c"]) {
        let begun = 0;
        await work(
          bus,
          fakeWorker(folder, name, {
            begin: () => Promise.resolve((begun++, died)),
            interrupted: () => begun > 0,
          }),
        );
        assert.equal(begun, 1);
      }
      const { outcomes } = await resultsOf(bus, sweep);
      const { standing, error, worker } = outcomes.get(0)!;
      assert.deepEqual([standing, error, worker], ["lost", "it ended with SIGKILL", "c"]);
    })));
