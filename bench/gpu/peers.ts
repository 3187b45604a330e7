/**
 * The same update by PyTorch and JAX, as their users would write it, on the same device and alternating with softq's:
 * each is checked against softq's numbers before it is timed.
 *
 * @module
 */

import { interleaved, type Measured, ratio, short, type Work } from "../measure.ts";
import { fixtureOf } from "../peers/fixture.ts";
import { type PythonPeer, startPython, TOLERANCE } from "../peers/python.ts";
import { opened, work } from "../running.ts";
import { type Configuration, CONFIGURATIONS, updateOn } from "../setting.ts";
import { DONE, type Section, skipped } from "./section.ts";

/** The variants of each library: on the GPU, and on the processor if the machine has no GPU for it. */
const MODES = {
  cuda: {
    torch: ["eager", "compile", "graph", "compile-graph", "graph-tf32"],
    jax: ["jit", "scan", "scan-tf32", "vmap16"],
  },
  cpu: { torch: ["eager", "compile"], jax: ["jit", "scan"] },
} as const;

/** Number of alternating rounds. */
const ROUNDS = 5;

/** Maximum seconds for all peers to compile if they are started together. */
const COMPILE_SECONDS = 100;

/** Seconds for a configuration whose peers must be started, and the minimum with which one is begun. */
const START_SECONDS = 60, MIN_SECONDS = 5;

/** Fraction of a configuration's time in which its peers may start if they have not. */
const START_SHARE = 0.6;

const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/** Number of cores from which all peers are started together. */
const MANY_CORES = 8;

/** Peers of one configuration that have been started. */
interface Group {
  readonly configuration: Configuration;
  readonly starting: readonly Promise<PythonPeer>[];
  /** Stops waiting for those that are not ready yet. */
  readonly giveUp: () => void;
}

/** One row. */
interface PeerRow {
  readonly configuration: string;
  readonly name: string;
  readonly updatesPerSecond: number | null;
  readonly rounds: readonly number[];
  /** softq's rate divided by the peer's, with the same number of replicas; medians over the rounds. */
  readonly ratio: number | null;
  /** The largest of the errors of all results. */
  readonly error: number | null;
  readonly reason: string;
}

/** A row without numbers. */
const EMPTY_ROW = { updatesPerSecond: null, rounds: [], ratio: null, error: null } as const;

const cell = (x: number | null, text: (x: number) => string): string => x === null ? "–" : text(x);

const tableOf = (rows: readonly PeerRow[], cuda: boolean) => ({
  title: `On the ${cuda ? "GPU" : "processor, for want of CUDA"}; medians of ${ROUNDS} rounds in turns`,
  header: ["update", "by", "updates/s", "softq is faster by", "largest error", "remark"],
  rows: rows.map((row) => [
    row.configuration,
    row.name,
    cell(row.updatesPerSecond, short),
    cell(row.ratio, (x) => `${x.toFixed(2)} ×`),
    cell(row.error, (x) => x.toExponential(1)),
    row.reason || (row.error !== null && row.error > TOLERANCE ? "not the same numbers" : ""),
  ]),
});

/** The available Python with its libraries, and whether it has a GPU. */
async function pythonHere(): Promise<
  { readonly libraries: readonly string[]; readonly cuda: boolean } | null
> {
  const script = "import importlib.util as u, os, shutil\n" +
    "print(*[n for n in ('torch', 'jax', 'optax') if u.find_spec(n)], " +
    "'nvidia' if shutil.which('nvidia-smi') or os.path.exists('/dev/nvidiactl') else '')";
  try {
    const { code, stdout } = await new Deno.Command("python3", { args: ["-c", script], stderr: "null" })
      .output();
    const words = new TextDecoder().decode(stdout).trim().split(/\s+/);
    return code === 0
      ? { libraries: words.filter((word) => word !== "nvidia"), cuda: words.includes("nvidia") }
      : null;
  } catch {
    return null;
  }
}

/** Compiles the peers if there are enough cores, then measures configuration by configuration. */
export const peersSection: Section = async () => {
  const python = await pythonHere();
  if (python === null) return () => Promise.resolve(skipped("there is no python3 here"));
  const libraries = (["torch", "jax"] as const).filter((name) =>
    python.libraries.includes(name) && (name === "torch" || python.libraries.includes("optax"))
  );
  if (libraries.length === 0) {
    return () => Promise.resolve(skipped("python3 has neither PyTorch nor JAX with Optax"));
  }
  const kind = python.cuda ? "cuda" : "cpu", cores = navigator.hardwareConcurrency;
  const threads = kind === "cuda" ? 1 : cores; // one thread suffices to wait for a GPU
  const { device } = await opened("webgpu");
  const ours = device.description, fixtures = await Deno.makeTempDir();
  const start = async (configuration: Configuration): Promise<Group> => {
    const path = `${fixtures}/${configuration.name}.safetensors`;
    await Deno.writeFile(path, await fixtureOf(device, configuration));
    const patience = new AbortController();
    const starting = libraries.flatMap((library) =>
      MODES[kind][library].map((mode) =>
        startPython({ library, fixture: path, mode, device: kind, threads }, patience.signal)
      )
    );
    return { configuration, starting, giveUp: () => patience.abort() };
  };
  const early = new Map<string, Group>();
  if (cores >= MANY_CORES) {
    for (const configuration of CONFIGURATIONS) early.set(configuration.name, await start(configuration));
    const all = [...early.values()].flatMap(({ starting }) => starting);
    await Promise.race([Promise.all(all), sleep(COMPILE_SECONDS)]);
    for (const { giveUp } of early.values()) giveUp();
  }
  return async ({ left, tell }) => {
    const rows: PeerRow[] = [];
    for (const [k, configuration] of CONFIGURATIONS.entries()) {
      if (left() < MIN_SECONDS) {
        rows.push({
          ...EMPTY_ROW,
          configuration: configuration.name,
          name: "all",
          reason: "no time was left",
        });
        tell({ tables: [tableOf(rows, python.cuda)], data: rows });
        continue;
      }
      // If the peers are not ready yet, most time goes there: one configuration is better than none.
      const even = left() / (CONFIGURATIONS.length - k);
      const share = early.has(configuration.name) ? even : Math.min(left(), Math.max(even, START_SECONDS));
      const until = left() - share;
      const { starting, giveUp } = early.get(configuration.name) ?? await start(configuration);
      const patience = setTimeout(giveUp, 1000 * START_SHARE * share);
      const peers = await Promise.all(starting);
      clearTimeout(patience);
      const single = await updateOn(device, configuration, "default", 1);
      const many = await updateOn(device, configuration, "default", 16);
      const own = [await work("softq", device, single.executable, "loss")];
      const there = peers.filter((peer) => peer.status === "ready");
      const vmapped = there.some(({ mode }) => mode.startsWith("vmap"));
      if (vmapped) own.push(await work("softq, 16 replicas", device, many.executable, "loss"));
      const works: readonly Work[] = [...own, ...there.map(({ work }) => work)];
      const seconds = Math.max(0.1, Math.min(1, (left() - until) / (works.length * 1.5 * (ROUNDS + 1))));
      const measured = await interleaved(works, { rounds: ROUNDS, seconds });
      single.executable.close();
      many.executable.close();
      rows.push(...own.map((_, i): PeerRow => ({
        configuration: configuration.name,
        name: `${measured[i]!.name}, ${ours}`,
        updatesPerSecond: (i === 0 ? 1 : 16) * measured[i]!.median,
        rounds: measured[i]!.rates.map((rate) => (i === 0 ? 1 : 16) * rate),
        ratio: null,
        error: null,
        reason: "",
      })));
      there.forEach(({ mode, description, error }, i) => {
        const theirs = measured[own.length + i]!, sixteen = mode.startsWith("vmap");
        const base: Measured = sixteen
          ? { ...measured[1]!, rates: measured[1]!.rates.map((rate) => 16 * rate) }
          : measured[0]!;
        const answered = theirs.rates.every(Number.isFinite);
        rows.push({
          configuration: configuration.name,
          name: description,
          updatesPerSecond: answered ? theirs.median : null,
          rounds: theirs.rates,
          ratio: answered ? ratio(base, theirs) : null,
          error,
          reason: answered ? "" : "it stopped answering",
        });
      });
      peers.forEach((peer, i) => {
        if (peer.status === "ready") return;
        const name = libraries.flatMap((library) =>
          MODES[kind][library].map((mode) => `${library} ${mode}`)
        )[i]!;
        rows.push({ ...EMPTY_ROW, configuration: configuration.name, name, reason: peer.reason });
      });
      for (const peer of there) await peer.close();
      tell({ tables: [tableOf(rows, python.cuda)], data: rows });
    }
    device.close();
    await Deno.remove(fixtures, { recursive: true });
    return DONE;
  };
};
