/**
 * A run's learned Q and policy against the exact solution of the multi-goal task, from the run's files.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { agentOf } from "../../src/learn/agent.ts";
import { hostNetwork } from "../../src/learn/host_network.ts";
import { layoutOf } from "../../src/learn/network.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { decode } from "../../src/train/safetensors.ts";
import { solveMultiGoal } from "../../src/exact/multi_goal.ts";
import { gaussLegendreRule, softValueOf, valuesAt } from "../../src/exact/quadrature.ts";

/** How far a run is from the exact solution. */
export interface Distance {
  /** |V - V*| / α over states of evaluation rollouts, V by quadrature of the learned Q. */
  readonly meanValueError: number;
  readonly valueError95: number;
  /** Standard deviations of 1000 actions at the origin. */
  readonly originDeviation: readonly [number, number];
  /** Share of 1000 actions at (2.5, 2.5) whose components have opposite signs. */
  readonly oppositeSigns: number;
}

/** Reads `parameters.safetensors` of a run with α = 1 and reward scale 0.1. */
export function distanceFromExact(bytes: Uint8Array, replica = 0): Distance {
  const file = decode(bytes);
  if (E.isLeft(file)) throw new Error("not a safetensors file");
  const { tensors, metadata } = file.right;
  const agent = agentOf(tensors, metadata);
  if (E.isLeft(agent)) throw new Error(agent.left.message);
  const names = ["sample", "state", "layer1", "layer2"].map((role) => `critic0.${role}`);
  const layout = layoutOf({
    sample: 2,
    state: 2,
    hidden: [tensors[names[0]!]!.shape[2]!, tensors[names[2]!]!.shape[2]!],
    output: 1,
    activation: "relu",
    normalisation: metadata["normalisation"] === "layer" ? "layer" : "none",
  });
  const parameters = new Float32Array(layout.size);
  layout.blocks.forEach(({ start, rows, columns }, k) => {
    const { data } = tensors[names[k]!]!;
    for (let i = 0; i < rows * columns; i++) parameters[start + i] = data[replica * rows * columns + i]!;
  });
  const network = hostNetwork(layout), out = new Float32Array(1);
  const exact = solveMultiGoal(), rule = gaussLegendreRule(24);
  const errors = rolloutStates(agent.right.act, replica).map(([x, y]) => {
    const values = valuesAt(rule, (ax, ay) => {
      network.apply(parameters, 0, [ax, ay], [x, y], out);
      return out[0]!;
    });
    return Math.abs(softValueOf(rule, values) - exact.value(x, y));
  }).sort((a, b) => a - b);
  const actionsAt = (x: number, y: number): readonly Float32Array[] =>
    Array.from({ length: 1000 }, (_, k) => agent.right.act([x, y], child(keyOf(9), k), replica));
  const origin = actionsAt(0, 0);
  const deviation = (axis: number): number => {
    const mean = origin.reduce((total, a) => total + a[axis]!, 0) / 1000;
    return Math.sqrt(origin.reduce((total, a) => total + (a[axis]! - mean) ** 2, 0) / 1000);
  };
  return {
    meanValueError: errors.reduce((total, e) => total + e, 0) / errors.length,
    valueError95: errors[Math.ceil(0.95 * errors.length) - 1]!,
    originDeviation: [deviation(0), deviation(1)],
    oppositeSigns: actionsAt(2.5, 2.5).filter(([ax, ay]) => ax * ay < 0).length / 1000,
  };
}

/** 200 states drawn evenly from the steps of 100 rollouts. */
function rolloutStates(
  act: (observation: ArrayLike<number>, key: readonly [number, number], replica: number) => Float32Array,
  replica: number,
): readonly (readonly [number, number])[] {
  const environment = pointMass();
  const visited: [number, number][] = [];
  for (let episode = 0; episode < 100; episode++) {
    const key = child(keyOf(31), episode);
    let state = environment.initial(child(key, 0));
    for (let t = 0; t < environment.spec.horizon; t++) {
      visited.push([state[0]!, state[1]!]);
      const step = environment.step(state, act(environment.observe(state), child(key, t + 1), replica));
      if (step.terminated) break;
      state = step.state;
    }
  }
  return Array.from({ length: 200 }, (_, k) => visited[Math.floor(k * visited.length / 200)]!);
}
