/** The building blocks of the bodies: softness, line search, factorisations, solids. */

import {
  DEFAULT_SOFTNESS,
  impedance,
  searchLine,
  type Softness,
  softnessTable,
} from "../../../envs/dynamics/soft_constraint.ts";
import { InvalidBody } from "../../../envs/dynamics/invalid_body.ts";
import { ball, capsule } from "../../../envs/dynamics/solids.ts";
import { factorStar, multiplyStar, solveStar, STAR_LENGTH, STAR_SIZE } from "../../../envs/dynamics/star.ts";
import { factorise, substitute } from "../../../envs/dynamics/symmetric.ts";
import { normal, uniform } from "../../../src/random/draw.ts";
import { keyOf } from "../../../src/random/key.ts";
import { assert, fc } from "../../deps.ts";
import { maxDifference } from "../recorded.ts";

Deno.test("an impedance rises continuously from its start to its end, the same on both sides", () => {
  const table = softnessTable(DEFAULT_SOFTNESS, 0.002);
  assert.equal(impedance(table, 0), 0.9);
  assert.equal(impedance(table, -0.001), 0.95);
  assert.equal(impedance(table, 1), 0.95);
  let last = 0.9;
  for (let r = 0; r <= 0.0011; r += 1e-6) {
    const d = impedance(table, -r);
    assert.ok(d >= last && d - last < 2e-4);
    assert.equal(impedance(table, r), d);
    last = d;
  }
});

Deno.test("a softness keeps its time constant above two steps, and refuses impossible constants", () => {
  assert.equal(softnessTable(DEFAULT_SOFTNESS, 0.02)[6], 2 / (0.95 * 0.04));
  assert.equal(softnessTable(DEFAULT_SOFTNESS, 0.002)[6], 2 / (0.95 * 0.02));
  const refused = (constants: Partial<Softness>, values: string): void =>
    assert.throws(
      () => softnessTable({ ...DEFAULT_SOFTNESS, ...constants }, 0.01),
      (error: unknown) => error instanceof InvalidBody && error.message.endsWith(`: got ${values}`),
    );
  refused({ reference: [-1, 1] }, "-1,1");
  refused({ reference: [0.02, Infinity] }, "0.02,Infinity");
  refused({ impedance: [0.9, 0.95, 0, 0.5, 2] }, "0.9,0.95,0,0.5,2");
  refused({ impedance: [0.9, NaN, 0.001, 0.5, 2] }, "0.9,NaN,0.001,0.5,2");
});

Deno.test("the line search finds the zero of a descending slope with any number of kinks", () => {
  const entry = fc.double({ min: -10, max: 10, noNaN: true });
  fc.assert(fc.property(
    fc.array(fc.tuple(entry, entry, fc.double({ min: 0.01, max: 100, noNaN: true })), { maxLength: 12 }),
    fc.double({ min: 0.1, max: 10, noNaN: true }),
    fc.double({ min: 0.1, max: 10, noNaN: true }),
    (rows, curvature, steepness) => {
      const values = Float64Array.from(rows, ([y]) => y), changes = Float64Array.from(rows, ([, dy]) => dy);
      const weights = Float64Array.from(rows, ([, , d]) => d);
      let pulls = 0, scale = steepness + curvature;
      rows.forEach(([y, dy, d]) => {
        pulls += d * Math.min(0, y) * dy;
        scale += d * (dy * dy + Math.abs(y * dy));
      });
      const slope = -steepness - pulls; // so that the slope at 0 is -steepness
      const s = searchLine(values, changes, weights, rows.length, slope, curvature);
      const rest = slope + s * curvature +
        rows.reduce((sum, [y, dy, d]) => sum + d * Math.min(0, y + s * dy) * dy, 0);
      assert.ok(s > 0 && Math.abs(rest) < 1e-12 * scale * (1 + s), `slope ${rest} at ${s}`);
    },
  ));
});

Deno.test("factors of a symmetric matrix solve its equations", () => {
  for (let n = 1; n <= 8; n++) {
    const draws = normal(keyOf(n), n * n), matrix = new Float64Array(n * n), x = normal(keyOf(100 + n), n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        for (let k = 0; k < n; k++) matrix[i * n + j]! += draws[i * n + k]! * draws[j * n + k]!;
      }
      matrix[i * n + i]! += 1;
    }
    const b = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) b[i]! += matrix[i * n + j]! * x[j]!;
    factorise(matrix, n);
    substitute(matrix, n, b);
    // Condition numbers here stay below 1e3.
    assert.ok(maxDifference(b, x) < 1e-12);
  }
});

Deno.test("factors of a star solve its equations", () => {
  for (let seed = 0; seed < 50; seed++) {
    const h = uniform(keyOf(seed), STAR_SIZE).map((unit) => unit - 0.5);
    for (let i = 0; i < 6; i++) h[i * (i + 3) / 2]! += 10;
    for (let leg = 0; leg < 4; leg++) {
      h[69 + 3 * leg]! += 5;
      h[71 + 3 * leg]! += 5;
    }
    const x = normal(keyOf(seed), STAR_LENGTH, 1), g = new Float64Array(STAR_LENGTH);
    multiplyStar(h, x, g);
    const factors = new Float64Array(STAR_SIZE);
    factorStar(h, factors);
    solveStar(factors, g, g);
    assert.ok(maxDifference(g, x) < 1e-13);
  }
});

Deno.test("a capsule has the mass and inertia of compiled models, and without length is a ball", () => {
  const limb = capsule(0.08, Math.hypot(0.2, 0.2), 5);
  const apart = (a: number, b: number): number => Math.abs(a / b - 1);
  assert.ok(apart(limb.mass, 0.0391577537285) < 1e-11);
  assert.ok(apart(limb.transverse, 5.67966083193e-4) < 1e-11 && apart(limb.axial, 1.18441898060e-4) < 1e-11);
  const sphere = ball(0.25, 5);
  assert.ok(apart(sphere.mass, 0.327249234749) < 1e-11 && apart(sphere.axial, 0.00818123086872) < 1e-11);
  assert.ok(apart(sphere.axial, sphere.transverse) < 1e-15);
});

Deno.test("a capsule's moments of inertia are positive and obey the triangle inequality", () => {
  const size = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
  const length = fc.double({ min: 0, max: 1e3, noNaN: true });
  fc.assert(fc.property(size, length, size, (radius, length, density) => {
    const { axial, transverse } = capsule(radius, length, density);
    assert.ok(axial > 0 && transverse > 0 && axial < 2 * transverse, `${axial}, ${transverse}`);
  }));
});
