/**
 * No option is accepted and ignored: a list of all rows, each with a value that must change what is learned, and the
 * setting in which it does. Where the setting is missing the option is refused, and would indeed change nothing.
 */
import { assert } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { E } from "../../src/deps.ts";
import type { Algorithm } from "../../src/learn/algorithm.ts";
import { ALGORITHMS, configured } from "../../src/learn/algorithms.ts";
import { rowOf } from "../../src/learn/option.ts";
import type { LEARNING_OPTIONS } from "../../src/learn/options.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { trainWith } from "../../src/train/train.ts";
import type { TrainContext } from "../../src/train/trained.ts";
import { right } from "../device/adapter.ts";

/** Options by name, with values of any kind. */
type Given = Readonly<Record<string, unknown>>;

/** A value that must make a difference, and what else is set with and without it. */
type Probe = readonly [value: unknown, setting?: Given];

/** What every training here has: 125 steps with updates from the 30th on, in which episodes end and the replay is full. */
const BASE: Given = { steps: 125, minimumReplay: 30, hidden: [8], batch: 8, capacity: 100 };

/** Probes of the rows that all algorithms have. */
const LEARNING: Readonly<Record<keyof typeof LEARNING_OPTIONS, Probe>> = {
  seed: [1],
  replicas: [2],
  steps: [150],
  environments: [5],
  chunk: [5],
  stepsPerUpdate: [5],
  minimumReplay: [60],
  capacity: [40],
  horizon: [7],
  symmetry: ["body"],
  hidden: [[8, 8]],
  normalisation: ["layer"],
  batch: [9],
  rewardScale: [0.5],
  discount: [0.9],
  criticRate: [0.01],
  samplerRate: [0.01],
  rateEnd: [0.5],
  target: ["polyak", { target: "copy" }],
  targetInterval: [7, { target: "copy" }],
  targetRate: [0.5, { target: "polyak" }],
  explorationNoise: ["ornstein-uhlenbeck", { explorationNoise: "none" }],
};

/** Probes of the rows that an algorithm has of its own, and what its trainings have beside `BASE`. */
const OWN: Readonly<
  Record<string, { readonly base: Given; readonly probes: Readonly<Record<string, Probe>> }>
> = {
  "soft-q": {
    base: { valueParticles: 4, fixedParticles: 3, movedParticles: 3 },
    probes: {
      valueParticles: [5],
      fixedParticles: [4],
      movedParticles: [4],
      samplerSteps: [2],
      samplerAverage: [0.1],
      squash: ["post-tanh"],
      bandwidth: ["decile"],
      valueSamples: ["shared"],
      valueProposal: ["mixture", { mixtureCentres: 2 }],
      mixtureCentres: [3, { valueProposal: "mixture", mixtureCentres: 2, mixtureShare: 0.75 }],
      mixtureWidth: [0.3, { valueProposal: "mixture", mixtureCentres: 2 }],
      mixtureShare: [0.75, { valueProposal: "mixture", mixtureCentres: 2 }],
      critics: [2],
      temperature: [0.5],
      temperatureEnd: [0.1],
      temperatureSteps: [50, { temperatureEnd: 0.1 }],
      noiseSet: [3],
      noiseSetSteps: [50, { noiseSet: 3 }],
      noiseSeed: [7, { noiseSet: 3 }],
    },
  },
  ddpg: { base: {}, probes: {} },
  sac: {
    base: {},
    probes: {
      temperatureRule: ["fixed"],
      temperature: [0.5],
      temperatureRate: [0.01],
      targetEntropy: [-0.5],
    },
  },
};

/** Everything that a training gives. */
async function resultOf(algorithm: Algorithm, options: Given): Promise<string> {
  const device = cpuDevice({ workers: 1 }), seen: unknown[] = [];
  const context: TrainContext = { device, onProgress: ({ steps, updates }) => seen.push([steps, updates]) };
  // A record with every option is a description, of which nothing is refused for being without effect.
  const trained = right(
    await trainWith(algorithm, pointMass(), { ...algorithm.defaults, ...options }, context)(),
  );
  device.close();
  const { metrics, steps, updates } = trained;
  const numbers = Object.entries(metrics).map(([name, values]) => [name, ...values]);
  return JSON.stringify([steps, updates, seen, numbers, trained.save().toBase64()]);
}

for (const algorithm of ALGORITHMS) {
  const { base, probes } = OWN[algorithm.name]!,
    all: Readonly<Record<string, Probe>> = { ...LEARNING, ...probes };

  Deno.test(`Every option of ${algorithm.name} changes what is learned`, async () => {
    assert.deepEqual(
      Object.keys(all).toSorted(),
      Object.keys(algorithm.options).toSorted(),
      "a row has no probe",
    );
    const known = new Map<string, Promise<string>>();
    const result = (options: Given): Promise<string> => {
      const key = JSON.stringify(options);
      if (!known.has(key)) known.set(key, resultOf(algorithm, options));
      return known.get(key)!;
    };
    for (const [name, [value, setting = {}]] of Object.entries(all)) {
      const without = { ...BASE, ...base, ...setting };
      assert.notEqual(
        await result({ ...without, [name]: value }),
        await result(without),
        `${name} is ignored`,
      );
    }
    // The comparison would see that an option is ignored: what is the same gives the same.
    assert.equal(await result({ ...BASE, ...base }), await resultOf(algorithm, { ...BASE, ...base }));
  });

  Deno.test(`Options of ${algorithm.name} are refused where they would change nothing, and nowhere else`, async () => {
    for (const [name, [value, setting = {}]] of Object.entries(all)) {
      const needs = rowOf(algorithm.options, name)?.needs;
      if (needs === undefined) continue;
      const met = { ...BASE, ...base, ...setting };
      assert(E.isRight(configured(algorithm, { ...met, [name]: value })), `${name} where it has an effect`);
      const others = rowOf(algorithm.options, needs.option)!;
      const idle = others.kind === "choice" ? others.of.filter((each) => each !== needs.value) : [0];
      for (const other of idle) {
        const unmet: Given = { ...BASE, ...base, [needs.option]: other };
        const refused = configured(algorithm, { ...unmet, [name]: value });
        assert(E.isLeft(refused), `${name} with ${needs.option} ${other}`);
        assert.equal(
          refused.left.message,
          `${name} needs ${needs.option} ${needs.value ?? "above 0"}: got ${value}`,
        );
        assert.equal(
          await resultOf(algorithm, { ...unmet, [name]: value }),
          await resultOf(algorithm, unmet),
          name,
        );
      }
    }
  });
}
