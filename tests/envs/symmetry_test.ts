/** Symmetries: groups of signed permutations with which dynamics, rewards and ends commute. */
import { assert, fc } from "../deps.ts";
import { checkEnvironment, specBreaches } from "../../envs/check_environment.ts";
import { controlSuiteSwimmer, RLLAB_SWIMMER } from "../../envs/dynamics/chain_parameters.ts";
import { RLLAB_QUADRUPED } from "../../envs/dynamics/quadruped_parameters.ts";
import type { DeterministicEnvironment, EnvironmentSpec } from "../../envs/environment.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { quadruped, type QuadrupedOptions } from "../../envs/quadruped.ts";
import { swimmer, swimmerCentre } from "../../envs/swimmer.ts";
import { permuted, type Symmetry, symmetryBreaches, type SymmetryGroup } from "../../envs/symmetry.ts";
import { MAZE, NARROW_HALLWAY, U_MAZE } from "../../envs/worlds.ts";
import { uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";

const groupOf = ({ spec }: DeterministicEnvironment): SymmetryGroup => spec.symmetry ?? [];

const namesOf = (env: DeterministicEnvironment): readonly string[] => groupOf(env).map(({ name }) => name);

const TURNS = ["identity", "turn by 90°", "turn by 180°", "turn by 270°"];

Deno.test("The quadruped has the square's eight symmetries where speed pays, two where forward pays, none among walls", () => {
  for (const observation of ["full", "compact", "compact-position"] as const) {
    assert.equal(groupOf(quadruped({ task: { kind: "speed" }, observation })).length, 8);
    assert.deepEqual(namesOf(quadruped({ observation })), ["identity", "mirror image of y"]);
    assert.deepEqual(namesOf(quadruped({ observation, variant: "gymnasium" })), [
      "identity",
      "mirror image of y",
    ]);
    for (const world of [MAZE, NARROW_HALLWAY, U_MAZE]) {
      assert.equal(quadruped({ task: { kind: "speed" }, observation, world }).spec.symmetry, undefined);
    }
  }
  const goal = (position: readonly [number, number]) =>
    namesOf(quadruped({ task: { kind: "goal", position }, observation: "compact-position" }));
  assert.equal(goal([0, 0]).length, 8);
  assert.deepEqual(goal([3, 3]), ["identity", "exchange of x and y"]);
  assert.deepEqual(goal([0, -2]), ["identity", "mirror image of x"]);
  assert.deepEqual(goal([1, 2]), []);
});

Deno.test("A body whose legs or hips differ has only the symmetries that map it to itself", () => {
  const task = { kind: "speed" } as const, { legs } = RLLAB_QUADRUPED;
  const oneSided = quadruped({ task, body: { ...RLLAB_QUADRUPED, hipRange: [-0.3, 0.5] } });
  assert.deepEqual(namesOf(oneSided), TURNS);
  const degree = Math.PI / 180;
  const stretched = quadruped({
    task,
    body: {
      ...RLLAB_QUADRUPED,
      legs: [
        { ...legs[0], heading: 30 * degree },
        { ...legs[1], heading: 150 * degree },
        { ...legs[2], heading: 210 * degree },
        { ...legs[3], heading: 330 * degree },
      ],
    },
  });
  assert.deepEqual(namesOf(stretched), [
    "identity",
    "turn by 180°",
    "mirror image of y",
    "mirror image of x",
  ]);
});

Deno.test("The swimmer has its mirror image, the point mass the square's symmetries that map its goals to goals", () => {
  for (const kind of ["forward", "undirected", "finish-line"] as const) {
    assert.deepEqual(namesOf(swimmer({ task: { kind } })), ["identity", "mirror image of y"]);
  }
  // Its ends are alike where either way pays the same and it observes itself from its centre.
  assert.deepEqual(namesOf(swimmer({ task: { kind: "undirected" }, observation: "centred" })), [
    "identity",
    "mirror image of y",
    "exchange of head and tail",
    "mirror image of y, exchange of head and tail",
  ]);
  for (const kind of ["forward", "finish-line"] as const) {
    const names = namesOf(swimmer({ task: { kind }, observation: "centred" }));
    assert.deepEqual(names, ["identity", "mirror image of y"]);
  }
  // Gymnasium measures the speed of the first link, and gives its coordinates a rotor's inertia.
  const gymnasium = { task: { kind: "undirected" }, observation: "centred", variant: "gymnasium" } as const;
  assert.equal(groupOf(swimmer(gymnasium)).length, 2);
  assert.equal(groupOf(swimmer({ ...gymnasium, speed: "net" })).length, 2);
  // A chain that rests along y has another mirror image than the one along which it is rewarded.
  assert.deepEqual(namesOf(swimmer({ body: controlSuiteSwimmer(3) })), []);
  assert.equal(groupOf(pointMass()).length, 8);
  assert.deepEqual(namesOf(pointMass({ goals: [[5, 0], [-5, 0]] })), [
    "identity",
    "turn by 180°",
    "mirror image of y",
    "mirror image of x",
  ]);
  assert.deepEqual(namesOf(pointMass({ goals: [[5, 1]] })), []);
  assert.deepEqual(namesOf(pointMass({ goals: [[5, 0], [5, 0], [-5, 0]] })), [
    "identity",
    "mirror image of y",
  ]);
});

/** An environment, and how a symmetry acts on its states. */
interface Subject {
  readonly env: DeterministicEnvironment;
  readonly turn: (g: Symmetry, state: Float64Array) => Float64Array;
  /** Steps from equal states for which rounding has not grown beyond the tolerance. */
  readonly steps: number;
  readonly tolerance: number;
}

const turned = (g: Symmetry, action: Float32Array): Float32Array =>
  Float32Array.from(permuted(g.action, action));

/** The quadruped's first 29 numbers are its observation with the position; the last control is an action. */
const placed = groupOf(quadruped({ task: { kind: "speed" }, observation: "compact-position" }));
const quadrupedSubject = (options: QuadrupedOptions): Subject => ({
  env: quadruped(options),
  turn: (g, state) => {
    const whole = placed.find(({ name }) => name === g.name)!; // the largest group has all
    return Float64Array.from([
      ...permuted(whole.observation, state.subarray(0, 29)),
      ...permuted(g.action, state.subarray(29)),
    ]);
  },
  // A contact amplifies rounding of 1e-16 by the stiffness of feet and stops, some 1e5 in a few steps.
  steps: 20,
  tolerance: 1e-8,
});

const subjects: readonly Subject[] = [
  ...(["full", "compact", "compact-position"] as const).flatMap((observation) => [
    quadrupedSubject({ observation, task: { kind: "speed" } }),
    quadrupedSubject({ observation, task: { kind: "speed" }, speed: "net", repeat: 3 }),
    quadrupedSubject({ observation }),
    quadrupedSubject({ observation, variant: "gymnasium" }),
    quadrupedSubject({ observation, task: { kind: "goal", position: [0, 0], width: 1 } }),
  ]),
  ...(["full", "compact"] as const).flatMap((observation) =>
    (["forward", "undirected", "finish-line"] as const).flatMap((kind) =>
      (["rllab", "gymnasium"] as const).map((variant): Subject => {
        const env = swimmer({ task: { kind }, variant, observation });
        const whole = groupOf(swimmer({ task: { kind: "forward" } }));
        return {
          env,
          turn: (g, state) => {
            const { from, sign } = whole.find(({ name }) => name === g.name)!.observation; // the full observation has it
            return Float64Array.from(permuted({ from: from.slice(0, 10), sign: sign.slice(0, 10) }, state));
          },
          steps: 20,
          tolerance: 1e-11,
        };
      })
    )
  ),
  ...(["final-code", "first-code", "mixture-of-gaussians"] as const).map((variant): Subject => ({
    env: pointMass({ variant }),
    turn: (g, state) => Float64Array.from(permuted(g.observation, state)),
    steps: 30,
    tolerance: 1e-12,
  })),
];

const near = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number, what: string): void => {
  assert.equal(a.length, b.length);
  for (let i = 0; i < a.length; i++) {
    assert(
      Math.abs(a[i]! - b[i]!) <= tolerance * (1 + Math.abs(b[i]!)),
      `${what} ${i}: ${a[i]} instead of ${b[i]}`,
    );
  }
};

/** The state of a swimmer whose links are numbered from the other end, in a plane turned by 180°. */
function exchanged(state: Float64Array): Float64Array {
  const out = new Float64Array(10);
  for (const at of [2, 7]) {
    const [first, second, third] = state.subarray(at, at + 3);
    out.set([first! + second! + third!, -third!, -second!], at);
  }
  const centre = swimmerCentre(state), moved = swimmerCentre(out);
  for (let axis = 0; axis < 2; axis++) {
    out[axis] = -centre[axis]! - moved[axis]!;
    out[5 + axis] = -centre[2 + axis]! - moved[2 + axis]!;
  }
  return out;
}

/** The greatest difference between a swimmer and its exchanged image, in observations and rewards, within 0.5 s. */
function differenceBetweenEnds(timeStep: number): number {
  const env = swimmer({
    task: { kind: "undirected" },
    observation: "centred",
    body: { ...RLLAB_SWIMMER, timeStep },
    repeat: Math.round(0.001 / timeStep),
  });
  const exchange = groupOf(env)[2]!, key = keyOf(3);
  let state = env.initial(key), other = exchanged(state), difference = 0;
  near(
    env.observe(other),
    permuted(exchange.observation, env.observe(state)),
    2 ** -22,
    "at first, observed",
  );
  for (let t = 0; t < 10; t++) {
    const action = Float32Array.from(uniform(child(key, t), 2), (unit) => 2 * unit - 1);
    const next = env.step(state, action), image = env.step(other, turned(exchange, action));
    permuted(exchange.observation, env.observe(next.state)).forEach((wanted, i) => {
      difference = Math.max(difference, Math.abs(wanted - env.observe(image.state)[i]!));
    });
    difference = Math.max(difference, Math.abs(image.reward - next.reward));
    state = next.state;
    other = image.state;
  }
  return difference;
}

Deno.test("The swimmer with head and tail exchanged moves alike, up to an error that falls with the integrator's step", () => {
  const coarse = differenceBetweenEnds(1e-3), fine = differenceBetweenEnds(1e-4);
  assert(coarse < 2e-3, `${coarse}`);
  assert(fine < coarse / 8 && coarse > 1e-6, `${coarse} and ${fine}`);
});

for (const { env, turn, steps, tolerance } of subjects) {
  const { spec } = env, title = `${spec.name}, ${spec.observation.length} numbers`;
  Deno.test(`States, observations, rewards and ends of a turned world are the turned ones: ${title}`, () => {
    let ended = 0;
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(...groupOf(env)), (seed, g) => {
        let state = env.initial(keyOf(seed));
        let other = turn(g, state);
        for (let t = 0; t < steps; t++) {
          // Observations are float32: a number that lies at a rounding's edge may go either way.
          near(
            env.observe(other),
            permuted(g.observation, env.observe(state)),
            tolerance + 2 ** -22,
            `step ${t}, observed`,
          );
          const action = Float32Array.from(
            uniform(child(keyOf(seed), t), spec.action.length),
            (unit) => 2 * unit - 1,
          );
          const next = env.step(state, action), image = env.step(other, turned(g, action));
          near(image.state, turn(g, next.state), tolerance, `step ${t}, state`);
          near([image.reward], [next.reward], tolerance, `step ${t}, reward`);
          assert.equal(image.terminated, next.terminated);
          if (next.terminated) return void ended++;
          state = next.state;
          other = image.state;
        }
      }),
      { numRuns: 40 },
    );
  });
  Deno.test(`The symmetries are a group: ${title}`, () => {
    assert.deepEqual(symmetryBreaches(groupOf(env), spec.observation.length, spec.action.length), []);
    assert.deepEqual(specBreaches(spec), []);
  });
}

Deno.test("checkEnvironment names the properties of a group that symmetries lack", () => {
  const sound = swimmer(), [identity, mirror] = groupOf(sound) as [Symmetry, Symmetry], { spec } = sound;
  const reported = (symmetry: unknown) =>
    checkEnvironment({ ...sound, spec: { ...spec, symmetry } as EnvironmentSpec }, keyOf(1), 1);
  assert.deepEqual(reported([identity, mirror]), []);
  assert.deepEqual(reported([]), ["spec.symmetry must begin with the identity"]);
  assert.deepEqual(reported([mirror, identity]), ["spec.symmetry must begin with the identity"]);
  assert.deepEqual(reported([mirror]), [
    "spec.symmetry must begin with the identity",
    'spec.symmetry must hold the product of "mirror image of y" and "mirror image of y"',
  ]);
  assert.deepEqual(reported([identity, { ...mirror, action: identity.observation }]), [
    'spec.symmetry "mirror image of y" must permute the 2 numbers of an action',
  ]);
  for (const garbage of [7, [null], [{}], [{ name: "x", observation: { from: 3 }, action: null }]]) {
    assert(reported(garbage).length > 0);
  }
});
