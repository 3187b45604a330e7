/**
 * A task of one state whose soft value is known: the reward is a hump over the action, and every step leads back.
 *
 * `Q(a) = r(a) + γ V` with `V = α log ∫ exp(r/α) da / (1 - γ)`.
 */
import { cpuDevice } from "../../src/device/cpu.ts";
import { softQLearner } from "../../src/learn/soft_q/learner.ts";
import { type SoftQ, softQLayouts } from "../../src/learn/soft_q/update.ts";
import { hostNetwork } from "../../src/learn/host_network.ts";
import { keyOf } from "../../src/random/key.ts";
import { input, type Tensor } from "../../src/tensor/expression.ts";
import { constant, exp, mul, random, reshape, sub } from "../../src/tensor/primitives.ts";
import { programOf } from "../../src/tensor/program.ts";
import { u32 } from "../../src/tensor/shape.ts";
import { compiled, valuesOf } from "../device/evaluate.ts";

/** Height, middle and width of the hump. */
const HEIGHT = 3, MIDDLE = 0.3, WIDTH = 0.25;
/** A stream of its own for the actions that are tried. */
const TRIED = 900;

/** The reward of an action. */
export const rewardOf = (a: number): number => HEIGHT * Math.exp(-0.5 * ((a - MIDDLE) / WIDTH) ** 2);

/** The soft value at α = 1, by the midpoint rule (error below 1e-6 for a hump of this width). */
export function trueValue(discount: number): number {
  let sum = 0;
  for (let i = 0; i < 2000; i++) sum += Math.exp(rewardOf(-1 + (i + 0.5) / 1000)) / 1000;
  return Math.log(sum) / (1 - discount);
}

/** What a seed has learned, over the last updates. */
export interface Learned {
  /** Mean of the metrics. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Mean of Q(a) - r(a) - γ V over actions of [-0.9, 0.9]. */
  readonly error: number;
}

const CHOICES: SoftQ = {
  observation: 1,
  action: 1,
  hidden: [32, 32],
  batch: 32,
  valueParticles: 32,
  fixedParticles: 8,
  movedParticles: 8,
  squash: "pre-tanh",
  bandwidth: "median",
  valueSamples: "per-state",
  valueProposal: "uniform",
  critics: 1,
};

/** Learns the task from so many seeds at once; the target follows by `targetRate` at each update. */
export async function learnOneStep(
  given: Partial<SoftQ>,
  discount: number,
  seeds: number,
  updates: number,
  targetRate = 0.02,
): Promise<readonly Learned[]> {
  const o: SoftQ = { ...CHOICES, ...given }, R = seeds, B = o.batch;
  const learner = softQLearner(o, true), device = cpuDevice();
  const inputsOf = (types: ReturnType<typeof learner.stateTypes>): Record<string, Tensor> =>
    Object.fromEntries(Object.entries(types).map(([name, type]) => [name, input(type)]));
  const state = inputsOf(learner.stateTypes(R)), settings = inputsOf(learner.settingTypes(R));
  const key = input(u32(R, 2));
  const action = sub(mul(random(key, state["updates"]!, "uniform", TRIED, [B, 1]), 2), 1);
  const away = mul(sub(action, MIDDLE), 1 / WIDTH);
  const observation = constant(1, [R, B, 1]);
  const { state: next, metrics } = learner.update(state, settings, {
    observation,
    action,
    reward: reshape(mul(exp(mul(mul(away, away), -0.5)), HEIGHT), [R, B]),
    terminated: constant(0, [R, B]),
    nextObservation: observation,
  }, key);
  const executable = await compiled(
    device,
    programOf({ ...state, ...settings, key }, { ...next, ...metrics }),
  );
  const keys = Array.from({ length: R }, (_, r) => keyOf(r));
  for (const [name, values] of Object.entries(learner.initial(keys))) executable.write(name, values);
  executable.write("key", keys.flat());
  const totals = keys.map((): Record<string, number> => ({})), chunks = 20;
  for (let chunk = 0; chunk < 5 * chunks; chunk++) {
    // The step sizes fall by a factor of a hundred, so that what is left at the end is no noise of theirs.
    const rate = 3e-3 * 0.01 ** (chunk / (5 * chunks));
    const each = { temperature: 1, rewardScale: 1, discount, criticRate: rate, samplerRate: rate };
    const written = learner.settings(keys.map(() => ({ ...each, targetInterval: 1, targetRate })));
    for (const [name, values] of Object.entries(written)) executable.write(name, values);
    executable.run(updates / (5 * chunks));
    if (chunk < 4 * chunks) continue;
    for (const [name, values] of Object.entries(await valuesOf(executable, Object.keys(metrics)))) {
      values.forEach((value, r) => totals[r]![name] = (totals[r]![name] ?? 0) + value / chunks);
    }
  }
  const { critic } = await valuesOf(executable, ["critic"]);
  executable.close();
  device.close();
  const { critic: layout, criticSize } = softQLayouts(o),
    network = hostNetwork(layout),
    out = new Float32Array(1);
  const grid = Array.from({ length: 37 }, (_, i) => -0.9 + 0.05 * i);
  return totals.map((metrics, r) => {
    const errors = grid.map((a) => {
      network.apply(Float32Array.from(critic), r * criticSize, [a], [1], out);
      return out[0]! - rewardOf(a) - discount * trueValue(discount);
    });
    return { metrics, error: errors.reduce((sum, e) => sum + e, 0) / errors.length };
  });
}
