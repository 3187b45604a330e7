/** Starting from another run's networks. */
import { assert } from "../deps.ts";
import { quadruped } from "../../envs/quadruped.ts";
import { NARROW_HALLWAY } from "../../envs/worlds.ts";
import { E } from "../../src/deps.ts";
import { ddpgLearner } from "../../src/learn/ddpg/learner.ts";
import type { Learner } from "../../src/learn/learner.ts";
import { hostNetwork } from "../../src/learn/host_network.ts";
import { layoutOf } from "../../src/learn/network.ts";
import type { SoftQ } from "../../src/learn/soft_q/update.ts";
import { softQLearner } from "../../src/learn/soft_q/learner.ts";
import { normal } from "../../src/random/draw.ts";
import { keyOf } from "../../src/random/key.ts";
import type { Values } from "../../src/tensor/loops.ts";
import { interfaceMetadata, withInitialParameters } from "../../src/train/initial_parameters.ts";
import { importTransitions } from "../../src/run/checkpoint/imported_replay.ts";
import { appendRow, emptyReplay, liveTransitions } from "../../src/train/replay.ts";
import { matricesOf } from "../../src/train/trained.ts";

const narrow = quadruped({ observation: "compact" });
const wide = quadruped({ observation: "compact-position", world: NARROW_HALLWAY });

const choices = (observation: number): SoftQ => ({
  observation,
  action: 8,
  hidden: [7, 5],
  batch: 4,
  valueParticles: 2,
  fixedParticles: 2,
  movedParticles: 2,
  squash: "pre-tanh",
  bandwidth: "median",
  valueSamples: "per-state",
  valueProposal: "uniform",
  critics: 2,
});

const keys = [keyOf(5), keyOf(6)];

/** The initial state of a learner as a file's matrices. */
const fileOf = <S>(learner: Learner<S>) =>
  matricesOf({ learner, replicas: keys.length }, learner.initial(keys));

/** Starts `learner` in `env` from a file, or gives the reason why not. */
function start<S>(learner: Learner<S>, env: typeof narrow, file: ReturnType<typeof fileOf>, from = narrow) {
  return withInitialParameters(learner, env.spec, file, interfaceMetadata(from.spec));
}

Deno.test("With an average of the sampler, both begin at the file's sampler, whichever training it is of", () => {
  const plain = softQLearner(choices(27)), averaging = softQLearner({ ...choices(27), samplerAverage: 0.01 });
  const theirs = plain.initial(keys), begun = start(averaging as Learner<never>, narrow, fileOf(plain));
  assert(E.isRight(begun));
  const ours = begun.right.initial(keys);
  assert.deepEqual(ours.sampler, theirs.sampler);
  assert.deepEqual(ours.samplerTarget, theirs.sampler);
  // What acts is what the file has: after a while, the average.
  const later = { ...ours, samplerTarget: (ours.samplerTarget as Float32Array).map((x) => x + 1) };
  const back = start(plain as Learner<never>, narrow, matricesOf({ learner: averaging, replicas: 2 }, later));
  assert(E.isRight(back));
  assert.deepEqual(back.right.initial(keys).sampler, later.samplerTarget);
});

Deno.test("A start from the same task takes the other run's parameters, replica by replica, repeating them if there are fewer", () => {
  for (const learner of [softQLearner(choices(27)), ddpgLearner(choices(27))]) {
    const file = fileOf(learner), begun = start(learner as Learner<never>, narrow, file);
    assert(E.isRight(begun));
    const three = begun.right.initial([keyOf(1), keyOf(2), keyOf(3)]), theirs = learner.initial(keys);
    for (const entry of new Set(learner.blocks.map((block) => block.entry))) {
      const size = three[entry].length / 3;
      const of = (
        values: Values,
        r: number,
      ): readonly number[] => [...values.slice(r * size, (r + 1) * size)];
      assert.deepEqual(of(three[entry], 0), of(theirs[entry]!, 0), entry);
      assert.deepEqual(of(three[entry], 1), of(theirs[entry]!, 1), entry);
      assert.deepEqual(of(three[entry], 2), of(theirs[entry]!, 0), entry);
    }
    const moments = Object.entries(three).filter(([name]) => /First|Second|updates|frozen/.test(name));
    assert(moments.length > 0 && moments.every(([, values]) => values.every((x) => x === 0)));
  }
});

Deno.test("With a wider observation the networks compute what they did, whatever the new numbers are", () => {
  const before = softQLearner(choices(27)), after = softQLearner(choices(29));
  const begun = start(after, wide, fileOf(before));
  assert(E.isRight(begun));
  const seen = [...normal(keyOf(8), 27)], action = [...normal(keyOf(9), 8)];
  const network = { sample: 8, hidden: [7, 5], activation: "relu" } as const;
  for (const [entry, output] of [["sampler", 8], ["critic", 1]] as const) {
    const compute = (
      state: number,
      parameters: Values,
      observation: readonly number[],
    ): readonly number[] => {
      const out = new Float32Array(output);
      const layout = layoutOf({ ...network, state, output });
      hostNetwork(layout).apply(parameters as Float32Array, 0, action, observation, out);
      return [...out];
    };
    const was = compute(27, before.initial(keys)[entry]!, seen);
    const begins: Values = begun.right.initial(keys)[entry];
    // x and y stand first in the wider observation.
    for (const place of [[0, 0], [13, -7]]) assert.deepEqual(compute(29, begins, [...place, ...seen]), was);
  }
});

Deno.test("Parameters that do not fit are refused with the reason", () => {
  const file = fileOf(softQLearner(choices(27)));
  const why = (result: E.Either<{ readonly message: string }, unknown>): string =>
    E.isLeft(result) ? result.left.message : "";
  const same = softQLearner(choices(27));
  assert.match(why(withInitialParameters(same, narrow.spec, file, {})), /another body: its actions/);
  assert.match(why(start(same, narrow, file, wide)), /it sees "torso x", which .* does not show/);
  assert.match(
    why(start(softQLearner({ ...choices(27), hidden: [7, 6] }), narrow, file)),
    /another shape: "critic0.layer1" is 8 × 5 in the place of 8 × 6/,
  );
  assert.match(
    why(start(softQLearner({ ...choices(27), critics: 1 }), narrow, file)),
    /"critic1.sample".*no place/,
  );
  assert.match(why(start(ddpgLearner(choices(27)) as Learner<never>, narrow, file)), /no network "policy"/);
});

Deno.test("Another run's live transitions are taken over row for row, the newest where there is room for fewer", () => {
  const spec = { replicas: 1, observation: 2, action: 1 };
  // Two episodes: rows 0 to 2 and 3 to 5.
  const kept = {
    rows: [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5],
    links: [0, 1, 1, 2, 3, 4, 4, 5],
    actions: [0.1, 0.2, 0.3, 0.4],
    outcomes: [-1, 0, -2, 1, -3, 0, -4, 0],
  };
  for (const capacity of [10, 2]) {
    const replay = emptyReplay({ ...spec, capacity });
    assert.equal(appendRow(replay, 0, [9, 9]), 0); // where the new run stands
    importTransitions(replay, 0, kept);
    const { rows, links, actions, outcomes } = replay.recent[0]!;
    assert.deepEqual(rows, [9, 9, ...kept.rows]);
    const from = 4 - Math.min(4, capacity);
    assert.deepEqual(links, kept.links.slice(2 * from).map((row) => row + 1));
    assert.deepEqual(actions, kept.actions.slice(from));
    assert.deepEqual(outcomes, kept.outcomes.slice(2 * from));
    assert.equal(liveTransitions(replay, 0), Math.min(4, capacity));
  }
});
