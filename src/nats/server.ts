/**
 * A NATS server as the location of sweeps.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };
import { E, pipe, TE } from "../deps.ts";
import type { Experiment } from "../run/experiment.ts";
import { attempt, takeFolder, type TakenFolder } from "../run/files.ts";
import { revision } from "../run/manifest.ts";
import type {
  ServerFailed,
  ServerOptions,
  SweepError,
  SweepPlace,
  SweepServer,
  WorkerEnd,
  WorkOptions,
} from "../sweep/place.ts";
import { processes, trialFolder } from "../sweep/processes.ts";
import { openSweepFolder } from "../sweep/sweep_folder.ts";
import { type Bus, openBus, publishJob } from "./bus.ts";
import { connectTo, persist, serverFailed } from "./connection.ts";
import { readOverview } from "./overview.ts";
import { checkpointsOfEntry, outcomeOfEntry } from "./records.ts";
import { type Build, changeSweep, type KnownSweep, submit, sweepOnBus, trialKey } from "./sweeps.ts";
import { dropFiles, fetchResults } from "./trial_files.ts";
import { work } from "./worker.ts";
import { thrownText } from "../given.ts";

/** Runs an action with the bus and always closes the connection. */
const withBus = <A>(
  options: ServerOptions,
  use: (bus: Bus) => Promise<E.Either<SweepError, A>>,
): TE.TaskEither<SweepError, A> =>
  pipe(
    connectTo(options),
    TE.mapLeft((error): SweepError => error),
    TE.chain((connection) => async () => {
      try {
        return await use(await openBus(connection, options.lease, options.storeBytes));
      } catch (error) {
        return E.left(refusal(error));
      } finally {
        await connection.close();
      }
    }),
  );

/** The failure of a request to a server. */
function refusal(error: unknown): ServerFailed {
  const reason = thrownText(error);
  return serverFailed(
    /jetstream.*(not enabled|not available|not supported)|no responders/i.test(reason)
      ? "The server keeps nothing: start it with JetStream (nats-server -js -sd FOLDER)"
      : /^timeout/i.test(reason)
      ? "The server does not answer requests: it may be too old, or under heavy load"
      : `The server refused: ${reason}`,
  );
}

/** Version and revision of the running softq. */
const buildOfThis = async (): Promise<Build> => ({ version: project.version, revision: await revision() });

/** A server of sweeps. */
export const natsServer = (experiments: readonly Experiment[], options: ServerOptions): SweepServer => ({
  submit: (file, sweep) =>
    withBus(options, async (bus) => await submit(bus, file, sweep, experiments, await buildOfThis())),
  place: (name) => placeOn(experiments, options, name),
  work: (chosen) => withBus(options, (bus) => workOn(bus, experiments, chosen)),
});

/** A sweep on a server. */
function placeOn(experiments: readonly Experiment[], options: ServerOptions, name: string): SweepPlace {
  const withSweep = <A>(
    use: (bus: Bus, known: KnownSweep) => Promise<E.Either<SweepError, A>>,
  ): TE.TaskEither<SweepError, A> =>
    withBus(options, async (bus) => {
      const known = await sweepOnBus(bus, name, experiments, await buildOfThis());
      return E.isLeft(known) ? known : await use(bus, known.right);
    });
  return {
    status: withSweep(async (bus, known) => {
      const { overview } = await readOverview(bus, known);
      return E.right({ sweep: known.sweep, overview });
    }),
    pause: (paused) => withSweep((bus) => changeSweep(bus, name, (record) => ({ ...record, paused }))),
    cancel: (trials) =>
      withSweep((bus) =>
        changeSweep(
          bus,
          name,
          (record) => ({ ...record, cancelled: [...new Set([...record.cancelled, ...trials])] }),
        )
      ),
    retry: (trials) => withSweep((bus, known) => retry(bus, known, trials)),
    fetch: (folder) => withSweep((bus, known) => fetchAll(bus, known, folder)),
  };
}

/** Restarts trials from the beginning. */
async function retry(
  bus: Bus,
  { sweep: { name, halving } }: KnownSweep,
  trials: readonly number[],
): Promise<E.Either<ServerFailed, unknown>> {
  const { connection, outcomes, checkpoints, failures } = bus;
  for (const trial of trials) {
    const key = trialKey(name, trial);
    const files = [
      ...outcomeOfEntry(await persist(connection, () => outcomes.get(key)))?.files ?? [],
      ...checkpointsOfEntry(await persist(connection, () => checkpoints.get(key))).flatMap((each) =>
        each.files
      ),
    ];
    const keys = [key, `${key}.fault`, ...halving.rungs.map((_, rung) => `${key}.${rung}`)];
    for (const old of keys) {
      if (await persist(connection, () => outcomes.get(old)) !== null) await outcomes.delete(old);
    }
    await checkpoints.delete(key);
    await failures.delete(key);
    await dropFiles(bus, key, files);
  }
  const changed = await changeSweep(bus, name, (record) => ({
    ...record,
    cancelled: record.cancelled.filter((trial) => !trials.includes(trial)),
  }));
  for (const trial of trials) {
    await persist(connection, () => publishJob(bus, { sweep: name, trial, rung: 0 }));
  }
  return changed;
}

/** Copies the files of all ended trials of a sweep to a folder. */
async function fetchAll(
  bus: Bus,
  known: KnownSweep,
  folder: string,
): Promise<E.Either<SweepError, number>> {
  const { sweep, record } = known, { results } = await readOverview(bus, known);
  const opened = await openSweepFolder(folder, record.file)();
  if (E.isLeft(opened)) return opened;
  let count = 0;
  for (const [trial, { files }] of results.outcomes) {
    if (files.length === 0) continue;
    const own = trialFolder(folder, sweep.trials[trial]!);
    if (!await fetchResults(bus, trialKey(sweep.name, trial), files, own)) {
      return E.left(serverFailed(`The files of ${sweep.trials[trial]!.name} did not come whole`));
    }
    count++;
  }
  return E.right(count);
}

/**
 * Creates and locks a worker's folder, or reuses that of a dead worker.
 *
 * @param folder the requested folder; null for the first of `<base>-1`, `<base>-2`, … that no other worker has
 */
export async function takeWorkerFolder(
  folder: string | null,
  base = "runs/worker",
): Promise<E.Either<SweepError, TakenFolder>> {
  for (let n = 1;; n++) {
    const path = folder ?? `${base}-${n}`;
    const taken = await pipe(
      attempt("make the folder", path, async () => {
        await Deno.mkdir(path, { recursive: true });
        return await Deno.realPath(path);
      }),
      TE.chainW(takeFolder),
    )();
    if (E.isRight(taken) || taken.left._tag !== "FolderTaken") return taken;
    if (folder === null) continue;
    return E.left(
      serverFailed(`Another worker works in "${folder}": give this one another folder with --folder`),
    );
  }
}

/** Runs a worker in a folder that no other worker uses. */
async function workOn(
  bus: Bus,
  experiments: readonly Experiment[],
  { folder, memoryBytes, softq, ...others }: WorkOptions,
): Promise<E.Either<SweepError, WorkerEnd>> {
  const taken = await takeWorkerFolder(folder);
  if (E.isLeft(taken)) return taken;
  try {
    return E.right(
      await work(bus, {
        ...others,
        experiments,
        build: await buildOfThis(),
        folder: taken.right.path,
        memoryBytes: () => memoryBytes ?? Deno.systemMemoryInfo().available,
        executor: (sweep, within, stops) =>
          processes(sweep, { folder: within, workers: 1, softq, stops, within }),
      }),
    );
  } finally {
    await taken.right.release();
  }
}
