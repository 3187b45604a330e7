/** Laws of the scheduler: assignment of trials under any behaviour of the workers. */
import { assert, fc } from "../deps.ts";
import { multiGoal } from "../../experiments/multi_goal.ts";
import { nextAssignment, promotable, type TrialProgress } from "../../src/sweep/halving.ts";
import { type AssignmentEnd, carryOut, MAX_ATTEMPTS } from "../../src/sweep/schedule.ts";
import type { Halving } from "../../src/sweep/space.ts";
import { NOT_STARTED } from "../../src/sweep/trial_folder.ts";
import type { Sweep } from "../../src/sweep/trials.ts";

const HALVING: Halving = { metric: "score", goal: "greatest", rungs: [1, 3, 9], reduction: 3 };

const sweepWith = (size: number, halving: Halving): Sweep => ({
  name: "fake",
  halving,
  stopsEarly: halving.rungs.length > 1,
  trials: Array.from({ length: size }, (_, n) => ({
    name: String(n),
    values: {},
    fields: {},
    experiment: multiGoal.name,
    after: null,
    configuration: { ...multiGoal.preset("soft-q", "smoke"), seed: n },
  })),
});

/** Workers that do nothing but count; a trial's score at each rung is `score(trial)`. */
function fakeExecutor(
  sweep: Sweep,
  workers: number,
  score: (trial: number) => number | null,
  mishap: (trial: number, call: number) => AssignmentEnd | null = () => null,
  pause: (trial: number) => number = () => 0,
) {
  const states = sweep.trials.map(() => NOT_STARTED),
    calls = sweep.trials.map(() => 0),
    trained = sweep.trials.map(() => 0);
  let busy = 0, most = 0;
  const inWork = new Set<number>();
  return {
    trained,
    calls,
    most: () => most,
    executor: {
      workers,
      read: (trial: Sweep["trials"][number]) => Promise.resolve(states[Number(trial.name)]),
      run: async (trial: Sweep["trials"][number], steps: number): Promise<AssignmentEnd> => {
        const n = Number(trial.name);
        assert(!inWork.has(n), "two workers have one trial");
        inWork.add(n);
        most = Math.max(most, ++busy);
        for (let k = pause(n); k >= 0; k--) await Promise.resolve();
        busy--;
        inWork.delete(n);
        const left = mishap(n, calls[n]++);
        if (left !== null) return left;
        const rung = sweep.halving.rungs.indexOf(steps), last = rung === sweep.halving.rungs.length - 1;
        const scores = Array.from({ length: rung + 1 }, () => score(n));
        states[n] = { ...NOT_STARTED, status: last ? "done" : "begun", steps, scores };
        trained[n]++;
        return { _tag: "Reached" };
      },
    },
  };
}

const quiet = { onChange: () => {}, interrupted: () => false };

Deno.test("Every trial of a grid ends once, with as many workers as there are and no more", async () => {
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 1, max: 8 }),
    fc.array(fc.nat(20), { minLength: 30, maxLength: 30 }),
    async (size, workers, pauses) => {
      const sweep = sweepWith(size, { ...HALVING, rungs: [Infinity] });
      const fake = fakeExecutor(sweep, workers, () => 0, () => null, (n) => pauses[n]);
      const end = await carryOut(sweep, fake.executor, quiet);
      assert(end.states.every(({ status }) => status === "done"));
      assert.deepEqual(fake.trained, sweep.trials.map(() => 1));
      assert.equal(fake.most(), Math.min(size, workers));
    },
  ));
});

/**
 * How many of 27 trials, which come to these scores in their order, reach each of the rungs 1, 3 and 9 (η = 3, one
 * worker).
 */
async function halved(scores: readonly number[]) {
  const sweep = sweepWith(27, HALVING), fake = fakeExecutor(sweep, 1, (n) => scores[n]);
  const { states } = await carryOut(sweep, fake.executor, quiet);
  const reached = [0, 1, 2].map((rung) => states.filter((state) => state.scores.length > rung).length);
  return { reached, best: states[scores.indexOf(26)].scores.length };
}

// Asynchronous halving promotes on what is known: whoever is among the best third now, though better ones may come. So
// where the best come first it promotes as many as halving in lock-step does; where each is better than those before
// it, everyone from the third on; and never fewer than the best third of those who came to a rung.
Deno.test("With 27 trials, rungs 1, 3, 9 and η = 3 one worker makes 27, 9 and 3 of them where the best come first", async () => {
  const best = await halved([...Array(27).keys()].reverse());
  assert.deepEqual(best, { reached: [27, 9, 3], best: 3 });
});

Deno.test("In whatever order 27 trials come, a third of each rung and its best go on, and never its worst two", async () => {
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([...Array(27).keys()], { minLength: 27 }), async (scores) => {
      const { reached: [first, second, third], best } = await halved(scores);
      assert.equal(first, 27);
      assert(second >= 9 && second <= 25, `${second} at rung 1`);
      assert(third >= Math.floor(second / 3) && third <= second - 2, `${third} of ${second} at rung 2`);
      assert.equal(best, 3, "the best trial was stopped");
    }),
    { examples: [[[...Array(27).keys()]]] },
  );
});

Deno.test("No trial goes on that is not among the best third of its rung, and a non-finite one never does", () => {
  const score = fc.option(fc.integer({ min: 0, max: 9 }), { nil: null });
  fc.assert(
    fc.property(fc.array(score, { maxLength: 40 }), fc.constantFrom("greatest", "least"), (scores, goal) => {
      const halving = { ...HALVING, goal } as Halving;
      const trials = scores.map((each): TrialProgress => ({ scores: [each], active: false, ended: false }));
      const good = promotable(halving, trials, 0);
      assert(good.length <= Math.floor(scores.length / 3));
      for (const trial of good) {
        const own = scores[trial];
        assert(own !== null);
        const ahead = scores.filter((other) =>
          other !== null && (goal === "greatest" ? other > own : other < own)
        );
        assert(ahead.length < Math.floor(scores.length / 3), `${ahead.length} are better than ${trial}`);
      }
    }),
  );
});

Deno.test("No worker waits while a trial has not begun", () => {
  const progress = fc.record({
    scores: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
    active: fc.boolean(),
    ended: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(progress, { maxLength: 20 }), (trials) => {
    const next = nextAssignment(HALVING, trials);
    if (trials.some(({ scores, active, ended }) => scores.length === 0 && !active && !ended)) {
      assert(next !== null);
    }
    if (next === null) return;
    const { active, ended, scores } = trials[next.trial];
    assert(!active && !ended && scores.length === next.rung);
  }));
});

Deno.test("A trial whose process dies is begun again at most three times, and then listed with its reason", async () => {
  const sweep = sweepWith(4, { ...HALVING, rungs: [Infinity] });
  const fake = fakeExecutor(
    sweep,
    2,
    () => 0,
    (trial, call) =>
      trial === 1 || (trial === 2 && call < 2) ? { _tag: "Lost", reason: `death ${call}` } : null,
  );
  const { states, lost } = await carryOut(sweep, fake.executor, quiet);
  assert.deepEqual(fake.calls, [1, MAX_ATTEMPTS, 3, 1]);
  assert.deepEqual([...lost], [[1, `death ${MAX_ATTEMPTS - 1}`]]);
  assert.deepEqual(states.map(({ status }) => status), ["done", "missing", "done", "done"]);
});

Deno.test("A sweep that is asked to stop begins nothing more, and continues later from where it stopped", async () => {
  const sweep = sweepWith(9, HALVING), fake = fakeExecutor(sweep, 2, (n) => n);
  let changes = 0;
  const first = await carryOut(sweep, fake.executor, {
    onChange: () => changes++,
    interrupted: () => changes > 6,
  });
  assert(first.interrupted && first.states.some(({ status }) => status === "missing"));
  const second = await carryOut(sweep, fake.executor, quiet);
  assert.equal(second.states.filter(({ status }) => status === "missing").length, 0);
  // No rung was trained twice: the scores of a trial are as many as its calls.
  second.states.forEach(({ scores }, n) => assert.equal(scores.length, fake.calls[n]));
});

Deno.test("Ten thousand trials that do nothing are scheduled within a minute", async () => {
  const sweep = sweepWith(10_000, { ...HALVING, rungs: [Infinity] }), fake = fakeExecutor(sweep, 16, () => 0);
  const begun = performance.now();
  const { states } = await carryOut(sweep, fake.executor, quiet);
  assert(states.every(({ status }) => status === "done"));
  assert(performance.now() - begun < 60_000, `${performance.now() - begun} ms`);
});
