/**
 * MuJoCo's soft one-sided constraints: from two sets of material constants to a strictly convex problem.
 *
 * A row with residual r (distance minus margin, negative while active) and velocity w has the reference acceleration
 * `a_ref = -B w - K d(r) r`, weighted by `D = d / ((1 - d) α)` where `d(r)` is its impedance and α the inverse inertia
 * it acts on. The body's acceleration x then minimises
 *
 *     ½ (x - a₀)ᵀ M (x - a₀) + Σ ½ D_i min(0, J_i x - a_ref,i)²
 *
 * whose solution is unique, so that every convergent solver gives the same motion.
 * Source: MuJoCo's documentation, "Computation", sections "Constraint model" and "Reference acceleration".
 *
 * Laws, tested: the impedance is continuous, symmetric in r, and lies between its two ends; a joint pressed against its
 * stop yields as far as its softness specifies; the line search returns the zero of the slope.
 *
 * @module
 */

import { InvalidBody } from "./invalid_body.ts";

/** Softness of a contact or a joint stop. */
export interface Softness {
  /** `[time constant in s, damping ratio]`, both positive, of the mass–spring–damper that a row's residual follows. */
  readonly reference: readonly [timeConstant: number, dampingRatio: number];
  /**
   * `[d₀, d_w, width in the residual's unit, midpoint, power]`: the impedance's rise from d₀ at r = 0 to d_w at |r| =
   * width.
   */
  readonly impedance: readonly [start: number, end: number, width: number, midpoint: number, power: number];
}

/** MuJoCo's default softness. */
export const DEFAULT_SOFTNESS: Softness = { reference: [0.02, 1], impedance: [0.9, 0.95, 0.001, 0.5, 2] };

/** Offsets in a softness table. */
export const STIFFNESS = 5, DAMPING = 6;

const MIN_IMPEDANCE = 1e-4, MAX_IMPEDANCE = 0.9999;
const clampImpedance = (d: number): number => Math.min(MAX_IMPEDANCE, Math.max(MIN_IMPEDANCE, d));

/**
 * The softness as a flat table `[d₀, d_w, width, midpoint, power, K (1/s²), B (1/s)]` for a time step.
 *
 * The time constant is at least two time steps (MuJoCo's "refsafe"), so rows too stiff for the integrator become softer
 * instead of unstable.
 *
 * @param timeStep in s
 * @throws InvalidBody unless all constants are finite, the time constant, damping ratio and width positive, and
 * the power at least 1; the message gives the values
 */
export function softnessTable(softness: Softness, timeStep: number): Float64Array {
  const [timeConstant, dampingRatio] = softness.reference;
  const [start, end, width, midpoint, power] = softness.impedance;
  if (![timeConstant, dampingRatio].every((constant) => constant > 0 && Number.isFinite(constant))) {
    throw new InvalidBody(
      `A softness needs a finite, positive time constant and damping ratio: got ${softness.reference}`,
    );
  }
  if (!(width > 0) || !(power >= 1) || ![start, end, width, midpoint, power].every(Number.isFinite)) {
    throw new InvalidBody(
      `An impedance needs finite numbers, width > 0 and power >= 1: got ${softness.impedance}`,
    );
  }
  const constant = Math.max(timeConstant, 2 * timeStep);
  const last = clampImpedance(end);
  return Float64Array.of(
    clampImpedance(start),
    last,
    width,
    clampImpedance(midpoint),
    power,
    1 / (last * constant * dampingRatio) ** 2,
    2 / (last * constant),
  );
}

/** The impedance d(r) of a softness table, between its start and its end. */
export function impedance(table: Float64Array, residual: number): number {
  const start = table[0]!, end = table[1]!, width = table[2]!;
  if (start === end) return start;
  const x = Math.abs(residual) / width;
  if (!(x < 1)) return end;
  const midpoint = table[3]!, power = table[4]!;
  if (power === 1) return start + x * (end - start);
  const y = x <= midpoint
    ? Math.pow(x, power) / Math.pow(midpoint, power - 1)
    : 1 - Math.pow(1 - x, power) / Math.pow(1 - midpoint, power - 1);
  return start + y * (end - start);
}

const LINE_ITERATIONS = 60;

/**
 * The step s > 0 at which the slope `p₀ + s p₁ + Σ D_i min(0, y_i + s ẏ_i) ẏ_i` of the objective along a descent
 * direction vanishes. The slope is increasing and piecewise linear, so Newton's method within a bracket terminates
 * after at most one step per kink.
 *
 * @param values y at s = 0
 * @param changes ẏ, the change of y for s = 1
 * @param weights D
 * @param count number of rows
 * @param slope p₀; including the rows' part it is negative, as the direction descends
 * @param curvature p₁ > 0, of the quadratic part
 */
export function searchLine(
  values: Float64Array,
  changes: Float64Array,
  weights: Float64Array,
  count: number,
  slope: number,
  curvature: number,
): number {
  let low = 0, high = Infinity, s = 1;
  for (let iteration = 0; iteration < LINE_ITERATIONS; iteration++) {
    let value = slope + s * curvature, rate = curvature;
    for (let i = 0; i < count; i++) {
      const change = changes[i]!, y = values[i]! + s * change;
      if (y < 0) {
        const pull = weights[i]! * change;
        value += pull * y;
        rate += pull * change;
      }
    }
    if (value > 0) high = s;
    else low = s;
    let next = s - value / rate;
    if (!(next > low && next < high)) next = high === Infinity ? 2 * low : 0.5 * (low + high);
    if (next === s || Math.abs(next - s) <= 1e-15 * s) return next;
    s = next;
  }
  return s;
}
