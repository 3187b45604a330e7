/** The page of rollouts: it stands alone and carries the whole motion, and episodes become its frames. */

import { actionRepeat } from "../../envs/action_repeat.ts";
import { withActuatorNoise } from "../../envs/actuator_noise.ts";
import { checkedEnvironment } from "../../envs/boundary.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { quadruped } from "../../envs/quadruped.ts";
import { swimmer } from "../../envs/swimmer.ts";
import type { View } from "../../envs/view.ts";
import { U_MAZE } from "../../envs/worlds.ts";
import { keyOf } from "../../src/random/key.ts";
import { type Rollout, rolloutOf } from "../../src/report/watch.ts";
import { watchPage } from "../../src/report/watch_page.ts";
import { assert } from "../deps.ts";

const HEADING = { title: `A <b>"bold"</b> title & more`, caption: "below" };
const VIEW: View = {
  unit: "m",
  interval: 0.1,
  clock: "seconds",
  limbs: [[0, 1, 0.1], [0, 0, 0.2]],
  walls: [{ x: [2, 3], y: [-50, 50] }],
  goals: [{ at: [1, 1], radius: 0.5 }],
  side: true,
  points: ([x]) => [x, 0, 1, 1, 0, 1],
  centre: ([x]) => [x, 0],
  caption: ([x]) => `x ${x}`,
};
const SHORT: Rollout = {
  name: "first </script>",
  frames: [[0, 0, 1, 1, 0, 1], [0.12345, 0, 1, 1, 0, 1]],
  trail: [[0, 0], [0.1, 0]],
  captions: ["first", "last </script>"],
  outcome: { what: "fell", text: "fell at 0.10 s </script>" },
};

const motionOf = (page: string) => {
  const data = /<script id="motion" type="application\/json">(.*)<\/script>/.exec(page);
  assert.ok(data !== null);
  return JSON.parse(data[1]!);
};

Deno.test("rollouts are one page that requests nothing else and contains every frame", () => {
  const page = watchPage(HEADING, VIEW, [SHORT]);
  assert.ok(!/\b(src|href)=|url\(|import\(|fetch\(|https?:/.test(page));
  const motion = motionOf(page);
  assert.deepEqual(motion.rollouts[0].frames, [[0, 0, 1, 1, 0, 1], [0.123, 0, 1, 1, 0, 1]]);
  assert.deepEqual(motion.rollouts[0].captions, SHORT.captions);
  assert.deepEqual(motion.rollouts[0].outcome, SHORT.outcome);
  assert.deepEqual(motion.whole, { x: [-1.2, 3], y: [-50, 50] }, "the whole world is in the picture");
  assert.deepEqual(motion.near, { x: [-1.2, 1.3], y: [-1.2, 1.2] }, "one can come near");
  assert.equal(motion.side, true);
  assert.equal(motionOf(watchPage(HEADING, { ...VIEW, side: false }, [SHORT])).side, false);
});

Deno.test("the title of a page of rollouts is escaped, and text cannot end its script", () => {
  const page = watchPage(HEADING, VIEW, [SHORT]);
  assert.ok(page.includes("A &lt;b&gt;&quot;bold&quot;&lt;/b&gt; title &amp; more"));
  assert.equal(page.match(/<\/script>/g)?.length, 2);
});

Deno.test("a rollout without frames, or with too few captions, is refused with the counts", () => {
  assert.throws(
    () => watchPage(HEADING, VIEW, [{ ...SHORT, frames: [], trail: [], captions: [] }]),
    /got 0 frames/,
  );
  assert.throws(
    () => watchPage(HEADING, VIEW, [{ ...SHORT, captions: ["one"] }]),
    /got 2 frames, 2 trail points, 1 captions/,
  );
});

Deno.test("an episode's frames are at most 25 a second, its first and last states among them, with their times", () => {
  const states = Float64Array.from({ length: 8 }, (_, t) => t);
  const framesAt = (interval: number) => {
    const { frames, captions } = rolloutOf(
      { ...VIEW, interval },
      { states, length: 7, terminated: true },
      "one",
    );
    return { places: frames.map((frame) => frame[0]), captions };
  };
  assert.deepEqual(framesAt(0.1).places, [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(framesAt(0.02), {
    places: [0, 2, 4, 6, 7],
    captions: ["t 0.00 s   x 0", "t 0.04 s   x 2", "t 0.08 s   x 4", "t 0.12 s   x 6", "t 0.14 s   x 7"],
  });
});

Deno.test("an episode's result is what its environment says, or whether it terminated", () => {
  const outcome = (view: View, rows: readonly (readonly number[])[], terminated: boolean): string => {
    const episode = { states: Float64Array.from(rows.flat()), length: rows.length - 1, terminated };
    return rolloutOf(view, episode, "one").outcome.text;
  };
  assert.equal(outcome(VIEW, [[0], [1], [2]], true), "ended by itself at 0.20 s");
  assert.equal(outcome(VIEW, [[0], [1], [2]], false), "ran out of time");
  const plane = pointMass().view!, first = pointMass({ variant: "first-code" }).view!;
  assert.equal(outcome(plane, [[0, 0], [-4.8, 0.1]], true), "reached the goal at (−5, 0) at step 1");
  assert.equal(outcome(plane, [[0, 0], [3, 0]], false), "reached no goal, 2.00 from the nearest");
  // The first code's step goes on from the state that was judged to be at the goal.
  assert.equal(outcome(first, [[0, 0], [0, 4.5], [-3, 3]], true), "reached the goal at (0, 5) at step 2");
  const line = swimmer({ task: { kind: "finish-line", position: 2 } });
  const shifted = (by: number): number[] => {
    const state = line.initial(keyOf(0));
    state[0] += by;
    return [...state];
  };
  const { interval } = line.view!;
  assert.equal(
    outcome(line.view!, [0, 3, -1].map(shifted), false),
    `crossed the line at ${interval.toFixed(2)} s, ended 1.00 m backward`,
  );
  assert.equal(outcome(line.view!, [0, 1].map(shifted), false), "went forward, 1.00 m");
  const world = quadruped({ task: { kind: "goal" }, world: U_MAZE }), start = world.initial(keyOf(0));
  const put = (x: number, y: number, z: number): number[] => {
    const state = start.slice();
    state.set([x, y, z]);
    return [...state];
  };
  const [x, y] = U_MAZE.goal!;
  const begin = put(1.5, 1.5, 0.5);
  assert.match(outcome(world.view!, [begin, put(x, y, 0.5)], false), /^reached the goal at \d/);
  assert.match(
    outcome(world.view!, [begin, put(2.5, 1.5, 0.1)], true),
    /^fell at \d.*, 1\.0\d m from the start$/,
  );
  assert.match(outcome(world.view!, [begin, put(2.5, 1.5, 1.1)], true), /^jumped too high at /);
  assert.match(outcome(world.view!, [begin, begin], false), /^did not reach the goal, 0\.00 m/);
  const plain = quadruped({ task: { kind: "speed" } });
  assert.match(outcome(plain.view!, [begin, begin], false), /^kept upright, 0\.00 m/);
  // A step that takes longer happens later.
  const held = actionRepeat(line, 3, { reward: "mean" }).view!;
  assert.match(outcome(held, [0, 3].map(shifted), false), new RegExp(`at ${(3 * interval).toFixed(2)} s`));
});

Deno.test("every environment has a view whose limbs join its own points, at finite positions", () => {
  const environments = [
    pointMass(),
    pointMass({ goals: [[1, 2]] }),
    swimmer({ task: { kind: "finish-line", position: 1.5 } }),
    swimmer({ variant: "gymnasium" }),
    quadruped({ task: { kind: "goal" }, world: U_MAZE }),
    quadruped({ variant: "gymnasium" }),
  ];
  for (const { spec, view, initial } of environments) {
    assert.ok(view !== undefined, spec.name);
    const state = initial(keyOf(1)), points = view.points(state), [x, y] = view.centre(state);
    assert.ok(Array.from(points).every(Number.isFinite), spec.name);
    assert.ok(
      Math.hypot(x - points[0]!, y - points[1]!) < 1.5,
      `${spec.name}: the trail runs through the body`,
    );
    for (const [from, to, radius] of view.limbs) {
      assert.ok(3 * from + 2 < points.length && 3 * to + 2 < points.length && radius > 0, spec.name);
    }
    assert.match(view.caption(state), /x −?\d/);
  }
  assert.equal(environments[2]!.view?.finish, 1.5);
  assert.equal(environments[3]!.view?.finish, undefined);
  assert.deepEqual(environments[1]!.view?.goals?.map(({ at }) => at), [[1, 2]]);
  assert.deepEqual(environments[4]!.view?.goals, [{ at: U_MAZE.goal, radius: U_MAZE.threshold }]);
  assert.deepEqual(environments[4]!.view?.walls, U_MAZE.walls);
});

Deno.test("a wrapped environment is drawn like the original; a longer step is shown for longer", () => {
  const inner = swimmer(), { view } = inner;
  assert.ok(view !== undefined);
  assert.equal(withActuatorNoise(inner, 0.1).view, view);
  assert.equal(checkedEnvironment(inner).view, view);
  assert.deepEqual(actionRepeat(inner, 3, { reward: "mean" }).view, { ...view, interval: 3 * view.interval });
});
