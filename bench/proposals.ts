/**
 * The error of the soft value and the time of an update for each proposal of the value samples: with archived critics of
 * the quadruped, at states of the policy's own episodes.
 *
 *     deno run -A --lock tests/deno.lock bench/proposals.ts [--rounds N] [--seconds S] [--json FILE] [RUN …]
 *
 * The error is that of V/α against a reference, whose uncertainty is reported. The time is that of the run's whole
 * update, in which only the proposal and the number of its samples vary, on one thread. Works alternate, so that the
 * ratios hold on a machine with other load.
 *
 * @module
 */

import type { Environment } from "../envs/environment.ts";
import { pretrain } from "../experiments/pretrain.ts";
import { E } from "../src/deps.ts";
import { cpuDevice } from "../src/device/cpu.ts";
import type { Device, Executable } from "../src/device/device.ts";
import { softValue } from "../src/kernels/soft_value.ts";
import { leastQ } from "../src/learn/critics.ts";
import { samplerPolicy } from "../src/learn/policy.ts";
import { SOFT_Q } from "../src/learn/soft_q/algorithm.ts";
import { softQLearner } from "../src/learn/soft_q/learner.ts";
import type { SoftQOptions } from "../src/learn/soft_q/options.ts";
import { proposalRows, propose } from "../src/learn/soft_q/proposal.ts";
import { type SoftQ, softQLayouts } from "../src/learn/soft_q/update.ts";
import { normal, uniform } from "../src/random/draw.ts";
import { child, keyOf } from "../src/random/key.ts";
import { deviationOf, meanOf } from "../src/report/statistics.ts";
import { input } from "../src/tensor/expression.ts";
import { constant, reshape } from "../src/tensor/primitives.ts";
import { programOf } from "../src/tensor/program.ts";
import { f32 } from "../src/tensor/shape.ts";
import { decode } from "../src/train/safetensors.ts";
import { commandLine, interleaved, table, timed, writeResults } from "./measure.ts";
import { type Configuration, updateOn } from "./setting.ts";

/** Number of states, and of estimates at each. */
const STATES = 16, TRIALS = 25;

/** The runs, whose parameters are kept: by uniform samples at α = 0.03, and by the mixture above and below. */
export const RUNS = [
  "pretrain-soft-q-0.1-travel-0",
  "pretrain-soft-q-0.03-steady-continued-0",
  "pretrain-soft-q-0.01-symmetry-continued-0",
] as const;

/** A proposal and its samples. */
type Choice = Pick<SoftQOptions, "valueProposal" | "valueParticles" | "mixtureCentres">;

const CHOICES: readonly Choice[] = [
  ...[16, 32, 512].map((valueParticles) => ({
    valueProposal: "uniform" as const,
    valueParticles,
    mixtureCentres: SOFT_Q.defaults.mixtureCentres,
  })),
  ...[8, 16, 32].map((valueParticles) => ({
    valueProposal: "mixture" as const,
    valueParticles,
    mixtureCentres: valueParticles / 2,
  })),
];

/** What is measured of a proposal. */
export interface ProposalResult {
  readonly proposal: SoftQOptions["valueProposal"];
  readonly samples: number;
  /** Mean and standard deviation of the error of V/α. */
  readonly bias: number;
  readonly deviation: number;
  /** Milliseconds of an update, the median of the rounds. */
  readonly milliseconds: number;
}

/** What is measured with the parameters of a run. */
export interface ProposalsResult {
  readonly run: string;
  readonly temperature: number;
  /** Mean difference of V/α between the two halves of the reference. */
  readonly halvesApart: number;
  readonly rows: readonly ProposalResult[];
}

interface Archived {
  readonly environment: Environment;
  readonly options: SoftQOptions;
  readonly o: SoftQ;
  readonly target: Float32Array;
  readonly sampler: Float32Array;
  /** States of the policy's episodes, one after the other. */
  readonly states: Float32Array;
}

/** Reads an archived run and lets its policy act for some time. */
function archivedRun(run: string): Archived {
  const config = JSON.parse(Deno.readTextFileSync(`results/${run}/config.json`));
  const file = decode(Deno.readFileSync(`results/${run}/parameters.safetensors`));
  if (E.isLeft(file)) throw new Error(`results/${run}/parameters.safetensors is not a safetensors file`);
  const environment = pretrain.environment(config.variant), { observation, action } = environment.spec;
  const own = Object.entries(config).filter(([name, value]) =>
    Object.hasOwn(SOFT_Q.options, name) && value !== null
  );
  const options: SoftQOptions = { ...SOFT_Q.defaults, ...Object.fromEntries(own), samplerAverage: 0 };
  const o: SoftQ = { ...options, observation: observation.length, action: action.length, batch: STATES };
  const { sampler: layout, criticSize } = softQLayouts(o);
  const target = new Float32Array(criticSize), sampler = new Float32Array(layout.size);
  for (const { name, start, shape: [rows, columns] } of softQLearner(o).blocks) {
    const into = name.startsWith("target") ? target : name.startsWith("sampler") ? sampler : null;
    if (into === null) continue;
    const stored = file.right.tensors[name];
    if (stored?.shape[1] !== rows || stored?.shape[2] !== columns) {
      throw new Error(`${run}: ${name} should be [R,${rows},${columns}]: got ${stored?.shape}`);
    }
    into.set(Float32Array.from(stored!.data).subarray(0, rows * columns), start);
  }
  const { act } = samplerPolicy(layout, "tanh");
  let state = environment.initial(keyOf(1));
  const states = new Float32Array(STATES * o.observation), chosen = new Float32Array(o.action);
  for (let step = 0; step < 10 * STATES; step++) {
    const seen = environment.observe(state);
    if (step % 10 === 0) states.set(seen, step / 10 * o.observation);
    act(sampler, 0, seen, normal(child(keyOf(2), step), o.action), chosen);
    const next = environment.step(state, chosen, child(keyOf(3), step));
    state = next.terminated ? environment.initial(child(keyOf(4), step)) : next.state;
  }
  return { environment, options, o, target, sampler, states };
}

/** A program that estimates V/α at the states, with its constant inputs. */
interface Estimator {
  readonly executable: Executable;
  readonly o: SoftQ;
}

async function estimator(device: Device, archived: Archived, choice: Partial<SoftQ>): Promise<Estimator> {
  const o: SoftQ = { ...archived.o, ...choice },
    layouts = softQLayouts(o),
    rows = proposalRows(o),
    A = o.action;
  const inputs = {
    target: input(f32(1, layouts.criticSize)),
    sampler: input(f32(1, layouts.sampler.size)),
    observation: input(f32(1, STATES, o.observation)),
    value: input(f32(1, Math.max(1, rows.value), A)),
    proposal: input(f32(1, Math.max(1, rows.noise + rows.jitter), A)),
  };
  const { action, logDensity } = propose(o, layouts.sampler, inputs.sampler, inputs.observation, inputs);
  const q = reshape(
    leastQ(layouts.critic, inputs.target, action, inputs.observation),
    [1, STATES, o.valueParticles],
  );
  const temperature = archived.options.temperature;
  const program = programOf(inputs, { v: softValue(q, constant(temperature, [1]), logDensity) });
  const compiled = await device.compile(program)();
  if (E.isLeft(compiled)) throw new Error(compiled.left.message);
  compiled.right.write("target", archived.target);
  compiled.right.write("sampler", archived.sampler);
  compiled.right.write("observation", archived.states);
  return { executable: compiled.right, o };
}

/** V/α at the states with fresh random numbers. */
async function estimate(
  { executable, o }: Estimator,
  temperature: number,
  trial: number,
): Promise<Float64Array> {
  const rows = proposalRows(o), key = child(keyOf(9), trial), normals = rows.noise + rows.jitter;
  if (rows.value > 0) {
    executable.write("value", uniform(child(key, 0), rows.value * o.action).map((x) => 2 * x - 1));
  }
  if (normals > 0) executable.write("proposal", normal(child(key, 1), normals * o.action));
  executable.run();
  const read = await executable.read(["v"])();
  if (E.isLeft(read)) throw new Error(read.left.message);
  return Float64Array.from(read.right.v, (v) => v / temperature);
}

/** `log mean exp` of each state's estimates. */
const pooled = (estimates: readonly Float64Array[]): Float64Array =>
  estimates[0]!.map((_, b) => {
    const each = estimates.map((v) => v[b]!), top = Math.max(...each);
    return top + Math.log(each.reduce((sum, v) => sum + Math.exp(v - top), 0) / each.length);
  });

/**
 * The reference V/α: each estimate of exp(V/α) is unbiased, so that their mean over many is nearly exact. Half of
 * them have narrow Gaussians, half wide ones.
 */
async function reference(
  device: Device,
  archived: Archived,
): Promise<{ readonly values: Float64Array; readonly halvesApart: number }> {
  const { temperature } = archived.options, halves: Float64Array[][] = [[], []];
  for (const mixtureWidth of [0.25, 0.7]) {
    const choice = {
      valueProposal: "mixture",
      valueParticles: 4096,
      mixtureCentres: 256,
      mixtureShare: 0.9,
      mixtureWidth,
    } as const;
    const one = await estimator(device, archived, choice);
    for (let trial = 0; trial < 16; trial++) {
      halves[trial % 2]!.push(await estimate(one, temperature, 1000 + trial));
    }
    one.executable.close();
  }
  const [a, b] = halves.map(pooled) as [Float64Array, Float64Array];
  return {
    values: pooled(halves.flat()),
    halvesApart: a.reduce((sum, v, k) => sum + Math.abs(v - b[k]!), 0) / a.length,
  };
}

/** The run's update with a choice. */
const configurationOf = ({ environment, options }: Archived, choice: Choice): Configuration => ({
  name: `${choice.valueProposal} ${choice.valueParticles}`,
  environment,
  hidden: options.hidden[0]!,
  batch: options.batch,
  fixed: options.fixedParticles,
  moved: options.movedParticles,
  values: choice.valueParticles,
  options: { ...options, ...choice },
});

async function measure(run: string, effort: { rounds: number; seconds: number }): Promise<ProposalsResult> {
  const device = cpuDevice({ workers: 1 }), archived = archivedRun(run), { temperature } = archived.options;
  const { values, halvesApart } = await reference(device, archived);
  const errors: { readonly bias: number; readonly deviation: number }[] = [];
  for (const choice of CHOICES) {
    const one = await estimator(device, archived, choice), each: number[] = [];
    for (let trial = 0; trial < TRIALS; trial++) {
      (await estimate(one, temperature, trial)).forEach((v, b) => each.push(v - values[b]!));
    }
    one.executable.close();
    errors.push({ bias: meanOf(each), deviation: deviationOf(each) });
  }
  const configurations = CHOICES.map((choice) => configurationOf(archived, choice)), updates = [];
  for (const configuration of configurations) updates.push(await updateOn(device, configuration, "default"));
  const times = await interleaved(
    updates.map(({ executable }, k) => timed(configurations[k]!.name, () => executable.run())),
    effort,
  );
  device.close();
  const rows = CHOICES.map(({ valueProposal, valueParticles }, k): ProposalResult => ({
    proposal: valueProposal,
    samples: valueParticles,
    ...errors[k]!,
    milliseconds: 1000 / times[k]!.median,
  }));
  return { run, temperature, halvesApart, rows };
}

/** Error and time of each proposal, the runs side by side. */
export function proposalsTable(results: readonly ProposalsResult[]): string {
  const rows = results[0]!.rows.map(({ proposal, samples }, k) => [
    `${proposal} ${samples}`,
    ...results.flatMap(({ rows }) => {
      const { bias, deviation, milliseconds } = rows[k]!;
      return [`${bias.toFixed(1)} ± ${deviation.toFixed(1)}`, milliseconds.toFixed(2)];
    }),
  ]);
  const header = results.flatMap(({ temperature }) => [`α = ${temperature}: V/α`, "ms"]);
  const runs = results.map(({ run, temperature, halvesApart }) =>
    `α = ${temperature}: \`${run}\`, halves of the reference ${halvesApart.toFixed(2)} apart`
  );
  return `${table(["proposal", ...header], rows)}\n\n${runs.join("; ")}.`;
}

if (import.meta.main) {
  const { json, ...effort } = commandLine({ rounds: 5, seconds: 0.3 });
  const named = Deno.args.filter((word) => word.startsWith("pretrain")), results: ProposalsResult[] = [];
  for (const run of named.length > 0 ? named : RUNS) results.push(await measure(run, effort));
  console.log(proposalsTable(results));
  if (json !== null) await writeResults(json, "proposals", results);
}
