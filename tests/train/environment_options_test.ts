/** Options that depend on the environment: its horizon, and its symmetry. */
import { assert } from "../deps.ts";
import { environment } from "../../envs/environment.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { quadruped } from "../../envs/quadruped.ts";
import { MAZE } from "../../envs/worlds.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { E } from "../../src/deps.ts";
import type { Environment } from "../../envs/environment.ts";
import type { SoftQOptions } from "../../src/learn/soft_q/options.ts";
import { decode } from "../../src/train/safetensors.ts";
import { trainDdpg, trainSoftQ } from "../../src/train/train.ts";
import type { Symmetry } from "../../envs/symmetry.ts";

const TINY: Partial<SoftQOptions> = {
  steps: 125,
  minimumReplay: 30,
  hidden: [8],
  batch: 8,
  valueParticles: 4,
  fixedParticles: 2,
  movedParticles: 2,
};

const device = () => cpuDevice({ workers: 1 });

/** The words of each replica's parameters after training. */
async function wordsOf(env: Environment, options: Partial<SoftQOptions>): Promise<readonly number[][]> {
  const { replicas = 1 } = options, cpu = device();
  const trained = await trainSoftQ(env, { ...TINY, ...options }, { device: cpu })();
  cpu.close();
  assert(E.isRight(trained), E.isLeft(trained) ? trained.left.message : "");
  const file = decode(trained.right.save());
  assert(E.isRight(file));
  const tensors = Object.values(file.right.tensors);
  return Array.from({ length: replicas }, (_, r) =>
    tensors.flatMap(({ data }) => {
      const words = new Uint32Array(data.slice().buffer), size = words.length / replicas;
      return [...words.subarray(r * size, (r + 1) * size)];
    }));
}

Deno.test("Without a horizon an episode is as long as the environment says, and a horizon overrides it", async () => {
  const short = environment({ ...pointMass(), spec: { ...pointMass().spec, horizon: 4 } });
  const own = await wordsOf(short, {});
  assert.deepEqual(await wordsOf(short, { horizon: 4 }), own);
  assert.deepEqual(await wordsOf(pointMass(), { horizon: 4 }), own);
  assert.notDeepEqual(await wordsOf(pointMass(), {}), own);
  assert.deepEqual(await wordsOf(pointMass(), { horizon: 30 }), await wordsOf(pointMass(), {}));
});

Deno.test("No symmetry is used unless requested, and then it changes what is learned", async () => {
  const plain = await wordsOf(pointMass(), {});
  assert.deepEqual(await wordsOf(pointMass(), { symmetry: "none" }), plain);
  assert.notDeepEqual(await wordsOf(pointMass(), { symmetry: "body" }), plain);
  // What a symmetry does comes from the environment: with the identity alone nothing is turned.
  const { spec } = pointMass(), [identity] = (spec.symmetry ?? []) as [Symmetry];
  const still = { ...pointMass(), spec: { ...spec, symmetry: [identity] } };
  assert.deepEqual(await wordsOf(still, { symmetry: "body" }), plain);
});

Deno.test("With a symmetry replica r of four has the bits of its seed alone", async () => {
  const body = quadruped({ task: { kind: "speed" }, observation: "compact" });
  const four = await wordsOf(body, { symmetry: "body", replicas: 4, seed: 5 });
  for (const r of [0, 3]) {
    assert.deepEqual((await wordsOf(body, { symmetry: "body", seed: 5 + r }))[0], four[r]);
  }
  assert.notDeepEqual(four[0], four[1]);
});

Deno.test("A symmetry is refused where the environment has none, among walls, and where the choice is unknown", async () => {
  const maze = quadruped({ task: { kind: "goal" }, world: MAZE, observation: "compact-position" });
  const bare = environment({ ...pointMass({ goals: [[5, 1]] }) });
  for (const [env, name] of [[maze, "quadruped-rllab-goal-maze"], [bare, "point-mass"]] as const) {
    for (const train of [trainSoftQ, trainDdpg]) {
      const trained = await train(env, { steps: 100, symmetry: "body" })();
      assert(E.isLeft(trained) && trained.left._tag === "OptionsInvalid");
      assert.equal(
        trained.left.message,
        `symmetry must be none for the environment "${name}", of which no symmetry is known: got "body"`,
      );
    }
  }
  const unknown = await trainSoftQ(pointMass(), { symmetry: "mirror" as "body" })();
  assert(E.isLeft(unknown));
  assert.match(unknown.left.message, /symmetry must be one of none, body: got "mirror"/);
});

Deno.test("An invalid environment is refused by both algorithms, as a value", async () => {
  for (const nothing of [undefined, null, {}, { spec: null }]) {
    for (const train of [trainSoftQ, trainDdpg]) {
      const trained = await train(nothing as unknown as Environment)();
      assert(E.isLeft(trained) && trained.left._tag === "EnvironmentFailed", JSON.stringify(trained));
    }
  }
});
