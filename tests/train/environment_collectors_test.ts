/** Workers that collect in a caller's environment, which they import by its module's URL. */
import { assert, fc } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { E } from "../../src/deps.ts";
import { type CollectorModule, collectors } from "../../src/train/environment_collectors.ts";
import { trainSac, trainSoftQ } from "../../src/train/train.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { BREACHES, breaching } from "./breaching_task.ts";
import { failing, STEP, task } from "./own_task.ts";

const MODULE = import.meta.resolve("./own_task.ts");
const OPTIONS = {
  steps: 200,
  minimumReplay: 50,
  hidden: [8],
  batch: 8,
  replicas: 2,
  environments: 5,
  chunk: 50,
};

Deno.test("A caller's environment stepped by workers gives the bits of one that the training steps itself", async () => {
  // There are ten environments.
  for (const [train, numbers] of [[trainSoftQ, [1, 40]], [trainSac, [3]]] as const) {
    const alone = await train(task, OPTIONS)();
    assert(E.isRight(alone));
    for (const workers of numbers) {
      const shared = await train(task, OPTIONS, {
        collectors: collectors({ module: MODULE, name: "task", workers }),
      })();
      assert(E.isRight(shared), E.isLeft(shared) ? shared.left.message : "");
      assert.deepEqual(shared.right.save(), alone.right.save());
    }
  }
});

Deno.test("An environment unsuitable for workers is refused in a sentence, and what it throws is reported in its own words", async () => {
  const trained = (given: CollectorModule, environment = task) =>
    trainSoftQ(environment, OPTIONS, { collectors: collectors(given) })();
  const cases: readonly (readonly [CollectorModule, string, RegExp])[] = [
    [{ module: MODULE, workers: 2 }, "CallerFailed", /exports no environment "environment"/],
    [{ module: MODULE, name: "STEP", workers: 1 }, "CallerFailed", /exports no environment "STEP"/],
    [
      { module: MODULE, name: "other", workers: 1 },
      "CallerFailed",
      /is not the one that is trained in/,
    ],
    [{ module: `${MODULE}.nowhere`, workers: 1 }, "CallerFailed", /nowhere/],
    [
      { module: "own_task.ts", workers: 1 },
      "OptionsInvalid",
      /collectors.module must be the URL of a module/,
    ],
    [{ module: MODULE, workers: 0 }, "OptionsInvalid", /collectors.workers must be an integer from 1/],
    [{ module: MODULE, workers: NaN }, "OptionsInvalid", /collectors.workers must be an integer from 1/],
  ];
  for (const [given, tag, message] of cases) {
    const refused = await trained(given);
    assert(E.isLeft(refused));
    assert.equal(refused.left._tag, tag);
    assert.match(refused.left.message, message);
  }
  const broken = await trained({ module: MODULE, name: "failing", workers: 2 }, failing);
  assert(E.isLeft(broken));
  assert.equal(broken.left._tag, "EnvironmentFailed");
  assert.match(broken.left.message, new RegExp(`step ${STEP}`));
  // A specification that differs is refused before a step is made in the wrong environment.
  const foreign = await trained({ module: MODULE, name: "task", workers: 2 }, pointMass());
  assert(E.isLeft(foreign) && foreign.left._tag === "CallerFailed");
});

Deno.test("What an environment throws in a worker is the cause, as far as it can be sent", async () => {
  for (const [name, cause] of [["telling", /the arm is stuck/], ["unsendable", null]] as const) {
    const broken = await trainSoftQ(task, OPTIONS, {
      collectors: collectors({ module: MODULE, name, workers: 2 }),
    })();
    assert(E.isLeft(broken) && broken.left._tag === "EnvironmentFailed");
    const thrown = (broken.left as { readonly cause?: unknown }).cause;
    if (cause === null) assert.equal(thrown, undefined);
    else {
      assert(thrown instanceof Error);
      assert.match(thrown.message, cause);
      assert.deepEqual(thrown.cause, { joint: 2 });
    }
  }
});

Deno.test("What a module does when it is imported, or says beside its worker's answers, ends in a failure or in nothing, never in silence", async () => {
  const own = `import { task } from ${JSON.stringify(MODULE)};`;
  const cases: readonly (readonly [code: string, says: RegExp | null])[] = [
    [
      `${own} postMessage({ chunk: 1 }); postMessage(null); postMessage("text"); export const environment = task;`,
      null,
    ],
    ["throw undefined;", /^Training failed: "blob:[^"]+" cannot be imported: undefined$/],
    ["self.close();", /cannot be imported: self\.close must not be called in a worker that collects$/],
    [
      `${own} export const environment = { ...task, stepMany: () => Deno.exit(3) };`,
      /^Environment "own task": stepMany threw: Deno\.exit must not be called in a worker that collects$/,
    ],
  ];
  await Promise.all(cases.map(async ([code, says]) => {
    const module = URL.createObjectURL(new Blob([code], { type: "text/typescript" }));
    const trained = await trainSoftQ(task, OPTIONS, { collectors: collectors({ module, workers: 1 }) })();
    URL.revokeObjectURL(module);
    if (says === null) assert(E.isRight(trained), code);
    else assert(E.isLeft(trained) && says.test(trained.left.message), `${code}: ${JSON.stringify(trained)}`);
  }));
});

Deno.test("A worker that ends by itself ends the training with a failure", async () => {
  const broken = await trainSoftQ(task, OPTIONS, {
    collectors: collectors({ module: MODULE, name: "dying", workers: 2 }),
  })();
  assert(E.isLeft(broken) && broken.left._tag === "CallerFailed");
  assert.match(broken.left.message, /thrown by nobody/);
});

Deno.test("A signal ends a training while its workers collect a chunk, and what was learned is kept", async () => {
  const begun = performance.now();
  const stopped = await trainSoftQ(task, {
    ...OPTIONS,
    steps: 200_000,
    chunk: 100_000,
    minimumReplay: 100_000,
  }, {
    collectors: collectors({ module: MODULE, name: "slow", workers: 2 }),
    signal: AbortSignal.timeout(1500),
  })();
  assert(E.isRight(stopped), E.isLeft(stopped) ? stopped.left.message : "");
  assert.equal(stopped.right.steps, 0);
  // The chunk would have taken four minutes.
  assert(performance.now() - begun < 60_000);
});

Deno.test("An environment's fault in a worker is reported as it is without workers, whenever it happens", async () => {
  const here = import.meta.resolve("./breaching_task.ts"), device = cpuDevice({ workers: 1 });
  const options = {
    ...OPTIONS,
    steps: 100,
    hidden: [4],
    batch: 4,
    valueParticles: 4,
    fixedParticles: 2,
    movedParticles: 2,
  };
  let failures = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(BREACHES.length),
      fc.nat(9),
      fc.integer({ min: 1, max: 3 }),
      async (breach, time, workers) => {
        const module = `${here}?breach=${breach}&time=${time}`, environment = breaching(breach, time);
        const alone = await trainSoftQ(environment, options, { device })();
        const shared = await trainSoftQ(environment, options, {
          device,
          collectors: collectors({ module, name: "task", workers }),
        })();
        if (E.isRight(alone)) {
          assert(E.isRight(shared), E.isLeft(shared) ? shared.left.message : "");
          return assert.deepEqual(shared.right.save(), alone.right.save());
        }
        failures++;
        assert(E.isLeft(shared));
        assert.deepEqual([shared.left._tag, shared.left.message], [alone.left._tag, alone.left.message]);
      },
    ),
    { numRuns: 12 },
  );
  device.close();
  assert(failures > 4, `${failures}`);
});
