/**
 * Several concurrent runs for a limited time: each is a process with its own command line; all are asked to end in time
 * with a checkpoint, and the files that other runs need are packed into a few archives.
 *
 *     deno run -A --lock tests/deno.lock bench/gpu/several.ts --seconds S --out DIR LIST.json
 *
 * The list holds `{ "name": "a", "args": ["train", "swimmer", "--seeds", "0..9", "--device", "webgpu"] }` for each run;
 * a run whose folder has a checkpoint is continued. Runs lie in `DIR/runs/`, their output beside them; `DIR/packed/`
 * gets archives of at most 15 MB. `"cores": [0, 1]` restricts a run to these cores.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { denoWords } from "./deno.ts";
import { writeWhole } from "./report.ts";

/** A requested run. */
export interface Wanted {
  readonly name: string;
  /** Arguments of the command line except `--out`. */
  readonly args: readonly string[];
  /** The processor's cores to which it is restricted (Linux); all unless given. */
  readonly cores?: readonly number[];
}

/** How a run ended: its exit code, and after how long. */
export interface EndedRun {
  readonly name: string;
  readonly code: number;
  readonly seconds: number;
  /** Whether it was ended because the time was over. */
  readonly asked: boolean;
}

/** Seconds that runs have for their last checkpoint before they are terminated. */
const CHECKPOINT = 20;

/** Maximum size of an archive, bytes. */
const ARCHIVE = 15e6;

const exists = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);

/** Runs the requested runs side by side for a number of seconds; returns how each ended. */
export async function severalRuns(
  wanted: readonly Wanted[],
  folder: string,
  seconds: number,
  stop: Promise<unknown> = new Promise(() => {}),
): Promise<readonly EndedRun[]> {
  await Deno.mkdir(`${folder}/runs`, { recursive: true });
  const begun = performance.now();
  const processes = await Promise.all(wanted.map(async ({ name, args, cores }) => {
    const path = `${folder}/runs/${name}`;
    const words = await exists(`${path}/checkpoint/latest.json`)
      ? ["resume", path]
      : [...args, "--out", path];
    const command = [Deno.execPath(), ...denoWords("cli.ts", ...words)];
    const pinned = cores === undefined ? command : ["taskset", "-c", cores.join(","), ...command];
    const log = await Deno.open(`${path}.log`, { create: true, append: true });
    const process = new Deno.Command(pinned[0]!, {
      args: pinned.slice(1),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const kept = Promise.all([process.stdout, process.stderr].map(async (stream) => {
      for await (const part of stream) await log.write(part);
    }));
    const ended = process.status.then(async ({ code }) => {
      const taken = (performance.now() - begun) / 1000;
      await kept;
      log.close();
      return { name, code, seconds: taken, asked: taken >= seconds };
    });
    return { process, ended };
  }));
  const all = Promise.all(processes.map(({ ended }) => ended));
  const tell = (signal: Deno.Signal): void => {
    for (const { process } of processes) {
      try {
        process.kill(signal);
      } catch {
        // It has ended.
      }
    }
  };
  const timers = [
    setTimeout(() => tell("SIGTERM"), 1000 * seconds),
    setTimeout(() => tell("SIGKILL"), 1000 * (seconds + CHECKPOINT)),
  ];
  void stop.then(() => tell("SIGTERM"));
  const results = await all;
  timers.forEach(clearTimeout);
  return results;
}

/**
 * Names of the files of a run that others need; for an unfinished run, its newest checkpoint without the replay buffer.
 */
async function neededOf(path: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(path)) {
    if (isFile && !name.endsWith(".html")) names.push(name);
  }
  if (names.includes("parameters.safetensors")) return names;
  const latest = await Deno.readTextFile(`${path}/checkpoint/latest.json`).then(JSON.parse, () => null);
  if (latest === null) return names;
  const newest = String(latest.steps);
  return [...names, "checkpoint/latest.json", `checkpoint/${newest}`];
}

/** Packs the needed files of all runs; returns the archives' names and the runs whose files were too large. */
export async function pack(
  folder: string,
): Promise<{ readonly archives: string[]; readonly left: string[] }> {
  const packed = `${folder}/packed`;
  await Deno.remove(packed, { recursive: true }).catch(() => {});
  await Deno.mkdir(packed, { recursive: true });
  const tar = async (to: string, from: string, names: readonly string[]): Promise<number> => {
    const { code, stderr } = await new Deno.Command("tar", { args: ["-czf", to, "-C", from, ...names] })
      .output();
    if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
    return (await Deno.stat(to)).size;
  };
  const single: { readonly name: string; readonly bytes: number }[] = [], left: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/runs`)) {
    if (!isDirectory) continue;
    const path = `${folder}/runs/${name}`, archive = `${folder}/${name}.tgz`, needed = await neededOf(path);
    let bytes = await tar(archive, path, needed);
    if (bytes > ARCHIVE) {
      left.push(name);
      bytes = await tar(archive, path, needed.filter((each) => !/^checkpoint|safetensors$/.test(each)));
    }
    single.push({ name: `${name}.tgz`, bytes });
  }
  const logs: string[] = [];
  for await (const { name } of Deno.readDir(`${folder}/runs`)) {
    if (name.endsWith(".log")) logs.push(`runs/${name}`);
  }
  if (logs.length > 0) {
    single.push({ name: "logs.tgz", bytes: await tar(`${folder}/logs.tgz`, folder, logs) });
  }
  const bins: { names: string[]; bytes: number }[] = [];
  for (const { name, bytes } of single.toSorted((a, b) => b.bytes - a.bytes)) {
    const bin = bins.find((each) => each.bytes + bytes <= ARCHIVE);
    if (bin === undefined) bins.push({ names: [name], bytes });
    else {
      bin.names.push(name);
      bin.bytes += bytes;
    }
  }
  const archives: string[] = [];
  for (const [k, { names }] of bins.entries()) {
    archives.push(`runs-${k}.tar`);
    const args = ["-cf", `${packed}/runs-${k}.tar`, "-C", folder, ...names];
    await new Deno.Command("tar", { args }).output();
  }
  for (const { name } of single) await Deno.remove(`${folder}/${name}`);
  return { archives, left };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    options: { seconds: { type: "string", default: "" }, out: { type: "string", default: "" } },
    allowPositionals: true,
  });
  const seconds = Number(values.seconds);
  if (!(seconds > 0) || values.out === "" || positionals.length !== 1) {
    console.error("several.ts --seconds S --out DIR LIST.json");
    Deno.exit(2);
  }
  const wanted = JSON.parse(await Deno.readTextFile(positionals[0]!)) as readonly Wanted[];
  const stop = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => resolve());
  });
  const ended = await severalRuns(wanted, values.out, seconds, stop);
  const packed = await pack(values.out);
  await writeWhole(`${values.out}/packed/runs.json`, `${JSON.stringify({ ended, ...packed }, null, 2)}\n`);
  for (const { name, code, seconds } of ended) {
    console.log(`${name}: exit code ${code} after ${seconds.toFixed(0)} s`);
  }
  for (const name of packed.left) {
    console.log(`${name}: parameters and checkpoint are too large for an archive`);
  }
  Deno.exit(0);
}
