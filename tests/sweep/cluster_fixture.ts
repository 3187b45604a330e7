/** A cluster under trouble: workers as processes, killed at random with the server, against one undisturbed sweep. */
import { assert } from "../deps.ts";
import { ROOT } from "../packaging/sources.ts";
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

/** Runs an entry point to its end. */
export async function ended(
  entry: "cli.ts" | "cluster.ts",
  words: readonly string[],
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  const { code, stdout, stderr } = await start(entry, words).output();
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

/** Kills a process with its children, as a machine that goes down does. */
async function killWhole(process: Deno.ChildProcess): Promise<void> {
  const children = new TextDecoder().decode(
    (await new Deno.Command("pgrep", { args: ["-P", String(process.pid)] }).output()).stdout,
  ).trim().split("\n").filter((line) => line !== "").map(Number);
  for (const pid of [process.pid, ...children]) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // it had ended
    }
  }
  await process.output();
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

/** What a process printed on both its outputs, when it has ended. */
async function outputOf(process: Deno.ChildProcess): Promise<string> {
  const { stdout, stderr } = await process.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

/** Cuts a worker off in the middle of a trial for three leases, and gives what it said in the end. */
async function cutOff(
  process: Deno.ChildProcess,
  network: Network,
  status: () => Promise<{ readonly trials: readonly Row[] } | null>,
  lease: number,
): Promise<string> {
  const wait = (seconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  const held = async (): Promise<string | undefined> =>
    (await status())?.trials.find(({ state, worker }) => state === "running" && worker === "apart")?.trial;
  const output = outputOf(process);
  let said: string | null = null, trial: string | undefined;
  void output.then((text) => said = text);
  for (const begun = performance.now(); trial === undefined; trial = await held()) {
    assert(said === null, `the worker apart ended: ${said}`);
    assert(performance.now() - begun < 300_000, "the worker apart got no trial");
  }
  await network.cut();
  // Somebody else ends its trial meanwhile, while it goes on.
  const ended = async (): Promise<boolean> =>
    (await status())?.trials.some((row) => row.trial === trial && row.state === "done") === true;
  await wait(3 * lease);
  while (!await ended()) await wait(1);
  await network.heal();
  // It finds what the other came to, and is stopped after its next trial.
  await wait(5 * lease);
  process.kill("SIGTERM");
  return await output;
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
    network: Pick<Network, "before" | "url"> = { before: [], url: server.url },
  ): Deno.ChildProcess => {
    // What it prints is read to its end: a pipe that is full would stop it.
    return start("cluster.ts", [
      ...[
        "worker",
        "--nats",
        network.url,
        "--folder",
        place,
        "--name",
        own,
        "--checkpoint",
        String(trouble.checkpoint),
      ],
    ], network.before);
  };
  const status = async (): Promise<{ readonly waiting: number; readonly trials: readonly Row[] } | null> => {
    const { code, out } = await ended("cluster.ts", ["sweep", "status", name, ...flags, "--json"]);
    return code === 0 ? JSON.parse(out) : null;
  };
  const workers = Array.from({ length: trouble.workers }, () => worker());
  const full = trouble.fullDisk === undefined ? null : outputOf(worker("full", trouble.fullDisk));
  const apart = trouble.network === undefined
    ? null
    : cutOff(worker("apart", undefined, trouble.network), trouble.network, status, trouble.lease);
  let workerKills = 0, serverKills = 0;
  const done = async (): Promise<boolean> => (await status())?.waiting === 0;
  const troubles = trouble.workerKills + trouble.serverKills;
  /** Waits until the next one is due by how many trials have ended; whether there is anything left to disturb. */
  const isDue = async (before: number): Promise<boolean> => {
    for (;; await new Promise((resolve) => setTimeout(resolve, 200))) {
      const now = await status();
      if (now?.waiting === 0) return false;
      const ended = now?.trials.filter(({ state }) => state === "done").length ?? 0;
      if (now !== null && ended >= Math.floor(before / (troubles + 1) * now.trials.length)) return true;
    }
  };
  while (workerKills + serverKills < troubles && await isDue(workerKills + serverKills)) {
    await new Promise((resolve) => setTimeout(resolve, 1000 * trouble.pause * draw()));
    const left = trouble.workerKills - workerKills + trouble.serverKills - serverKills;
    if (draw() * left < trouble.serverKills - serverKills) {
      serverKills++;
      await server.kill();
      await new Promise((resolve) => setTimeout(resolve, 1000 * draw()));
      await server.start();
    } else {
      workerKills++;
      const victim = Math.floor(draw() * workers.length);
      await killWhole(workers[victim]!);
      workers[victim] = worker();
    }
  }
  let alive = workers.length;
  for (const each of workers) void each.status.then(() => alive--);
  while (!await done()) {
    assert(alive > 0, "all workers have given up");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const outputs = await Promise.all([
    ...workers.map((each) => {
      each.kill("SIGTERM");
      return outputOf(each);
    }),
    ...apart === null ? [] : [apart],
  ]);
  const said = outputs.join("\n");
  const faults = said.split("\n").filter((line) => line.startsWith("A fault of determinism")).length;
  const duplicates = [...said.matchAll(/(\d+) had ended elsewhere with the same bits/g)]
    .reduce((sum, [, count]) => sum + Number(count), 0);
  const diskSaid = full === null ? "" : await full;
  const end = await status();
  assert(end !== null);
  const rows = rowsOf(JSON.stringify(end));
  return {
    rows,
    workerKills,
    serverKills,
    faults,
    duplicates,
    diskSaid,
    seconds: (performance.now() - begun) / 1000,
  };
}
