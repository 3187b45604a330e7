/** The training loop: its fixed lag, its bits, and its memory. */
import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { environment } from "../../envs/environment.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { initialOf, type Learner } from "../../src/learn/learner.ts";
import { softQLearner } from "../../src/learn/soft_q/learner.ts";
import type { SoftQNumbers } from "../../src/learn/soft_q/options.ts";
import type { Values } from "../../src/tensor/loops.ts";
import { add, mul, reshape, sum, toReal } from "../../src/tensor/primitives.ts";
import { f32, u32 } from "../../src/tensor/shape.ts";
import { begin, isDone, type Training, type TrainingState } from "../../src/train/loop.ts";
import { iterate } from "../../src/train/iteration.ts";
import { takeJournal } from "../../src/train/replay.ts";
import { bitsOf, valuesOf } from "../device/evaluate.ts";

type Journal = ReturnType<typeof takeJournal>;

interface Finished {
  readonly state: TrainingState;
  /** What was collected in each iteration, by replica. */
  readonly journals: readonly (readonly Journal[])[];
  /** The learner's state at the end. */
  readonly learned: Record<string, Values>;
}

/** Runs a training to its end; `look` sees the state after every iteration. */
async function trained<S>(
  device: Device,
  training: Training<S>,
  look: (state: TrainingState) => void = () => {},
): Promise<Finished> {
  const begun = await begin(device, training)();
  assert(E.isRight(begun));
  const { running } = begun.right;
  let { state } = begun.right;
  const journals: Journal[][] = [];
  while (!isDone(running, state)) {
    const next = await iterate(running, state)();
    assert(E.isRight(next));
    state = next.right;
    journals.push(Array.from({ length: training.replicas }, (_, r) => takeJournal(state.replay, r)));
    look(state);
  }
  const learned = await valuesOf(
    running.executable,
    Object.keys(training.learner.stateTypes(training.replicas)),
  );
  running.executable.close();
  return { state, journals, learned };
}

/** Stands still and is seen as zero. */
const STILL = environment({
  spec: {
    name: "still",
    stateSize: 1,
    horizon: 7,
    observation: [{ name: "nothing", unit: "" }],
    action: [{ name: "any", unit: "" }],
  },
  initial: () => new Float64Array(1),
  observe: () => new Float32Array(1),
  step: (state) => ({ state, reward: 1, terminated: false }),
});

/** Learns nothing but its number of updates (in thousandths), which is what its policy acts, and counts rewards. */
const COUNTING: Learner<number> = {
  batch: 2,
  stateTypes: (R) => ({ acts: f32(R, 1), rewards: f32(R), updates: u32(R), frozen: u32(R) }),
  settingTypes: (R) => ({ step: f32(R) }),
  ...initialOf(function* (keys) {
    yield;
    return {
      acts: new Float32Array(keys.length),
      rewards: new Float32Array(keys.length),
      updates: new Uint32Array(keys.length),
      frozen: new Uint32Array(keys.length),
    };
  }),
  settings: (each) => ({ step: each }),
  update: (state, settings, minibatch) => {
    const updates = add(state["updates"]!, 1), R = updates.shape[0]!;
    const acts = reshape(mul(toReal(updates), settings["step"]!), [R, 1]);
    const rewards = add(state["rewards"]!, sum(minibatch.reward, 1));
    return { state: { acts, rewards, updates, frozen: state["frozen"]! }, metrics: { rewards } };
  },
  policy: {
    size: 1,
    noise: 0,
    act: (parameters, offset, _, __, out) => {
      out[0] = parameters[offset]!;
    },
  },
  policyEntry: "acts",
  blocks: [],
};

const counting = (part: Partial<Training<number>>): Training<number> => ({
  environment: STILL,
  learner: COUNTING,
  seed: 1,
  replicas: 1,
  environments: 1,
  steps: 40,
  chunk: 8,
  stepsPerUpdate: 1,
  minimumReplay: 1,
  capacity: 1000,
  horizon: 7,
  explorationNoise: null,
  journal: true,
  settings: () => Array.from({ length: part.replicas ?? 1 }, () => 0.001),
  ...part,
});

Deno.test("Chunk n acts with the parameters after chunk n - 2, chunks 0 and 1 with the initial ones", async () => {
  const actions: number[] = [];
  // What an iteration collects is the chunk after the one it learns; its first iteration collects two.
  const { state, journals } = await trained(referenceDevice(), counting({ steps: 48 }));
  for (const [journal] of journals) actions.push(...journal.actions);
  assert.equal(actions.length, 48);
  actions.forEach((action, step) => {
    const chunk = Math.floor(step / 8), learned = 8 * Math.max(0, chunk - 1);
    assert.equal(action, Math.fround(learned * 0.001), `step ${step}`);
  });
  assert.deepEqual([state.steps, state.updates, state.chunks], [48, 48, 6]);
});

Deno.test("Nothing is learned before the minimal number of transitions, and updates follow steps thereafter", async () => {
  for (const [stepsPerUpdate, environments] of [[1, 1], [2, 2], [4, 1]]) {
    const seen: number[] = [];
    await trained(
      referenceDevice(),
      counting({ minimumReplay: 20, stepsPerUpdate, environments }),
      ({ updates }) => seen.push(updates),
    );
    assert.deepEqual(seen, [0, 0, 8, 16, 24].map((n) => n / stepsPerUpdate));
  }
});

Deno.test("Minibatches of the first chunk see its transitions and no unwritten rows", async () => {
  // Every reward is 1, an unwritten one 0: two a minibatch, from the first update on.
  const { learned } = await trained(referenceDevice(), counting({ capacity: 11 }));
  assert.deepEqual([...learned["rewards"]], [80]);
});

Deno.test("Settings are those of the number of steps made when a chunk is learned", async () => {
  const asked: number[] = [];
  await trained(
    referenceDevice(),
    counting({ settings: (steps) => (asked.push(steps), [0.001]) }),
  );
  assert.deepEqual(asked, [8, 16, 24, 32, 40]);
});

const softQ = (part: Partial<Training<SoftQNumbers>> = {}): Training<SoftQNumbers> => {
  const replicas = part.replicas ?? 1, seed = part.seed ?? 20;
  return {
    environment: pointMass(),
    learner: softQLearner({
      observation: 2,
      action: 2,
      hidden: [16, 16],
      batch: 8,
      valueParticles: 8,
      fixedParticles: 6,
      movedParticles: 6,
      squash: "pre-tanh",
      bandwidth: "median",
      valueSamples: "per-state",
      valueProposal: "uniform",
      critics: 1,
    }),
    seed,
    replicas,
    environments: 2,
    steps: 200,
    chunk: 20,
    stepsPerUpdate: 2,
    minimumReplay: 30,
    // Smaller than the run, so that the ring wraps around.
    capacity: 90,
    horizon: 12,
    explorationNoise: { theta: 0.15, sigma: 0.3 },
    journal: true,
    settings: (steps) =>
      Array.from({ length: replicas }, (_, r) => ({
        temperature: 1 + ((seed + r) % 3) / 10 + steps / 1000,
        rewardScale: 0.1,
        discount: 0.99,
        criticRate: 1e-3,
        samplerRate: 1e-3,
        targetInterval: 10 + (seed + r) % 2,
        targetRate: 1,
      })),
    ...part,
  };
};

/** What must be equal to the last bit: what was learned and what was collected. */
function comparable({ learned, journals, state }: Finished, R: number, r: number): unknown {
  const row = (values: Values): number[] => {
    const size = values.length / R;
    return bitsOf(values.slice(r * size, (r + 1) * size));
  };
  const entries = Object.entries({ ...learned, ...state.metrics });
  return [
    entries.map(([name, values]) => [name, row(values)]),
    journals.map((iteration) => {
      const { rows, links, actions, outcomes } = iteration[r]!;
      return { rows: [...rows], links: [...links], actions: [...actions], outcomes: [...outcomes] };
    }),
    state.updates,
    state.steps,
  ];
}

Deno.test("Two runs with one seed learn and collect the same bits, and another seed gives others", async () => {
  const [one, again, other] = [
    await trained(cpuDevice(), softQ()),
    await trained(cpuDevice(), softQ()),
    await trained(cpuDevice(), softQ({ seed: 21 })),
  ];
  assert.deepEqual(comparable(one, 1, 0), comparable(again, 1, 0));
  assert.notDeepEqual(bitsOf(one.learned["critic"]!), bitsOf(other.learned["critic"]!));
  assert(one.state.updates > 50 && one.learned["critic"]!.every(Number.isFinite));
});

Deno.test("Replica r of four learns and collects the bits of a run of its own with seed + r", async () => {
  const four = await trained(cpuDevice(), softQ({ replicas: 4 }));
  for (let r = 0; r < 4; r++) {
    const alone = await trained(cpuDevice(), softQ({ seed: 20 + r }));
    assert.deepEqual(comparable(four, 4, r), comparable(alone, 1, 0), `replica ${r}`);
  }
});

Deno.test("Replicas whose episodes are short begin to learn when they would alone", async () => {
  // A minimum near the capacity, of which short episodes retire a part early.
  const short = {
    horizon: 1,
    capacity: 300,
    minimumReplay: 300,
    steps: 400,
    stepsPerUpdate: 20,
    environments: 1,
  };
  const { state } = await trained(cpuDevice(), softQ(short));
  assert.equal(state.updates, 6);
});

Deno.test("A thousand updates make and enlarge no WebAssembly memory", async () => {
  const original = WebAssembly.Memory, made: WebAssembly.Memory[] = [];
  WebAssembly.Memory = class extends original {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      made.push(this);
    }
  };
  try {
    const training = softQ({ steps: 3000, stepsPerUpdate: 1 });
    const sizes: number[][] = [];
    const { state } = await trained(
      cpuDevice(),
      training,
      () => sizes.push(made.map((memory) => memory.buffer.byteLength)),
    );
    assert(state.updates > 1000);
    assert(made.length >= 1, "nothing was computed in WebAssembly");
    for (const size of sizes) assert.deepEqual(size, sizes[0]);
    // Its maximum is what it has: it could not grow.
    for (const memory of made) assert.throws(() => memory.grow(1), RangeError);
  } finally {
    WebAssembly.Memory = original;
  }
});
