/**
 * The cost of a sweep over a NATS server: two workers compared with two processes of this machine with the same trials,
 * alternating, in elapsed and in processor time; and ten thousand trials that take no time. Needs `nats-server`, and
 * Linux for processor time.
 *
 *     deno run -A --lock tests/deno.lock bench/sweep.ts [--rounds 3] [--steps 4000] [--crowd 10000] [--json FILE]
 */

import { parseArgs } from "node:util";
import { medianOf } from "../src/report/statistics.ts";
import { ended, start } from "../tests/sweep/cluster_fixture.ts";
import { crowd } from "../tests/sweep/crowd.ts";
import { withServer } from "../tests/sweep/nats_server.ts";
import { withFolder } from "../tests/run/run_fixture.ts";
import { table, writeResults } from "./measure.ts";

const sweepText = (name: string, steps: number): string =>
  JSON.stringify({
    name,
    experiment: "multi-goal",
    configuration: { steps, device: "cpu", evaluationInterval: 0 },
    axes: { seed: [0, 1, 2, 3] },
  });

/** Clock ticks per second in /proc. */
const TICKS = 100;

/** Processor time of a process and its ended children, s; with `children` only the latter's. */
function processorSeconds(pid: number, children = false): number {
  // The command's name, in parentheses, may have spaces.
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /, "").split(" ").map(Number);
  const [user, system, ofUser, ofSystem] = fields.slice(11, 15) as [number, number, number, number];
  return ((children ? 0 : user + system) + ofUser + ofSystem) / TICKS;
}

/** The cost of a work: elapsed seconds, and processor seconds of each of the `parts`. */
interface Taken {
  readonly clock: number;
  readonly processor: Readonly<Record<string, number>>;
}

async function taken(parts: () => Record<string, number>, work: () => Promise<void>): Promise<Taken> {
  const before = parts(), begun = performance.now();
  await work();
  const clock = (performance.now() - begun) / 1000, after = parts();
  return {
    clock,
    processor: Object.fromEntries(
      Object.entries(after).map(([name, seconds]) => [name, seconds - before[name]!]),
    ),
  };
}

const total = ({ processor }: Taken): number => Object.values(processor).reduce((a, b) => a + b, 0);

/** The same four trials by two processes of this machine and by two workers of a server, alternating. */
async function measured(rounds: number, steps: number): Promise<{ here: Taken[]; there: Taken[] }> {
  const there: Taken[] = [], here: Taken[] = [];
  await withFolder((folder) =>
    withServer(folder, async (server) => {
      const workers = ["a", "b"].map((name) =>
        start("cluster.ts", ["worker", "--nats", server.url, "--folder", `${folder}/${name}`, "--name", name])
      );
      try {
        for (let round = 0; round < rounds; round++) {
          const file = `${folder}/sweep-${round}.json`;
          await Deno.writeTextFile(file, sweepText(`round-${round}`, steps));
          here.push(
            await taken(() => ({ processes: processorSeconds(Deno.pid, true) }), async () => {
              const words = ["sweep", file, "--out", `${folder}/${round}`, "--local", "2"];
              const { code, error } = await ended("cli.ts", words);
              if (code !== 0) throw new Error(error);
            }),
          );
          const parts = (): Record<string, number> => ({
            workers: workers.reduce((sum, { pid }) => sum + processorSeconds(pid), 0),
            server: processorSeconds(server.pid()),
            client: processorSeconds(Deno.pid, true),
          });
          there.push(
            await taken(parts, async () => {
              await ended("cluster.ts", ["sweep", file, "--nats", server.url]);
              const words = ["sweep", "status", `round-${round}`, "--nats", server.url, "--watch", "5"];
              const { code, error } = await ended("cluster.ts", words);
              if (code !== 0) throw new Error(error);
            }),
          );
          console.log(
            `round ${round}: ${here.at(-1)!.clock.toFixed(1)} s, ${there.at(-1)!.clock.toFixed(1)} s`,
          );
        }
      } finally {
        for (const worker of workers) {
          worker.kill("SIGTERM");
          await worker.output();
        }
      }
      await server.kill();
    })
  );
  return { here, there };
}

/** The stored result. */
export interface SweepResult {
  readonly steps: number;
  readonly here: readonly Taken[];
  readonly there: readonly Taken[];
  readonly crowd: { readonly seconds: number; readonly text: string } | null;
}

const median = (of: readonly Taken[], value: (each: Taken) => number): string =>
  medianOf(of.map(value)).toFixed(1);

/** The medians as a table. */
export function sweepTable({ steps, here, there, crowd }: SweepResult): string {
  const partOf = (name: string): string => median(there, ({ processor }) => processor[name]!);
  const runs = table(
    [`four runs of ${steps} steps, s`, "two processes", "two workers", "server", "client"],
    [
      ["by the clock", median(here, ({ clock }) => clock), median(there, ({ clock }) => clock), "", ""],
      ["of a processor", median(here, total), partOf("workers"), partOf("server"), partOf("client")],
    ],
  );
  return crowd === null ? runs : `${runs}\n\n${crowd.text}`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      rounds: { type: "string", default: "3" },
      steps: { type: "string", default: "4000" },
      crowd: { type: "string", default: "10000" },
      json: { type: "string" },
    },
  });
  const steps = Number(values.steps), { here, there } = await measured(Number(values.rounds), steps);
  const crowded = Number(values.crowd) > 0 ? await crowd(Number(values.crowd)) : null;
  const results: SweepResult = { steps, here, there, crowd: crowded };
  console.log(sweepTable(results));
  if (values.json !== undefined) await writeResults(values.json, "sweep", results);
}
