/**
 * Integrals over the action square [-1, 1]²: the soft value V = α log ∫ exp(Q/α) da and the moments of exp(Q/α).
 *
 * It is independent of any learner: it takes a function of an action, or its values at the nodes.
 *
 * Laws, tested: polynomials of degree below 2n in each component are integrated exactly by n Gauss–Legendre nodes; the
 * entropy, the mean of Q and the soft value satisfy α·H + E[Q] = V.
 *
 * @module
 */

/** Nodes and weights of a rule on the action square; the weights sum to its area, 4. */
export interface ActionQuadrature {
  /** `[count, 2]` the actions, flat. */
  readonly actions: Float64Array;
  /** `[count]` their weights. */
  readonly weights: Float64Array;
}

/** Moments and soft value of an energy-based policy π ∝ exp(Q/α) on the action square. */
export interface ActionLaw {
  /** V = α log ∫ exp(Q/α) da. */
  readonly softValue: number;
  readonly mean: readonly [number, number];
  readonly standardDeviation: readonly [number, number];
  readonly correlation: number;
  /** Differential entropy in nats; log 4 for the uniform distribution on the square. */
  readonly entropy: number;
  /** P(a_x a_y < 0). */
  readonly oppositeSigns: number;
  /** The largest Q at a node. */
  readonly maximum: number;
}

function tensorRule(nodes: Float64Array, weights: Float64Array): ActionQuadrature {
  const count = nodes.length;
  const actions = new Float64Array(2 * count * count);
  const products = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const k = i * count + j;
      actions[2 * k] = nodes[i]!;
      actions[2 * k + 1] = nodes[j]!;
      products[k] = weights[i]! * weights[j]!;
    }
  }
  return { actions, weights: products };
}

/** The centres of `count` × `count` equal cells: robust where Q jumps, error O(1/count²) where it does not. */
export function midpointRule(count: number): ActionQuadrature {
  const width = 2 / count;
  return tensorRule(
    Float64Array.from({ length: count }, (_, i) => -1 + (i + 0.5) * width),
    new Float64Array(count).fill(width),
  );
}

/** `count` × `count` Gauss–Legendre nodes, by Newton's method on the Legendre polynomial: for smooth Q. */
export function gaussLegendreRule(count: number): ActionQuadrature {
  const nodes = new Float64Array(count), weights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let x = -Math.cos(Math.PI * (i + 0.75) / (count + 0.5));
    let slope = 0;
    for (let newton = 0; newton < 20; newton++) { // quadratic convergence; 5 iterations would suffice
      let previous = 1, value = x;
      for (let degree = 2; degree <= count; degree++) {
        [previous, value] = [value, ((2 * degree - 1) * x * value - (degree - 1) * previous) / degree];
      }
      slope = count * (x * value - previous) / (x * x - 1);
      x -= value / slope;
    }
    nodes[i] = x;
    weights[i] = 2 / ((1 - x * x) * slope * slope);
  }
  return tensorRule(nodes, weights);
}

/** The values of `q` at the nodes of a rule. */
export function valuesAt(rule: ActionQuadrature, q: (ax: number, ay: number) => number): Float64Array {
  return Float64Array.from(rule.weights, (_, k) => q(rule.actions[2 * k]!, rule.actions[2 * k + 1]!));
}

/** V = α log ∫ exp(Q/α) da from the values of Q at a rule's nodes, for example a learned Q evaluated in one batch. */
export function softValueOf(rule: ActionQuadrature, values: ArrayLike<number>, temperature = 1): number {
  let maximum = -Infinity;
  for (let k = 0; k < values.length; k++) maximum = Math.max(maximum, values[k]!);
  let sum = 0;
  for (let k = 0; k < values.length; k++) {
    sum += rule.weights[k]! * Math.exp((values[k]! - maximum) / temperature);
  }
  return maximum + temperature * Math.log(sum);
}

/** The moments of π ∝ exp(Q/α) from the values of Q at a rule's nodes. */
export function actionLawOf(rule: ActionQuadrature, values: ArrayLike<number>, temperature = 1): ActionLaw {
  const softValue = softValueOf(rule, values, temperature);
  let x = 0, y = 0, xx = 0, yy = 0, xy = 0, entropy = 0, oppositeSigns = 0, maximum = -Infinity;
  for (let k = 0; k < values.length; k++) {
    const ax = rule.actions[2 * k]!, ay = rule.actions[2 * k + 1]!;
    const logDensity = (values[k]! - softValue) / temperature;
    const mass = rule.weights[k]! * Math.exp(logDensity);
    x += mass * ax;
    y += mass * ay;
    xx += mass * ax * ax;
    yy += mass * ay * ay;
    xy += mass * ax * ay;
    entropy -= mass * logDensity;
    if (ax * ay < 0) oppositeSigns += mass;
    maximum = Math.max(maximum, values[k]!);
  }
  const sx = Math.sqrt(xx - x * x), sy = Math.sqrt(yy - y * y);
  return {
    softValue,
    mean: [x, y],
    standardDeviation: [sx, sy],
    correlation: (xy - x * y) / (sx * sy),
    entropy,
    oppositeSigns,
    maximum,
  };
}
