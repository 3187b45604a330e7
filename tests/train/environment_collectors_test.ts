/** Workers that collect in a caller's environment, which they import by its module's URL. */
import { assert } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { E } from "../../src/deps.ts";
import { type CollectorModule, collectors } from "../../src/train/environment_collectors.ts";
import { trainSac, trainSoftQ } from "../../src/train/train.ts";
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

Deno.test("What workers cannot collect with is told in a sentence, and what the environment throws in its own words", async () => {
  const trained = (given: CollectorModule, environment = task) =>
    trainSoftQ(environment, OPTIONS, { collectors: collectors(given) })();
  const cases: readonly (readonly [CollectorModule, string, RegExp])[] = [
    [{ module: MODULE, workers: 2 }, "CallerFailed", /exports no environment "environment"/],
    [{ module: MODULE, name: "STEP", workers: 1 }, "CallerFailed", /exports no environment "STEP"/],
    [
      { module: MODULE, name: "other", workers: 1 },
      "CallerFailed",
      /is another than the one that is trained in/,
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
