/** Sweeps over a real server with fake workers that do not train. */
import { assert } from "../deps.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { E } from "../../src/deps.ts";
import { type Bus, openBus } from "../../src/nats/bus.ts";
import { connectTo } from "../../src/nats/connection.ts";
import { submit } from "../../src/nats/sweeps.ts";
import type { WorkerOptions } from "../../src/nats/worker.ts";
import { trialFolder } from "../../src/sweep/processes.ts";
import type { AssignmentEnd } from "../../src/sweep/schedule.ts";
import { parseSweep, type SweepFile } from "../../src/sweep/space.ts";
import { NOT_STARTED, type TrialState } from "../../src/sweep/trial_folder.ts";
import { type Sweep, sweepOf } from "../../src/sweep/trials.ts";
import { withFolder } from "../run/run_fixture.ts";
import { hasNats, type NatsServer } from "./nats_server.ts";

/** The build that sweeps ask for here. */
export const BUILD = { version: "test", revision: null };

/** Seconds of a lease in these tests. */
const LEASE = 2;

/** A sweep of so many trials. */
export function fakeSweep(
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
export async function submitted(bus: Bus, file: SweepFile, sweep: Sweep): Promise<number> {
  const result = await submit(bus, file, sweep, EXPERIMENTS, BUILD);
  assert(E.isRight(result), E.isLeft(result) ? result.left.message : "");
  return result.right.waiting;
}

/** The digest of a fake trial's result. */
export const digestOf = (trial: string): string => trial.replace(/\D/g, "").padStart(64, "0").slice(-64);

/** How a fake worker behaves. */
export interface FakeWorkerOptions {
  /** Called when a trial is begun; how it is left, null for as it should be. */
  readonly begin?: (trial: string) => Promise<AssignmentEnd | null>;
  /** The digest that this worker comes to. */
  readonly digest?: (trial: string) => string;
  readonly interrupted?: () => boolean;
  readonly build?: WorkerOptions["build"];
  readonly say?: (line: string) => void;
  /** Bytes of memory that it has. */
  readonly memory?: number;
  /** Bytes of a result's file. */
  readonly resultBytes?: number;
}

/** A worker that trains nothing. */
export function fakeWorker(folder: string, name: string, options: FakeWorkerOptions = {}): WorkerOptions {
  const { begin, digest = digestOf, interrupted = () => false, build = BUILD, say = () => {} } = options;
  const { memory = Infinity, resultBytes = 0 } = options;
  return {
    experiments: EXPERIMENTS,
    build,
    name,
    folder: `${folder}/${name}`,
    checkpointSeconds: 3600,
    memoryBytes: () => memory,
    interrupted,
    say,
    untilEmpty: true,
    now: () => performance.now(),
    executor: (sweep, own) => {
      const states = new Map<string, TrialState>();
      return {
        workers: 1,
        read: (trial) => Promise.resolve(states.get(trial.name) ?? NOT_STARTED),
        run: async (trial, steps): Promise<AssignmentEnd> => {
          const left = await begin?.(trial.name) ?? null;
          if (left !== null) return left;
          const rung = sweep.halving.rungs.indexOf(steps), last = rung === sweep.halving.rungs.length - 1;
          const scores = Array.from({ length: rung + 1 }, () => trial.configuration.seed);
          if (last && resultBytes > 0) {
            const run = trialFolder(own, trial);
            await Deno.mkdir(run, { recursive: true });
            // Different bytes for each trial: equal files would be stored once.
            const bytes = new Uint8Array(resultBytes).fill(trial.configuration.seed);
            await Deno.writeFile(`${run}/parameters.safetensors`, bytes);
          }
          states.set(
            trial.name,
            last
              ? { ...NOT_STARTED, status: "done", steps: 400, scores, digest: digest(trial.name) }
              : { ...NOT_STARTED, status: "begun", steps, scores },
          );
          return { _tag: "Reached" };
        },
      };
    },
  };
}

/** A bus of the server's. */
export async function withBus<A>(
  { url }: NatsServer,
  body: (bus: Bus) => Promise<A>,
  storeBytes?: number,
): Promise<A> {
  const connection = await connectTo({ url })();
  assert(E.isRight(connection), E.isLeft(connection) ? connection.left.message : "");
  try {
    return await body(await openBus(connection.right, LEASE, storeBytes));
  } finally {
    await connection.right.close();
  }
}

/** A test over a server, with a folder. */
export const test = (name: string, body: (folder: string) => Promise<void>): void =>
  Deno.test({
    name,
    ignore: !hasNats,
    fn: () => withFolder(body),
    // The client's own timers of a closed connection.
    sanitizeOps: false,
  });
