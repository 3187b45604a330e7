/**
 * Views of a critic: Q over the action square, soft values, entropies, and the two parts of the Stein direction, each
 * computed by a program of the library.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import type { Goal } from "../../envs/point_mass.ts";
import type { Device, Executable } from "../../src/device/device.ts";
import { actionLawOf, type ActionQuadrature, midpointRule, softValueOf } from "../../src/exact/quadrature.ts";
import { scoreOf, type Squash } from "../../src/kernels/score.ts";
import { type Bandwidth, stein } from "../../src/kernels/stein.ts";
import type { Learner } from "../../src/learn/learner.ts";
import { forward, type Layout, layoutOf, type Normalisation, weightsOf } from "../../src/learn/network.ts";
import { gradient } from "../../src/tensor/gradient.ts";
import { constant, mul, reshape, tanh } from "../../src/tensor/primitives.ts";
import { type Program, trace } from "../../src/tensor/program.ts";
import { f32 } from "../../src/tensor/shape.ts";
import type { Particles } from "./protocol.ts";

/** Points per axis of the landscape and of the field; number of Stein particles. */
export const LANDSCAPE_SIDE = 33, FIELD_SIDE = 29, PARTICLES = 32;

/** Number of states whose entropy is computed in an evaluation. */
export const ENTROPY_STATES = 16;

const FIELD_RULE = midpointRule(9), ENTROPY_RULE = midpointRule(24);

/** The first critic among a learner's networks. */
export interface Critic {
  /** Its entry in the learner's state. */
  readonly entry: string;
  /** Its layout; it is the first network of its entry. */
  readonly layout: Layout;
}

/** Finds the first critic of a learner of one replica. */
export function criticOf(
  { blocks }: Pick<Learner<never>, "blocks">,
  normalisation: Normalisation,
): Critic {
  const own = blocks.filter(({ name }) => name.startsWith("critic0."));
  const [sample, state, ...layers] = own.map(({ shape }) => shape) as [
    readonly [number, number],
    readonly [number, number],
    ...readonly [number, number][],
  ];
  const widths = [state, ...layers].map(([, columns]) => columns);
  const layout = layoutOf({
    sample: sample[0],
    state: state[0] - 1,
    hidden: widths.slice(0, -1),
    output: 1,
    activation: "relu",
    normalisation,
  });
  return { entry: own[0]!.entry, layout };
}

/** Q of K actions in each of B states: `[1,B·K]`. */
const qProgram = (layout: Layout, states: number, actions: number): Program =>
  trace(
    { critic: f32(1, layout.size), state: f32(1, states, 2), action: f32(1, states * actions, 2) },
    ({ critic, state, action }) => ({
      q: reshape(forward(layout, weightsOf(layout, critic), action, state), [1, states * actions]),
    }),
  );

/** Attraction and repulsion of particles that serve as both fixed and moved particles (equation 13). */
const particleProgram = (layout: Layout, squash: Squash, bandwidth: Bandwidth): Program =>
  trace(
    {
      critic: f32(1, layout.size),
      state: f32(1, 1, 2),
      particle: f32(1, PARTICLES, 2),
      temperature: f32(1),
    },
    ({ critic, state, particle, temperature }) => {
      const action = squash === "pre-tanh" ? tanh(particle) : particle;
      const q = reshape(forward(layout, weightsOf(layout, critic), action, state), [1, PARTICLES]);
      const score = scoreOf(squash, action, gradient(q, [action])[0], temperature);
      const split = (x: typeof particle) => reshape(x, [1, 1, PARTICLES, 2]);
      const x = split(particle), none = constant(0, [1]);
      return {
        attraction: stein(x, x, split(score), none, bandwidth).direction,
        repulsion: stein(x, x, mul(x, 0), temperature, bandwidth).direction,
      };
    },
  );

/** Views of critics with one layout. */
export interface CriticView {
  /** `[LANDSCAPE_SIDE²]` Q over the action square. */
  readonly landscape: (critic: Float32Array, state: Goal) => Promise<Float32Array>;
  /** `[places]` soft values at a temperature, or the maximum of Q on the grid if it is null. */
  readonly values: (
    critic: Float32Array,
    places: readonly Goal[],
    temperature: number | null,
  ) => Promise<Float32Array>;
  /** Mean entropy of exp(Q/α) at {@link ENTROPY_STATES} states, nats. */
  readonly entropy: (critic: Float32Array, places: readonly Goal[], temperature: number) => Promise<number>;
  /** Attraction and repulsion at `[PARTICLES, 2]` particles. */
  readonly directions: (
    critic: Float32Array,
    state: Goal,
    particles: Float32Array,
    temperature: number,
  ) => Promise<{ readonly attraction: Float32Array; readonly repulsion: Float32Array }>;
}

/** Coordinates of the landscape's grid, row-major. */
const gridActions = (side: number): Float32Array =>
  Float32Array.from({ length: 2 * side * side }, (_, k) => {
    const point = k >> 1, index = k % 2 === 0 ? point % side : Math.floor(point / side);
    return 2 * index / (side - 1) - 1;
  });

/**
 * Prepares the views.
 *
 * @param device the CPU device: the views are small and should not wait for learning
 */
export async function criticView(
  device: Device,
  layout: Layout,
  squash: Squash,
  bandwidth: Bandwidth,
): Promise<CriticView> {
  const compile = async (program: Program): Promise<Executable> => {
    const compiled = await device.compile(program)();
    if (E.isLeft(compiled)) throw new Error(compiled.left.message);
    return compiled.right;
  };
  const read = async <N extends string>(executable: Executable, ...names: readonly N[]) => {
    executable.run();
    const values = await executable.read(names)();
    if (E.isLeft(values)) throw new Error(values.left.message);
    return values.right as { readonly [K in N]: Float32Array };
  };
  const overRule = async (states: number, rule: ActionQuadrature) => {
    const executable = await compile(qProgram(layout, states, rule.weights.length));
    executable.write("action", Array.from({ length: states }, () => [...rule.actions]).flat());
    return executable;
  };
  const landscape = await compile(qProgram(layout, 1, LANDSCAPE_SIDE ** 2));
  landscape.write("action", gridActions(LANDSCAPE_SIDE));
  const field = await overRule(FIELD_SIDE, FIELD_RULE);
  const entropy = await overRule(ENTROPY_STATES, ENTROPY_RULE);
  const directions = await compile(particleProgram(layout, squash, bandwidth));

  /** Q at the nodes of a rule, position by position, in batches of the program's size. */
  const overPlaces = async (
    executable: Executable,
    batch: number,
    rule: ActionQuadrature,
    critic: Float32Array,
    places: readonly Goal[],
    each: (values: Float32Array, place: number) => void,
  ): Promise<void> => {
    executable.write("critic", critic);
    const nodes = rule.weights.length;
    for (let first = 0; first < places.length; first += batch) {
      const some = places.slice(first, first + batch);
      executable.write("state", some.flat());
      const { q } = await read(executable, "q");
      some.forEach((_, k) => each(q.subarray(k * nodes, (k + 1) * nodes), first + k));
    }
  };

  return {
    landscape: async (critic, state) => {
      landscape.write("critic", critic);
      landscape.write("state", state);
      return (await read(landscape, "q")).q.slice();
    },
    values: async (critic, places, temperature) => {
      const found = new Float32Array(places.length);
      await overPlaces(field, FIELD_SIDE, FIELD_RULE, critic, places, (q, k) => {
        found[k] = temperature === null
          ? q.reduce((most, value) => Math.max(most, value))
          : softValueOf(FIELD_RULE, q, temperature);
      });
      return found;
    },
    entropy: async (critic, places, temperature) => {
      let total = 0;
      await overPlaces(entropy, ENTROPY_STATES, ENTROPY_RULE, critic, places, (q) => {
        total += actionLawOf(ENTROPY_RULE, q, temperature).entropy;
      });
      return total / places.length;
    },
    directions: async (critic, state, particles, temperature) => {
      directions.write("critic", critic);
      directions.write("state", state);
      directions.write("particle", particles);
      directions.write("temperature", [temperature]);
      const found = await read(directions, "attraction", "repulsion");
      return { attraction: found.attraction.slice(), repulsion: found.repulsion.slice() };
    },
  };
}

/** Step size of the particles along their direction, and maximum displacement per step. */
const STEP = 0.25, MAX_DISPLACEMENT = 0.12;

/** Moves particles by a step along both directions; returns particles and directions in the action square. */
export function moveParticles(
  particles: Float32Array,
  { attraction, repulsion }: { readonly attraction: Float32Array; readonly repulsion: Float32Array },
  squash: Squash,
): Particles {
  const shown = {
    actions: new Float32Array(particles.length),
    attraction: new Float32Array(particles.length),
    repulsion: new Float32Array(particles.length),
  };
  for (let k = 0; k < particles.length; k++) {
    const action = squash === "pre-tanh" ? Math.tanh(particles[k]!) : particles[k]!;
    const slope = squash === "pre-tanh" ? 1 - action * action : 1;
    shown.actions[k] = Math.min(1, Math.max(-1, action));
    shown.attraction[k] = slope * attraction[k]!;
    shown.repulsion[k] = slope * repulsion[k]!;
  }
  for (let k = 0; k < particles.length; k += 2) {
    const dx = STEP * (attraction[k]! + repulsion[k]!), dy = STEP * (attraction[k + 1]! + repulsion[k + 1]!);
    const share = Math.min(1, MAX_DISPLACEMENT / Math.hypot(dx, dy, 1e-9));
    const bound = squash === "post-tanh" ? 0.999 : 4;
    particles[k] = Math.min(bound, Math.max(-bound, particles[k]! + share * dx));
    particles[k + 1] = Math.min(bound, Math.max(-bound, particles[k + 1]! + share * dy));
  }
  return shown;
}
