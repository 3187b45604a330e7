/**
 * Many tiny trials through a real server: queued, drained and reported; what server and client hold of memory
 * meanwhile.
 */
import { assert } from "../deps.ts";
import { readOverview } from "../../src/nats/overview.ts";
import { jobsLeft, recordOf, resultsOf } from "../../src/nats/sweeps.ts";
import { work } from "../../src/nats/worker.ts";
import { withServer } from "./nats_server.ts";
import { withFolder } from "../run/run_fixture.ts";
import { fakeSweep, fakeWorker, submitted, withBus } from "./fake_worker.ts";

/** Workers that drain the queue, in one process. */
const WORKERS = 16;

/** Bytes of memory that a process holds. */
const residentBytes = (pid: number): number =>
  1024 * Number(/VmRSS:\s*(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]);

/** The result of a crowd. */
export interface Crowd {
  readonly seconds: number;
  /** Times and memory, for a person. */
  readonly text: string;
}

/**
 * Queues so many trials that take no time, drains and reports them, and checks that each ended once and memory stayed
 * flat.
 */
export const crowd = (trials: number): Promise<Crowd> =>
  withFolder((folder) =>
    withServer(folder, (server) =>
      withBus(server, async (bus) => {
        const { file, sweep } = fakeSweep(trials, "crowd"), begun = performance.now();
        const seconds = (): string => ((performance.now() - begun) / 1000).toFixed(1);
        assert.equal(await submitted(bus, file, sweep), trials);
        const queued = seconds(), memory: (readonly [client: number, server: number])[] = [];
        const sample = setInterval(
          () => memory.push([Deno.memoryUsage().rss, residentBytes(server.pid())]),
          500,
        );
        const ends = await Promise.all(
          Array.from({ length: WORKERS }, (_, n) => work(bus, fakeWorker(folder, `worker-${n}`))),
        );
        clearInterval(sample);
        const drained = seconds();
        assert.equal(ends.reduce((sum, { ended }) => sum + ended, 0), trials);
        const { outcomes, faults } = await resultsOf(bus, sweep);
        assert.deepEqual([outcomes.size, faults.length, (await jobsLeft(bus, "crowd")).size], [trials, 0, 0]);
        const { overview } = await readOverview(bus, { sweep, record: (await recordOf(bus, "crowd"))! });
        assert.equal(overview.trials.filter(({ state }) => state === "done").length, trials);
        const mb = (k: 0 | 1, from: number, to: number): number => {
          const part = memory.slice(Math.floor(from * memory.length), Math.ceil(to * memory.length));
          return part.reduce((sum, each) => sum + each[k], 0) / part.length / 1e6;
        };
        const text =
          `queued after ${queued} s, drained after ${drained} s, reported after ${seconds()} s; MB of client ` +
          `${mb(0, 0.4, 0.6).toFixed(0)} in the middle, ${mb(0, 0.8, 1).toFixed(0)} at the end, of server ` +
          `${mb(1, 0.4, 0.6).toFixed(0)} and ${mb(1, 0.8, 1).toFixed(0)}`;
        // A file and a line for every trial would be some 10 MB: what grows without end grows by more.
        for (const k of [0, 1] as const) {
          assert(
            mb(k, 0.8, 1) < 1.25 * mb(k, 0.4, 0.6) + 40,
            `memory grows: ${mb(k, 0.4, 0.6)}, ${mb(k, 0.8, 1)} MB`,
          );
        }
        return { seconds: (performance.now() - begun) / 1000, text: `${trials} trials ${text}` };
      }))
  );
