/**
 * The default multi-goal runs that take minutes: seeds 0 to 4 on the CPU, `post-tanh`, and one on WebGPU where there is
 * an adapter. What they came to is kept in `tests/long/multi_goal.json`.
 */

import { assert } from "../deps.ts";
import { distanceFromExact } from "../exact/learned.ts";
import { command, withFolder } from "../run/run_fixture.ts";

const RESULTS = new URL("multi_goal.json", import.meta.url);

/** Keeps a result beside those of the other tests. */
async function keep(name: string, value: unknown): Promise<void> {
  const before = await Deno.readTextFile(RESULTS).then(JSON.parse, () => ({}));
  await Deno.writeTextFile(RESULTS, `${JSON.stringify({ ...before, [name]: value }, null, 2)}\n`);
}

async function run(words: readonly string[]) {
  return await withFolder(async (folder) => {
    const { code, error } = await command([...words, `--out=${folder}/run`]);
    assert.equal(code, 0, error);
    const summary = JSON.parse(await Deno.readTextFile(`${folder}/run/summary.json`));
    const { revision } = JSON.parse(await Deno.readTextFile(`${folder}/run/manifest.json`));
    const distance = distanceFromExact(await Deno.readFile(`${folder}/run/parameters.safetensors`));
    return { revision, summary, distance };
  });
}

type Outcome = Awaited<ReturnType<typeof run>>;

const learns = ({ summary: { evaluation: [e] } }: Outcome): boolean =>
  e.successRate >= 0.95 && e.goalShares.every((share: number) => share >= 0.1 && share <= 0.4) &&
  e.meanReturn >= -225 && e.meanReturn <= -170;

const learnsTheRightThing = ({ distance: d }: Outcome): boolean =>
  d.meanValueError <= 0.3 && d.valueError95 <= 0.6 && d.oppositeSigns >= 0.65 &&
  d.originDeviation.every((deviation) => Math.abs(deviation - 0.56) <= 0.06);

Deno.test("At least four of seeds 0 to 4 learn the multi-goal task, and learn the exact solution", async () => {
  const outcomes: Outcome[] = [];
  for (let seed = 0; seed < 5; seed++) {
    outcomes.push(await run(["--device=cpu", `--seed=${seed}`]));
    await keep("cpu, seeds 0 to 4", outcomes);
  }
  assert(learns(outcomes[0]!), JSON.stringify(outcomes[0]));
  assert(outcomes.every(({ summary }) => summary.timing.wallSeconds <= 240));
  assert(outcomes.filter(learns).length >= 4);
  assert(outcomes.filter(learnsTheRightThing).length >= 4);
});

Deno.test("With post-tanh the policy has the law exp(Q) Π(1 - a²) of the final public code", async () => {
  const outcome = await run(["--device=cpu", "--squash=post-tanh"]);
  await keep("cpu, post-tanh", outcome);
  assert(
    outcome.distance.originDeviation.every((deviation) => Math.abs(deviation - 0.47) <= 0.06),
    JSON.stringify(outcome.distance),
  );
});

Deno.test("WebGPU learns the same task within fifteen minutes", async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) {
    throw new Error("This test needs a WebGPU adapter: install Mesa's software Vulkan (mesa-vulkan-drivers)");
  }
  const outcome = await run(["--device=webgpu"]);
  await keep("webgpu, seed 0", outcome);
  assert(learns(outcome), JSON.stringify(outcome));
  assert(learnsTheRightThing(outcome), JSON.stringify(outcome));
  assert(outcome.summary.timing.wallSeconds <= 900);
});
