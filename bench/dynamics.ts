/**
 * Steps per second of the bodies, compared with MuJoCo's own WebAssembly build with its default solver settings, in one
 * process and alternately, so that both have the same machine. Prints a table of medians and their ratios, then
 * registers the same loops with `deno bench`.
 *
 * Aims: the quadruped's RK4 at least 3 times, the swimmer's Euler at least 5 times as fast.
 *
 *     deno task bench
 */

import { createChain } from "../envs/dynamics/chain.ts";
import { stepChain } from "../envs/dynamics/chain_motion.ts";
import { type ChainParameters, GYMNASIUM_SWIMMER, RLLAB_SWIMMER } from "../envs/dynamics/chain_parameters.ts";
import { STATE_SIZE } from "../envs/dynamics/quadruped_model.ts";
import {
  GYMNASIUM_QUADRUPED,
  type QuadrupedParameters,
  RLLAB_QUADRUPED,
} from "../envs/dynamics/quadruped_parameters.ts";
import { createQuadruped, stepQuadruped } from "../envs/dynamics/quadruped_step.ts";
import { quadruped } from "../envs/quadruped.ts";
import { swimmer } from "../envs/swimmer.ts";
import { MAZE, PLANE, type World } from "../envs/worlds.ts";
import { fillBits, unitOf } from "../src/random/draw.ts";
import { keyOf } from "../src/random/key.ts";
import { loadReferee, quadrupedModel, swimmerModel } from "../tests/envs/referee.ts";

/** One body in softq and in the reference: each runs some steps from its current state. */
interface Comparison {
  readonly name: string;
  /** The ratio's target, if any. */
  readonly aim: number | null;
  /** Steps of one round. */
  readonly steps: number;
  readonly ours: (steps: number) => void;
  readonly theirs: (steps: number) => void;
}

/** Uniform controls, the same for both, drawn before timing starts. */
function controls(size: number, range: number): readonly Float64Array[] {
  return Array.from({ length: 256 }, (_, i) => {
    const words = fillBits(keyOf(1), i, 0, new Uint32Array(size));
    return Float64Array.from(words, (word) => range * (2 * unitOf(word) - 1));
  });
}

/** Both are reset every 500 actions, as in an episode, and hold a control for `hold` steps. */
function comparison(
  name: string,
  aim: number | null,
  steps: number,
  hold: number,
  start: Float64Array,
  chosen: readonly Float64Array[],
  step: (state: Float64Array, control: Float64Array) => void,
  xml: string,
): Comparison {
  const state = start.slice(), referee = loadReferee(xml);
  let mine = 0, other = 0;
  return {
    name,
    aim,
    steps,
    ours: (count) => {
      for (let t = 0; t < count; t++, mine++) {
        if (mine % (500 * hold) === 0) state.set(start);
        step(state, chosen[Math.floor(mine / hold) & 255]!);
      }
    },
    theirs: (count) => {
      for (let t = 0; t < count; t++, other++) {
        if (other % (500 * hold) === 0) referee.setState(start);
        referee.step(chosen[Math.floor(other / hold) & 255]!);
      }
    },
  };
}

function swimmerContest(
  name: string,
  aim: number | null,
  p: ChainParameters,
  hold: number,
  steps: number,
): Comparison {
  const chain = createChain(p), start = swimmer().initial(keyOf(1));
  const step = (state: Float64Array, control: Float64Array): void => stepChain(chain, state, control);
  return comparison(
    name,
    aim,
    steps,
    hold,
    start,
    controls(2, p.controlRange),
    step,
    swimmerModel(p, "default"),
  );
}

function quadrupedComparison(
  name: string,
  aim: number | null,
  p: QuadrupedParameters,
  world: World,
  steps: number,
): Comparison {
  const body = createQuadruped(p, world.walls),
    start = quadruped({ world }).initial(keyOf(1)).slice(0, STATE_SIZE);
  const step = (state: Float64Array, control: Float64Array): void => stepQuadruped(body, state, control);
  return comparison(
    name,
    aim,
    steps,
    1,
    start,
    controls(8, p.controlRange),
    step,
    quadrupedModel(p, world.walls),
  );
}

const COMPARISONS: readonly Comparison[] = [
  quadrupedComparison("quadruped, RK4 of 20 ms (rllab)", 3, RLLAB_QUADRUPED, PLANE, 2000),
  quadrupedComparison("quadruped, RK4 of 20 ms, maze", null, RLLAB_QUADRUPED, MAZE, 2000),
  quadrupedComparison("quadruped, RK4 of 10 ms (Gymnasium)", 3, GYMNASIUM_QUADRUPED, PLANE, 2000),
  quadrupedComparison(
    "quadruped, Euler of 5 ms",
    null,
    { ...RLLAB_QUADRUPED, integrator: "euler", timeStep: 0.005 },
    PLANE,
    8000,
  ),
  swimmerContest("swimmer, Euler of 1 ms (rllab)", 5, RLLAB_SWIMMER, 50, 50_000),
  swimmerContest("swimmer, RK4 of 10 ms (Gymnasium)", null, GYMNASIUM_SWIMMER, 4, 12_000),
];

const TURNS = 9;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Steps per second of one round. */
function rate(run: (steps: number) => void, steps: number): number {
  const start = performance.now();
  run(steps);
  return 1000 * steps / (performance.now() - start);
}

console.log(
  `${"body".padEnd(38)}${"ours, steps/s".padStart(15)}${"MuJoCo, steps/s".padStart(17)}${
    "ratio".padStart(8)
  }   aim`,
);
for (const { name, aim, steps, ours, theirs } of COMPARISONS) {
  ours(steps);
  theirs(steps);
  const turns = Array.from({ length: TURNS }, () => [rate(ours, steps), rate(theirs, steps)] as const);
  const ratio = median(turns.map(([mine, other]) => mine / other));
  const [mine, other] = [0, 1].map((side) => Math.round(median(turns.map((turn) => turn[side]!))));
  const verdict = aim === null ? "" : `${aim} ${ratio >= aim ? "reached" : "MISSED"}`;
  console.log(
    `${name.padEnd(38)}${String(mine).padStart(15)}${String(other).padStart(17)}${
      ratio.toFixed(2).padStart(8)
    }   ${verdict}`,
  );
}

for (const { name, steps, ours, theirs } of COMPARISONS) {
  Deno.bench({ name: `ours: ${steps} steps`, group: name, baseline: true, fn: () => ours(steps) });
  Deno.bench({ name: `MuJoCo: ${steps} steps`, group: name, fn: () => theirs(steps) });
}
