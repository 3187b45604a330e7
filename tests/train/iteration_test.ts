/** Turns that are interrupted after their updates, while the next chunk is collected. */
import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { configured } from "../../src/learn/algorithms.ts";
import { SOFT_Q } from "../../src/learn/soft_q/algorithm.ts";
import { begin, isDone, type TrainingState } from "../../src/train/loop.ts";
import { trainingOf } from "../../src/train/training.ts";
import { iterate } from "../../src/train/iteration.ts";

/**
 * The states after each iteration; the iteration that has made so many steps of the environment is interrupted, if that
 * is given.
 */
async function statesOf(interruptedAt = Infinity): Promise<readonly TrainingState[]> {
  const task = pointMass(), device = cpuDevice({ workers: 1 });
  let made = 0, stopping = false;
  const environment = {
    ...task,
    stepMany: (...given: Parameters<typeof task.stepMany>) => {
      task.stepMany(...given);
      if (++made !== interruptedAt) return;
      stopping = true;
      const begun = performance.now();
      while (performance.now() < begun + 50); // longer than the loop goes without asking whether to stop
    },
  };
  const options = { steps: 60, chunk: 15, minimumReplay: 15, batch: 4, hidden: [8] };
  const ready = configured(SOFT_Q, options);
  assert(E.isRight(ready));
  const opened = await begin(device, trainingOf(environment, ready.right))();
  assert(E.isRight(opened));
  const states: TrainingState[] = [];
  let { running, state } = opened.right;
  while (!isDone(running, state)) {
    const next = await iterate(running, state, () => stopping)();
    assert(E.isRight(next));
    state = next.right;
    states.push(state);
    if (state.within === null) continue;
    stopping = false;
    // Another process completes the iteration: its executable has made no update, and its metrics are zeros.
    const { executable } = running, read = executable.read;
    running = {
      ...running,
      executable: {
        ...executable,
        read: (names) => {
          assert(
            !names.some((name) => name === "loss"),
            "the metrics of an update that this executable has not made",
          );
          return read(names);
        },
      },
    };
    const completed = await iterate(running, state, () => stopping)();
    assert(E.isRight(completed));
    state = completed.right;
    states.push(state);
    running = { ...running, executable };
  }
  device.close();
  return states;
}

Deno.test("An iteration that is interrupted after its updates keeps their metrics for the one that completes it", async () => {
  const whole = await statesOf();
  const interrupted = await statesOf(15 + 15 + 7); // amid the third chunk, after the updates of the second iteration
  const left = interrupted.findIndex(({ within }) => within !== null);
  assert.equal(left, 1);
  assert(interrupted[left]!.within!.updates > 0 && interrupted[left]!.within!.next < 15);
  assert.deepEqual(interrupted[left]!.metrics, whole[left]!.metrics);
  assert.deepEqual(
    interrupted.filter(({ within }) => within === null).map(({ metrics }) => metrics),
    whole.map(({ metrics }) => metrics),
  );
});
