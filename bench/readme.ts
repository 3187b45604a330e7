/**
 * Writes the tables of `README.md`, and the picture and the table of cost in `docs/devices.md`, from the results in
 * `results/`: `deno run -A bench/readme.ts`.
 *
 * @module
 */

import type { CostPoint } from "../src/report/cost.ts";
import { type CollectingResult, collectingTable } from "./collecting.ts";
import { costPicture, costTable } from "./cost.ts";
import { type Report, sectionText } from "./gpu/report.ts";
import { type KernelsResult, kernelsTables } from "./kernels.ts";
import { type LoopResult, loopTable } from "./loop.ts";
import type { Machine } from "./measure.ts";
import { type OperationsResult, operationsTables } from "./operations.ts";
import { type PeerResult, peerTable, pythonTable, timesTable } from "./peers.ts";
import { type ProposalsResult, proposalsTable } from "./proposals.ts";
import { type SweepResult, sweepTable } from "./sweep.ts";
import { type UpdateResult, updateTable } from "./update.ts";

const README = new URL("./README.md", import.meta.url);
const PROJECT = new URL("../docs/devices.md", import.meta.url);
const PICTURE = new URL("../docs/cost.svg", import.meta.url);

interface Run<A> {
  readonly date: string;
  readonly machine: Machine;
  /** The device of all results, if there was only one. */
  readonly device?: string;
  readonly results: A;
}

/** A stored run, or null if there is none. */
async function runOf<A>(file: string): Promise<Run<A> | null> {
  try {
    return JSON.parse(await Deno.readTextFile(new URL(`./results/${file}`, import.meta.url))) as Run<A>;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** The machine and the device of a run. */
const whereOf = ({ date, machine: { processor, cores, deno, load }, device }: Run<unknown>): string =>
  `${device === undefined ? "" : `${device}; `}${processor}, ${cores} cores (load ${load}), Deno ${deno}, ${
    date.slice(0, 10)
  }`;

/** A run's table below a line with its machine; a sentence if there is no run. */
async function section<A>(file: string, tableOf: (results: A) => string): Promise<string> {
  const run = await runOf<A>(file);
  return run === null ? "Not measured." : `${whereOf(run)}; \`results/${file}\`:\n\n${tableOf(run.results)}`;
}

/** The runs of `cost.ts`: the CPU device's, and that of a WebGPU adapter if it was measured. */
async function costRuns(): Promise<readonly Run<readonly CostPoint[]>[]> {
  const runs = [await runOf<CostPoint[]>("cost.json"), await runOf<CostPoint[]>("cost-webgpu.json")];
  return runs.filter((run) => run !== null);
}

/** The file that `peers.ts` writes. */
interface PeersResult {
  /** Each library's description of itself. */
  readonly descriptions: Readonly<Record<string, string>>;
  readonly rows: readonly PeerResult[];
}

/** The peers' table below their descriptions. */
const peersText = ({ descriptions, rows }: PeersResult): string =>
  `${Object.entries(descriptions).map(([name, what]) => `${name}: ${what}`).join("; ")}.\n\n${
    peerTable(rows)
  }`;

/** A table of PyTorch and JAX below their releases. */
const pythonText = (tableOf: typeof pythonTable) => ({ descriptions, rows }: PeersResult): string => {
  const releases = Object.values(descriptions).map((what) => /^(PyTorch|JAX) [\d.]+/.exec(what)?.[0]);
  return `${[...new Set(releases.filter((each) => each !== undefined))].join("; ")}.\n\n${tableOf(rows)}`;
};

/** The displayed session on a GPU. */
const GPU_SESSION = new URL("./results/gpu_nvidia_h200.json", import.meta.url);

/** Its sections but for the adapter's limits and the kernels' cases, which are all right or would be named below. */
async function gpuText(): Promise<string> {
  const report = JSON.parse(await Deno.readTextFile(GPU_SESSION)) as Report;
  const { processor, cores, deno } = report.machine;
  const where = `${processor}, ${cores} cores, Deno ${deno}, ${report.started.slice(0, 10)}, ` +
    `${report.minutes} minutes; \`results/gpu_nvidia_h200.json\``;
  const kernels = report.sections.find(({ name }) => name === "kernels");
  const checked = kernels?.status === "done"
    ? `All ${kernels.tables[0]!.rows.length} kernels were right.`
    : `The kernels' check: ${kernels?.reason ?? "not made"}.`;
  const shown = report.sections.filter(({ name }) => name !== "adapter" && name !== "kernels");
  return [`${where}.`, checked, ...shown.map((each) => sectionText(each, (title) => `### ${title}`))].join(
    "\n\n",
  );
}

/** The tables by the names of their placeholders in the text. */
export const sections = async (): Promise<Readonly<Record<string, string>>> => ({
  peers: await section<PeersResult>("peers_cpu.json", peersText),
  "peers in Python": await section<PeersResult>("peers_python.json", pythonText(pythonTable)),
  "peers in Python, study": await section<PeersResult>("peers_study.json", pythonText(timesTable)),
  proposals: await section<ProposalsResult[]>("proposals.json", proposalsTable),
  "peers on WebGPU": await section<PeersResult>("peers_webgpu.json", peersText),
  update: await section<UpdateResult[]>("update_cpu.json", updateTable),
  operations: await section<OperationsResult[]>("operations_cpu.json", operationsTables),
  "update on WebGPU": await section<UpdateResult[]>("update_webgpu.json", updateTable),
  loop: await section<LoopResult[]>("loop_cpu.json", loopTable),
  collecting: await section<CollectingResult[]>("collecting.json", collectingTable),
  sweep: await section<SweepResult>("sweep.json", sweepTable),
  kernels: await section<KernelsResult[]>("kernels_webgpu.json", kernelsTables),
  gpu: await gpuText(),
});

/** The text with all placeholders, which comments mark by name, filled. */
export function filled(text: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((before, [name, content]) => {
    const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
    const from = before.indexOf(start), to = before.indexOf(end);
    if (from < 0 || to < 0) throw new Error(`There is no place for "${name}" in the text`);
    return `${before.slice(0, from + start.length)}\n\n${content}\n\n${before.slice(to)}`;
  }, text);
}

if (import.meta.main) {
  await Deno.writeTextFile(README, filled(await Deno.readTextFile(README), await sections()));
  const runs = await costRuns();
  if (runs.length > 0) {
    const where = runs.map((run) => `${run.results[0]!.device}: ${whereOf(run)}`);
    const points = runs.flatMap(({ results }) => results);
    await Deno.writeTextFile(PICTURE, costPicture(where, points));
    const cost = `${where.map((each) => `- ${each}`).join("\n")}\n\n${costTable(points)}`;
    await Deno.writeTextFile(PROJECT, filled(await Deno.readTextFile(PROJECT), { cost }));
  }
}
