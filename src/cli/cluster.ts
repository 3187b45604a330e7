/**
 * The commands of `cluster.ts`: sweeps over many machines, by way of a NATS server.
 *
 * @module
 */

import { hostname } from "node:os";
import project from "../../deno.json" with { type: "json" };
import { E, pipe, TE } from "../deps.ts";
import { type Bus, openBus, publishJob } from "../nats/bus.ts";
import { type BusFailed, busFailed, connectTo, persist, type ServerOptions } from "../nats/connection.ts";
import { overviewOfResults } from "../nats/overview.ts";
import {
  type Build,
  changeSweep,
  jobsLeft,
  resultsOf,
  submit,
  sweepOnBus,
  trialKey,
} from "../nats/sweeps.ts";
import { fetchResults } from "../nats/trial_files.ts";
import { work, type WorkerEnd } from "../nats/worker.ts";
import type { RunError } from "../run/context.ts";
import type { Experiment } from "../run/experiment.ts";
import { jsonText } from "../run/json.ts";
import { revision } from "../run/manifest.ts";
import { overviewTable, planTable } from "../sweep/overview.ts";
import { processes, trialFolder } from "../sweep/processes.ts";
import { openSweepFolder } from "../sweep/sweep_folder.ts";
import type { Console } from "./console.ts";
import { buildCommand, buildRouteMap, type Command, type CommandContext, type RouteMap } from "./deps.ts";
import { EXIT, printError } from "./exit_code.ts";
import { countFlag, switchFlag, textFlag } from "./flags.ts";
import { softqCommand, sweepFrom } from "./sweep.ts";

/** Flags of every command. */
interface ServerFlags {
  readonly nats: string | undefined;
  readonly user: string | undefined;
  readonly passwordFile: string | undefined;
  readonly tokenFile: string | undefined;
  readonly credentials: string | undefined;
  readonly ca: string | undefined;
  readonly lease: number | undefined;
}

const SERVER_FLAGS = {
  nats: textFlag("address of the server [nats://127.0.0.1:4222]", "nats://host:port"),
  user: textFlag("user of the server", "name"),
  passwordFile: textFlag("file that holds the user's password", "file"),
  tokenFile: textFlag("file that holds a token", "file"),
  credentials: textFlag("file of credentials (JWT and nkey)", "file"),
  ca: textFlag("file of the certificate authority of the server's certificate", "file"),
  lease: countFlag("seconds after which a silent worker is taken for dead [60]", "seconds", 2, 86_400),
};

/** Seconds of a lease unless given. */
const LEASE = 60;

const serverOf = ({ nats, user, passwordFile, tokenFile, credentials, ca }: ServerFlags): ServerOptions => ({
  url: nats ?? "nats://127.0.0.1:4222",
  ...user === undefined ? {} : { user },
  ...passwordFile === undefined ? {} : { passwordFile },
  ...tokenFile === undefined ? {} : { tokenFile },
  ...credentials === undefined ? {} : { credentials },
  ...ca === undefined ? {} : { certificateAuthority: ca },
});

/** Uses the bus, and closes the connection whatever happens. */
const withBus = <A>(
  flags: ServerFlags,
  use: (bus: Bus) => Promise<E.Either<BusFailed, A>>,
): TE.TaskEither<BusFailed, A> =>
  pipe(
    connectTo(serverOf(flags)),
    TE.chain((connection) => async () => {
      try {
        return await use(await openBus(connection, flags.lease ?? LEASE));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return E.left(busFailed(
          /jetstream.*(not enabled|not available)|no responders/i.test(reason)
            ? "The server keeps nothing: start it with JetStream (nats-server -js -sd FOLDER)"
            : `The server refused: ${reason.split("\n")[0]}`,
        ));
      } finally {
        await connection.close();
      }
    }),
  );

/** What the commands share. */
interface Setup {
  readonly experiments: readonly Experiment[];
  readonly console: Console;
  readonly exit: (code: number) => void;
}

const buildOfThis = async (): Promise<Build> => ({ version: project.version, revision: await revision() });

/** Prints a result of the bus, and gives the exit code. */
function print<A>(
  { console: console_ }: Setup,
  result: E.Either<BusFailed | RunError, A>,
  text: (value: A) => string,
): number {
  if (E.isRight(result)) {
    console_.out(text(result.right));
    return EXIT.done;
  }
  if (result.left._tag !== "BusFailed") return printError(result.left, console_);
  console_.error(`${result.left.message}\n`);
  return EXIT.wrong;
}

const sweepArgument = {
  parse: (text: string): string => text,
  brief: "name of the sweep",
  placeholder: "sweep",
};
const trialArgument = {
  parse: (text: string): string => text,
  brief: "name of a trial",
  placeholder: "trial",
};
const fileArgument = {
  parse: (text: string): string => text,
  brief: "JSON file of the sweep",
  placeholder: "file",
};

const submitCommand = (setup: Setup): Command<CommandContext> =>
  buildCommand<ServerFlags & { readonly dryRun: boolean }, [string], CommandContext>({
    parameters: {
      positional: { kind: "tuple", parameters: [fileArgument] },
      flags: { ...SERVER_FLAGS, dryRun: switchFlag("print the trials and submit none") },
    },
    docs: { brief: "Put a sweep's trials into the queue, once however often it is done" },
    func: async function ({ dryRun, ...flags }, path): Promise<void> {
      const { experiments, console: console_, exit } = setup;
      const read = await sweepFrom(experiments, path)();
      if (E.isLeft(read)) return exit(printError(read.left, console_));
      const { file, sweep } = read.right;
      if (dryRun) return exit(print(setup, E.right(sweep), planTable));
      const build = await buildOfThis();
      const result = await withBus(flags, (bus) => submit(bus, file, sweep, build))();
      exit(
        print(
          setup,
          result,
          (count) => `${sweep.name}: ${count} of ${sweep.trials.length} trials wait for workers\n`,
        ),
      );
    },
  });

/** Flags of `worker`. */
interface WorkerFlags extends ServerFlags {
  readonly folder: string | undefined;
  readonly name: string | undefined;
  readonly checkpoint: number | undefined;
  readonly untilEmpty: boolean;
}

const workerCommand = (setup: Setup): Command<CommandContext> =>
  buildCommand<WorkerFlags, [], CommandContext>({
    parameters: {
      flags: {
        ...SERVER_FLAGS,
        folder: textFlag("folder for the runs in work [runs/worker]", "folder"),
        name: textFlag("name of this worker [host and process]", "name"),
        checkpoint: countFlag("seconds between two checkpoints on the server [300]", "seconds", 1, 86_400),
        untilEmpty: switchFlag("stop when no trial is left instead of waiting for more"),
      },
    },
    docs: { brief: "Make trials of whatever sweeps are in the queue, one at a time on one core" },
    func: async function ({ folder, name, checkpoint, untilEmpty, ...flags }): Promise<void> {
      const { experiments, console: console_, exit } = setup, build = await buildOfThis();
      const result = await withBus(flags, async (bus): Promise<E.Either<BusFailed, WorkerEnd>> =>
        E.right(
          await work(bus, {
            experiments,
            build,
            name: (name ?? `${hostname()}-${Deno.pid}`).replace(/[^\w-]/g, "-"),
            folder: folder ?? "runs/worker",
            lease: flags.lease ?? LEASE,
            checkpointSeconds: checkpoint ?? 300,
            executor: (sweep, own, stops) =>
              processes(sweep, { folder: own, workers: 1, softq: softqCommand(), stops }),
            interrupted: console_.interrupted,
            say: (line) => console_.error(`${line}\n`),
            untilEmpty,
            now: () => 1000 * console_.now(),
          }),
        ))();
      const code = print(
        setup,
        result,
        ({ ended, duplicates }) =>
          `${ended} trials ended here${
            duplicates === 0 ? "" : `, ${duplicates} had ended elsewhere with the same bits`
          }\n`,
      );
      const trouble = E.isRight(result) ? result.right.trouble : null;
      if (trouble !== null) {
        console_.error(`This worker gives up, as this machine can make no trial: ${trouble}\n`);
      }
      const faulty = E.isRight(result) && (result.right.faults.length > 0 || trouble !== null);
      exit(faulty ? EXIT.failed : console_.interrupted() ? EXIT.interrupted : code);
    },
  });

/** A sweep of the bus with its results. */
const readSweep = async (bus: Bus, { experiments }: Setup, name: string) => {
  const known = await sweepOnBus(bus, name, experiments, await buildOfThis());
  if (E.isLeft(known)) return known;
  const { sweep, record } = known.right;
  const [results, left] = [await resultsOf(bus, sweep), await jobsLeft(bus, name)];
  return E.right({ sweep, record, results, overview: overviewOfResults(sweep, record, results, left) });
};

const statusCommand = (setup: Setup): Command<CommandContext> =>
  buildCommand<
    ServerFlags & { readonly json: boolean; readonly watch: number | undefined },
    [string],
    CommandContext
  >({
    parameters: {
      positional: { kind: "tuple", parameters: [sweepArgument] },
      flags: {
        ...SERVER_FLAGS,
        json: switchFlag("print JSON"),
        watch: countFlag(
          "print it again after so many seconds, until all trials have ended",
          "seconds",
          1,
          3600,
        ),
      },
    },
    docs: { brief: "Where the trials of a sweep stand, the best first" },
    func: async function ({ json, watch, ...flags }, name): Promise<void> {
      const { console: console_, exit } = setup;
      while (true) {
        const result = await withBus(flags, (bus) => readSweep(bus, setup, name))();
        exit(
          print(setup, result, ({ sweep, overview }) =>
            json ? jsonText(overview) : overviewTable(sweep, overview)),
        );
        const goesOn = E.isRight(result) && result.right.overview.waiting > 0;
        if (watch === undefined || !goesOn || console_.interrupted()) {
          return;
        }
        await new Promise((resolve) =>
          setTimeout(resolve, 1000 * watch)
        );
      }
    },
  });

const fetchCommand = (setup: Setup): Command<CommandContext> =>
  buildCommand<ServerFlags & { readonly out: string | undefined }, [string], CommandContext>({
    parameters: {
      positional: { kind: "tuple", parameters: [sweepArgument] },
      flags: {
        ...SERVER_FLAGS,
        out: textFlag("folder of the sweep here; new, or one that holds it [runs/NAME]", "folder"),
      },
    },
    docs: { brief: "Bring what a sweep's trials came to into a folder, as softq sweep leaves it" },
    func: async function ({ out, ...flags }, name): Promise<void> {
      const { exit } = setup, folder = out ?? `runs/${name}`;
      const result = await withBus(flags, (bus) => fetchAll(bus, setup, name, folder))();
      exit(print(setup, result, (count) => `${count} trials in ${folder}\n`));
    },
  });

/** Brings the files of all ended trials of a sweep. */
async function fetchAll(
  bus: Bus,
  setup: Setup,
  name: string,
  folder: string,
): Promise<E.Either<BusFailed, number>> {
  const read = await readSweep(bus, setup, name);
  if (E.isLeft(read)) return read;
  const { sweep, record, results } = read.right;
  const opened = await openSweepFolder(folder, record.file)();
  if (E.isLeft(opened)) return E.left(busFailed(opened.left.message));
  let count = 0;
  for (const [trial, { files }] of results.outcomes) {
    if (files.length === 0) continue;
    if (!await fetchResults(bus, trialKey(name, trial), files, trialFolder(folder, sweep.trials[trial]!))) {
      return E.left(busFailed(`The files of ${sweep.trials[trial]!.name} did not come whole`));
    }
    count++;
  }
  return E.right(count);
}

/** A command that asks something of a sweep, or of trials of it. */
const controlCommand = (
  setup: Setup,
  brief: string,
  takesTrials: boolean,
  change: (bus: Bus, name: string, trials: readonly number[]) => Promise<E.Either<BusFailed, unknown>>,
): Command<CommandContext> =>
  buildCommand<ServerFlags, [string, ...string[]], CommandContext>({
    parameters: {
      positional: {
        kind: "array",
        parameter: takesTrials ? trialArgument : sweepArgument,
        minimum: takesTrials ? 2 : 1,
        ...takesTrials ? {} : { maximum: 1 },
      },
      flags: SERVER_FLAGS,
    },
    docs: { brief },
    func: async function (flags, name, ...names): Promise<void> {
      const result = await withBus(flags, async (bus): Promise<E.Either<BusFailed, unknown>> => {
        const known = await sweepOnBus(bus, name, setup.experiments, await buildOfThis());
        if (E.isLeft(known)) return known;
        const trials = names.map((each) =>
          known.right.sweep.trials.findIndex((trial) => trial.name === each)
        );
        const unknown = names[trials.indexOf(-1)];
        return unknown === undefined
          ? await change(bus, name, trials)
          : E.left(busFailed(`The sweep has no trial "${unknown}": status lists them`));
      })();
      setup.exit(print(setup, result, () => ""));
    },
  });

/** Makes trials again from their beginning. */
async function retry(
  bus: Bus,
  name: string,
  trials: readonly number[],
): Promise<E.Either<BusFailed, unknown>> {
  for (const trial of trials) {
    const key = trialKey(name, trial);
    for (const old of [key, ...Array.from({ length: 64 }, (_, rung) => `${key}.${rung}`)]) {
      if (await persist(bus.connection, () => bus.outcomes.get(old)) !== null) await bus.outcomes.delete(old);
    }
    await bus.checkpoints.delete(key);
  }
  const changed = await changeSweep(bus, name, (record) => ({
    ...record,
    cancelled: record.cancelled.filter((trial) => !trials.includes(trial)),
  }));
  for (const trial of trials) {
    await persist(bus.connection, () => publishJob(bus, { sweep: name, trial, rung: 0 }));
  }
  return changed;
}

/** The commands. */
export function clusterRoutes(setup: Setup): RouteMap<CommandContext> {
  const control = (
    brief: string,
    takesTrials: boolean,
    change: (bus: Bus, name: string, trials: readonly number[]) => Promise<E.Either<BusFailed, unknown>>,
  ) => controlCommand(setup, brief, takesTrials, change);
  const pause = (paused: boolean) => (bus: Bus, name: string) =>
    changeSweep(bus, name, (record) => ({ ...record, paused }));
  return buildRouteMap({
    routes: {
      sweep: submitCommand(setup),
      worker: workerCommand(setup),
      status: statusCommand(setup),
      fetch: fetchCommand(setup),
      pause: control("Let workers leave a sweep's trials with checkpoints", false, pause(true)),
      continue: control("Let a paused sweep go on", false, pause(false)),
      cancel: control(
        "Give trials up",
        true,
        (bus, name, trials) =>
          changeSweep(
            bus,
            name,
            (record) => ({ ...record, cancelled: [...new Set([...record.cancelled, ...trials])] }),
          ),
      ),
      retry: control("Make trials again, from their beginning", true, retry),
    },
    docs: { brief: "Sweeps over many machines by way of a NATS server" },
  });
}
