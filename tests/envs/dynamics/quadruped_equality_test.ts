/** The quadruped against recorded MuJoCo motions: inertia, contacts, trajectories. */

import { accelerate, actuate, evaluateRows } from "../../../envs/dynamics/quadruped_dynamics.ts";
import type { Quadruped } from "../../../envs/dynamics/quadruped_model.ts";
import { GYMNASIUM_QUADRUPED, RLLAB_QUADRUPED } from "../../../envs/dynamics/quadruped_parameters.ts";
import { createQuadruped, stepQuadruped } from "../../../envs/dynamics/quadruped_step.ts";
import {
  centreOfMass,
  contactForces,
  quadrupedEquations,
  quadrupedMomentum,
} from "../../../envs/dynamics/quadruped_view.ts";
import { multiplyStar } from "../../../envs/dynamics/star.ts";
import { assert } from "../../deps.ts";
import {
  maxDifference,
  numbers,
  quadrupedOf,
  readRecording,
  relative,
  replay,
  row,
  type Run,
} from "../recorded.ts";

const newtonMetres = { controlRange: 150, gear: 1 };

Deno.test("the compiled quadruped has MuJoCo's masses and inverse inertias", () => {
  const body = createQuadruped(RLLAB_QUADRUPED);
  const apart = (a: number, b: number): number => Math.abs(a / b - 1);
  // The references are printed with 12 digits.
  assert.ok(apart(body.totalMass, 0.9108800827073914) < 1e-12);
  assert.ok(apart(body.torso[1]!, 0.0111203569804) < 1e-11 && apart(body.torso[4]!, 0.0135857154998) < 1e-11);
  const expected = [1.10143749914, 1.18047179479, 1.80877623358, 3.98441332858];
  for (let part = 0; part < 13; part++) {
    assert.ok(
      apart(body.inverseMass[part]!, expected[part === 0 ? 0 : 1 + (part - 1) % 3]!) < 1e-11,
      `${part}`,
    );
  }
  for (let joint = 0; joint < 8; joint++) {
    assert.ok(apart(body.inverseInertia[joint]!, [0.982635955973, 0.995102431753][joint & 1]!) < 1e-11);
  }
});

Deno.test("inertia, bias, acceleration and momentum of random states equal MuJoCo's to 1e-10", () => {
  const recorded = readRecording<{ states: number } & Record<string, string>>("quadruped_snapshots");
  const body = createQuadruped({
    ...GYMNASIUM_QUADRUPED,
    ...newtonMetres,
    floor: false,
    hipRange: null,
    ankleRange: null,
  });
  const read = (field: string): Float64Array => numbers(recorded[field] as string);
  for (let i = 0; i < recorded.states; i++) {
    const state = Float64Array.from([...row(read("position"), i, 15), ...row(read("velocity"), i, 14)]);
    const found = quadrupedEquations(body, state, row(read("control"), i, 8));
    const inertia = found.inertia.flatMap((line) => [...line]);
    assert.ok(relative(inertia, row(read("inertia"), i, 196)) < 1e-10, `inertia ${i}`);
    assert.ok(relative(found.bias, row(read("bias"), i, 14)) < 1e-10, `bias ${i}`);
    assert.ok(relative(found.acceleration, row(read("acceleration"), i, 14)) < 1e-10, `acceleration ${i}`);
    const centre = new Float64Array(6);
    centreOfMass(body, state, centre);
    assert.ok(maxDifference(centre.subarray(0, 3), row(read("centre"), i, 3)) < 1e-10, `centre ${i}`);
    assert.ok(maxDifference(centre.subarray(3), row(read("centreVelocity"), i, 3)) < 1e-10, `velocity ${i}`);
    assert.ok(relative(quadrupedMomentum(body, state).angular, row(read("angular"), i, 3)) < 1e-10, `${i}`);
  }
});

interface ContactState {
  readonly variant: "gym" | "rllab";
  readonly position: string;
  readonly velocity: string;
  readonly control: string;
  readonly acceleration: string;
  readonly contactForces: string;
  readonly contacts: number;
  readonly distance: string;
  readonly point: string;
  readonly rows: number;
  readonly regulariser: string;
  readonly wanted: string;
  readonly force: string;
}

Deno.test("contacts, weights, wanted accelerations, forces and accelerations equal MuJoCo's", () => {
  const sets = { gym: { ...GYMNASIUM_QUADRUPED, ...newtonMetres }, rllab: RLLAB_QUADRUPED };
  const sorted = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b);
  for (
    const [i, recorded] of readRecording<{ states: ContactState[] }>("quadruped_contacts").states.entries()
  ) {
    const body = createQuadruped(sets[recorded.variant]), { work } = body;
    const read = (field: keyof ContactState): Float64Array => numbers(recorded[field] as string);
    const state = Float64Array.from([...read("position"), ...read("velocity")]);
    const equations = quadrupedEquations(body, state, read("control"));
    assert.ok(relative(equations.acceleration, read("acceleration")) < 1e-9, `acceleration ${i}`);
    assert.equal(work.count[0], recorded.contacts);
    const rows = 4 * work.count[0]! + work.count[1]!;
    assert.equal(rows, recorded.rows);
    // Contacts and pairs of edges may stand in another order: compare sorted.
    assert.ok(
      maxDifference(sorted(work.contactDistance.subarray(0, recorded.contacts)), sorted(read("distance"))) <
        1e-10,
    );
    const heights = Array.from({ length: recorded.contacts }, (_, c) => {
      const r = work.rotation, p = work.contactPoint;
      return [0, 1, 2].map((axis) =>
        state[axis]! + r[3 * axis]! * p[3 * c]! + r[3 * axis + 1]! * p[3 * c + 1]! +
        r[3 * axis + 2]! * p[3 * c + 2]!
      );
    }).flat();
    assert.ok(maxDifference(sorted(heights), sorted(read("point"))) < 1e-10, `points ${i}`);
    const regulariser = sorted(work.rowWeight.subarray(0, rows).map((weight) => 1 / weight));
    assert.ok(relative(regulariser, sorted(read("regulariser"))) < 1e-10, `regulariser ${i}`);
    assert.ok(
      relative(sorted(work.rowReference.subarray(0, rows)), sorted(read("wanted"))) < 1e-10,
      `wanted ${i}`,
    );
    evaluateRows(body, work.solution, work.rowValue);
    const force = work.rowValue.subarray(0, rows).map((y, k) => Math.max(0, -y * work.rowWeight[k]!));
    if (rows > 0) assert.ok(maxDifference(sorted(force), sorted(read("force"))) < 1e-9 * 100, `force ${i}`);
    const external = new Float64Array(84);
    contactForces(body, state, read("control"), external);
    assert.ok(maxDifference(external, read("contactForces")) < 1e-7, `external ${i}`);
  }
});

/** The gradient of the convex problem at the solution in the work arrays: M x - (τ - c) - Jᵀ f. */
function gradient(body: Quadruped): Float64Array {
  const {
    inertia,
    solution,
    force,
    count,
    contactJacobian: j,
    contactLeg,
    rowValue,
    rowWeight,
    stopJoint,
    stopSign,
  } = body.work;
  const out = new Float64Array(14);
  multiplyStar(inertia, solution, out);
  for (let i = 0; i < 14; i++) out[i]! -= force[i]!;
  evaluateRows(body, solution, rowValue);
  const push = (row: number): number => Math.max(0, -rowValue[row]! * rowWeight[row]!);
  for (let c = 0; c < count[0]!; c++) {
    for (let edge = 0; edge < 4; edge++) {
      const tangent = 24 * c + (edge < 2 ? 8 : 16), sign = edge % 2 === 0 ? 1 : -1, leg = contactLeg[c]!;
      for (let i = 0; i < 8; i++) {
        const entry = j[24 * c + i]! + sign * body.parameters.friction * j[tangent + i]!;
        out[i < 6 ? i : i + 2 * leg]! -= push(4 * c + edge) * entry;
      }
    }
  }
  for (let s = 0; s < count[1]!; s++) out[6 + stopJoint[s]!]! -= push(4 * count[0]! + s) * stopSign[s]!;
  return out;
}

Deno.test("at the solution the gradient vanishes, wherever Newton's method starts", () => {
  for (const recorded of readRecording<{ states: ContactState[] }>("quadruped_contacts").states) {
    const body = createQuadruped(RLLAB_QUADRUPED), { work } = body;
    const state = Float64Array.from([...numbers(recorded.position), ...numbers(recorded.velocity)]);
    actuate(body, numbers(recorded.control));
    accelerate(body, state, false);
    const direct = Float64Array.from(work.solution);
    // Forces of up to 150 N m with rounding of 1e-16 of each, through a 14 × 14 solve of condition about 1e2.
    assert.ok(gradient(body).every((entry) => Math.abs(entry) < 1e-10));
    work.solution.fill(1);
    accelerate(body, state, true);
    assert.ok(gradient(body).every((entry) => Math.abs(entry) < 1e-10));
    assert.ok(relative(work.solution, direct) < 1e-12);
  }
});

Deno.test("every recorded quadruped trajectory is reproduced to 1e-9 over all its steps", () => {
  const wall = [{ x: [1.2, 3.2], y: [-5, 5] }] as const;
  const { runs } = readRecording<{ runs: Record<string, Run> }>("quadruped_trajectories");
  assert.equal(Object.keys(runs).length, 21);
  for (const [name, run] of Object.entries(runs)) {
    if (name.startsWith("converged")) continue;
    const body = createQuadruped(quadrupedOf(run), name.startsWith("wall") ? wall : []);
    const worst = replay(run, (state, control) => stepQuadruped(body, state, control));
    assert.ok(worst < 1e-9, `${name}: ${worst}`);
  }
});

Deno.test("RK4 of the quadruped is of order 2, Euler of order 1", () => {
  const run = readRecording<{ runs: Record<string, Run> }>("quadruped_trajectories")
    .runs["converged, torques"]!;
  const error = (integrator: "euler" | "rk4", timeStep: number): number => {
    const body = createQuadruped({ ...quadrupedOf(run), integrator, timeStep });
    return replay(
      { ...run, stepsPerRecord: Math.round(0.025 / timeStep) },
      (state, control) => stepQuadruped(body, state, control),
    );
  };
  // MuJoCo's quaternion update combines stages in the turning frame, hence order 2 and not 4.
  const rk4 = Math.log2(error("rk4", 0.0125) / error("rk4", 0.00625));
  assert.ok(rk4 > 1.7, `order of RK4: ${rk4}`);
  const euler = Math.log2(error("euler", 0.00125) / error("euler", 0.000625));
  assert.ok(euler > 0.8 && euler < 1.2, `order of Euler: ${euler}`);
});
