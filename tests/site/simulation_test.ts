/** Bodies of the gallery: what they do follows from their seed, their policy and the pushes that they get. */

import { E } from "../../src/deps.ts";
import { GALLERY_POLICIES, pushedAt, taskOf, worldsOf } from "../../site/gallery/policies.ts";
import { galleryFiles } from "../../site/gallery/files.ts";
import { simulate, type Simulation } from "../../site/gallery/simulation.ts";
import type { Agent } from "../../src/learn/agent.ts";
import { loadAgent } from "../../src/train/agent_file.ts";
import { assert } from "../deps.ts";

const files = galleryFiles();

/** The policy that the gallery has of a run. */
function agentOf(run: string): Agent {
  const agent = loadAgent(files.get(`policies/${run}.safetensors`)!);
  assert(E.isRight(agent));
  return agent.right;
}

const advanced = (simulation: Simulation, steps: number): Simulation => {
  for (let k = 0; k < steps; k++) simulation.advance();
  return simulation;
};

Deno.test("Every gallery policy fits its task in every world, and moves its body", () => {
  for (const policy of GALLERY_POLICIES) {
    const agent = agentOf(policy.run);
    for (const world of worldsOf(policy).length === 0 ? ["plane"] : worldsOf(policy)) {
      const task = taskOf(policy, world);
      assert.deepEqual([agent.observation, agent.action], [
        task.spec.observation.length,
        task.spec.action.length,
      ]);
      const view = task.view!, simulation = advanced(simulate(task, agent, 1, 2, true), 60);
      const [x, y] = view.centre(simulation.state(0, 0)), [u, v] = view.centre(simulation.state(0, 60));
      assert(Math.hypot(u - x, v - y) > 0.02, `${policy.run} in ${world}`);
    }
  }
});

Deno.test("A policy in a frame of travel runs on the plane, whatever world another one was in", () => {
  const policy = GALLERY_POLICIES.find(({ frame }) => frame !== undefined)!;
  assert.deepEqual(worldsOf(policy), []);
  assert.equal(taskOf(policy, "maze").spec.name, "quadruped-rllab-speed-plane-0.06s-travel");
});

Deno.test("Bodies that start alike separate under a stochastic policy, and not under a deterministic one", () => {
  for (
    const [run, parts] of [["pretrain-soft-q-0.03-steady-continued-0", true], [
      "pretrain-ddpg-steady-0",
      false,
    ]] as const
  ) {
    const policy = GALLERY_POLICIES.find((each) => each.run === run)!;
    const simulation = advanced(simulate(taskOf(policy, "plane"), agentOf(run), 1, 2, true), 30);
    assert.deepEqual(simulation.state(0, 0), simulation.state(1, 0));
    assert.equal(simulation.state(0, 30).some((x, i) => x !== simulation.state(1, 30)[i]), parts);
    const apart = simulate(taskOf(policy, "plane"), agentOf(run), 1, 2, false);
    assert.notDeepEqual(apart.state(0, 0), apart.state(1, 0));
  }
});

Deno.test("A push adds its velocity to the whole body, and a new trajectory begins there", () => {
  for (const run of ["pretrain-ddpg-steady-0", "swimmer-soft-q-30-million-line-1.5-0"]) {
    const policy = GALLERY_POLICIES.find((each) => each.run === run)!;
    const begun = () => advanced(simulate(taskOf(policy, "plane"), agentOf(run), 4, 2, true), 20);
    const pushed = begun(), left = begun();
    pushed.push(0, 10, pushedAt(policy), 2, -1);
    assert.equal(pushed.length(), 10);
    const at = pushedAt(policy), before = left.state(0, 10), after = pushed.state(0, 10);
    assert.deepEqual(
      [after[at]! - before[at]!, after[at + 1]! - before[at + 1]!].map((x) => Math.round(x * 1e9) / 1e9),
      [
        2,
        -1,
      ],
    );
    assert(after.every((x, i) => i === at || i === at + 1 || x === before[i]));
    advanced(pushed, 10);
    const view = pushed.environment.view!;
    const shift = [0, 1].map((k) =>
      view.centre(pushed.state(0, 20))[k]! - view.centre(left.state(0, 20))[k]!
    );
    // In 10 steps of 20 or 50 ms the push carries it some way along itself.
    assert(shift[0]! > 0.05 && shift[1]! < 0, `${run}: ${shift}`);
    // The other one lives on as it would have.
    assert.deepEqual(pushed.state(1, 20), left.state(1, 20));
  }
});

Deno.test("The gallery's numbers are those of the runs' own summaries, with the commands that made them", () => {
  const kept = JSON.parse(new TextDecoder().decode(files.get("gallery.json")));
  assert.deepEqual(kept.map(({ run }: { run: string }) => run), GALLERY_POLICIES.map(({ run }) => run));
  for (const { run, command, numbers } of kept) {
    const root = new URL(`../../results/${run}/`, import.meta.url);
    const { evaluation: [first] } = JSON.parse(Deno.readTextFileSync(new URL("summary.json", root)));
    const shown = new Map(numbers as [string, string][]);
    assert.equal(shown.get("mean return"), String(Math.round(first.meanReturn * 1000) / 1000));
    assert.equal(shown.get("episodes evaluated"), String(first.episodes));
    assert.match(command, /^deno run .* cli\.ts train (pretrain|swimmer|transfer|maze) /);
  }
});
