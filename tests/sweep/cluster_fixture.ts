/** A cluster under trouble: workers as processes, killed at random with the server, against one undisturbed sweep. */
import { assert } from "../deps.ts";
import { ROOT } from "../packaging/sources.ts";
import type { NatsServer } from "./nats_server.ts";

/** How much trouble there is. */
export interface Trouble {
  readonly workers: number;
  /** SIGKILLs of workers, and of the server. */
  readonly workerKills: number;
  readonly serverKills: number;
  /** Seconds between two of them, at most. */
  readonly pause: number;
  /** Seconds of a lease, and between two checkpoints on the server. */
  readonly lease: number;
  readonly checkpoint: number;
  /** For choosing what is killed when: equal numbers give equal choices. */
  readonly seed: number;
}

/** A row of an overview. */
export interface Row {
  readonly trial: string;
  readonly state: string;
  readonly digest?: string;
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
  readonly faults: number;
  readonly seconds: number;
}

/** Makes a sweep on a cluster under trouble. */
export async function underTrouble(
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
  const worker = (): Deno.ChildProcess => {
    const own = `worker-${born++}`;
    // What it prints is read to its end: a pipe that is full would stop it.
    return start("cluster.ts", [
      ...[
        "worker",
        ...flags,
        "--folder",
        `${folder}/${own}`,
        "--name",
        own,
        "--checkpoint",
        String(trouble.checkpoint),
      ],
    ]);
  };
  const status = async (): Promise<{ readonly waiting: number; readonly trials: readonly Row[] } | null> => {
    const { code, out } = await ended("cluster.ts", ["status", name, ...flags, "--json"]);
    return code === 0 ? JSON.parse(out) : null;
  };
  const workers = Array.from({ length: trouble.workers }, worker);
  let workerKills = 0, serverKills = 0;
  const done = async (): Promise<boolean> => (await status())?.waiting === 0;
  while (workerKills < trouble.workerKills || serverKills < trouble.serverKills) {
    await new Promise((resolve) => setTimeout(resolve, 1000 * trouble.pause * draw()));
    if (await done()) break; // there is nothing left to disturb
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
  while (!await done()) await new Promise((resolve) => setTimeout(resolve, 500));
  const outputs = await Promise.all(workers.map(async (each) => {
    each.kill("SIGTERM");
    return new TextDecoder().decode((await each.output()).stderr);
  }));
  const faults =
    outputs.join("").split("\n").filter((line) => line.startsWith("A fault of determinism")).length;
  const end = await status();
  assert(end !== null);
  const rows = rowsOf(JSON.stringify(end));
  return { rows, workerKills, serverKills, faults, seconds: (performance.now() - begun) / 1000 };
}
