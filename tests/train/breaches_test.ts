/** What goes wrong in an environment, at any time, is a failure that names it: in training and in evaluation. */
import { assert, fc } from "../deps.ts";
import { EnvironmentFailed } from "../../envs/boundary.ts";
import { actionRepeat } from "../../envs/action_repeat.ts";
import { withActuatorNoise } from "../../envs/actuator_noise.ts";
import { checkEnvironment } from "../../envs/check_environment.ts";
import { type Environment, environment, type Step } from "../../envs/environment.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { E } from "../../src/deps.ts";
import type { Policy } from "../../src/learn/policy.ts";
import { keyOf } from "../../src/random/key.ts";
import { playEpisodes } from "../../src/train/evaluate.ts";
import { trainSoftQ } from "../../src/train/train.ts";

/** Steps of an episode, so that some environments are reset on the way. */
const HORIZON = 7;

const sound = environment({
  spec: {
    name: "sled",
    stateSize: 3,
    horizon: HORIZON,
    observation: [{ name: "place", unit: "m" }, { name: "speed", unit: "m/s" }],
    action: [{ name: "push", unit: "N" }],
  },
  initial: (key) => Float64Array.of(key[0] / 2 ** 32, 0, 0),
  observe: ([place, speed]) => Float32Array.of(place, speed),
  step: ([place, speed, time], [push]) => ({
    state: Float64Array.of(place + 0.1 * speed, speed + 0.1 * push, time + 1),
    reward: -Math.abs(place),
    terminated: false,
  }),
});

type Part = "initial" | "observe" | "step";

/** One thing that goes wrong: in which function, what it gives instead, and what is said of it. */
interface Breach {
  readonly part: Part;
  readonly harm: (given: unknown) => unknown;
  readonly says: RegExp;
}

const stepWith = (part: Record<string, unknown>) => (given: unknown) => ({ ...given as Step, ...part });

/** A float array of a length other than the right one. */
const wrongLength = (right: number) =>
  fc.integer({ min: 0, max: 2 * right }).filter((length) => length !== right);

const notFinite = fc.constantFrom(NaN, Infinity, -Infinity);

const breach: fc.Arbitrary<Breach> = fc.oneof(
  wrongLength(3).map((length): Breach => ({
    part: "initial",
    harm: () => new Float64Array(length),
    says: new RegExp(
      `^Environment "sled": initial must return a Float64Array of length 3: got a Float64Array of length ${length}$`,
    ),
  })),
  wrongLength(2).map((length): Breach => ({
    part: "observe",
    harm: () => new Float32Array(length),
    says: new RegExp(
      `^Environment "sled": observe must return a Float32Array of length 2: got a Float32Array of length ${length}$`,
    ),
  })),
  wrongLength(3).map((length): Breach => ({
    part: "step",
    harm: stepWith({ state: new Float64Array(length) }),
    says: new RegExp(
      `^Environment "sled": step must return a state that is a Float64Array of length 3: got a Float64Array of length ${length}$`,
    ),
  })),
  fc.constantFrom<Breach>(
    {
      part: "initial",
      harm: () => [0, 0, 0],
      says: /initial must return a Float64Array of length 3: got an Array of length 3$/,
    },
    {
      part: "initial",
      harm: () => undefined,
      says: /initial must return a Float64Array of length 3: got undefined$/,
    },
    {
      part: "observe",
      harm: (given) => [...given as Float32Array],
      says: /observe must return .* got an Array of length 2$/,
    },
    { part: "observe", harm: () => null, says: /observe must return a Float32Array of length 2: got null$/ },
    {
      part: "initial",
      harm: (given) => new Proxy(given as Float64Array, {}),
      says: /initial must return .* got an object that only inherits from an array, such as a Proxy$/,
    },
    {
      part: "observe",
      harm: (given) => Object.create(given as Float32Array),
      says: /observe must return .* got an object that only inherits from an array, such as a Proxy$/,
    },
    {
      part: "step",
      harm: (given) => stepWith({ state: new Proxy((given as Step).state, {}) })(given),
      says: /step must return a state .* got an object that only inherits from an array, such as a Proxy$/,
    },
    { part: "step", harm: () => ({}), says: /step must return a state .*: got undefined$/ },
    {
      part: "step",
      harm: stepWith({ reward: "1" }),
      says: /step must return a reward that is a number: got "1"$/,
    },
    { part: "step", harm: stepWith({ reward: undefined }), says: /reward that is a number: got undefined$/ },
    { part: "step", harm: stepWith({ terminated: 0 }), says: /terminated as true or false: got 0$/ },
    {
      part: "step",
      harm: stepWith({ done: false, terminated: undefined }),
      says: /true or false: got undefined$/,
    },
  ),
  fc.tuple(fc.constantFrom<Part>("initial", "observe", "step"), fc.boolean()).map((
    [part, fails],
  ): Breach => ({
    part,
    harm: (given) => fails ? Promise.reject(new Error("later")) : Promise.resolve(given),
    says: new RegExp(
      `^Environment "sled": ${part} must return its result at once: got a promise, so it must not be`,
    ),
  })),
  fc.constantFrom<Part>("initial", "observe", "step").map((part): Breach => ({
    part,
    harm: () => {
      throw new Error("the motor has come off");
    },
    says: new RegExp(`^Environment "sled": ${part} threw: the motor has come off$`),
  })),
);

/**
 * The sled whose part goes wrong in its n-th call, counted from 1, and in that one alone; and how often it was called.
 */
function faulty({ part, harm }: Pick<Breach, "part" | "harm">, nth: number) {
  let calls = 0;
  const broken = (...given: readonly unknown[]) => {
    const result = (sound[part] as (...given: readonly unknown[]) => unknown)(...given);
    return ++calls === nth ? harm(result) : result;
  };
  return { env: environment({ ...sound, [part]: broken } as Environment), calls: () => calls };
}

const OPTIONS = {
  steps: 40,
  chunk: 10,
  horizon: HORIZON,
  environments: 2,
  minimumReplay: 10,
  hidden: [4],
  batch: 4,
  valueParticles: 4,
  fixedParticles: 2,
  movedParticles: 2,
};

Deno.test("Whatever fault an environment has in whichever call, training ends with a failure that names it", async () => {
  const device = cpuDevice({ workers: 1 });
  let found = 0;
  await fc.assert(
    fc.asyncProperty(breach, fc.integer({ min: 1, max: 60 }), async ({ part, harm, says }, nth) => {
      const { env, calls } = faulty({ part, harm }, nth);
      const trained = await trainSoftQ(env, OPTIONS, { device })();
      if (calls() < nth) return assert(E.isRight(trained));
      found++;
      assert(E.isLeft(trained) && trained.left instanceof EnvironmentFailed);
      assert.match(trained.left.message, says);
      assert.deepEqual([trained.left._tag, trained.left.environment, trained.left.part], [
        "EnvironmentFailed",
        "sled",
        part,
      ]);
      assert.equal(trained.left.cause === undefined, !says.source.includes("threw"));
    }),
    { numRuns: 100 },
  );
  device.close();
  assert(found > 30, `only ${found} breaches came to pass`);
});

Deno.test("A non-finite reward or observation ends training with its environment step, also in the last one", async () => {
  const device = cpuDevice({ workers: 1 });
  const environments = 2, { steps } = OPTIONS;
  await fc.assert(
    fc.asyncProperty(notFinite, fc.integer({ min: 1, max: steps }), async (value, nth) => {
      // Environments take turns, so the n-th step of all is environment step n.
      const { env } = faulty({ part: "step", harm: stepWith({ reward: value }) }, nth);
      const trained = await trainSoftQ(env, { ...OPTIONS, environments }, { device })();
      assert(E.isLeft(trained));
      assert.equal(
        trained.left.message,
        `Replica 0 (seed 0): environment "sled" gave the reward ${value} at environment step ${nth}`,
      );
    }),
    { numRuns: 40 },
  );
  await fc.assert(
    fc.asyncProperty(notFinite, fc.integer({ min: 0, max: steps }), async (value, when) => {
      // Broken while the clock that a state carries shows `when` steps of its episode: at reset, or after a step.
      const time = when % HORIZON;
      const env = environment({
        ...sound,
        observe: (state) => state[2] === time ? Float32Array.of(0, value) : sound.observe(state),
      });
      const trained = await trainSoftQ(env, { ...OPTIONS, environments: 1 }, { device })();
      assert(E.isLeft(trained));
      assert.equal(
        trained.left.message,
        `Replica 0 (seed 0): environment "sled" gave ${
          time === 0 ? "a first observation" : "an observation"
        } whose "speed" is ${value} ${
          time === 0 ? "after environment step 0" : `at environment step ${time}`
        }`,
      );
    }),
    { numRuns: 30 },
  );
  device.close();
});

/** Pushes with all it has. */
const POLICY: Policy = { size: 0, noise: 0, act: (_, __, ___, ____, out) => void out.fill(1) };

Deno.test("Whatever fault an environment has in whichever call, evaluation fails with its name, or says what was not finite", () => {
  const play = (env: Environment) =>
    playEpisodes(
      { environment: env, policy: POLICY, horizon: HORIZON, discount: 1 },
      new Float32Array(0),
      0,
      keyOf(1),
      3,
    );
  fc.assert(fc.property(breach, fc.integer({ min: 1, max: 25 }), ({ part, harm, says }, nth) => {
    const { env, calls } = faulty({ part, harm }, nth);
    try {
      play(env);
      assert(calls() < nth);
    } catch (thrown) {
      assert(thrown instanceof EnvironmentFailed, String(thrown));
      assert.match(thrown.message, says);
    }
  }));
  fc.assert(fc.property(notFinite, fc.integer({ min: 1, max: 3 * HORIZON }), (value, nth) => {
    const { env } = faulty({ part: "step", harm: stepWith({ reward: value }) }, nth);
    const episode = Math.floor((nth - 1) / HORIZON), step = (nth - 1) % HORIZON + 1;
    assert.deepEqual(
      play(env).map(({ nonFinite }) => nonFinite),
      [0, 1, 2].map((k) =>
        k === episode ? `environment "sled" gave the reward ${value} at environment step ${step}` : undefined
      ),
    );
  }));
});

Deno.test("An environment may be an object of a class, whose functions use what the object holds", async () => {
  class Sled implements Environment {
    readonly #scale = 0.5;
    get spec() {
      return sound.spec;
    }
    initial: Environment["initial"] = (key) => sound.initial(key);
    observe(state: Float64Array) {
      return sound.observe(state).map((x) => this.#scale * x);
    }
    step(...given: Parameters<Environment["step"]>) {
      const step = sound.step(...given);
      return { ...step, reward: this.#scale * step.reward };
    }
    stepMany(...given: Parameters<Environment["stepMany"]>) {
      const [states, actions, out, keys] = given;
      environment({
        spec: this.spec,
        initial: this.initial,
        observe: (state) => this.observe(state),
        step: (...given) => this.step(...given),
      }).stepMany(states, actions, out, keys);
    }
  }
  assert.deepEqual(checkEnvironment(new Sled(), keyOf(1)), []);
  assert.deepEqual(checkEnvironment(actionRepeat(new Sled(), 2, { reward: "sum" }), keyOf(1)), []);
  assert.deepEqual(checkEnvironment(withActuatorNoise(new Sled(), 0.1), keyOf(1)), []);
  assert(E.isRight(await trainSoftQ(new Sled(), OPTIONS)()));
});

Deno.test("An environment without actions, without observations or with no horizon is refused before anything is compiled", async () => {
  const specs = [
    [{ action: [] }, /spec.action must have at least one component: got none$/],
    [{ observation: [] }, /spec.observation must have at least one component: got none$/],
    [{ horizon: 0 }, /spec.horizon must be a positive integer or Infinity: got 0$/],
    [{ horizon: 2.5, stateSize: -1 }, /spec.stateSize must be .* got -1; spec.horizon must be .* got 2.5$/],
  ] as const;
  for (const [part, says] of specs) {
    const trained = await trainSoftQ({ ...sound, spec: { ...sound.spec, ...part } }, OPTIONS)();
    assert(E.isLeft(trained));
    assert.equal(trained.left._tag, "EnvironmentFailed");
    assert.match(trained.left.message, says);
  }
});
