/** Laws of the small model, and the page of choices against its rule. */
import { assert } from "../deps.ts";
import { maze } from "../../experiments/maze.ts";
import { transfer } from "../../experiments/transfer.ts";
import { keyOf } from "../../src/random/key.ts";
import { createWorld, MAZE, PLANE, U_MAZE } from "../../envs/worlds.ts";
import { arrivals, chosen, felt, HEIGHTS, preference, RUNNERS, TASKS, WIDTHS } from "../../study/choices.ts";
import { type Runner, type SmallTask, solveSmallModel, visitShares } from "../../study/small_model.ts";

const RUNNER: Runner = { speed: 1.5, interval: 0.06, dimensions: 8, running: 4, drift: 0.5, radius: 0.25 };
const OPEN = createWorld({ ...PLANE, goal: [0, 0], threshold: 1, view: { x: [-4, 4], y: [-4, 4] } });
const task = (changes: Partial<SmallTask> = {}): SmallTask => ({
  world: OPEN,
  height: 2,
  width: 2,
  temperature: 0.1,
  discount: 0.98,
  ...changes,
});

Deno.test("V of the small model is the fixed point of soft value iteration", () => {
  const { values, choices, policy, centres, residual } = solveSmallModel(task(), RUNNER);
  assert(residual < 1e-9);
  // V = E_π[G] + α H(π), with G written out once more from its definition.
  const reward = centres.map(([x, y]) => 2 * Math.exp(-(x * x + y * y) / 8));
  centres.forEach((_, cell) => {
    let right = 0;
    choices[cell]!.forEach(({ decisions, loss, cells, shares }, c) => {
      const p = policy[cell]![c]!;
      if (p === 0) return;
      let gain = 0;
      for (let t = 0; t < decisions; t++) {
        const mean = cells.reduce((sum, to, k) => sum + shares[k]! * (reward[cell]! + reward[to]!) / 2, 0);
        gain += 0.98 ** t * (mean + 0.1 * (8 * Math.LN2 - loss));
      }
      gain += 0.98 ** decisions * cells.reduce((sum, to, k) => sum + shares[k]! * values[to]!, 0);
      right += p * (gain - 0.1 * Math.log(p));
    });
    // The residual of the last sweep, over the contraction 1 - 0.98⁶ = 0.11, and rounding of values of about 100.
    assert(Math.abs(right - values[cell]!) < 1e-8, `cell ${cell}: ${values[cell]} instead of ${right}`);
  });
});

Deno.test("The small model's policies are probabilities, and on an open plane they have its symmetry", () => {
  const { values, policy, centres } = solveSmallModel(task(), RUNNER);
  for (const shares of policy) assert(Math.abs(shares.reduce((a, b) => a + b) - 1) < 1e-12);
  const at = new Map(centres.map(([x, y], cell) => [`${x},${y}`, values[cell]]));
  for (const [x, y] of centres) {
    for (const [u, v] of [[-x, y], [x, -y], [y, x]]) {
      assert(Math.abs(at.get(`${x},${y}`)! - at.get(`${u},${v}`)!) < 1e-7, `${x},${y} and ${u},${v}`);
    }
  }
});

Deno.test("Without reward no episode reaches a goal, and with enough nearly every one does", () => {
  const start = [3.25, 0.25] as const, near = ([x, y]: readonly [number, number]) => Math.hypot(x, y) < 1;
  const share = (height: number): number =>
    visitShares(solveSmallModel(task({ height }), { ...RUNNER, drift: 0 }), start, 333, [near])[0]!;
  // A run costs 6 decisions of 4 nats: e⁻²⁴ a choice, some 50 choices of 8 directions.
  assert(share(0) < 1e-6);
  assert(share(20) > 0.99);
});

Deno.test("Height and temperature scaled together leave the small model's policy unchanged", () => {
  const once = solveSmallModel(task({ world: MAZE }), RUNNER);
  const tenfold = solveSmallModel(task({ world: MAZE, height: 20, temperature: 1 }), RUNNER);
  once.policy.forEach((shares, cell) =>
    shares.forEach((share, c) => assert(Math.abs(share - tenfold.policy[cell]![c]!) < 1e-6))
  );
});

Deno.test("Shares of visits agree with simulated episodes", () => {
  const model = solveSmallModel(task({ height: 0.35, world: U_MAZE }), RUNNER), start = [2.75, 1.75] as const;
  const region = ([x]: readonly [number, number]): boolean => x > 4.5;
  const [exact] = visitShares(model, start, 160, [region]) as [number];
  // A small generator of its own: the model knows no keys.
  let seed = 1;
  const draw = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const pick = (shares: ArrayLike<number>): number => {
    let left = draw();
    for (let k = 0; k < shares.length - 1; k++) if ((left -= shares[k]!) < 0) return k;
    return shares.length - 1;
  };
  const origin = model.centres.findIndex(([x, y]) => x === start[0] && y === start[1]);
  const episodes = 4000;
  let arrived = 0;
  for (let n = 0; n < episodes; n++) {
    let cell = origin, t = 0, seen = false;
    while (true) {
      const choice = model.choices[cell]![pick(model.policy[cell]!)]!;
      t += choice.decisions;
      if (t > 160) break;
      cell = choice.cells[pick(choice.shares)]!;
      seen ||= region(model.centres[cell]!);
    }
    if (seen) arrived++;
  }
  assert(exact > 0.02 && exact < 0.98, `${exact} tells nothing`);
  // Four standard errors of a share.
  assert(Math.abs(arrived / episodes - exact) < 4 * Math.sqrt(exact * (1 - exact) / episodes), `${exact}`);
});

Deno.test("docs/choices.md says what the rule gives, and the shares beside the choice", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/choices.md", import.meta.url));
  for (const [name, world] of Object.entries(TASKS)) {
    const section = page.split(`### ${name},`)[1]?.split("###")[0] ?? "";
    const found = /By the rule: height (\d+) α, width ([\d.]+) m\*\* \((\d+) %/.exec(section);
    assert(found !== null, name);
    const [height, width, share] = found.slice(1).map(Number) as [number, number, number];
    const least = (at: number, of: number): number =>
      Math.min(...Object.values(RUNNERS).map((runner) => arrivals(world, runner, of, at)));
    assert.equal(Math.round(100 * least(height, width)), share);
    assert(least(height, width) >= 0.5);
    // No width will do at the next smaller height.
    const below = HEIGHTS[HEIGHTS.indexOf(height as typeof HEIGHTS[number]) - 1]!;
    for (const other of WIDTHS) assert(least(below, other) < 0.5, `${name}: ${below} and ${other} m`);
  }
});

Deno.test("docs/choices.md says what the second rule gives, which is the least height that is felt enough", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/choices.md", import.meta.url));
  for (const [name, task] of Object.entries(TASKS)) {
    const section = page.split(`### ${name},`)[1]?.split("###")[0] ?? "";
    const width = Number(/By the rule: height \d+ α, width ([\d.]+) m/.exec(section)?.[1]);
    const height = Number(/By the second rule: height (\d+) α/.exec(section)?.[1]);
    const below = HEIGHTS[HEIGHTS.indexOf(height as typeof HEIGHTS[number]) - 1]!;
    const [enough, less] = [preference(task, width, height), preference(task, width, below)];
    assert(enough >= 20 && less < 20, `${name}: ${enough} at ${height} α, ${less} at ${below} α`);
    assert(section.includes(` ${enough.toFixed(1)} |`) && section.includes(` ${less.toFixed(1)} |`));
  }
  const preferences = HEIGHTS.map((_, k) => 10 * k - 5); // 25 at the fourth height
  assert.equal(felt(preferences, HEIGHTS[0]), HEIGHTS[3]);
  assert.equal(felt(preferences, HEIGHTS[5]!), HEIGHTS[5]); // not below the first rule's
  assert.equal(felt(HEIGHTS.map(() => 1), HEIGHTS[0]), null);
});

Deno.test("The rule takes the least height, then the most arrivals, then the wider", () => {
  const none = HEIGHTS.map(() => 0);
  const from = (k: number, share: number): readonly number[] => HEIGHTS.map((_, i) => i < k ? 0 : share);
  assert.equal(chosen([{ width: 1, shares: none }]), null);
  assert.deepEqual(
    chosen([{ width: 1, shares: from(2, 0.9) }, { width: 2, shares: from(1, 0.6) }, {
      width: 3,
      shares: from(1, 0.8),
    }]),
    { width: 3, height: HEIGHTS[1], share: 0.8 },
  );
  assert.deepEqual(
    chosen([{ width: 1, shares: from(2, 1) }, { width: 2, shares: from(2, 1) }]),
    { width: 2, height: HEIGHTS[2], share: 1 },
  );
});

Deno.test("The variants by the rule have the height and the width that the page gives at a temperature of 0.1", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/choices.md", import.meta.url));
  const ruled = {
    maze: maze.environment("ruled-0.06s"),
    "u-maze": transfer.environment("u-maze-ruled-0.06s"),
  };
  for (const [name, environment] of Object.entries(ruled)) {
    const found = /By the rule: height (\d+) α, width ([\d.]+) m/.exec(page.split(`### ${name},`)[1]!);
    const height = Number(found?.[1]) * 0.1, width = Number(found?.[2]);
    // The first step from rest: the centre of mass is where the start is, to some centimetres.
    const { start, goal } = TASKS[name]!.world, [gx, gy] = goal ?? [0, 0];
    const distance = Math.hypot(start[0] - gx, start[1] - gy);
    const expected = height * Math.exp(-(distance ** 2) / (2 * width ** 2));
    const key = keyOf(1), { reward } = environment.step(environment.initial(key), new Float32Array(8), key);
    assert(Math.abs(reward / expected - 1) < 0.3, `${name}: ${reward} instead of about ${expected}`);
  }
});
