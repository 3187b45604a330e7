/**
 * Bodies controlled at longer intervals: the steps of the short one, their mean reward, and net displacement as a
 * speed.
 */
import { assert, fc } from "../deps.ts";
import { actionRepeat } from "../../envs/action_repeat.ts";
import { checkEnvironment } from "../../envs/check_environment.ts";
import { InvalidBody } from "../../envs/dynamics/invalid_body.ts";
import { type DeterministicEnvironment, InvalidEnvironmentInput } from "../../envs/environment.ts";
import { quadruped, quadrupedCentre, type QuadrupedOptions } from "../../envs/quadruped.ts";
import { swimmer, swimmerCentre, type SwimmerOptions } from "../../envs/swimmer.ts";
import { MAZE } from "../../envs/worlds.ts";
import { uniform } from "../../src/random/draw.ts";
import { child, type Key, keyOf } from "../../src/random/key.ts";

const actionOf = (env: DeterministicEnvironment, key: Key): Float32Array =>
  Float32Array.from(uniform(key, env.spec.action.length), (unit) => 2 * unit - 1);

const quadrupeds: readonly QuadrupedOptions[] = [
  { observation: "compact", task: { kind: "speed" } },
  { observation: "compact", task: { kind: "speed" }, costs: { survival: 0.5 } },
  { observation: "full", task: { kind: "forward" } },
  { observation: "full", variant: "gymnasium" },
  { observation: "compact-position", task: { kind: "goal" }, world: MAZE },
];
const swimmers: readonly SwimmerOptions[] = [
  { task: { kind: "forward" } },
  { task: { kind: "undirected" } },
  { task: { kind: "finish-line", position: 0 } },
  { variant: "gymnasium" },
];

Deno.test("A body that holds its actions has the bits of actionRepeat with the mean reward", () => {
  const same = (
    held: DeterministicEnvironment,
    short: DeterministicEnvironment,
    count: number,
    seed: number,
  ) => {
    const repeated = actionRepeat(short, count, { reward: "mean" });
    assert.equal(held.spec.horizon, repeated.spec.horizon);
    assert.equal(held.view?.interval, repeated.view?.interval);
    let state = held.initial(keyOf(seed));
    assert.deepEqual(state, short.initial(keyOf(seed)));
    for (let t = 0; t < 30; t++) {
      const action = actionOf(held, child(keyOf(seed), t)), next = held.step(state, action);
      assert.deepEqual(next, repeated.step(state, action, keyOf(0)));
      if (next.terminated) break;
      state = next.state;
    }
  };
  for (const count of [1, 3, 4]) {
    for (const options of quadrupeds) {
      same(quadruped({ ...options, repeat: count }), quadruped(options), count, count);
    }
    for (const options of swimmers) {
      same(swimmer({ ...options, repeat: count }), swimmer(options), count, count);
    }
  }
});

Deno.test("An episode of the paper's bodies lasts 10 and 25 seconds at each interval, to half an interval", () => {
  for (const repeat of [1, 2, 3, 4, 5, 10]) {
    for (const [env, seconds] of [[quadruped({ repeat }), 10], [swimmer({ repeat }), 25]] as const) {
      const { interval } = env.view!; // bodies have one
      assert(Math.abs(env.spec.horizon * interval - seconds) <= interval / 2 + 1e-9, `${env.spec.name}`);
    }
  }
  assert.deepEqual([quadruped({ repeat: 3 }).spec.horizon, swimmer({ repeat: 4 }).spec.horizon], [167, 125]);
  assert.equal(
    quadruped({ task: { kind: "speed" }, repeat: 3 }).spec.name,
    "quadruped-rllab-speed-plane-0.06s",
  );
  assert.equal(swimmer({ repeat: 4, speed: "net" }).spec.name, "swimmer-rllab-forward-0.2s-net");
});

Deno.test("Net speed is the centre of mass's displacement over the interval by its time, also where it ends early", () => {
  let early = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 25 }), fc.nat(), (repeat, seed) => {
      const env = quadruped({ task: { kind: "speed" }, speed: "net", repeat, observation: "compact" });
      const single = quadruped({ task: { kind: "speed" }, observation: "compact" });
      let state = env.initial(keyOf(seed));
      for (let t = 0; t < 8; t++) {
        const action = actionOf(env, child(keyOf(seed), t)),
          { state: next, reward, terminated } = env.step(state, action);
        let made = 0, place = state;
        for (let ended = false; made < repeat && !ended; made++) {
          const step = single.step(place, action);
          place = step.state;
          ended = step.terminated;
        }
        if (made < repeat) early++;
        const [x0, y0] = quadrupedCentre(state), [x, y] = quadrupedCentre(next);
        const speed = Math.hypot(x - x0, y - y0) / (made * 0.02);
        // A difference of places of some metres: rounding of 1e-15 m by at least 0.02 s, and two divisions.
        assert(Math.abs(reward - speed) < 1e-12 * (1 + speed), `${reward} instead of ${speed}`);
        assert.deepEqual(next, place);
        if (terminated) break;
        state = next;
      }
    }),
    { numRuns: 60 },
  );
  assert(early > 0, "no interval ended early");
});

Deno.test("The swimmer's net speed keeps control cost and finish line, and its sign where forward pays", () => {
  const costs = (action: Float32Array) => 0.005 * (action[0]! ** 2 + action[1]! ** 2);
  for (const kind of ["forward", "undirected", "finish-line"] as const) {
    const task = kind === "finish-line" ? { kind, position: -0.9 } : { kind };
    const env = swimmer({ task, speed: "net", repeat: 4 });
    let state = env.initial(keyOf(3));
    for (let t = 0; t < 40; t++) {
      const action = actionOf(env, child(keyOf(4), t)), { state: next, reward } = env.step(state, action);
      const [before] = swimmerCentre(state), [after] = swimmerCentre(next), v = (after - before) / 0.2;
      const bonus = kind !== "finish-line"
        ? 0
        : Math.min(before, after) > -0.9
        ? 1
        : Math.max(before, after) < -0.9
        ? 0
        : null;
      if (bonus !== null) {
        const wanted = (kind === "forward" ? v : Math.abs(v)) - costs(action) + bonus;
        // Rounding of places of a metre by 0.2 s.
        assert(Math.abs(reward - wanted) < 1e-13, `${kind}: ${reward} instead of ${wanted}`);
      }
      state = next;
    }
  }
});

Deno.test("checkEnvironment finds nothing to report on bodies that hold their actions", () => {
  for (const speed of ["instantaneous", "net"] as const) {
    const tasks = { quadruped: { kind: "speed" }, swimmer: { kind: "finish-line" } } as const;
    assert.deepEqual(
      checkEnvironment(
        quadruped({ task: tasks.quadruped, speed, repeat: 3, observation: "compact" }),
        keyOf(1),
        60,
      ),
      [],
    );
    assert.deepEqual(checkEnvironment(swimmer({ task: tasks.swimmer, speed, repeat: 4 }), keyOf(1), 30), []);
  }
});

Deno.test("Impossible intervals and measures are refused", () => {
  for (const repeat of [0, -3, 2.5, NaN]) {
    assert.throws(() => quadruped({ repeat }), InvalidEnvironmentInput);
    assert.throws(() => swimmer({ repeat }), InvalidEnvironmentInput);
  }
  assert.throws(() => quadruped({ speed: "mean" as "net" }), InvalidBody);
  assert.throws(() => swimmer({ speed: "mean" as "net" }), InvalidBody);
  assert.throws(() => quadruped({ speed: "net", task: { kind: "goal", position: [1, 1] } }), InvalidBody);
});
