/** A cluster of real workers and a real server, with kills, against the same sweep undisturbed. */
import { assert } from "../deps.ts";
import { withFolder } from "../run/run_fixture.ts";
import { ended, type Row, runWithFaults, TRIALS, undisturbed } from "./cluster_fixture.ts";
import { hasNats, withServer } from "./nats_server.ts";

const SWEEP = {
  name: "small",
  ...TRIALS,
  axes: { algorithm: ["soft-q", "ddpg"], seed: [0, 1, 2] },
};

const essence = (rows: readonly Row[]): unknown =>
  rows.map(({ trial, state, digest }) => ({ trial, state, digest }));

Deno.test({
  name: "Workers and the server are killed: every trial ends once, with the bits of an undisturbed sweep",
  ignore: !hasNats,
  fn: () =>
    withFolder(async (folder) => {
      const file = `${folder}/small.json`;
      await Deno.writeTextFile(file, JSON.stringify(SWEEP));
      const wanted = await undisturbed(file, `${folder}/alone`);
      assert(wanted.every(({ state }) => state === "done"));
      await withServer(folder, async (server) => {
        const trouble = {
          workers: 2,
          workerKills: 2,
          serverKills: 1,
          pause: 1,
          limit: 300,
          lease: 3,
          checkpoint: 1,
          seed: 1,
        };
        const { rows, faults } = await runWithFaults(server, folder, file, "small", trouble);
        assert.deepEqual(essence(rows), essence(wanted));
        assert.equal(faults, 0);
        const fetched = await ended("cluster.ts", [
          "sweep",
          "fetch",
          "small",
          "--nats",
          server.url,
          "--out",
          `${folder}/fetched`,
        ]);
        assert.equal(fetched.code, 0, fetched.error);
        const there = await ended("cli.ts", ["sweep", "status", `${folder}/fetched`, "--json"]);
        assert.deepEqual(
          essence(JSON.parse(there.out).trials.toSorted((a: Row, b: Row) => a.trial < b.trial ? -1 : 1)),
          essence(wanted),
        );
      });
    }),
});
