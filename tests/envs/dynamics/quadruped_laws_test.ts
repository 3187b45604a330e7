/** Laws of the quadruped's mechanics that hold without any reference: conservation, friction, weight, symmetry. */

import { STATE_SIZE } from "../../../envs/dynamics/quadruped_model.ts";
import type { Quadruped } from "../../../envs/dynamics/quadruped_model.ts";
import {
  GYMNASIUM_QUADRUPED,
  type QuadrupedParameters,
  RLLAB_QUADRUPED,
} from "../../../envs/dynamics/quadruped_parameters.ts";
import { createQuadruped, stepQuadruped } from "../../../envs/dynamics/quadruped_step.ts";
import { centreOfMass, contactForces, quadrupedMomentum } from "../../../envs/dynamics/quadruped_view.ts";
import { evaluateRows } from "../../../envs/dynamics/quadruped_dynamics.ts";
import { impedance } from "../../../envs/dynamics/soft_constraint.ts";
import { InvalidBody } from "../../../envs/dynamics/invalid_body.ts";
import { normal } from "../../../src/random/draw.ts";
import { keyOf } from "../../../src/random/key.ts";
import { assert, fc } from "../../deps.ts";
import { maxDifference } from "../recorded.ts";

const STANDING = [0, 0, 0.55, 1, 0, 0, 0, 0, 1, 0, -1, 0, -1, 0, 1];
const NO_CONTROL = new Float64Array(8);

function standing(): Float64Array {
  const state = new Float64Array(STATE_SIZE);
  state.set(STANDING);
  return state;
}

Deno.test("halving the step divides the drift of energy and momentum by 2 (Euler) and by 4 (RK4)", () => {
  const free: QuadrupedParameters = {
    ...GYMNASIUM_QUADRUPED,
    gravity: 0,
    damping: 0,
    floor: false,
    hipRange: null,
    ankleRange: null,
  };
  const drift = (start: Float64Array, integrator: "euler" | "rk4", timeStep: number): number[] => {
    const body = createQuadruped({ ...free, integrator, timeStep }), state = start.slice();
    const before = quadrupedMomentum(body, state);
    for (let t = 0; t < Math.round(1 / timeStep); t++) stepQuadruped(body, state, NO_CONTROL);
    const after = quadrupedMomentum(body, state);
    const apart = (a: readonly number[], b: readonly number[]): number =>
      Math.hypot(...a.map((x, i) => x - b[i]!));
    return [
      Math.abs(after.kinetic - before.kinetic),
      apart(after.linear, before.linear),
      apart(after.angular, before.angular),
    ];
  };
  for (let seed = 0; seed < 6; seed++) {
    const start = standing(), draws = normal(keyOf(seed), STATE_SIZE);
    for (let i = 3; i < STATE_SIZE; i++) start[i]! += (i < 7 ? 0.3 : i < 15 ? 0.05 : 1.5) * draws[i]!;
    for (
      const [integrator, timeStep, low, high] of [["euler", 0.00125, 1.8, 2.2], [
        "rk4",
        0.0025,
        3.5,
        4.5,
      ]] as const
    ) {
      const coarse = drift(start, integrator, timeStep), fine = drift(start, integrator, timeStep / 2);
      coarse.forEach((value, i) => {
        const ratio = value / fine[i]!;
        assert.ok(ratio > low && ratio < high, `seed ${seed}, ${integrator}, quantity ${i}: ${ratio}`);
      });
    }
  }
});

/** Sum of the contact forces on all bodies, world axes. */
function totalForce(body: Quadruped, state: Float64Array): [number, number, number] {
  const forces = new Float64Array(84);
  contactForces(body, state, NO_CONTROL, forces);
  const sum: [number, number, number] = [0, 0, 0];
  for (let part = 0; part < 14; part++) {
    for (let axis = 0; axis < 3; axis++) sum[axis]! += forces[6 * part + 3 + axis]!;
  }
  return sum;
}

Deno.test("the floor carries the weight of a body at rest", () => {
  // After 60 s the slowest motion that is left is the creep of the feet, whose acceleration is below 1e-8 of gravity.
  for (const parameters of [RLLAB_QUADRUPED, { ...GYMNASIUM_QUADRUPED, friction: 0 }]) {
    const body = createQuadruped(parameters), state = standing();
    for (let t = 0; t < Math.round(60 / parameters.timeStep); t++) stepQuadruped(body, state, NO_CONTROL);
    const weight = body.totalMass * parameters.gravity, [x, y, z] = totalForce(body, state);
    assert.ok(Math.abs(z / weight - 1) < 1e-8, `${z} N against ${weight} N`);
    assert.ok(Math.hypot(x, y) < 1e-8 * weight);
  }
});

/** A body whose rotors are so heavy that its legs do not give: a sled on four feet. */
const sled = (friction: number): QuadrupedParameters => ({
  ...RLLAB_QUADRUPED,
  friction,
  armature: 1e6,
  integrator: "euler",
  timeStep: 0.002,
});

Deno.test("a fast body is braked by μ g to within 2 %, and by μ times the floor's push", () => {
  for (const friction of [0.2, 0.3]) {
    const body = createQuadruped(sled(friction)), state = standing(), centre = new Float64Array(6);
    for (let t = 0; t < 2000; t++) stepQuadruped(body, state, NO_CONTROL);
    // Along two of the legs, where the friction pyramid reaches its full μ.
    state[15] = state[16] = 15 * Math.SQRT1_2;
    const speed = (): number => {
      centreOfMass(body, state, centre);
      return Math.hypot(centre[3]!, centre[4]!);
    };
    // The kick makes the body hop; it settles into small hops within half a second.
    for (let t = 0; t < 250; t++) stepQuadruped(body, state, NO_CONTROL);
    const first = speed();
    let normalImpulse = 0, tangentImpulse = 0;
    const steps = 1250;
    for (let t = 0; t < steps; t++) {
      const [x, y, z] = totalForce(body, state);
      normalImpulse += z;
      tangentImpulse += Math.hypot(x, y);
      stepQuadruped(body, state, NO_CONTROL);
    }
    const braked = (first - speed()) / (0.002 * steps);
    assert.ok(speed() > 3);
    assert.ok(Math.abs(braked / (friction * 9.81) - 1) < 0.02, `μ = ${friction}: ${braked} m/s²`);
    assert.ok(Math.abs(tangentImpulse / (friction * normalImpulse) - 1) < 0.02, `μ = ${friction}`);
  }
});

Deno.test("below the cone a loaded foot creeps with the velocity that its softness gives", () => {
  // With all four edges acting and no acceleration, f_t = -2 μ² D B v_t for each tangent.
  const body = createQuadruped(RLLAB_QUADRUPED), { work } = body, state = standing();
  for (let t = 0; t < 400; t++) stepQuadruped(body, state, NO_CONTROL);
  const push = Float64Array.of(0.1, 0, 0.1, 0, 0.1, 0, 0.1, 0);
  for (let t = 0; t < 100; t++) stepQuadruped(body, state, push);
  const forces = new Float64Array(84);
  contactForces(body, state, push, forces);
  evaluateRows(body, work.solution, work.rowValue);
  assert.equal(work.count[0], 4);
  for (let c = 0; c < 4; c++) {
    const value = (row: number): number => -work.rowWeight[row]! * work.rowValue[row]!, row = 4 * c;
    const pushes = [0, 1, 2, 3].map((edge) => value(row + edge));
    assert.ok(pushes.every((force) => force > 0), "all edges act");
    const weight = work.rowWeight[row]!, damping = body.contact[6]!;
    for (const tangent of [1, 2]) {
      let speed = 0;
      for (let i = 0; i < 8; i++) {
        const entry = work.contactJacobian[24 * c + 8 * tangent + i]!;
        speed += entry * work.velocity[i < 6 ? i : i + 2 * work.contactLeg[c]!]!;
      }
      const force = pushes[2 * tangent - 2]! - pushes[2 * tangent - 1]!;
      if (Math.abs(force) < 1e-3) continue;
      const creep = -force / (2 * weight * damping);
      // What is left of accelerations moves the creep by some parts in a hundred.
      assert.ok(Math.abs(speed / creep - 1) < 0.05, `contact ${c}: ${speed} m/s against ${creep} m/s`);
    }
  }
  const d = impedance(body.contact, work.contactDistance[0]! - 0.01);
  assert.equal(d, 0.8);
});

const tilt = fc.double({ min: -0.3, max: 0.3, noNaN: true });
const anyState: fc.Arbitrary<Float64Array> = fc.tuple(
  fc.double({ min: 0.3, max: 0.8, noNaN: true }),
  fc.array(tilt, { minLength: 11, maxLength: 11 }),
  fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 14, maxLength: 14 }),
).map(([height, angles, velocities]) => {
  const state = standing();
  state[2] = height;
  for (let i = 0; i < 11; i++) state[4 + i]! += angles[i]!;
  state.set(velocities, 15);
  return state;
});
const anyControl = fc.array(fc.double({ min: -60, max: 60, noNaN: true }), { minLength: 8, maxLength: 8 })
  .map((values) => Float64Array.from(values));

/** The state seen by someone who turned the world by 90° about z: positions, velocities and attitude turn with it. */
function turnWorld(state: Float64Array): Float64Array {
  const out = state.slice(), half = Math.SQRT1_2, [w, x, y, z] = state.subarray(3, 7);
  out.set([-state[1]!, state[0]!]);
  out.set([half * (w - z), half * (x - y), half * (y + x), half * (z + w)], 3);
  out.set([-state[16]!, state[15]!], 15);
  return out;
}

/** The same body, with legs and torso axes named one place further round: leg 1 becomes leg 2, and so on. */
function renameLegs(state: Float64Array): Float64Array {
  const out = state.slice(), half = Math.SQRT1_2, [w, x, y, z] = state.subarray(3, 7);
  // The torso's new axes are the old ones turned by -90°, so that leg 1's direction becomes leg 2's.
  out.set([half * (w + z), half * (x - y), half * (y + x), half * (z - w)], 3);
  out[18] = -state[19]!;
  out[19] = state[18]!;
  const bend = [1, -1, -1, 1];
  for (let leg = 0; leg < 4; leg++) {
    const to = (leg + 1) % 4, sign = bend[leg]! * bend[to]!;
    out[7 + 2 * to] = state[7 + 2 * leg]!;
    out[8 + 2 * to] = sign * state[8 + 2 * leg]!;
    out[21 + 2 * to] = state[21 + 2 * leg]!;
    out[22 + 2 * to] = sign * state[22 + 2 * leg]!;
  }
  return out;
}

/** A control in the actuators' order (hip 4, ankle 4, hip 1, …) for the renamed legs. */
function renameControl(control: Float64Array): Float64Array {
  const out = control.slice(), legs = [3, 0, 1, 2], bend = [1, -1, -1, 1];
  for (let i = 0; i < 4; i++) {
    const to = legs.indexOf((legs[i]! + 1) % 4);
    out[2 * to] = control[2 * i]!;
    out[2 * to + 1] = bend[legs[i]!]! * bend[legs[to]!]! * control[2 * i + 1]!;
  }
  return out;
}

Deno.test("a body turned by 90°, or whose legs change names, moves the same way", () => {
  for (const parameters of [RLLAB_QUADRUPED, { ...GYMNASIUM_QUADRUPED, controlRange: 150, gear: 1 }]) {
    const body = createQuadruped(parameters);
    fc.assert(
      fc.property(anyState, anyControl, (start, control) => {
        const state = start.slice(), turned = turnWorld(start), renamed = renameLegs(start);
        const sameControl = renameControl(control);
        for (let t = 0; t < 10; t++) {
          stepQuadruped(body, state, control);
          stepQuadruped(body, turned, control);
          stepQuadruped(body, renamed, sameControl);
        }
        // Rounding of 1e-16 a step, multiplied by contact; the quaternion's sign may differ.
        const same = (a: Float64Array, b: Float64Array): number => {
          const flip = Math.sign(a[3]! * b[3]! + a[4]! * b[4]! + a[5]! * b[5]! + a[6]! * b[6]!);
          return maxDifference(a, b.map((value, i) => i >= 3 && i < 7 ? flip * value : value));
        };
        // The attitude of the start need not be of length 1, that of later states is.
        assert.ok(same(turnWorld(state), turned) < 1e-8);
        assert.ok(same(renameLegs(state), renamed) < 1e-8);
      }),
      { numRuns: 60 },
    );
  }
});

Deno.test("a quadruped's impossible constants are refused by name and value", () => {
  assert.throws(
    () => createQuadruped({ ...RLLAB_QUADRUPED, torsoRadius: -1 }),
    (error: unknown) =>
      error instanceof InvalidBody && /torsoRadius must be positive: got -1/.test(error.message),
  );
  assert.throws(
    () => createQuadruped({ ...RLLAB_QUADRUPED, friction: -0.1 }),
    /friction must not be negative: got -0.1/,
  );
  assert.throws(
    () => createQuadruped({ ...RLLAB_QUADRUPED, actuators: [0, 1, 2, 3, 4, 5, 6, 6] }),
    /joints 0 to 7 once: got 0,1,2,3,4,5,6,6/,
  );
  assert.throws(
    () => createQuadruped({ ...RLLAB_QUADRUPED, gravity: NaN }),
    /gravity must be finite: got NaN/,
  );
  assert.throws(
    () => createQuadruped({ ...RLLAB_QUADRUPED, hipRange: [1, -1] }),
    /range must not be empty: got 1,-1/,
  );
});
