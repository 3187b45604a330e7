/**
 * The same work by softq and by its alternatives, alternating in one run: matrix products, a perceptron and one
 * soft Q update beside TensorFlow.js and jax-js, and the update with softq's own choices beside PyTorch and JAX on the
 * processor, with each number of threads (if `python3` has them); the study's updates beside them on one thread.
 *
 *     deno run -A bench/peers.ts [--webgpu] [--only NAME] [--rounds N] [--seconds S] [--json FILE]
 *
 * Without `--webgpu` everything runs on the processor, with it on the WebGPU adapter (PyTorch and JAX stay on the
 * processor; `gpu/` measures them on a GPU). With `--only "update swimmer"` only works whose names begin so are
 * measured.
 *
 * @module
 */

import {
  commandLine,
  interleaved,
  machine,
  type Measured,
  ratio,
  short,
  table,
  writeResults,
} from "./measure.ts";
import { cpuDevice } from "../src/device/cpu.ts";
import { fixtureOf } from "./peers/fixture.ts";
import { type Peer, type Request, startLibrary } from "./peers/process.ts";
import { startPython, TOLERANCE } from "./peers/python.ts";
import { type Configuration, CONFIGURATIONS, STUDIED } from "./setting.ts";

/** Rows, depth and columns of an update's products. */
const PRODUCTS = [[2048, 200, 200], [1024, 128, 128], [64, 200, 200]] as const;
/** Rows, inputs and hidden units of perceptrons. */
const PERCEPTRONS = [[1024, 4, 128], [2048, 133, 200]] as const;

/** One row of the table: a work, and each library's repetitions per second. */
export interface PeerResult {
  readonly work: string;
  /** Medians over the rounds, per second. */
  readonly rates: Readonly<Record<string, number>>;
  /** softq's rate divided by each peer's: medians over the rounds. */
  readonly ratios: Readonly<Record<string, number>>;
  /** The rates of each round, from which the medians are taken. */
  readonly rounds?: Readonly<Record<string, readonly number[]>>;
}

const resultOf = (work: string, measured: readonly Measured[]): PeerResult => {
  const answered = measured.filter(({ rates }) => rates.every(Number.isFinite));
  const [ours] = answered as [Measured];
  const others = answered.filter(({ name }) => !name.startsWith("softq"));
  return {
    work,
    rates: Object.fromEntries(answered.map(({ name, median }) => [name, median])),
    ratios: Object.fromEntries(others.map((peer) => [peer.name, ratio(ours, peer)])),
    rounds: Object.fromEntries(answered.map(({ name, rates }) => [name, rates])),
  };
};

/** The results as a table: rates, with softq's speed-up in brackets. */
export function peerTable(results: readonly PeerResult[]): string {
  const names = [...new Set(results.flatMap(({ rates }) => Object.keys(rates)))];
  const cell = (rate: number | undefined, times: number | undefined): string =>
    rate === undefined ? "–" : short(rate) + (times === undefined ? "" : ` (${times.toFixed(2)}×)`);
  return table(
    ["times a second", ...names],
    results.map(({ work, rates, ratios }) => [work, ...names.map((name) => cell(rates[name], ratios[name]))]),
  );
}

/** PyTorch's and JAX's results as a table, one row each: the rate, with softq's speed-up in brackets. */
export function pythonTable(results: readonly PeerResult[]): string {
  const names = [...new Set(results.flatMap(({ rates }) => Object.keys(rates)))];
  const updates = results.map(({ work }) => work.replace(/^update (.*), .*$/, "$1"));
  const best = ({ ratios }: PeerResult): string => `${Math.min(...Object.values(ratios)).toFixed(2)}×`;
  return table(["updates a second", ...updates], [
    ...names.map((name) => [
      name,
      ...results.map(({ rates, ratios }) =>
        rates[name] === undefined
          ? "–"
          : short(rates[name]) + (ratios[name] === undefined ? "" : ` (${ratios[name].toFixed(2)}×)`)
      ),
    ]),
    ["softq beside the best of them", ...results.map(best)],
  ]);
}

/** The study's updates: a row for each library with its milliseconds, and softq's speed-up in brackets. */
export function timesTable(results: readonly PeerResult[]): string {
  const names = [...new Set(results.flatMap(({ rates }) => Object.keys(rates)))];
  const cell = ({ rates, ratios }: PeerResult, name: string): string =>
    rates[name] === undefined ? "–" : (1000 / rates[name]).toFixed(2) +
      (ratios[name] === undefined ? "" : ` (${ratios[name].toFixed(2)}×)`);
  return table(
    ["milliseconds an update", ...results.map(({ work }) => work.replace(/^update (.*), .*$/, "$1"))],
    names.map((name) => [name, ...results.map((result) => cell(result, name))]),
  );
}

/** The modes of PyTorch and JAX: by default, and compiled. */
const PYTHON = [
  { name: "PyTorch eager", library: "torch", mode: "eager" },
  { name: "PyTorch compile", library: "torch", mode: "compile" },
  { name: "JAX jit", library: "jax", mode: "jit" },
  { name: "JAX scan", library: "jax", mode: "scan" },
] as const;

/** Maximum seconds for one to compile. */
const COMPILE_TIMEOUT = 600;

/** Starts PyTorch or JAX with a number of threads; null if it is absent or does not give softq's numbers. */
async function startOnProcessor(
  configuration: Configuration,
  { name, library, mode }: typeof PYTHON[number],
  threads: number,
): Promise<Peer | null> {
  const fixture = await Deno.makeTempFile({ suffix: ".safetensors" }), device = cpuDevice();
  await Deno.writeFile(fixture, await fixtureOf(device, configuration));
  device.close();
  const request = { library, fixture, mode, device: "cpu", threads } as const;
  const peer = await startPython(request, AbortSignal.timeout(1000 * COMPILE_TIMEOUT));
  await Deno.remove(fixture);
  const full = `${name}, ${threads} thread${threads === 1 ? "" : "s"}`;
  if (peer.status === "absent") {
    console.error(`${full}: ${peer.reason}`);
    return null;
  }
  if (!(peer.error <= TOLERANCE)) {
    console.error(`${full}: its numbers differ from softq's by ${peer.error}`);
    await peer.close();
    return null;
  }
  return { ...peer, work: { ...peer.work, name: full } };
}

async function main(): Promise<void> {
  const { json, flags, only, ...effort } = commandLine({ rounds: 7, seconds: 0.6 });
  const kind = flags.has("webgpu") ? "webgpu" : "wasm";
  const results: PeerResult[] = [];
  const descriptions: Record<string, string> = {};
  const measure = async (title: string, start: readonly (() => Promise<Peer | null>)[]): Promise<void> => {
    if (!title.startsWith(only)) return;
    const there: Peer[] = [];
    for (const each of start) {
      const peer = await each();
      if (peer !== null) there.push(peer);
    }
    for (const { work, description } of there) descriptions[work.name] = description;
    results.push(resultOf(title, await interleaved(there.map(({ work }) => work), effort)));
    for (const peer of there) await peer.close();
  };
  const browsers = (work: Request["work"]) => [
    () => startLibrary(`tfjs ${kind}`, { library: "tfjs", kind, work }),
    () => startLibrary(`jax-js ${kind}`, { library: "jax-js", kind, work }),
  ];
  const own = (name: string, work: Request["work"], threads?: number) => () =>
    startLibrary(name, { library: "softq", kind, ...threads && { threads }, work });
  const { cores } = machine();
  const threads = [1, 2, 4, 8, 16, 32].filter((count) => count <= cores);
  for (const sizes of PRODUCTS) {
    for (const layout of ["NN", "NT", "TN"] as const) {
      const product = [layout, ...sizes] as const;
      const peers = [own("softq", { product }), ...browsers({ product })];
      await measure(`product ${layout} ${sizes.join(" × ")}`, peers);
    }
  }
  for (const perceptron of PERCEPTRONS) {
    const [rows, inputs, hidden] = perceptron;
    await measure(`perceptron ${inputs}, ${hidden}, ${hidden}, 1 on ${rows} rows`, [
      own("softq", { perceptron }),
      ...browsers({ perceptron }),
    ]);
  }
  for (const configuration of CONFIGURATIONS) {
    const update = configuration.name;
    await measure(`update ${update}`, [
      own("softq", { update, choice: "peer" }),
      ...browsers({ update, choice: "peer" }),
    ]);
    await measure(`update ${update}, softq's choices`, [
      own("softq", { update, choice: "default" }),
      ...PYTHON.flatMap((each) => threads.map((count) => () => startOnProcessor(configuration, each, count))),
    ]);
  }
  for (const configuration of STUDIED) {
    const update = configuration.name;
    await measure(`update ${update}, one thread`, [
      own("softq", { update, choice: "default" }, 1),
      ...PYTHON.map((each) => () => startOnProcessor(configuration, each, 1)),
    ]);
  }
  const { processor, load } = machine();
  console.log(`${processor}, ${cores} cores, load ${load}`);
  for (const [name, description] of Object.entries(descriptions)) console.log(`${name}: ${description}`);
  console.log(`\n${peerTable(results)}`);
  if (json !== null) await writeResults(json, `peers, ${kind}`, { descriptions, rows: results });
}

if (import.meta.main) await main();
