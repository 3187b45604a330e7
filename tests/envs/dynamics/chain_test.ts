/** The swimmer against recorded MuJoCo motions, and its laws. */

import { createChain } from "../../../envs/dynamics/chain.ts";
import { accelerateChain, stepChain } from "../../../envs/dynamics/chain_motion.ts";
import {
  type ChainParameters,
  controlSuiteSwimmer,
  GYMNASIUM_SWIMMER,
  RLLAB_SWIMMER,
} from "../../../envs/dynamics/chain_parameters.ts";
import { chainCentreOfMass, chainEquations, chainMomentum } from "../../../envs/dynamics/chain_view.ts";
import { InvalidBody } from "../../../envs/dynamics/invalid_body.ts";
import { assert, fc } from "../../deps.ts";
import {
  maxDifference,
  numbers,
  readRecording,
  relative,
  replay,
  row,
  type Run,
  swimmerOf,
} from "../recorded.ts";

const free: ChainParameters = { ...RLLAB_SWIMMER, range: null };
const SETS: Record<string, ChainParameters> = {
  rllab3: free,
  gym3: { ...GYMNASIUM_SWIMMER, range: null },
  links6: { ...free, links: 6 },
  dm6: controlSuiteSwimmer(6),
};

interface Snapshots {
  readonly sets: Record<string, { readonly states: number } & Record<string, string>>;
}

Deno.test("inertia, bias, fluid force and acceleration of four swimmers equal MuJoCo's to 1e-10", () => {
  for (const [name, recorded] of Object.entries(readRecording<Snapshots>("swimmer_snapshots").sets)) {
    const chain = createChain(SETS[name]!), size = chain.coordinates;
    const read = (field: string): Float64Array => numbers(recorded[field]!);
    assert.ok(relative(chain.inverseInertia, read("inverseInertia")) < 1e-10, name);
    for (let i = 0; i < recorded.states; i++) {
      const state = new Float64Array(2 * size);
      state.set(row(read("position"), i, size));
      state.set(row(read("velocity"), i, size), size);
      const equations = chainEquations(chain, state, row(read("control"), i, chain.links - 1));
      const inertia = equations.inertia.flatMap((line) => [...line]);
      assert.ok(relative(inertia, row(read("inertia"), i, size * size)) < 1e-10, `${name} ${i}`);
      assert.ok(relative(equations.bias, row(read("bias"), i, size)) < 1e-10, `${name} ${i}`);
      assert.ok(relative(equations.medium, row(read("medium"), i, size)) < 1e-10, `${name} ${i}`);
      assert.ok(relative(equations.acceleration, row(read("acceleration"), i, size)) < 1e-10, `${name} ${i}`);
      const centre = new Float64Array(4), momentum = chainMomentum(chain, state);
      chainCentreOfMass(chain, state, centre);
      assert.ok(maxDifference(centre.subarray(0, 2), row(read("centre"), i, 2)) < 1e-10, `${name} ${i}`);
      assert.ok(maxDifference(centre.subarray(2), row(read("centreVelocity"), i, 2)) < 1e-10, `${name} ${i}`);
      assert.ok(Math.abs(momentum.angular / read("angular")[i]! - 1) < 1e-9, `${name} ${i}`);
    }
  }
});

Deno.test("every recorded swimmer trajectory is reproduced to 1e-9 over all its steps", () => {
  for (
    const [name, run] of Object.entries(
      readRecording<{ runs: Record<string, Run> }>("swimmer_trajectories").runs,
    )
  ) {
    if (name.startsWith("converged")) continue;
    const chain = createChain(swimmerOf(run));
    const worst = replay(run, (state, control) => stepChain(chain, state, control));
    assert.ok(worst < 1e-9, `${name}: ${worst}`);
  }
});

/** Distance to the converged recording when stepping with `h` for 2 s. */
function errorAt(integrator: "euler" | "rk4", timeStep: number): number {
  const run = readRecording<{ runs: Record<string, Run> }>("swimmer_trajectories")
    .runs["converged (rllab without stops, RK4 of 0.1 ms)"]!;
  const chain = createChain({ ...free, integrator, timeStep });
  const steps = Math.round(0.05 / timeStep);
  return replay({ ...run, stepsPerRecord: steps }, (state, control) => stepChain(chain, state, control));
}

Deno.test("RK4 of the swimmer is of order 2 or better, Euler of order 1", () => {
  // |v| v has a kink in its second derivative at v = 0, so the fourth order is not reached everywhere.
  const rk4 = Math.log2(errorAt("rk4", 0.025) / errorAt("rk4", 0.00625)) / 2;
  assert.ok(rk4 >= 2, `order of RK4: ${rk4}`);
  const euler = Math.log2(errorAt("euler", 0.002) / errorAt("euler", 0.001));
  assert.ok(euler > 0.8 && euler < 1.2, `order of Euler: ${euler}`);
});

const angle = fc.double({ min: -1.7, max: 1.7, noNaN: true });
const velocity = fc.double({ min: -3, max: 3, noNaN: true });
const swimmerState = (links: number): fc.Arbitrary<Float64Array> =>
  fc.tuple(
    fc.array(angle, { minLength: links + 2, maxLength: links + 2 }),
    fc.array(velocity, { minLength: links + 2, maxLength: links + 2 }),
  ).map(([q, v]) => Float64Array.from([...q, ...v]));
const control = (links: number): fc.Arbitrary<Float64Array> =>
  fc.array(fc.double({ min: -60, max: 60, noNaN: true }), { minLength: links - 1, maxLength: links - 1 })
    .map((values) => Float64Array.from(values));

Deno.test("a mirrored swimmer moves as the mirror image, with joint stops and with any number of links", () => {
  fc.assert(fc.property(
    fc.integer({ min: 2, max: 7 }).chain((links) =>
      fc.tuple(
        fc.constant(links),
        swimmerState(links),
        control(links),
        fc.constantFrom("euler" as const, "rk4" as const),
      )
    ),
    ([links, state, asked, integrator]) => {
      const chain = createChain({ ...RLLAB_SWIMMER, links, integrator });
      const size = links + 2;
      const mirror = (s: Float64Array): Float64Array => s.map((x, i) => i % size === 0 ? x : -x);
      const image = mirror(state), held = asked.map((x) => -x);
      for (let t = 0; t < 20; t++) {
        stepChain(chain, state, asked);
        stepChain(chain, image, held);
      }
      // Every operation is odd or even in what the mirror flips, so not a bit may differ.
      assert.equal(maxDifference(mirror(image), state), 0);
    },
  ));
});

Deno.test("the medium never adds energy, and without it momentum is conserved", () => {
  const vacuum = createChain({ ...free, fluidDensity: 0, viscosity: 0, integrator: "rk4" });
  const chain = createChain(free);
  fc.assert(
    fc.property(swimmerState(3), control(3), (state, asked) => {
      assert.ok(chainMomentum(chain, state).mediumPower <= 0);
      const before = chainMomentum(vacuum, state), scale = 107 * 10;
      for (let t = 0; t < 100; t++) stepChain(vacuum, state, asked);
      const after = chainMomentum(vacuum, state);
      // RK4 of 1 ms over 0.1 s at up to 3 rad/s and 60 N m: its error, not rounding, sets 1e-8.
      assert.ok(
        maxDifference(before.linear, after.linear) < 1e-8 * scale,
        `${before.linear} ${after.linear}`,
      );
      assert.ok(Math.abs(before.angular - after.angular) < 1e-8 * scale);
    }),
    { numRuns: 30 },
  );
});

Deno.test("a stop holds a joint that is pressed against it, at the depth that its softness gives", () => {
  // At rest the stop's force equals the torque: D K d |r| = τ with D = d / ((1 - d) α).
  const chain = createChain({ ...RLLAB_SWIMMER, links: 2, fluidDensity: 0, viscosity: 1e4 });
  const state = new Float64Array(8);
  state[3] = 1.7;
  for (let t = 0; t < 20000; t++) stepChain(chain, state, Float64Array.of(50));
  const residual = RLLAB_SWIMMER.range as number - state[3];
  const [start, end, width] = RLLAB_SWIMMER.stop.impedance;
  const x = Math.min(1, Math.abs(residual) / width), y = x <= 0.5 ? 2 * x * x : 1 - 2 * (1 - x) ** 2;
  const d = start + y * (end - start), stiffness = 1 / (end * 0.02) ** 2;
  const force = d / ((1 - d) * chain.inverseInertia[0]!) * stiffness * d * -residual;
  assert.ok(residual < 0 && Math.abs(force / 50 - 1) < 1e-6, `residual ${residual}, force ${force}`);
});

Deno.test("a chain with fewer than two links, or a constant out of its range, is refused by name and value", () => {
  assert.throws(
    () => createChain({ ...RLLAB_SWIMMER, links: 1 }),
    (error: unknown) => error instanceof InvalidBody && /at least 2 links: got 1/.test(error.message),
  );
  assert.throws(() => createChain({ ...RLLAB_SWIMMER, mass: -1 }), /mass must be positive: got -1/);
  assert.throws(
    () => createChain({ ...RLLAB_SWIMMER, viscosity: NaN }),
    /viscosity must not be negative: got NaN/,
  );
  assert.throws(() => createChain({ ...RLLAB_SWIMMER, gear: Infinity }), /gear must be finite: got Infinity/);
  assert.throws(() => createChain({ ...RLLAB_SWIMMER, timeStep: 0 }), /time step must be positive: got 0/);
  assert.throws(
    () =>
      createChain({ ...RLLAB_SWIMMER, stop: { reference: [0, 1], impedance: [0.9, 0.95, 0.001, 0.5, 2] } }),
    (error: unknown) =>
      error instanceof InvalidBody &&
      /positive time constant and damping ratio: got 0,1/.test(error.message),
  );
});

Deno.test("accelerations do not depend on where the swimmer is", () => {
  const chain = createChain(RLLAB_SWIMMER), moved = Float64Array.of(0, 0, 0.3, 1, -1.8, 1, 2, 0.5, -1, 1);
  const asked = Float64Array.of(20, -30);
  accelerateChain(chain, moved, asked);
  const here = Float64Array.from(chain.work.acceleration);
  moved[0] = 100;
  moved[1] = -7;
  accelerateChain(chain, moved, asked);
  assert.deepEqual(Float64Array.from(chain.work.acceleration), here);
});
