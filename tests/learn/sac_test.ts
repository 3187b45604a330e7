/**
 * One soft actor-critic update against the same update by hand, in float64; its log density; replicas; and its
 * policies.
 */
import { assert } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { E } from "../../src/deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { layoutOf, weightsOf } from "../../src/learn/network.ts";
import { flat, flatTypes, nested } from "../../src/learn/record.ts";
import { sacLearner, sacSettingTypes, sacStateTypes } from "../../src/learn/sac/learner.ts";
import type { SacNumbers } from "../../src/learn/sac/options.ts";
import { drawAction, squashedGaussian } from "../../src/learn/sac/policy.ts";
import {
  type Sac,
  sacLayouts,
  type SacSettings,
  type SacState,
  sacStep,
} from "../../src/learn/sac/update.ts";
import { normal, uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { input, type Tensor } from "../../src/tensor/expression.ts";
import { gradient } from "../../src/tensor/gradient.ts";
import { programOf } from "../../src/tensor/program.ts";
import { sum } from "../../src/tensor/primitives.ts";
import { f32, sizeOf, type TensorType, u32 } from "../../src/tensor/shape.ts";
import { loadAgent } from "../../src/train/agent_file.ts";
import { trainSac } from "../../src/train/train.ts";
import { gpuTest } from "../device/adapter.ts";
import { bitsOf, compiled, evaluate, valuesOf } from "../device/evaluate.ts";
import { network } from "./by_hand.ts";

const SMALL: Sac = { observation: 2, action: 2, hidden: [5, 4], batch: 4, temperatureRule: "automatic" };
const R = 2, STEP = 1e-4;

const typesOf = (o: Sac, replicas: number): Readonly<Record<string, TensorType>> => ({
  ...flatTypes<SacState>(sacStateTypes(o, replicas)),
  ...flatTypes<SacSettings>(sacSettingTypes(replicas)),
  observation: f32(replicas, o.batch, o.observation),
  action: f32(replicas, o.batch, o.action),
  reward: f32(replicas, o.batch),
  terminated: f32(replicas, o.batch),
  nextObservation: f32(replicas, o.batch, o.observation),
  next: f32(replicas, o.batch, o.action),
  current: f32(replicas, o.batch, o.action),
});

/** Generic values for every input: moments that are not zero, so that ADAM's step is smooth in the gradient. */
function valuesFor(o: Sac, replicas: number): Record<string, number[]> {
  const types = typesOf(o, replicas);
  return Object.fromEntries(
    Object.entries(types).map(([name, { shape }], k): [string, number[]] => {
      const size = sizeOf(shape), key = child(keyOf(11), k);
      const gaussian = (scale: number) => [...normal(key, size)].map((x) => Math.fround(scale * x));
      const between = (from: number, to: number) =>
        [...uniform(key, size)].map((u) => Math.fround(from + (to - from) * u));
      if (name === "updates") return [name, Array.from({ length: replicas }, (_, r) => 3 + r)];
      if (name === "frozen") return [name, new Array<number>(replicas).fill(0)];
      if (name === "targetInterval") return [name, Array.from({ length: replicas }, (_, r) => 4 + 3 * r)];
      if (name.endsWith("Rates")) {
        return [name, Array.from({ length: replicas }, (_, r) => [0.03, r === 0 ? 1 : 0.25]).flat()];
      }
      if (name.endsWith("Second")) return [name, between(0.2, 1)];
      if (name === "temperature" || name === "rewardScale") return [name, between(0.3, 1.5)];
      if (name === "discount") return [name, between(0.7, 0.99)];
      if (name === "action") return [name, between(-1, 1)];
      if (name === "terminated") return [name, Array.from({ length: size }, (_, i) => i % 3 === 1 ? 1 : 0)];
      return [name, gaussian(name.endsWith("First") ? 0.2 : 0.7)];
    }),
  );
}

/** A step of tensors by their flat names. */
function stepOf(o: Sac, replicas: number, inputs: Readonly<Record<string, Tensor>>) {
  const { observation, action, reward, terminated, nextObservation, next, current } = inputs;
  return sacStep(
    o,
    nested<SacState>(sacStateTypes(o, replicas), inputs),
    nested<SacSettings>(sacSettingTypes(replicas), inputs),
    { observation, action, reward, terminated, nextObservation },
    { next, current },
  );
}

function runStep(o: Sac, values: Record<string, number[]>): Promise<Record<string, number[]>> {
  const inputs = Object.fromEntries(
    Object.entries(typesOf(o, R)).map(([name, type]) => [name, input(type)]),
  );
  const { state, ...rest } = stepOf(o, R, inputs);
  const next = Object.entries(flat<SacState, Tensor>(sacStateTypes(o, R), state)).map((
    [name, tensor],
  ): [string, Tensor] => [`next.${name}`, tensor]);
  // Inputs get a prefix: an output named like an input would be that input's next value.
  const named = <A>(all: Readonly<Record<string, A>>): Record<string, A> =>
    Object.fromEntries(Object.entries(all).map(([name, each]) => [`given.${name}`, each]));
  return evaluate(named(inputs), named(values), { ...rest, ...Object.fromEntries(next) });
}

/**
 * Central differences of fourth order of f by each number of x: their error is h⁴ f⁽⁵⁾ / 30 and rounding 3e-16 |f| / h.
 */
function slopes(x: readonly number[], f: (x: number[]) => number): number[] {
  return x.map((_, i) => {
    const at = (step: number): number => f(x.map((v, j) => j === i ? v + step : v));
    return (8 * (at(STEP) - at(-STEP)) - (at(2 * STEP) - at(-2 * STEP))) / (12 * STEP);
  });
}

/** The errors by hand are below 1e-7 for fifth derivatives up to 3e10. */
function near(found: readonly number[], wanted: readonly number[], what: string): void {
  assert.equal(found.length, wanted.length, what);
  found.forEach((x, i) =>
    assert(
      Math.abs(x - wanted[i]!) <= 1e-7 * (1 + Math.abs(x)),
      `${what}[${i}]: ${x} instead of ${wanted[i]}`,
    )
  );
}

/** Action and log density by the definition of the law: the Gaussian's density over |∂a/∂u|. */
function drawByHand(outputs: readonly number[], epsilon: readonly number[]) {
  const A = epsilon.length, clamp = (x: number) => Math.min(2, Math.max(-20, x));
  const sigma = outputs.slice(A).map((x) => Math.exp(clamp(x)));
  const u = epsilon.map((e, k) => outputs[k]! + sigma[k]! * e);
  const density = epsilon.reduce(
    (product, e, k) =>
      product * Math.exp(-e * e / 2) / (sigma[k]! * Math.sqrt(2 * Math.PI)) / (1 - Math.tanh(u[k]!) ** 2),
    1,
  );
  return { action: u.map(Math.tanh), logDensity: Math.log(density) };
}

for (
  const [temperatureRule, normalisation] of [["automatic", "none"], ["fixed", "none"], [
    "automatic",
    "layer",
  ]] as const
) {
  Deno.test(`An update with a temperature that is ${temperatureRule} and normalisation ${normalisation} is the update by hand`, async () => {
    const o: Sac = { ...SMALL, temperatureRule, normalisation },
      values = valuesFor(o, R),
      found = await runStep(o, values);
    const { critic: critics, policy } = sacLayouts(o), B = o.batch;
    for (let r = 0; r < R; r++) {
      const of = (name: string): number[] => {
        const size = values[name]!.length / R;
        return values[name]!.slice(r * size, (r + 1) * size);
      };
      const row = (name: string, b: number): number[] => of(name).slice(2 * b, 2 * b + 2);
      const part = (name: string): number[] => {
        const size = found[name]!.length / R;
        return found[name]!.slice(r * size, (r + 1) * size);
      };
      const q = (p: readonly number[], c: number, a: number[], s: number[]): number =>
        network(critics, p.slice(c * critics.size), a, s)[0]!;
      const least = (p: readonly number[], a: number[], s: number[]): number =>
        Math.min(q(p, 0, a, s), q(p, 1, a, s));
      const draw = (p: readonly number[], s: number[], epsilon: number[]) =>
        drawByHand(network(policy, p, [], s), epsilon);
      const average = (f: (b: number) => number): number =>
        Array.from({ length: B }, (_, b) => f(b)).reduce((total, x) => total + x, 0) / B;
      const alpha = temperatureRule === "fixed" ? of("temperature")[0]! : Math.exp(of("logTemperature")[0]!);
      const target = Array.from({ length: B }, (_, b) => {
        const s = row("nextObservation", b), { action, logDensity } = draw(of("policy"), s, row("next", b));
        const value = least(of("criticTarget"), action, s) - alpha * logDensity;
        return of("rewardScale")[0]! * of("reward")[b]! +
          of("discount")[0]! * (1 - of("terminated")[b]!) * value;
      });
      const loss = (p: readonly number[]): number =>
        [0, 1].reduce((total, c) =>
          total +
          average((b) => 0.5 * (q(p, c, row("action", b), row("observation", b)) - target[b]!) ** 2), 0);
      const t = of("updates")[0]! + 1, isDue = t % of("targetInterval")[0]! === 0;
      const adam = (name: string, rates: string, gradient: readonly number[]): number[] =>
        of(name).map((p, i) => {
          const m = 0.9 * of(`${name}First`)[i]! + 0.1 * gradient[i]!;
          const v = 0.999 * of(`${name}Second`)[i]! + 0.001 * gradient[i]! ** 2;
          return p - of(rates)[0]! * (m / (1 - 0.9 ** t)) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
        });
      const criticGradient = slopes(of("critic"), loss),
        nextCritic = adam("critic", "criticRates", criticGradient);
      const logDensityAt = (p: readonly number[], b: number): number =>
        draw(p, row("observation", b), row("current", b)).logDensity;
      const objective = (p: readonly number[]): number =>
        average((b) => {
          const s = row("observation", b), { action, logDensity } = draw(p, s, row("current", b));
          return alpha * logDensity - least(nextCritic, action, s);
        });
      const policyGradient = slopes(of("policy"), objective);
      near(part("target"), target, "target");
      near(
        part("q"),
        Array.from({ length: B }, (_, b) => q(of("critic"), 0, row("action", b), row("observation", b))),
        "q",
      );
      near(part("loss"), [loss(of("critic"))], "loss");
      near(part("criticGradient"), criticGradient, "criticGradient");
      near(part("next.critic"), nextCritic, "critic");
      const followed = of("criticTarget").map((old, i) =>
        isDue ? old + of("criticRates")[1]! * (nextCritic[i]! - old) : old
      );
      near(part("next.criticTarget"), followed, "criticTarget");
      near(part("objective"), [objective(of("policy"))], "objective");
      near(part("policyGradient"), policyGradient, "policyGradient");
      near(part("next.policy"), adam("policy", "policyRates", policyGradient), "policy");
      const entropy = -average((b) => logDensityAt(of("policy"), b));
      near(part("entropy"), [entropy], "entropy");
      near(part("temperature"), [alpha], "temperature");
      if (temperatureRule === "fixed") continue;
      // J(α) = E[ -α (log π + H̄) ] by log α.
      const ofLog = (logAlpha: number[]): number =>
        -Math.exp(logAlpha[0]!) * (-entropy + of("targetEntropy")[0]! * o.action);
      const tempered = adam("logTemperature", "temperatureRates", slopes(of("logTemperature"), ofLog));
      near(part("next.logTemperature"), tempered, "logTemperature");
    }
  });
}

Deno.test("The log density is that of the law, and its derivatives are its differences", async () => {
  const layout = layoutOf({ sample: 0, state: 3, hidden: [7], output: 4, activation: "relu" });
  const parameters = input(f32(1, layout.size)),
    observation = input(f32(1, 5, 3)),
    noise = input(f32(1, 5, 2));
  const { logDensity, action } = drawAction(layout, weightsOf(layout, parameters), observation, noise);
  const [byParameters] = gradient(sum(logDensity, 1), [parameters]);
  const given = {
    parameters: [...normal(keyOf(1), layout.size)].map((x) => 0.5 * x),
    observation: [...normal(keyOf(2), 15)],
    noise: [...normal(keyOf(3), 10)],
  };
  const found = await evaluate({ parameters, observation, noise }, given, {
    logDensity,
    action,
    byParameters,
  });
  const at = (p: readonly number[]) =>
    Array.from({ length: 5 }, (_, b) =>
      drawByHand(
        network(layout, p, [], given.observation.slice(3 * b, 3 * b + 3)),
        given.noise.slice(2 * b, 2 * b + 2),
      ));
  near(found["logDensity"]!, at(given.parameters).map((each) => each.logDensity), "logDensity");
  near(found["action"]!, at(given.parameters).flatMap((each) => each.action), "action");
  const total = (p: readonly number[]): number => at(p).reduce((sum, { logDensity }) => sum + logDensity, 0);
  near(found["byParameters"]!, slopes(given.parameters, total), "derivative");
});

Deno.test("The log density integrates to one over the actions, also where the tanh saturates", () => {
  // One dimension, by the midpoint rule in u: ∫ exp(log π(a)) da = ∫ exp(log π) (1 - tanh² u) du.
  for (const [mu, logSigma] of [[0, 0], [3, -1], [-5, 1]]) {
    const h = 0.002, sigma = Math.exp(logSigma);
    let integral = 0;
    for (let u = mu - 9 * sigma + h / 2; u < mu + 9 * sigma; u += h) {
      const { logDensity, action } = drawByHand([mu, logSigma], [(u - mu) / sigma]);
      if (Math.abs(action[0]!) < 1) integral += h * Math.exp(logDensity) * (1 - action[0]! ** 2);
    }
    // Beyond |u| = 18.7 the tanh is ±1 in float64; of the widest law 4e-7 lie there.
    assert(Math.abs(integral - 1) <= 1e-6, `${integral}`);
  }
});

Deno.test("Acting on the host is the program's action for the same noise", async () => {
  const layout = layoutOf({ sample: 0, state: 2, hidden: [6, 5], output: 4, activation: "relu" });
  const parameters = Float32Array.from(normal(keyOf(4), layout.size)), noise = normal(keyOf(5), 2);
  const seen = Float32Array.of(0.3, -1.2), out = new Float32Array(2);
  squashedGaussian(layout).act(parameters, 0, seen, noise, out);
  const inputs = {
    parameters: input(f32(1, layout.size)),
    seen: input(f32(1, 1, 2)),
    noise: input(f32(1, 1, 2)),
  };
  const { action } = drawAction(layout, weightsOf(layout, inputs.parameters), inputs.seen, inputs.noise);
  const found = await evaluate(inputs, { parameters: [...parameters], seen: [...seen], noise: [...noise] }, {
    action,
  });
  // The host rounds to float32 only what it gives.
  found["action"]!.forEach((a, k) => assert(Math.abs(a - out[k]!) <= 2 ** -24, `${a} ${out[k]}`));
});

const numbersOf = (seed: number): SacNumbers => ({
  temperature: 0.3 + 0.1 * seed,
  temperatureRate: 1e-3 * (1 + seed),
  targetEntropy: -1 + 0.1 * seed,
  rewardScale: 0.5 + 0.05 * seed,
  discount: 0.9,
  criticRate: 1e-3 * (1 + seed),
  samplerRate: 1e-3,
  targetInterval: 1 + seed % 3,
  targetRate: seed % 2 === 0 ? 1 : 0.05,
});

/**
 * States after some updates on one minibatch, for replicas with seeds from `seed` on; one replica's reward may be
 * infinite.
 */
async function afterUpdates(device: Device, o: Sac, seed: number, replicas: number, broken = -1) {
  const learner = sacLearner(o, 0.7), types = learner.stateTypes(replicas);
  const named = (all: Readonly<Record<string, TensorType>>): Record<string, Tensor> =>
    Object.fromEntries(Object.entries(all).map(([name, type]) => [name, input(type)]));
  const state = named(types), settings = named(learner.settingTypes(replicas)), key = input(u32(replicas, 2));
  const minibatch = {
    observation: input(f32(replicas, o.batch, 2)),
    action: input(f32(replicas, o.batch, 2)),
    reward: input(f32(replicas, o.batch)),
    terminated: input(f32(replicas, o.batch)),
    nextObservation: input(f32(replicas, o.batch, 2)),
  };
  const next = learner.update(state, settings, minibatch, key);
  const executable = await compiled(
    device,
    programOf({ ...state, ...settings, ...minibatch, key }, { ...next.state }),
  );
  const seeds = Array.from({ length: replicas }, (_, r) => seed + r), keys = seeds.map(keyOf);
  const each = (name: string, size: number, of: (x: number, s: number) => number): void =>
    executable.write(
      name,
      seeds.flatMap((s) => [...normal(child(keyOf(s), name.length), size)].map((x) => of(x, s))),
    );
  for (const [name, values] of Object.entries(learner.initial(keys))) executable.write(name, values);
  for (const [name, values] of Object.entries(learner.settings(seeds.map(numbersOf)))) {
    executable.write(name, values);
  }
  executable.write("key", keys.flat());
  each("observation", 2 * o.batch, (x) => x);
  each("action", 2 * o.batch, Math.tanh);
  each("reward", o.batch, (x, s) => s === broken ? Infinity : x);
  each("terminated", o.batch, (x) => Number(x > 1));
  each("nextObservation", 2 * o.batch, (x) => x);
  executable.run(7);
  const values = await valuesOf(executable, Object.keys(types));
  executable.close();
  return (r: number): Record<string, readonly number[]> =>
    Object.fromEntries(
      Object.entries(values).map(([name, all]) => {
        const size = all.length / replicas;
        return [name, bitsOf(all).slice(r * size, (r + 1) * size)];
      }),
    );
}

/** R = 4 beside four times R = 1, and one replica that breaks among the others. */
async function replicasAlone(device: Device): Promise<void> {
  for (const temperatureRule of ["automatic", "fixed"] as const) {
    const o: Sac = { ...SMALL, hidden: [17, 24], batch: 9, temperatureRule };
    const together = await afterUpdates(device, o, 3, 4);
    const oneBreaks = await afterUpdates(device, o, 3, 4, 5);
    for (let r = 0; r < 4; r++) {
      const alone = (await afterUpdates(device, o, 3 + r, 1))(0);
      assert.deepEqual(together(r), alone);
      if (r !== 2) assert.deepEqual(oneBreaks(r), alone);
    }
    assert.deepEqual(oneBreaks(2)["frozen"], [1]);
    assert.deepEqual(together(0)["updates"], [7]);
    assert.notDeepEqual(together(0)["policy"], together(1)["policy"]);
  }
}

Deno.test("Four replicas compute the bits of each alone, whichever breaks, on the CPU", async () => {
  const device = cpuDevice();
  await replicasAlone(device);
  device.close();
});

gpuTest("Four replicas compute the bits of each alone, whichever breaks, on a GPU", replicasAlone);

Deno.test("A learned temperature reaches the target entropy, and a fixed one does not change", async () => {
  // The reward is 0: what is learned is the law of greatest entropy, whose own is 2 log 2 = 1.39 nats; the target is
  // below it.
  const options = {
    steps: 3000,
    chunk: 25,
    hidden: [16, 16],
    batch: 32,
    rewardScale: 1e-6,
    minimumReplay: 100,
  };
  const rates = { criticRate: 3e-3, samplerRate: 3e-3, temperature: 0.3 };
  const automatic = { ...options, ...rates, temperatureRate: 1e-2, targetEntropy: -0.5 };
  const learned = await trainSac(pointMass(), automatic)();
  const fixed = await trainSac(pointMass(), { ...options, ...rates, steps: 200, temperatureRule: "fixed" })();
  assert(E.isRight(learned) && E.isRight(fixed));
  const { entropy, temperature } = learned.right.metrics;
  assert(temperature[0] < 0.03, `α came to ${temperature[0]}`); // from 0.3: nothing else than the entropy is paid for
  assert(entropy[0] > -1.5, `${entropy[0]}`);
  assert.equal(fixed.right.metrics.temperature[0], Math.fround(0.3));
});

Deno.test("A policy's file loads and acts, and one whose outputs are odd is refused in words", async () => {
  const trained = await trainSac(pointMass(), {
    steps: 50,
    minimumReplay: 10,
    hidden: [8],
    batch: 4,
    replicas: 2,
  })();
  assert(E.isRight(trained));
  const loaded = loadAgent(trained.right.save());
  assert(E.isRight(loaded));
  const { agent } = trained.right, key = keyOf(3);
  assert.deepEqual([loaded.right.replicas, loaded.right.observation, loaded.right.action], [2, 2, 2]);
  for (const replica of [0, 1]) {
    assert.deepEqual(loaded.right.act([1, -2], key, replica), agent.act([1, -2], key, replica));
  }
  const fixed = loaded.right.withFixedNoise(key);
  assert.deepEqual(fixed([0.5, 1]), loaded.right.act([0.5, 1], key));
  assert.notDeepEqual(loaded.right.act([1, -2], keyOf(4)), loaded.right.act([1, -2], key));
});
