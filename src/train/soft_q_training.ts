/**
 * Soft Q-learning from options: what a run, a script and a test have in common.
 *
 * @module
 */

import { E, TE } from "../deps.ts";
import type { Environment } from "../../envs/environment.ts";
import { cpuDevice } from "../device/cpu.ts";
import type { Device, DeviceError } from "../device/device.ts";
import type { SoftQ } from "../learn/soft_q.ts";
import { type SoftQHyper, softQLearner } from "../learn/soft_q_learner.ts";
import { type Agent, agentOf, type PolicyTensors } from "../learn/agent.ts";
import type { Values } from "../tensor/loops.ts";
import { begin, isDone, type Training, type TrainingState, turn } from "./loop.ts";
import { encode, type StoredTensor } from "./safetensors.ts";

/** Options of soft Q-learning. `README.md` says where each comes from. */
export interface SoftQOptions extends Omit<SoftQ, "observation" | "action"> {
  /** Seed of replica 0; replica r has seed + r. */
  readonly seed: number;
  /** Seeds trained side by side. */
  readonly replicas: number;
  /** Environment steps of each replica. */
  readonly steps: number;
  /** Environments of each replica. */
  readonly environments: number;
  /** Environment steps of each replica between two exchanges with the device. */
  readonly chunk: number;
  /** Environment steps for one update. */
  readonly stepsPerUpdate: number;
  /** Transitions before learning begins. */
  readonly minimumReplay: number;
  /** Transitions kept for each replica; 0: as many as steps, at most a million. */
  readonly capacity: number;
  /** Steps after which an episode is cut off; the target then still bootstraps. */
  readonly horizon: number;
  /** α, and for a log-linear schedule its end (0: constant) and the environment steps it takes (0: all). */
  readonly temperature: number;
  readonly temperatureEnd: number;
  readonly temperatureSteps: number;
  /** Factor of the rewards. */
  readonly rewardScale: number;
  /** γ */
  readonly discount: number;
  /** ADAM's step sizes, and their share at the end (log-linear). */
  readonly criticRate: number;
  readonly samplerRate: number;
  readonly rateEnd: number;
  /** How the target network follows: a copy every `targetInterval` updates, or by `targetRate` at each. */
  readonly target: "copy" | "polyak";
  readonly targetInterval: number;
  readonly targetRate: number;
  readonly explorationNoise: "none" | "ornstein-uhlenbeck";
}

/** Options with which a small task is learned in minutes on a laptop. */
export const SOFT_Q_DEFAULTS: SoftQOptions = {
  seed: 0,
  replicas: 1,
  steps: 10_000,
  environments: 1,
  chunk: 25,
  stepsPerUpdate: 1,
  minimumReplay: 100,
  capacity: 0,
  horizon: 1000,
  hidden: [128, 128],
  batch: 64,
  valueParticles: 50,
  fixedParticles: 16,
  movedParticles: 16,
  squash: "pre-tanh",
  bandwidth: "median",
  valueSamples: "per-state",
  valueProposal: "uniform",
  critics: 1,
  temperature: 1,
  temperatureEnd: 0,
  temperatureSteps: 0,
  rewardScale: 1,
  discount: 0.99,
  criticRate: 1e-3,
  samplerRate: 1e-3,
  rateEnd: 0.1,
  target: "copy",
  targetInterval: 250,
  targetRate: 0.005,
  explorationNoise: "none",
};

/** The paper's noise for exploration (Appendix D.1). */
export const EXPLORATION_NOISE = { theta: 0.15, sigma: 0.3 } as const;

/** The choices that shape the learner's program. */
export const softQOf = (o: SoftQOptions, environment: Environment): SoftQ => ({
  observation: environment.spec.observation.length,
  action: environment.spec.action.length,
  hidden: o.hidden,
  batch: o.batch,
  valueParticles: o.valueParticles,
  fixedParticles: o.fixedParticles,
  movedParticles: o.movedParticles,
  squash: o.squash,
  bandwidth: o.bandwidth,
  valueSamples: o.valueSamples,
  valueProposal: o.valueProposal,
  critics: o.critics,
});

/** `from` at share 0 and `to` at share 1, a straight line in the logarithm. */
const logLinear = (from: number, to: number, share: number): number => from * (to / from) ** share;

/** The numerical settings after `steps` environment steps. */
export function settingsAt(o: SoftQOptions, steps: number): SoftQHyper {
  const annealed = Math.min(1, steps / (o.temperatureSteps === 0 ? o.steps : o.temperatureSteps));
  const decay = logLinear(1, o.rateEnd, Math.min(1, steps / o.steps));
  return {
    temperature: o.temperatureEnd === 0
      ? o.temperature
      : logLinear(o.temperature, o.temperatureEnd, annealed),
    rewardScale: o.rewardScale,
    discount: o.discount,
    criticRate: o.criticRate * decay,
    samplerRate: o.samplerRate * decay,
    targetInterval: o.target === "copy" ? o.targetInterval : 1,
    targetRate: o.target === "copy" ? 1 : o.targetRate,
  };
}

/** The replay's capacity: the one given, or as many as steps, at most a million. */
export const capacityOf = ({ capacity, steps }: Pick<SoftQOptions, "capacity" | "steps">): number =>
  capacity === 0 ? Math.min(steps, 1e6) : capacity;

/** The training that options describe. */
export const softQTraining = (
  environment: Environment,
  o: SoftQOptions,
  journal = false,
): Training<SoftQHyper> => ({
  journal,
  environment,
  learner: softQLearner(softQOf(o, environment)),
  seed: o.seed,
  replicas: o.replicas,
  environments: o.environments,
  steps: o.steps,
  chunk: o.chunk,
  stepsPerUpdate: o.stepsPerUpdate,
  minimumReplay: o.minimumReplay,
  capacity: capacityOf(o),
  horizon: o.horizon,
  explorationNoise: o.explorationNoise === "none" ? null : EXPLORATION_NOISE,
  settings: (steps) => new Array<SoftQHyper>(o.replicas).fill(settingsAt(o, steps)),
});

/** The matrices in a learner's state by name, `[R, rows, columns]` each. */
export function matricesOf(
  { learner, replicas: R }: Training<SoftQHyper>,
  state: Readonly<Record<string, Values>>,
): Record<string, StoredTensor & PolicyTensors[string]> {
  return Object.fromEntries(learner.blocks.map(({ name, entry, start, shape }) => {
    const flat = state[entry] as Float32Array, size = flat.length / R, length = shape[0] * shape[1];
    const data = new Float32Array(R * length);
    for (let r = 0; r < R; r++) {
      data.set(flat.subarray(r * size + start, r * size + start + length), r * length);
    }
    return [name, { shape: [R, ...shape], data }];
  }));
}

/** What a policy file says beside its tensors. */
export const policyMetadata = (o: Pick<SoftQOptions, "squash">): Record<string, string> => ({
  format: "softq 1",
  squash: o.squash,
});

/** A trained policy. */
export interface Trained {
  /** Acts with the policies of the replicas. */
  readonly agent: Agent;
  /** The bytes of `parameters.safetensors`, which `loadAgent` reads. */
  readonly save: () => Uint8Array;
  /** The last update's metrics, `[R]` each. */
  readonly metrics: Readonly<Record<string, Values>>;
}

/** Why training gave no policy. */
export type TrainingError = DeviceError | { readonly _tag: "NonFinite"; readonly message: string };

/** What the caller may give beside options. */
export interface TrainContext {
  /** Where updates run; by default the CPU. */
  readonly device?: Device;
  /** Called after each chunk. */
  readonly onChunk?: (state: TrainingState) => void;
}

/**
 * Trains a policy on an environment.
 *
 * @param environment see `environment`
 * @param options what differs from {@link SOFT_Q_DEFAULTS}
 * @returns the policy, or `NonFinite` if a replica diverged, or what was wrong with the device
 */
export const trainSoftQ = (
  environment: Environment,
  options: Partial<SoftQOptions> = {},
  context: TrainContext = {},
): TE.TaskEither<TrainingError, Trained> =>
async () => {
  const o = { ...SOFT_Q_DEFAULTS, ...options };
  const training = softQTraining(environment, o);
  const device = context.device ?? cpuDevice();
  try {
    const started = await begin(device, training)();
    if (E.isLeft(started)) return started;
    const { running } = started.right;
    let { state } = started.right;
    while (!isDone(running, state)) {
      const next = await turn(running, state)();
      if (E.isLeft(next)) return next;
      state = next.right;
      const r = state.frozen.findIndex((at) => at !== 0);
      if (r >= 0) {
        const message = `Replica ${r} (seed ${o.seed + r}) was not finite at update ${state.frozen[r]}`;
        return E.left({ _tag: "NonFinite", message });
      }
      context.onChunk?.(state);
    }
    const read = await running.executable.read([
      ...new Set(training.learner.blocks.map(({ entry }) => entry)),
    ])();
    running.executable.close();
    if (E.isLeft(read)) return read;
    const matrices = matricesOf(training, read.right);
    const metadata = policyMetadata(o);
    const agent = agentOf(matrices, metadata);
    if (E.isLeft(agent)) throw new Error(agent.left.message); // what was just written can be read
    return E.right({ agent: agent.right, save: () => encode(matrices, metadata), metrics: state.metrics });
  } finally {
    if (context.device === undefined) device.close();
  }
};
