/**
 * The random numbers of a soft Q update, each from its own stream.
 *
 * @module
 */

import { type Draw, noise } from "../../kernels/noise.ts";
import { STREAMS } from "../../random/key.ts";
import type { Tensor } from "../../tensor/expression.ts";
import { concat, constant, gather, random } from "../../tensor/primitives.ts";
import { proposalRows } from "./proposal.ts";
import type { SoftQ, SoftQNoise } from "./update.ts";
import type { Operands } from "../../tensor/shape.ts";

/** A fixed set of noises as the sampler's input. */
export interface FixedSet {
  /** Size of the set. */
  readonly size: number;
  /** `u32[R]` number of them in use. */
  readonly count: Tensor;
  /** `u32[R,2]` the key from which they are drawn. */
  readonly key: Tensor;
}

const normal = (stream: number, rows: number): Draw => ({ rows, law: "normal", stream });

/**
 * Draws the numbers of an update.
 *
 * @param key `u32[R,2]`
 * @param updates `u32[R]` the counter of updates
 * @param set the set from which the sampler's noises are taken; null: ξ ~ N(0, I)
 */
export function drawNoise(o: SoftQ, key: Tensor, updates: Tensor, set: FixedSet | null): SoftQNoise {
  const R = updates.shape[0]!, rows = proposalRows(o);
  const states = o.batch * (o.samplerSteps ?? 1);
  const particles = [
    normal(STREAMS.samplerNoise, states * o.fixedParticles),
    normal(STREAMS.movedNoise, states * o.movedParticles),
  ];
  // With a fixed set, the sampler gets no other noises, except for equation 33, which needs a density.
  const centresOfSet = set !== null && o.valueProposal === "mixture";
  const beside = (centresOfSet ? 0 : rows.noise) + rows.jitter;
  const drawn = noise(key, updates, o.action, [
    ...rows.value > 0 ? [{ rows: rows.value, law: "uniform", stream: STREAMS.valueSamples } as const] : [],
    ...beside > 0 ? [normal(STREAMS.proposal, beside)] : [],
    ...set === null ? particles : [],
  ]);
  const value = drawn[0]!, normals = drawn[rows.value > 0 && beside > 0 ? 1 : 0]!;
  if (set === null) {
    const [fixed, moved] = drawn.slice(-2) as Operands<Tensor>;
    return { value, proposal: normals, fixed, moved };
  }
  // The set is the same in every update: it is redrawn at counter 0, which is cheaper than storing it.
  const ofSet = ({ stream, rows }: Draw): Tensor => {
    const all = random(set.key, constant(0, [R], "u32"), "normal", STREAMS.noiseSet, [set.size, o.action]);
    return gather(all, random(key, updates, "index", stream, [rows], set.count));
  };
  const [fixed, moved] = particles.map(ofSet) as Operands<Tensor>;
  const proposal = centresOfSet
    ? concat([ofSet(normal(STREAMS.mixtureCentres, rows.noise)), normals], 1)
    : normals;
  return { value, proposal, fixed, moved };
}
