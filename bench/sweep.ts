/**
 * What a sweep over a NATS server costs: two workers against two processes of this machine that make the same trials, in turns,
 * and ten thousand trials that take no time. Needs `nats-server`.
 *
 *     deno run -A --lock tests/deno.lock bench/sweep.ts [--rounds 2] [--steps 1500] [--crowd 10000]
 */

import { parseArgs } from "node:util";
import { medianOf } from "../src/report/statistics.ts";
import { ended, start } from "../tests/sweep/cluster_fixture.ts";
import { crowd } from "../tests/sweep/crowd.ts";
import { withServer } from "../tests/sweep/nats_server.ts";
import { withFolder } from "../tests/run/run_fixture.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    rounds: { type: "string", default: "2" },
    steps: { type: "string", default: "1500" },
    crowd: { type: "string", default: "10000" },
  },
});

const sweep = (name: string): string =>
  JSON.stringify({
    name,
    experiment: "multi-goal",
    configuration: { steps: Number(values.steps), device: "cpu", evaluationInterval: 0 },
    axes: { seed: [0, 1, 2, 3] },
  });

const seconds = async (what: () => Promise<void>): Promise<number> => {
  const begun = performance.now();
  await what();
  return (performance.now() - begun) / 1000;
};

await withFolder((folder) =>
  withServer(folder, async (server) => {
    const workers = ["a", "b"].map((name) =>
      start("cluster.ts", ["worker", "--nats", server.url, "--folder", `${folder}/${name}`, "--name", name])
    );
    const there: number[] = [], here: number[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      const file = `${folder}/sweep-${round}.json`;
      await Deno.writeTextFile(file, sweep(`round-${round}`));
      here.push(
        await seconds(async () => {
          const { code, error } = await ended("cli.ts", [
            "sweep",
            file,
            "--out",
            `${folder}/${round}`,
            "--local",
            "2",
          ]);
          if (code !== 0) throw new Error(error);
        }),
      );
      there.push(
        await seconds(async () => {
          await ended("cluster.ts", ["sweep", file, "--nats", server.url]);
          await ended("cluster.ts", [
            "sweep",
            "status",
            `round-${round}`,
            "--nats",
            server.url,
            "--watch",
            "1",
          ]);
        }),
      );
      console.log(
        `round ${round}: ${here.at(-1)!.toFixed(1)} s here, ${there.at(-1)!.toFixed(1)} s by workers`,
      );
    }
    for (const worker of workers) {
      worker.kill("SIGTERM");
      await worker.output();
    }
    const share = 100 * medianOf(here) / medianOf(there);
    console.log(`two workers make ${share.toFixed(1)} % of what two processes make in the same time`);
    await server.kill();
  })
);
if (Number(values.crowd) > 0) console.log((await crowd(Number(values.crowd))).text);
