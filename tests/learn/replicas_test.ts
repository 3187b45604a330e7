/** Replicas: each computes the bits it would compute alone, and one that breaks breaks alone. */
import { assert } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { SoftQ } from "../../src/learn/soft_q/update.ts";
import { softQLearner } from "../../src/learn/soft_q/learner.ts";
import type { SoftQNumbers } from "../../src/learn/soft_q/options.ts";
import { normal, uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import type { Values } from "../../src/tensor/loops.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { replicaKeys, type Training, updateProgram } from "../../src/train/loop.ts";
import { bitsOf, compiled, valuesOf } from "../device/evaluate.ts";

const CHOICES: SoftQ = {
  observation: 2,
  action: 2,
  hidden: [17, 24],
  batch: 9,
  valueParticles: 7,
  fixedParticles: 5,
  movedParticles: 6,
  squash: "pre-tanh",
  bandwidth: "median",
  valueSamples: "per-state",
  valueProposal: "uniform",
  critics: 1,
};

/** Settings that differ from replica to replica. */
const settingsOf = (seed: number): SoftQNumbers => ({
  temperature: 0.5 + seed / 10,
  rewardScale: 0.1 + seed / 20,
  discount: 0.99 - seed / 100,
  criticRate: 1e-3 * (1 + seed),
  samplerRate: 3e-3 / (1 + seed),
  targetInterval: 1 + seed % 3,
  targetRate: seed % 2 === 0 ? 1 : 0.05,
});

const CAPACITY = 40;

function trainingOf(o: SoftQ, seed: number, replicas: number): Training<SoftQNumbers> {
  return {
    environment: pointMass(),
    learner: softQLearner(o),
    seed,
    replicas,
    environments: 1,
    steps: 100,
    chunk: 10,
    stepsPerUpdate: 1,
    minimumReplay: 10,
    capacity: CAPACITY,
    horizon: 30,
    explorationNoise: null,
    journal: false,
    settings: () => Array.from({ length: replicas }, (_, r) => settingsOf(seed + r)),
  };
}

/** One replica's transitions: random numbers in the replay's fields, from the replica's seed alone. */
function replayPart(name: string, size: number, seed: number): number[] {
  const key = child(keyOf(1000 + seed), name.length);
  if (name === "window") return [3, CAPACITY - 5];
  if (name.startsWith("replay.links")) return [...uniform(key, size)].map((u) => Math.floor(u * CAPACITY));
  if (name.startsWith("replay.outcomes")) {
    return [...normal(key, size)].map((z, i) => i % 2 === 0 ? z : z > 1 ? 1 : 0);
  }
  return [...normal(key, size)].map(Math.fround);
}

/** The state and the metrics after some updates of replicas with seeds from `seed` on, R rows each. */
async function afterUpdates(
  o: SoftQ,
  seed: number,
  R: number,
  updates: number,
  spoil?: { readonly replica: number; readonly reward: number },
): Promise<Record<string, Values>> {
  const training = trainingOf(o, seed, R), { learner } = training;
  const { program, metricNames } = updateProgram(training);
  const executable = await compiled(cpuDevice(), program);
  const initial = learner.initial(replicaKeys(training));
  for (const [name, values] of Object.entries(initial)) executable.write(name, values);
  for (const [name, values] of Object.entries(learner.settings(training.settings(0)))) {
    executable.write(name, values);
  }
  executable.write("key", replicaKeys(training).flat());
  for (const { name, variable } of program.inputs) {
    if (!name.startsWith("replay.") && name !== "window") continue;
    const size = sizeOf(program.types[variable]!.shape) / R;
    for (let r = 0; r < R; r++) {
      const part = replayPart(name, size, seed + r);
      if (spoil?.replica === r && name.startsWith("replay.outcomes")) {
        for (let i = 0; i < part.length; i += 2) part[i] = spoil.reward;
      }
      executable.write(name, part, r * size);
    }
  }
  executable.run(updates);
  const found = await valuesOf(executable, [...Object.keys(initial), ...metricNames]);
  executable.close();
  return found;
}

const rowOf = (values: Values, R: number, r: number): Values => {
  const size = values.length / R;
  return values.slice(r * size, (r + 1) * size);
};

const variants: readonly (readonly [string, SoftQ])[] = [
  ["with the default choices", CHOICES],
  ["after tanh, with the paper's bandwidth and two critics", {
    ...CHOICES,
    squash: "post-tanh",
    bandwidth: "paper",
    critics: 2,
  }],
  ["with a bounds penalty, shared samples and the sampler as proposal", {
    ...CHOICES,
    squash: "bounds-penalty",
    valueSamples: "shared",
    valueProposal: "sampler",
  }],
  ["with layer normalisation", { ...CHOICES, normalisation: "layer" }],
];

for (const [title, o] of variants) {
  Deno.test(`Replica r of four computes the bits of its seed alone, update after update, ${title}`, async () => {
    for (const updates of [1, 5]) {
      const four = await afterUpdates(o, 7, 4, updates);
      for (let r = 0; r < 4; r++) {
        const alone = await afterUpdates(o, 7 + r, 1, updates);
        for (const [name, values] of Object.entries(alone)) {
          assert.deepEqual(bitsOf(rowOf(four[name]!, 4, r)), bitsOf(values), `${name} of replica ${r}`);
        }
      }
      // Not four times the same.
      assert.notDeepEqual(bitsOf(rowOf(four["sampler"]!, 4, 0)), bitsOf(rowOf(four["sampler"]!, 4, 1)));
    }
  });
}

for (const reward of [NaN, Infinity, 3e38]) {
  Deno.test(`A replica whose rewards become ${reward} is frozen, finite and alone`, async () => {
    const R = 3, spoilt = await afterUpdates(CHOICES, 2, R, 4, { replica: 1, reward });
    const healthy = await afterUpdates(CHOICES, 2, R, 4);
    const initial = softQLearner(CHOICES).initial([keyOf(3)]);
    assert.deepEqual([...spoilt["frozen"]], [0, 1, 0]);
    for (const name of Object.keys(initial)) {
      for (const r of [0, 2]) {
        assert.deepEqual(bitsOf(rowOf(spoilt[name]!, R, r)), bitsOf(rowOf(healthy[name]!, R, r)), name);
      }
      if (name === "frozen" || name === "updates") continue;
      // Frozen in its first update, it keeps what it began with.
      assert.deepEqual(bitsOf(rowOf(spoilt[name]!, R, 1)), bitsOf(initial[name]!), name);
      assert(rowOf(spoilt[name]!, R, 1).every(Number.isFinite), name);
    }
  });
}

Deno.test("A sampler that becomes non-finite freezes its replica, whose parameters all stay finite", async () => {
  // A temperature of 3e38 overflows the repulsion alone: the critic's loss stays finite.
  const learner = softQLearner(CHOICES), training = trainingOf(CHOICES, 2, 2);
  const hot: Training<SoftQNumbers> = {
    ...training,
    learner,
    settings: () => [settingsOf(2), { ...settingsOf(3), temperature: 3e38, rewardScale: 0, discount: 0 }],
  };
  const { program } = updateProgram(hot);
  const executable = await compiled(cpuDevice(), program);
  const initial = learner.initial(replicaKeys(hot));
  for (const [name, values] of Object.entries(initial)) executable.write(name, values);
  for (const [name, values] of Object.entries(learner.settings(hot.settings(0)))) {
    executable.write(name, values);
  }
  executable.write("key", replicaKeys(hot).flat());
  executable.write("window", [0, 4, 0, 4]);
  executable.run(3);
  const found = await valuesOf(executable, Object.keys(initial));
  assert.equal(found["frozen"]![0], 0);
  assert(found["frozen"]![1]! > 0);
  for (const [name, values] of Object.entries(found)) assert(values.every(Number.isFinite), name);
});
