/** Checking environments: every breach is reported in a sentence, and nothing is thrown. */
import { assert, fc } from "../deps.ts";
import { checkEnvironment, specBreaches } from "../../envs/check_environment.ts";
import { type Environment, environment, type EnvironmentSpec, type Step } from "../../envs/environment.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { withActuatorNoise } from "../../envs/actuator_noise.ts";
import { type Key, keyOf } from "../../src/random/key.ts";

const sound = pointMass();
const at = (...values: number[]): Float64Array => Float64Array.from(values);
const act = (...values: number[]): Float32Array => Float32Array.from(values);

/** What a user's code may give, whatever the types say. */
const untyped = (parts: Record<string, unknown>): Environment => ({ ...sound, ...parts } as Environment);

/** A counter whose next number is one that it has not given before. */
const counting = (): () => number => {
  let calls = 0;
  return () => calls++;
};

const breaches: readonly (readonly [breach: string, parts: () => Partial<Environment>])[] = [
  ["initial must return equal states for equal keys", () => {
    const count = counting();
    return { initial: () => at(count() % 2, 0) };
  }],
  [
    "initial must return a Float64Array of length 2: got a Float64Array of length 3",
    () => ({ initial: () => at(0, 0, 0) }),
  ],
  [
    "initial must return a Float64Array of length 2: got an Array of length 2",
    () => untyped({ initial: () => [0, 0] }),
  ],
  [
    "initial must return its result at once: got a promise, so it must not be async",
    () => untyped({ initial: () => Promise.resolve(at(0, 0)) }),
  ],
  ...["observe", "step", "stepMany"].map((part) =>
    [
      `${part} must return its result at once: got a promise, so it must not be async`,
      () => untyped({ [part]: () => Promise.reject(new Error("later")) }),
    ] as const
  ),
  ...["observation", "action"].map((which) =>
    [
      `spec.${which} must have components with distinct names: 0 and 2 are "x"`,
      () => ({
        spec: {
          ...sound.spec,
          [which]: [{ name: "x", unit: "m" }, { name: "y", unit: "m" }, { name: "x", unit: "s" }],
        },
      }),
    ] as const
  ),
  ['initial must not throw: it threw "no power"', () => ({
    initial: () => {
      throw new Error("no power");
    },
  })],
  [
    "observe must return a Float32Array of length 2: got a Float32Array of length 1",
    () => ({ observe: (state) => act(state[0]!) }),
  ],
  [
    "observe must return a Float32Array of length 2: got a Float64Array of length 2",
    () => untyped({ observe: (state: Float64Array) => state }),
  ],
  ['observe must return finite numbers: "y" is NaN', () => ({ observe: (state) => act(state[0]!, NaN) })],
  ["observe must return equal observations for equal states", () => {
    const count = counting();
    return { observe: (state) => act(state[0]!, count()) };
  }],
  ["observe must not write to the state", () => ({
    observe: (state) => act(state[0]!++, state[1]!),
  })],
  ["step must not write to the state", () => ({
    step: (state, action) => {
      const next = sound.step(state, action);
      state[0] = next.state[0]!;
      return next;
    },
  })],
  ["step must not write to the action", () => ({
    step: (state, action) => {
      action[1]! /= 2;
      return sound.step(state, action);
    },
  })],
  ["step must return equal results for equal arguments", () => {
    const count = counting();
    return { step: (state, action) => ({ ...sound.step(state, action), reward: count() }) };
  }],
  [
    "step must return an object of state, reward and terminated: got undefined",
    () => untyped({ step: () => {} }),
  ],
  ["step must return a state that is a Float64Array of length 2: got a Float64Array of length 1", () => ({
    step: (state, action) => ({ ...sound.step(state, action), state: at(0) }),
  })],
  [
    'step must return a reward that is a number: got "1"',
    () =>
      untyped({
        step: (state: Float64Array, action: Float32Array) => ({ ...sound.step(state, action), reward: "1" }),
      }),
  ],
  ["step must return terminated as true or false: got 1", () =>
    untyped({
      step: (state: Float64Array, action: Float32Array) => ({ ...sound.step(state, action), terminated: 1 }),
    })],
  ["step must return a finite reward of 32 bits: got 1e+39", () => ({
    step: (state, action) => ({ ...sound.step(state, action), reward: 1e39 }),
  })],
  [
    "spec.observation must have components with a name and a unit: component 1 lacks one",
    () => ({ spec: { ...sound.spec, observation: Array(2) } }), // holes
  ],
  [
    "observe must return a Float32Array of length 2: got a Float32Array of length 2", // which it only calls itself
    () => untyped({ observe: () => ({ [Symbol.toStringTag]: "Float32Array", length: 2 }) }),
  ],
  ['step must not throw: it threw "what cannot be shown"', () => ({
    step: () => {
      throw Object.defineProperty(new Error(), "message", {
        get: () => {
          throw 1;
        },
      });
    },
  })],
  ["step must return a finite reward: got -Infinity", () => ({
    step: (state, action) => ({ ...sound.step(state, action), reward: -Infinity }),
  })],
  ["stepMany must return the same bits as step", () => ({
    stepMany: (states, actions, out) => {
      sound.stepMany(states, actions, out);
      out.rewards[1]! += 1e-12;
    },
  })],
  ["stepMany must return the same bits as step", () => ({ stepMany: () => {} })],
  ["stepMany must return the same bits as step", () => {
    // Every environment of the batch draws from the first one's key.
    const noisy = withActuatorNoise(sound, 0.5);
    return {
      ...noisy,
      stepMany: (states, actions, out, keys) => noisy.stepMany(states, actions, out, () => keys(0)),
    };
  }],
  ["stepMany must not write to the actions", () => ({
    stepMany: (states, actions, out) => {
      sound.stepMany(states, actions, out);
      actions[0] = 0;
    },
  })],
  ["spec.action must have at least one component: got none", () => ({ spec: { ...sound.spec, action: [] } })],
  [
    "spec.observation must have at least one component: got none",
    () => ({ spec: { ...sound.spec, observation: [] } }),
  ],
  [
    "spec.observation must have components with a name and a unit: component 1 lacks one",
    () => untyped({ spec: { ...sound.spec, observation: [{ name: "x", unit: "m" }, "y"] } }),
  ],
  ...[0, -1, 2.5, NaN].map((horizon) =>
    [
      `spec.horizon must be a positive integer or Infinity: got ${horizon}`,
      () => ({ spec: { ...sound.spec, horizon } }),
    ] as const
  ),
  [
    "spec.stateSize must be a positive integer: got undefined",
    () => untyped({ spec: { ...sound.spec, stateSize: undefined } }),
  ],
  ["step must be a function: got undefined", () => untyped({ step: undefined })],
  ["spec must be an object: got undefined", () => untyped({ spec: undefined })],
];

for (const [breach, parts] of breaches) {
  Deno.test(`checkEnvironment reports that ${breach}`, () => {
    const reported = checkEnvironment({ ...sound, ...parts() }, keyOf(2), 3);
    assert.ok(reported.includes(breach), `reported only: ${reported.join("; ")}`);
  });
}

Deno.test("checkEnvironment reports what is wrong with several functions at once", () => {
  const reported = checkEnvironment(
    untyped({
      spec: { ...sound.spec },
      initial: () => at(1),
      observe: () => act(1),
      step: () => ({ state: at(0, 0), reward: 0, terminated: "no" }),
      stepMany: () => {
        throw new RangeError("not yet written");
      },
    }),
    keyOf(0),
  );
  assert.deepEqual(reported.map((sentence) => sentence.split(" ")[0]), [
    "initial",
    "observe",
    "step",
    "stepMany",
  ]);
});

Deno.test("checkEnvironment accepts an infinite horizon, and an environment that reuses its arrays", () => {
  const state = new Float64Array(1), seen = new Float32Array(1);
  const reusing = environment({
    spec: {
      name: "reusing",
      stateSize: 1,
      horizon: Infinity,
      observation: [{ name: "x", unit: "1" }],
      action: [{ name: "dx", unit: "1" }],
    },
    initial: () => state.fill(0),
    observe: ([x]) => seen.fill(x),
    step: ([x], [dx]) => ({ state: state.fill(x + dx), reward: dx, terminated: x + dx > 3 }),
  });
  assert.deepEqual(checkEnvironment(reusing, keyOf(3)), []);
});

/** Anything that JavaScript may hand over. */
const anything = fc.oneof(
  fc.anything(),
  fc.double(),
  fc.float64Array({ maxLength: 4 }),
  fc.float32Array({ maxLength: 4 }),
  fc.constant(null),
  fc.constant(Promise.resolve(0)),
);

Deno.test("checkEnvironment never throws and never accepts an invalid environment", () => {
  const part = <A>(healthy: A) =>
    fc.oneof(fc.constant(healthy), anything, anything.map((given) => () => given));
  fc.assert(
    fc.property(
      part(sound.spec),
      part(sound.initial),
      part(sound.observe),
      part(sound.step),
      part(sound.stepMany),
      (spec, initial, observe, step, stepMany) => {
        const parts = { spec, initial, observe, step, stepMany };
        const reported = checkEnvironment(parts as Environment, keyOf(1), 5);
        assert.ok(reported.every((sentence) => typeof sentence === "string" && sentence !== ""));
        const replaced = Object.entries(parts).filter(([name, value]) =>
          value !== sound[name as keyof Environment]
        );
        // What is no function cannot pass; a constant may, as a state or an observation of the right type.
        const hopeless = replaced.some(([, value]) => typeof value !== "function");
        if (replaced.length === 0) assert.deepEqual(reported, []);
        if (hopeless) assert.notDeepEqual(reported, []);
      },
    ),
    { numRuns: 500 },
  );
  fc.assert(fc.property(anything, (env) => {
    assert.ok(checkEnvironment(env as Environment, keyOf(1), 2).length > 0);
  }));
});

Deno.test("A step of any wrong length or type is reported, and a right one is not", () => {
  const state = fc.oneof(
    fc.float64Array({ maxLength: 5, noNaN: true }),
    fc.float32Array({ maxLength: 3 }),
    fc.array(fc.double()),
  );
  const reward = fc.oneof(fc.double(), fc.string(), fc.constant(undefined), fc.bigInt());
  const terminated = fc.oneof(fc.boolean(), fc.nat(2), fc.constant(null));
  fc.assert(fc.property(state, reward, terminated, (state, reward, terminated) => {
    const step = { state, reward, terminated } as Step;
    const env = environment({ ...sound, step: () => step });
    const reported = checkEnvironment(env, keyOf(4), 2).filter((sentence) => sentence.startsWith("step "));
    const lawful = state instanceof Float64Array && state.length === 2 && typeof reward === "number" &&
      Number.isFinite(reward) && typeof terminated === "boolean";
    assert.equal(reported.length === 0, lawful, reported.join("; "));
  }));
});

Deno.test("specBreaches names every broken rule at once", () => {
  const spec = { name: "", stateSize: 0, horizon: 0, observation: [], action: null };
  assert.equal(specBreaches(spec as unknown as EnvironmentSpec).length, 5);
});

Deno.test("checkEnvironment accepts nothing without a step or a key", () => {
  const unsound = untyped({ step: () => 1 });
  for (const steps of [0, -1, 1.5, NaN, Infinity, "5", null] as number[]) {
    assert.match(
      checkEnvironment(unsound, keyOf(0), steps).join(),
      /^steps must be a positive integer: got /,
    );
  }
  for (const key of [undefined, 5, [NaN, 1], [1], [0, 2 ** 32], ["1", "2"]] as unknown as Key[]) {
    assert.match(checkEnvironment(sound, key, 2).join(), /^key must be a key, such as keyOf gives: got /);
  }
});
