import { assert, fc } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { type Environment, environment } from "../../envs/environment.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { swimmer } from "../../envs/swimmer.ts";
import type { SOFT_Q } from "../../src/learn/soft_q/algorithm.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device, Executable } from "../../src/device/device.ts";
import { loadAgent } from "../../src/train/agent_file.ts";
import { evaluate, type EvaluateOptions } from "../../src/train/evaluate_agent.ts";
import { keyOf } from "../../src/random/key.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { webgpuDevice } from "../../src/device/webgpu.ts";
import { right, runsGpuTests } from "../device/adapter.ts";
import { trainDdpg, trainSoftQ, trainWith } from "../../src/train/train.ts";
import type { TrainContext, Trained, TrainingProgress } from "../../src/train/trained.ts";

const OPTIONS = { steps: 200, minimumReplay: 50, hidden: [16], batch: 16, replicas: 2 } as const;

const trainedWith = async (context: TrainContext = {}): Promise<Trained> => {
  const trained = await trainSoftQ(pointMass(), OPTIONS, context)();
  assert(E.isRight(trained), E.isLeft(trained) ? trained.left.message : "");
  return trained.right;
};

Deno.test("onProgress reports every chunk, and its agents can act immediately and do not change later", async () => {
  const seen: TrainingProgress[] = [], acted: Float32Array[] = [];
  const silent = await trainedWith();
  const watched = await trainedWith({
    evaluation: { interval: 100, episodes: 3 },
    onProgress: async (progress) => {
      seen.push(progress);
      acted.push(progress.agent.act([1, 2], keyOf(1), 1));
      await new Promise((resolve) => setTimeout(resolve, 1));
    },
  });
  assert.deepEqual(watched.save(), silent.save()); // who is watched learns the same
  assert.deepEqual(seen.map(({ steps }) => steps), [25, 50, 75, 100, 125, 150, 175, 200]);
  assert.deepEqual(seen.map(({ updates }) => updates), [0, 25, 50, 75, 100, 125, 150, 175]);
  assert(seen.every(({ of }) => of === 200));
  assert.deepEqual(seen.map(({ evaluation }) => evaluation?.length ?? 0), [0, 0, 0, 2, 0, 0, 0, 2]);
  assert.equal(seen[3]!.evaluation?.[1].episodes.length, 3);
  assert(
    seen.slice(1).every(({ metrics }) =>
      metrics["loss"]!.length === 2 && metrics["loss"]!.every(Number.isFinite)
    ),
  );
  seen.forEach(({ agent }, k) => assert.deepEqual(agent.act([1, 2], keyOf(1), 1), acted[k]));
  assert.notDeepEqual(acted[1], acted[7]);
  assert.deepEqual(acted[7], watched.agent.act([1, 2], keyOf(1), 1));
});

Deno.test("A signal ends a training with the current parameters, before it begins, after a chunk or within one", async () => {
  const before = await trainedWith({ signal: AbortSignal.abort() });
  assert.deepEqual([before.steps, before.updates], [0, 0]);
  assert(E.isRight(loadAgent(before.save())));
  const controller = new AbortController();
  const after = await trainedWith({
    signal: controller.signal,
    onProgress: ({ steps }) => steps === 100 && controller.abort(),
  });
  assert.equal(after.steps, 100);
  assert(after.agent.act([0, 0], keyOf(0)).every(Number.isFinite));
  // A chunk of minutes: the timer ends it within.
  const begun = performance.now();
  const within = await trainSoftQ(swimmer(), {
    steps: 20_000,
    chunk: 10_000,
    minimumReplay: 10_000,
    hidden: [128],
    batch: 64,
  }, { signal: AbortSignal.timeout(500) })();
  assert(E.isRight(within));
  assert(within.right.steps < 20_000);
  assert(performance.now() - begun < 5000, `${performance.now() - begun} ms`);
});

/** A device during whose `update`-th update something is done, at its tenth piece; that update is made to take long. */
const during = (update: number, done: () => void): Device => {
  const device = cpuDevice({ workers: 2 });
  let updates = 0;
  return {
    ...device,
    compile: (program) => async () =>
      E.map((executable: Executable): Executable => ({
        ...executable,
        *runInPieces() {
          let pieces = 0;
          updates++;
          for (const value of executable.runInPieces!()) {
            // Long enough for the next update to be one that may be abandoned, and for the event loop to have its turn.
            if (++pieces === 10) { for (const until = performance.now() + 360; performance.now() < until;); }
            if (pieces === 10 && updates === update) done();
            yield value;
          }
        },
      }))(await device.compile(program)()),
  };
};

Deno.test("A signal ends a training within an update that takes long, with the parameters before it", async () => {
  const options = { ...OPTIONS, chunk: 25, minimumReplay: 50, stepsPerUpdate: 25 };
  for (const update of [1, 2, 3]) {
    const [within, after] = [new AbortController(), new AbortController()];
    const device = during(update, () => within.abort());
    const left = await trainSoftQ(pointMass(), options, { device, signal: within.signal })();
    device.close();
    const whole = await trainSoftQ(pointMass(), options, {
      signal: after.signal,
      onProgress: ({ updates }) => updates === update - 1 && after.abort(),
    })();
    assert(E.isRight(left) && E.isRight(whole));
    assert.equal(left.right.updates, update - 1);
    assert.deepEqual(left.right.save(), whole.right.save());
    if (update > 1) assert.deepEqual(left.right.metrics, whole.right.metrics);
  }
});

/** The largest gap between two turns of a timer while a training goes on, once its program is compiled, ms. */
async function largestGap(device: Device, options: Parameters<typeof trainSoftQ>[1]): Promise<number> {
  let last = performance.now(), largest = 0;
  const compile: Device["compile"] = (program) => async () => {
    const compiled = await device.compile(program)();
    [last, largest] = [performance.now(), 0];
    return compiled;
  };
  const timer = setInterval(() => {
    const now = performance.now();
    [largest, last] = [Math.max(largest, now - last), now];
  }, 1);
  const trained = await trainSoftQ(pointMass(), options, { device: { ...device, compile } })();
  clearInterval(timer);
  device.close();
  assert(E.isRight(trained));
  return largest;
}

const SMALL_NETWORKS = { valueParticles: 8, fixedParticles: 4, movedParticles: 4 };

/** Chunks of seconds on every device. */
const LONG_CHUNKS: readonly (readonly [string, () => Promise<Device>, Parameters<typeof trainSoftQ>[1]])[] = [
  ["cpu", () => Promise.resolve(cpuDevice()), { stepsPerUpdate: 4, hidden: [64, 64], batch: 64 }],
  ["reference", () => Promise.resolve(referenceDevice()), { stepsPerUpdate: 50, hidden: [8], batch: 4 }],
  ...runsGpuTests
    ? [[
      "webgpu",
      async () => right(await webgpuDevice()()),
      { stepsPerUpdate: 20, hidden: [32, 32], batch: 16 },
    ]] as const
    : [],
];

// 50 ms are promised where a processor is free. Tests share theirs: five times that, in the best of three tries.
for (const [kind, open, options] of LONG_CHUNKS) {
  Deno.test(`Training on the device ${kind} gives timers their turn`, async () => {
    const gaps: number[] = [];
    const chunks = { steps: 2000, chunk: 1000, minimumReplay: 1000 };
    for (let tries = 0; tries < 3 && !(Math.min(...gaps) < 250); tries++) {
      gaps.push(await largestGap(await open(), { ...chunks, ...SMALL_NETWORKS, ...options }));
    }
    assert(Math.min(...gaps) < 250, `gaps of ${gaps} ms`);
  });
}

Deno.test("An agent is evaluated in the same way for the same key, and by any of its policies", async () => {
  const { agent } = await trainedWith();
  const play = (options: EvaluateOptions) =>
    evaluate(agent, pointMass(), { episodes: 4, horizon: 12, ...options })();
  const [one, same, other, second] = await Promise.all([
    play({ key: keyOf(1) }),
    play({ key: keyOf(1) }),
    play({ key: keyOf(2) }),
    play({ key: keyOf(1), replica: 1 }),
  ]);
  assert(E.isRight(one));
  assert.deepEqual(one, same);
  assert.notDeepEqual(one, other);
  assert.notDeepEqual(one, second);
  assert.equal(one.right.episodes.length, 4);
  assert(one.right.meanLength <= 12);
});

Deno.test("All that is wrong with an evaluation is reported together, as a value", async () => {
  const { agent } = await trainedWith();
  const bad = fc.constantFrom<number>(0, -1, 1.5, NaN, Infinity, 2 ** 60);
  await fc.assert(fc.asyncProperty(
    fc.record({ episodes: bad, horizon: bad, replica: fc.constantFrom(-1, 2, 0.5, NaN) }),
    async (options) => {
      const played = await evaluate(agent, pointMass(), options)();
      assert(E.isLeft(played) && played.left._tag === "OptionsInvalid");
      for (const name of Object.keys(options)) {
        assert(played.left.message.includes(name), played.left.message);
      }
    },
  ));
  const elsewhere = await evaluate(agent, swimmer(), { episodes: 1 })();
  assert(E.isLeft(elsewhere));
  assert.match(elsewhere.left.message, /numbers in an observation/);
});

/** An environment of which one function throws something at a call. */
const throwing = (
  part: "initial" | "observe" | "step" | "stepMany",
  call: number,
  thrown: unknown,
): Environment => {
  const sound = pointMass();
  let calls = 0;
  const count = () => {
    if (++calls >= call) throw thrown;
  };
  return {
    ...sound,
    [part]: (...given: never[]) => {
      count();
      return (sound[part] as (...given: never[]) => unknown)(...given);
    },
  };
};

Deno.test("Whatever the caller's code throws, and whatever is given, no promise is rejected and no call throws", async () => {
  const thrown = fc.constantFrom<unknown>(new Error("mine"), "text", 3, null, undefined, { odd: true });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("initial", "observe", "step", "stepMany"),
      fc.integer({ min: 1, max: 60 }),
      thrown,
      fc.boolean(),
      async (part, call, what, ddpg) => {
        const environment = throwing(part, call, what);
        const train = ddpg ? trainDdpg : trainSoftQ;
        const trained = await train(environment, { ...OPTIONS, replicas: 1, steps: 100 })();
        if (E.isRight(trained)) return; // it was called less often
        assert.equal(trained.left._tag, "EnvironmentFailed");
        assert((trained.left as { cause?: unknown }).cause === what || what === undefined);
      },
    ),
    { numRuns: 40 },
  );
  const anything = fc.anything({ withNullPrototype: true, withTypedArray: true });
  await fc.assert(
    fc.asyncProperty(anything, anything, async (environment, options) => {
      const trained = await trainSoftQ(environment as Environment, options as typeof OPTIONS)();
      assert(E.isLeft(trained));
      assert.equal(typeof trained.left.message, "string");
    }),
    { numRuns: 200 },
  );
  await fc.assert(
    fc.asyncProperty(anything.filter((each) => each !== undefined), async (options) => {
      const trained = await trainSoftQ(pointMass(), { ...OPTIONS, steps: options as number })();
      assert(E.isLeft(trained) && trained.left._tag === "OptionsInvalid");
    }),
    { numRuns: 100 },
  );
  for (
    const onProgress of [() => Promise.reject(new Error("mine")), () => {
      throw new Error("mine");
    }]
  ) {
    const trained = await trainSoftQ(pointMass(), OPTIONS, { onProgress })();
    assert(E.isLeft(trained) && trained.left._tag === "CallerFailed");
    assert.equal((trained.left.cause as Error).message, "mine");
  }
  const broken: Device = {
    ...cpuDevice({ workers: 1 }),
    compile: () => {
      throw new Error("mine");
    },
  };
  const trained = await trainSoftQ(pointMass(), OPTIONS, { device: broken })();
  assert(E.isLeft(trained) && trained.left._tag === "CallerFailed");
  for (
    const evaluation of [{ interval: 30, episodes: 1 }, { interval: 0, episodes: 1 }, {
      interval: 25,
      episodes: 0,
    }]
  ) {
    const refused = await trainSoftQ(pointMass(), OPTIONS, { evaluation })();
    assert(E.isLeft(refused) && refused.left._tag === "OptionsInvalid");
  }
});

Deno.test("Arguments beside the options are checked, by name and by kind, before anything is compiled", async () => {
  const anything = fc.anything({ withNullPrototype: true });
  const compile = () => assert.fail("it was compiled");
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("onProgress", "signal", "evaluation", "collectors", "onprogress", "abort", ""),
      anything.filter((given) => given !== undefined && typeof given !== "function"),
      async (name, given) => {
        const isSound = name === "signal" &&
          typeof (given as { aborted?: unknown } | null)?.aborted === "boolean";
        if (isSound) return;
        const context = { device: { ...cpuDevice({ workers: 1 }), compile }, [name]: given };
        const refused = await trainSoftQ(pointMass(), OPTIONS, context)();
        assert(E.isLeft(refused) && refused.left._tag === "OptionsInvalid", JSON.stringify(refused));
        assert(refused.left.message.includes(name), refused.left.message);
      },
    ),
    { numRuns: 200 },
  );
  for (const device of [null, 3, {}, { compile: 1 }, "cpu"]) {
    const refused = await trainSoftQ(
      pointMass(),
      OPTIONS,
      { device } as unknown as Parameters<typeof trainSoftQ>[2],
    )();
    assert(E.isLeft(refused) && refused.left._tag === "OptionsInvalid");
    assert.match(refused.left.message, /^device must be a device, such as cpuDevice\(\)/);
  }
});

Deno.test("Whatever an evaluation is given, and whatever an agent throws, no promise is rejected and no call throws", async () => {
  const { agent } = await trainedWith();
  const anything = fc.anything({ withNullPrototype: true, withTypedArray: true });
  await fc.assert(
    fc.asyncProperty(anything, anything, anything, async (who, where, how) => {
      const found = await evaluate(who as typeof agent, where as Environment, how as EvaluateOptions)();
      assert(E.isLeft(found));
      assert.equal(typeof found.left.message, "string");
    }),
    { numRuns: 300 },
  );
  await fc.assert(
    fc.asyncProperty(anything, async (key) => {
      const isKey = Array.isArray(key) && key.length === 2 &&
        key.every((word) => Number.isInteger(word) && word >= 0);
      const found = await evaluate(agent, pointMass(), { key, horizon: 3, episodes: 1 } as EvaluateOptions)();
      if (isKey) return;
      assert(E.isLeft(found) && found.left._tag === "OptionsInvalid");
      assert.match(found.left.message, /^key must be a key/);
    }),
    { numRuns: 100 },
  );
  const misspelt = await evaluate(agent, pointMass(), { episode: 3 } as EvaluateOptions)();
  assert(E.isLeft(misspelt));
  assert.match(
    misspelt.left.message,
    /^There is no "episode": there are episodes, key, horizon, replica, discount$/,
  );
  const broken = {
    ...agent,
    act: () => {
      throw new Error("mine");
    },
  };
  const thrown = await evaluate(broken, pointMass(), { horizon: 3 })();
  assert(E.isLeft(thrown) && thrown.left._tag === "CallerFailed");
  assert.equal((thrown.left.cause as Error).message, "mine");
  for (const part of ["initial", "observe", "step"] as const) {
    for (const what of [new Error("mine"), null, undefined, 3]) {
      const found = await evaluate(agent, throwing(part, 1, what), { horizon: 3 })();
      assert(E.isLeft(found) && found.left._tag === "EnvironmentFailed");
      assert((found.left as { cause?: unknown }).cause === what || what === undefined);
    }
  }
  // A specification that throws when it is looked at.
  const hostile = Object.defineProperty({ ...pointMass() }, "spec", {
    get: () => {
      throw new Error("mine");
    },
  });
  for (const outcome of [evaluate(agent, hostile)(), trainSoftQ(hostile, OPTIONS)()]) {
    const found = await outcome;
    assert(E.isLeft(found) && found.left._tag === "CallerFailed");
  }
});

Deno.test("The results of a caller's own agent are checked: no number remains from the previous step", async () => {
  const { agent } = await trainedWith();
  const play = async (action: unknown) => {
    const played = await evaluate({ ...agent, act: () => action as Float32Array }, pointMass(), {
      horizon: 3,
    })();
    return E.isRight(played) ? null : `${played.left._tag}: ${played.left.message}`;
  };
  assert.equal(await play([0.5, -1]), null);
  for (const action of [undefined, 5, "12", [], [1], [0, 0, 0], Promise.resolve([0, 0]), { length: 2 }]) {
    assert.match(
      await play(action) ?? "",
      /^CallerFailed: Evaluation failed: act must return an array of 2 numbers: got /,
    );
  }
  for (const action of [[NaN, 0], [0, 1.5], ["0", 0], [, 0], [null, 0], [0, Infinity]]) {
    assert.match(
      await play(action) ?? "",
      /^CallerFailed: Evaluation failed: act must return numbers from -1 to 1: number [01] is /,
    );
  }
});

Deno.test("An evaluation refuses a discount that is not a number, and names the environment whose observation is not", async () => {
  const { agent } = await trainedWith();
  for (const discount of ["0.5", null, true, [0.5], 1n, NaN] as number[]) {
    const refused = await evaluate(agent, pointMass(), { discount, horizon: 3 })();
    assert(E.isLeft(refused) && refused.left._tag === "OptionsInvalid");
  }
  const blind = { ...pointMass(), observe: () => Float32Array.of(0, NaN) };
  const lost = await evaluate(agent, blind, { horizon: 3 })();
  assert(E.isLeft(lost) && lost.left._tag === "EnvironmentFailed");
  assert.match(
    lost.left.message,
    /observe gave a first observation whose "y" is NaN after environment step 0 of episode 0$/,
  );
});

Deno.test("A reward that no 32-bit float holds fails an evaluation, with environment, episode and step", async () => {
  const { agent } = await trainedWith(), sound = pointMass();
  await fc.assert(fc.asyncProperty(
    fc.constantFrom(NaN, Infinity, -Infinity, 1e39),
    fc.integer({ min: 1, max: 12 }),
    async (reward, nth) => {
      let steps = 0;
      const env = environment({
        ...sound,
        step: (state) => ({ state, reward: ++steps === nth ? reward : 0, terminated: false }),
      });
      const failed = await evaluate(agent, env, { horizon: 4, episodes: 3 })();
      assert(E.isLeft(failed) && failed.left._tag === "EnvironmentFailed");
      const step = (nth - 1) % 4 + 1, episode = Math.floor((nth - 1) / 4);
      assert(failed.left.message.startsWith(`Environment "point-mass": step gave the reward ${reward}`));
      assert(failed.left.message.endsWith(`at environment step ${step} of episode ${episode}`));
    },
  ));
});

Deno.test("An agent refuses an observation with holes and an invalid key", async () => {
  const { agent } = await trainedWith();
  const wrong: readonly (readonly [given: unknown, message: string])[] = [
    [[, 0], "An observation must have finite numbers: number 0 is undefined"],
    [[0, NaN], "An observation must have finite numbers: number 1 is NaN"],
    [["1", "2"], 'An observation must have finite numbers: number 0 is "1"'],
    ["12", 'An observation must have finite numbers: number 0 is "1"'],
    [BigInt64Array.of(1n, 2n), "An observation must have finite numbers: number 0 is 1n"],
    [null, "An observation must have 2 numbers: got null"],
    [[0, 0, 0], "An observation must have 2 numbers: got an Array of length 3"],
    [Promise.reject(new Error("late")), "An observation must have 2 numbers: got a promise"],
  ];
  for (const [given, message] of wrong) {
    assert.throws(() => agent.act(given as number[], keyOf(0)), { name: "RangeError", message });
    assert.throws(() => agent.withFixedNoise(keyOf(0))(given as number[]), { name: "RangeError", message });
  }
  for (const key of [undefined, 5, [NaN, 0], [0], [0, -1]] as unknown as [number, number][]) {
    assert.throws(() => agent.act([0, 0], key), /The key must be one/);
    assert.throws(() => agent.withFixedNoise(key), /The key must be one/);
  }
});

Deno.test("A reward that no 32-bit float holds is named with its step, also at the last one and of one replica of four", async () => {
  for (const reward of [1e39, -1e300]) {
    let count = 0;
    const sound = pointMass();
    const huge = environment({
      ...sound,
      step: (state, action, key) => ({
        ...sound.step(state, action, key),
        reward: ++count === 4 * 99 + 3 ? reward : 0, // of replica 2, at step 100
      }),
    });
    const trained = await trainSoftQ(huge, { ...OPTIONS, hidden: [8], batch: 4, steps: 100, replicas: 4 })();
    assert(E.isLeft(trained) && trained.left._tag === "NonFinite");
    assert.equal(
      trained.left.message,
      `Replica 2 (seed 2): environment "point-mass" gave the reward ${reward}, beyond 32-bit floats, at environment step 100`,
    );
  }
});

Deno.test("An invalid algorithm, and an unknown field of a context's evaluation, are refused in a sentence", async () => {
  for (const algorithm of [undefined, null, "soft-q", {}, { defaults: {} }]) {
    const refused = await trainWith(algorithm as unknown as typeof SOFT_Q, pointMass(), {})();
    assert(E.isLeft(refused) && refused.left._tag === "OptionsInvalid");
    assert.match(refused.left.message, /^algorithm must be an algorithm, such as one of ALGORITHMS: got /);
  }
  const evaluation = { interval: 25, episodes: 1, horizn: 3 };
  const refused = await trainSoftQ(pointMass(), OPTIONS, { evaluation })();
  assert(E.isLeft(refused) && refused.left.message === 'There is no "horizn": there are interval, episodes');
});
