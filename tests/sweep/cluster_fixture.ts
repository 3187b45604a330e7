/** A cluster under trouble: workers as processes, killed at random with the server, against one undisturbed sweep. */
import { assert } from "../deps.ts";
import { ROOT } from "../packaging/sources.ts";
import { killWhole, outputOf, send } from "../processes.ts";
import { pause, until } from "../waiting.ts";
import type { NatsServer } from "./nats_server.ts";

/** What the trials of a sweep that is disturbed have in common: multi-goal in about a second, with checkpoints on the way. */
export const TRIALS = {
  experiment: "multi-goal",
  configuration: {
    scale: "smoke",
    steps: 1500,
    device: "cpu",
    hidden: [8],
    evaluationEpisodes: 2,
    checkpointInterval: 100,
  },
};

/** How much trouble there is. */
export interface Trouble {
  readonly workers: number;
  /** SIGKILLs of workers, and of the server. */
  readonly workerKills: number;
  readonly serverKills: number;
  /** Seconds after which one comes at most, from when it is due: they are spread over the trials that end. */
  readonly pause: number;
  /** Seconds within which all must have ended: a multiple of what it takes. */
  readonly limit: number;
  /** Seconds of a lease, and between two checkpoints on the server. */
  readonly lease: number;
  readonly checkpoint: number;
  /** For choosing what is killed when: equal numbers give equal choices. */
  readonly seed: number;
  /** A folder on a disk that is nearly full, in which a further worker is to work. */
  readonly fullDisk?: string;
  /** A network of its own for a further worker, which is cut off for longer than its lease in the middle of a trial. */
  readonly network?: Network;
}

/** A network whose connection to the server can be cut. */
export interface Network {
  /** Words before a command that is to run in it. */
  readonly before: readonly string[];
  /** The server's address from there. */
  readonly url: string;
  readonly cut: () => Promise<void>;
  readonly heal: () => Promise<void>;
}

/** A row of an overview. */
export interface Row {
  readonly trial: string;
  readonly state: string;
  readonly digest?: string;
  readonly worker?: string;
  /** Why it was given up. */
  readonly error?: string;
}

const ENVIRONMENT = { NO_COLOR: "1" };

/** Starts one of softq's entry points. */
export const start = (
  entry: "cli.ts" | "cluster.ts",
  words: readonly string[],
  before: readonly string[] = [],
): Deno.ChildProcess => {
  const lock = entry === "cluster.ts" ? ["--lock", `${ROOT}src/nats/deno.lock`] : [];
  const command = [
    ...before,
    Deno.execPath(),
    "run",
    "-A",
    "--quiet",
    "--no-check",
    ...lock,
    ROOT + entry,
    ...words,
  ];
  return new Deno.Command(command[0]!, {
    args: command.slice(1),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: ENVIRONMENT,
  }).spawn();
};

/** Runs an entry point to its end, which it must come to in so many seconds. */
export async function ended(
  entry: "cli.ts" | "cluster.ts",
  words: readonly string[],
  seconds?: number,
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  const { code, stdout, stderr } = await outputOf(start(entry, words), seconds);
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), error: text(stderr) };
}

/** Rows of an overview by trial. */
export const rowsOf = (out: string): readonly Row[] =>
  (JSON.parse(out).trials as Row[]).toSorted((a, b) => a.trial < b.trial ? -1 : 1);

/** The rows of an undisturbed sweep in processes of this machine. */
export async function undisturbed(file: string, out: string): Promise<readonly Row[]> {
  const { code, out: text, error } = await ended("cli.ts", [
    "sweep",
    file,
    "--out",
    out,
    "--local",
    "2",
    "--json",
  ]);
  assert.equal(code, 0, error);
  return rowsOf(text);
}

/** Numbers from 0 to 1 from a seed. */
function drawsOf(seed: number): () => number {
  let state = seed + 1;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

/** A process whose outputs are read while it runs: a pipe that is full would stop it. */
interface Heard {
  readonly process: Deno.ChildProcess;
  /** What it printed on both, when it has ended. */
  readonly said: Promise<string>;
}

const heard = (process: Deno.ChildProcess): Heard => ({
  process,
  said: process.output().then(({ stdout, stderr }) =>
    new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr)
  ),
});

/**
 * A machine with a worker on it, which it begins again when it ends by itself, as a supervisor does: a worker ends if
 * the server is down while it starts.
 */
interface Machine {
  /** The machine goes down; soon it comes up again. */
  readonly crash: () => Promise<void>;
  /** Asks its worker to stop, and gives what all its workers said. */
  readonly stop: () => Promise<string>;
}

/** Milliseconds after which a worker that has ended is begun again. */
const RESTART = 500;

/** Seconds that a worker may take to stop. */
const STOP = 120;

function machine(worker: () => Heard): Machine {
  const all: Heard[] = [];
  let isStopping = false, current = begin();
  function begin(): Heard {
    const own = worker();
    all.push(own);
    void own.said.then(() => pause(RESTART)).then(() => {
      if (!isStopping) current = begin();
    });
    return own;
  }
  return {
    crash: async () => {
      const { process, said } = current;
      await killWhole(process);
      await said;
    },
    stop: async () => {
      isStopping = true;
      send(current.process, "SIGTERM");
      const late = setTimeout(() => void killWhole(current.process), 1000 * STOP);
      const said = await Promise.all(all.map((each) => each.said));
      clearTimeout(late);
      return said.join("\n");
    },
  };
}

/** What was done to a cluster, and what it came to. */
export interface Survived {
  readonly rows: readonly Row[];
  readonly workerKills: number;
  readonly serverKills: number;
  /** Faults of determinism that workers reported. */
  readonly faults: number;
  /** Outcomes that were there already, with the same bits. */
  readonly duplicates: number;
  /** What the worker with the full disk said. */
  readonly diskSaid: string;
  readonly seconds: number;
}

/** How a sweep stands. */
interface Status {
  /** Trials that have not ended. */
  readonly waiting: number;
  readonly trials: readonly Row[];
}

/** Asks the server how the sweep stands; null if it does not say. */
type Look = () => Promise<Status | null>;

/** Cuts a worker off in the middle of a trial for three leases, and gives what it said in the end. */
async function cutOff(
  { process, said }: Heard,
  network: Network,
  status: Look,
  { lease, limit }: Trouble,
): Promise<string> {
  let early: string | null = null, trial: string | undefined;
  void said.then((text) => early = text);
  await until("a trial of the worker apart", async () => {
    assert(early === null, `the worker apart ended: ${early}`);
    trial = (await status())?.trials
      .find(({ state, worker }) => state === "running" && worker === "apart")?.trial;
    return trial !== undefined;
  }, { seconds: limit });
  await network.cut();
  // Somebody else ends its trial meanwhile, while it goes on.
  await pause(3000 * lease);
  await until(
    "the end of its trial elsewhere",
    async () => (await status())?.trials.some((row) => row.trial === trial && row.state === "done") === true,
    {
      seconds: limit,
      interval: 1000,
    },
  );
  await network.heal();
  // It finds what the other came to, and is stopped after its next trial.
  await pause(5000 * lease);
  send(process, "SIGTERM");
  return await said;
}

/** Makes a sweep on a cluster under trouble. */
export async function runWithFaults(
  server: NatsServer,
  folder: string,
  file: string,
  name: string,
  trouble: Trouble,
): Promise<Survived> {
  const begun = performance.now(), draw = drawsOf(trouble.seed);
  const flags = ["--nats", server.url, "--lease", String(trouble.lease)];
  const submitted = await ended("cluster.ts", ["sweep", file, ...flags]);
  assert.equal(submitted.code, 0, submitted.error);
  let born = 0;
  const worker = (
    own = `worker-${born++}`,
    place = `${folder}/${own}`,
    { before, url }: Pick<Network, "before" | "url"> = { before: [], url: server.url },
  ): Heard => {
    const places = ["--folder", place, "--name", own, "--checkpoint", String(trouble.checkpoint)];
    return heard(start("cluster.ts", ["worker", "--nats", url, ...places], before));
  };
  let last: Status | null = null;
  const status: Look = async () => {
    const { code, out } = await ended("cluster.ts", ["sweep", "status", name, ...flags, "--json"], 60);
    return code === 0 ? last = JSON.parse(out) : null;
  };
  const machines = Array.from({ length: trouble.workers }, () => machine(() => worker()));
  const full = trouble.fullDisk === undefined ? null : worker("full", trouble.fullDisk);
  const cut = trouble.network === undefined ? null : worker("apart", undefined, trouble.network);
  const apart = cut === null ? null : cutOff(cut, trouble.network!, status, trouble);
  apart?.catch(() => {}); // it is awaited in the end
  const stopped = async (): Promise<string> =>
    (await Promise.all(machines.map((each) => each.stop()))).join("\n");
  try {
    const { workerKills, serverKills } = await disturb(server, machines, trouble, status, draw);
    await until("the end of all trials", async () => (await status())?.waiting === 0, {
      seconds: trouble.limit,
      interval: 500,
    });
    const said = [await stopped(), ...apart === null ? [] : [await apart]].join("\n");
    const faults = said.split("\n").filter((line) => line.startsWith("A fault of determinism")).length;
    const duplicates = [...said.matchAll(/(\d+) had ended elsewhere with the same bits/g)]
      .reduce((sum, [, count]) => sum + Number(count), 0);
    const diskSaid = full === null ? "" : await full.said;
    const end = await status();
    assert(end !== null);
    const rows = rowsOf(JSON.stringify(end)), seconds = (performance.now() - begun) / 1000;
    return { rows, workerKills, serverKills, faults, duplicates, diskSaid, seconds };
  } catch (error) {
    for (const each of [full, cut]) if (each !== null) send(each.process, "SIGKILL");
    console.error(`The sweep as it was last seen: ${JSON.stringify(last)}\nThe workers: ${await stopped()}`);
    throw error;
  }
}

/** Kills workers and the server, spread over the trials that end; how many of each. */
async function disturb(
  server: NatsServer,
  machines: readonly Machine[],
  trouble: Trouble,
  status: Look,
  draw: () => number,
): Promise<Pick<Survived, "workerKills" | "serverKills">> {
  let workerKills = 0, serverKills = 0;
  for (const troubles = trouble.workerKills + trouble.serverKills; workerKills + serverKills < troubles;) {
    let isOver = false;
    await until("the next trials to end", async () => {
      const now = await status();
      if (now === null) return false;
      isOver = now.waiting === 0;
      const ended = now.trials.filter(({ state }) => state === "done").length;
      const due = (workerKills + serverKills) / (troubles + 1) * now.trials.length;
      return isOver || ended >= Math.floor(due);
    }, { seconds: trouble.limit, interval: 200 });
    if (isOver) break;
    await pause(1000 * trouble.pause * draw());
    const left = troubles - workerKills - serverKills;
    if (draw() * left < trouble.serverKills - serverKills) {
      serverKills++;
      await server.kill();
      await pause(1000 * draw());
      await server.start();
    } else {
      workerKills++;
      await machines[Math.floor(draw() * machines.length)]!.crash();
    }
  }
  return { workerKills, serverKills };
}
