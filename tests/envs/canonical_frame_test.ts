/** The canonical frame: an observation and an action are those of one image of the state under quarter turns. */
import { assert, fc } from "../deps.ts";
import { InvalidBody } from "../../envs/dynamics/invalid_body.ts";
import { RLLAB_QUADRUPED } from "../../envs/dynamics/quadruped_parameters.ts";
import { quadruped, quadrupedCentre, type QuadrupedOptions } from "../../envs/quadruped.ts";
import { permuted, QUARTER_TURNS, quarterTurnsToX, type Symmetry } from "../../envs/symmetry.ts";
import { MAZE, WIDE_HALLWAY } from "../../envs/worlds.ts";
import { uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";

Deno.test("Quarter turns take every vector to within 45° of +x, and the images at the edges to the lower one", () => {
  for (let degrees = 0; degrees < 360; degrees += 15) {
    if (degrees % 90 === 45) continue; // the edges are exact in the numbers below
    const x = Math.cos(degrees * Math.PI / 180), y = Math.sin(degrees * Math.PI / 180);
    const turns = quarterTurnsToX(x, y), angle = (degrees + 90 * turns + 180) % 360 - 180;
    assert(Math.abs(angle) < 45, `${degrees}°: ${turns}`);
  }
  const images = [[1, 1], [-1, 1], [-1, -1], [1, -1]] as const;
  assert.deepEqual(images.map(([x, y]) => quarterTurnsToX(x, y)), [3, 2, 1, 0]);
  assert.equal(quarterTurnsToX(0, 0), 0);
});

const SPEED: QuadrupedOptions = { task: { kind: "speed" }, observation: "compact", repeat: 3, speed: "net" };
const world = quadruped({ ...SPEED, observation: "compact-position" });
const turns = QUARTER_TURNS.map((name) => world.spec.symmetry!.find((g) => g.name === name)!);
const turned = (g: Symmetry, state: Float64Array): Float64Array =>
  Float64Array.from([
    ...permuted(g.observation, state.subarray(0, 29)),
    ...permuted(g.action, state.subarray(29)),
  ]);
const near = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number, what: string): void => {
  assert.equal(a.length, b.length);
  for (let i = 0; i < a.length; i++) {
    assert(Math.abs(a[i]! - b[i]!) <= tolerance * (1 + Math.abs(b[i]!)), what);
  }
};
const actionAt = (seed: number, t: number): Float32Array =>
  Float32Array.from(uniform(child(keyOf(seed), t), 8), (unit) => 2 * unit - 1);

Deno.test("In the frame of travel the centre of mass moves within 45° of +x, observed and rewarded as in the world", () => {
  const framed = quadruped({ ...SPEED, frame: { heading: 0 } }), plain = quadruped(SPEED);
  assert.equal(framed.spec.name, `${plain.spec.name}-travel`);
  assert.equal(framed.spec.symmetry, undefined);
  const used = new Set<number>();
  fc.assert(fc.property(fc.nat(), (seed) => {
    let state = framed.initial(keyOf(seed));
    for (let t = 0; t < 20; t++) {
      const [, , , vx, vy] = quadrupedCentre(state), chosen = quarterTurnsToX(vx!, vy!), g = turns[chosen]!;
      used.add(chosen);
      const image = turned(g, state), [, , , ahead, left] = quadrupedCentre(image);
      assert(ahead! > 0 && Math.abs(left!) <= ahead! * (1 + 1e-9), `${ahead} and ${left}`);
      near(framed.observe(state), plain.observe(image), 1e-6, "observed");
      const action = actionAt(seed, t),
        step = framed.step(state, action),
        inWorld = plain.step(image, action);
      near([step.reward], [inWorld.reward], 1e-8, "reward");
      near(turned(g, step.state), inWorld.state, 1e-8, "state");
      if (step.terminated) return;
      state = step.state;
    }
  }));
  assert.equal(used.size, 4);
});

Deno.test("Images under quarter turns are observed alike and stay images of each other under equal actions", () => {
  for (const observation of ["full", "compact"] as const) {
    const framed = quadruped({ ...SPEED, observation, frame: { heading: 0 } });
    fc.assert(fc.property(fc.nat(), fc.constantFrom(...turns), (seed, g) => {
      let state = framed.initial(keyOf(seed)), other = turned(g, state);
      for (let t = 0; t < 10; t++) {
        near(framed.observe(other), framed.observe(state), 1e-6, `step ${t}, observed`);
        const action = actionAt(seed, t),
          next = framed.step(state, action),
          image = framed.step(other, action);
        near([image.reward], [next.reward], 1e-8, `step ${t}, reward`);
        near(image.state, turned(g, next.state), 1e-8, `step ${t}, state`);
        assert.equal(image.terminated, next.terminated);
        if (next.terminated) return;
        state = next.state;
        other = image.state;
      }
    }));
  }
});

Deno.test("Among walls, to a goal and forward the frame's axis tells the world's vectors, and actions are turned back", () => {
  const PLACED: QuadrupedOptions = { observation: "compact-position" };
  const tasks: readonly QuadrupedOptions[] = [
    { ...PLACED, task: { kind: "forward" } },
    { ...PLACED, task: { kind: "goal", position: [3, 1] } },
    { ...PLACED, task: { kind: "goal" }, world: MAZE },
    { ...PLACED, task: { kind: "speed" }, world: WIDE_HALLWAY },
  ];
  for (const task of tasks) {
    const framed = quadruped({ ...task, frame: { heading: 1 } }), plain = quadruped(task);
    const names = framed.spec.observation.map(({ name }) => name);
    assert.deepEqual(names.slice(29), ["frame's x axis, world's x", "frame's x axis, world's y"]);
    assert.equal(framed.spec.symmetry, undefined);
    const used = new Set<string>();
    fc.assert(fc.property(fc.nat(), (seed) => {
      let state = framed.initial(keyOf(seed));
      for (let t = 0; t < 10; t++) {
        const seen = framed.observe(state), [east, north] = [seen[29]!, seen[30]!];
        used.add(`${east} ${north}`);
        const inWorld = plain.observe(state);
        for (const name of ["torso x", "torso velocity x"]) {
          const at = names.indexOf(name), ahead = seen[at]!, left = seen[at + 1]!;
          const vector = [ahead * east - left * north, ahead * north + left * east];
          assert.deepEqual(vector.map((part) => part + 0), [...inWorld.subarray(at, at + 2)]);
        }
        const turns = [[1, 0], [0, -1], [-1, 0], [0, 1]].findIndex(([x, y]) => x === east && y === north);
        const action = actionAt(seed, t),
          back = world.spec.symmetry!.find(({ name }) => name === QUARTER_TURNS[(4 - turns) % 4])!;
        const step = framed.step(state, action);
        assert.deepEqual(step, plain.step(state, Float32Array.from(permuted(back.action, action))));
        if (step.terminated) return;
        state = step.state;
      }
    }));
    assert.equal(used.size, 4);
  }
});

Deno.test("A frame observes itself only where quarter turns do not preserve the task", () => {
  const framed = quadruped({ ...SPEED, frame: { heading: 0 } });
  assert.deepEqual(framed.spec.observation, quadruped(SPEED).spec.observation);
});

Deno.test("The frame of travel is refused for a body that quarter turns do not preserve", () => {
  const [first, ...rest] = RLLAB_QUADRUPED.legs;
  const legs = [{ ...first, heading: first.heading + 0.1 }, ...rest] as const;
  const body = { ...RLLAB_QUADRUPED, legs };
  assert.throws(() => quadruped({ ...SPEED, body, frame: { heading: 0 } }), InvalidBody);
  for (const frame of ["own", { heading: NaN }, {}, { heading: 0, turns: 4 }, null]) {
    assert.throws(() => quadruped({ ...SPEED, frame: frame as "world" }), InvalidBody);
  }
});
