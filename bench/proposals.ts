/**
 * The cost and the error of the soft value for each proposal of its samples: with archived critics of the quadruped, at
 * states of the policy's own episodes.
 *
 *     deno run -A --lock tests/deno.lock bench/proposals.ts [--rounds N] [--seconds S] [RUN …]
 *
 * The reference is a mixture of 4096 samples around 256 draws, whose own error is some tenths of α. Works alternate,
 * so that the ratios hold on a machine with other load.
 *
 * @module
 */

import { quadruped } from "../envs/quadruped.ts";
import { E } from "../src/deps.ts";
import { cpuDevice } from "../src/device/cpu.ts";
import type { Executable } from "../src/device/device.ts";
import { softValue } from "../src/kernels/soft_value.ts";
import { leastQ } from "../src/learn/critics.ts";
import { samplerPolicy } from "../src/learn/policy.ts";
import { softQLearner } from "../src/learn/soft_q/learner.ts";
import { proposalRows, propose } from "../src/learn/soft_q/proposal.ts";
import { type SoftQ, softQLayouts } from "../src/learn/soft_q/update.ts";
import { normal, uniform } from "../src/random/draw.ts";
import { child, keyOf } from "../src/random/key.ts";
import { input } from "../src/tensor/expression.ts";
import { constant, reshape } from "../src/tensor/primitives.ts";
import { programOf } from "../src/tensor/program.ts";
import { f32 } from "../src/tensor/shape.ts";
import { decode } from "../src/train/safetensors.ts";
import { commandLine, interleaved, ratio, table, timed } from "./measure.ts";

const STATES = 16, TRIALS = 12;

const CHOICES: readonly Partial<SoftQ>[] = [
  ...[16, 32, 512].map((valueParticles) => ({ valueProposal: "uniform" as const, valueParticles })),
  ...[8, 16, 32].map((valueParticles) => ({
    valueProposal: "mixture" as const,
    valueParticles,
    mixtureCentres: valueParticles / 2,
  })),
];

interface Kept {
  readonly o: SoftQ;
  readonly alpha: number;
  readonly target: Float32Array;
  readonly sampler: Float32Array;
  /** States of the policy's episodes, one after the other. */
  readonly states: Float32Array;
}

/** Reads an archived run and lets its policy act for some seconds. */
function keptRun(run: string): Kept {
  const config = JSON.parse(Deno.readTextFileSync(`results/${run}/config.json`));
  const file = decode(Deno.readFileSync(`results/${run}/parameters.safetensors`));
  if (E.isLeft(file)) throw new Error(`results/${run}/parameters.safetensors is not a safetensors file`);
  const environment = quadruped(), { observation, action } = environment.spec;
  const o: SoftQ = {
    observation: observation.length,
    action: action.length,
    hidden: config.hidden,
    batch: STATES,
    valueParticles: config.valueParticles,
    fixedParticles: 2,
    movedParticles: 1,
    squash: config.squash,
    bandwidth: config.bandwidth,
    valueSamples: "per-state",
    valueProposal: "uniform",
    critics: config.critics,
  };
  const { sampler: layout, criticSize } = softQLayouts(o);
  const target = new Float32Array(criticSize), sampler = new Float32Array(layout.size);
  for (const { name, start } of softQLearner(o).blocks) {
    const into = name.startsWith("target") ? target : name.startsWith("sampler") ? sampler : null;
    const stored = file.right.tensors[name]!;
    if (into !== null) {
      into.set(Float32Array.from(stored.data).subarray(0, stored.shape[1]! * stored.shape[2]!), start);
    }
  }
  const { act } = samplerPolicy(layout, config.squash === "bounds-penalty" ? "clip" : "tanh");
  let state = environment.initial(keyOf(1));
  const states = new Float32Array(STATES * o.observation), chosen = new Float32Array(o.action);
  for (let step = 0; step < 10 * STATES; step++) {
    const seen = environment.observe(state);
    if (step % 10 === 0) states.set(seen, step / 10 * o.observation);
    act(sampler, 0, seen, normal(child(keyOf(2), step), o.action), chosen);
    const next = environment.step(state, chosen, child(keyOf(3), step));
    state = next.terminated ? environment.initial(child(keyOf(4), step)) : next.state;
  }
  return { o, alpha: config.temperature, target, sampler, states };
}

/** The estimate of the states' values by a choice, as a program in memory with its constant inputs. */
async function estimator(
  kept: Kept,
  choice: Partial<SoftQ>,
): Promise<{ readonly run: Executable; readonly o: SoftQ }> {
  const o: SoftQ = { ...kept.o, ...choice }, layouts = softQLayouts(o), rows = proposalRows(o), A = o.action;
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
  const program = programOf(inputs, { v: softValue(q, constant(kept.alpha, [1]), logDensity) });
  const compiled = await cpuDevice({ workers: 1 }).compile(program)();
  if (E.isLeft(compiled)) throw new Error(compiled.left.message);
  compiled.right.write("target", kept.target);
  compiled.right.write("sampler", kept.sampler);
  compiled.right.write("observation", kept.states);
  return { run: compiled.right, o };
}

/** The values by fresh random numbers. */
async function estimate(
  { run, o }: Awaited<ReturnType<typeof estimator>>,
  trial: number,
): Promise<Float64Array> {
  const rows = proposalRows(o), key = child(keyOf(9), trial), normals = rows.noise + rows.jitter;
  if (rows.value > 0) run.write("value", uniform(child(key, 0), rows.value * o.action).map((x) => 2 * x - 1));
  if (normals > 0) run.write("proposal", normal(child(key, 1), normals * o.action));
  run.run();
  const read = await run.read(["v"])();
  if (E.isLeft(read)) throw new Error(read.left.message);
  return Float64Array.from(read.right.v);
}

if (import.meta.main) {
  const { rounds, seconds } = commandLine({ rounds: 5, seconds: 0.3 });
  const named = Deno.args.filter((word) => word.startsWith("pretrain"));
  for (const name of named.length > 0 ? named : ["pretrain-soft-q-0", "pretrain-soft-q-0.03-steady-0"]) {
    const kept = keptRun(name);
    const reference = await estimate(
      await estimator(kept, {
        valueProposal: "mixture",
        valueParticles: 4096,
        mixtureCentres: 256,
        mixtureShare: 0.9,
      }),
      0,
    );
    const each = await Promise.all(CHOICES.map((choice) => estimator(kept, choice)));
    const measured = await interleaved(
      each.map(({ run, o }) =>
        timed(`${o.valueProposal} ${o.valueParticles}`, () => {
          run.run();
        })
      ),
      { rounds, seconds },
    );
    const rows = [];
    for (const [k, one] of each.entries()) {
      const errors: number[] = [];
      for (let trial = 1; trial <= TRIALS; trial++) {
        (await estimate(one, trial)).forEach((v, b) => errors.push((v - reference[b]!) / kept.alpha));
      }
      const bias = errors.reduce((a, b) => a + b) / errors.length;
      const deviation = Math.sqrt(errors.reduce((sum, x) => sum + (x - bias) ** 2, 0) / errors.length);
      rows.push([
        measured[k]!.name,
        bias.toFixed(1),
        deviation.toFixed(1),
        (1 / ratio(measured[k]!, measured[1]!)).toFixed(2),
      ]);
    }
    console.log(`${name}, α = ${kept.alpha}`);
    console.log(table(["proposal", "bias, α", "deviation, α", "time / uniform 32"], rows));
  }
}
