/** Appendix B's identity, that its check can fail, and the script's command line. */
import { assert } from "../deps.ts";
import { policyGradient } from "../../experiments/policy_gradient.ts";
import { IDENTITY_TOLERANCE, identityErrors } from "../../experiments/policy_gradient_identity.ts";
import { errorOf, identitySides, SIZES, worstErrors } from "../../experiments/policy_gradient_identity.ts";

const script = new URL("../../experiments/policy_gradient.ts", import.meta.url).pathname;

/** The script in a process of its own that is permitted nothing. */
async function run(words: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", script, ...words],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), error: text.decode(stderr) };
}

Deno.test("The gradient of the soft Bellman loss is minus the regularised policy gradient, to 1e-6 in float64", async () => {
  for (const scale of ["smoke", "study"] as const) {
    for (const seed of [0, 1, 2]) {
      for (const [where, error] of Object.entries(await identityErrors(seed, scale))) {
        assert(error <= IDENTITY_TOLERANCE, `${where}: ${error}`);
      }
    }
  }
});

Deno.test("With the sign of ascent the identity's error is 2, and with one entry left out it is not small", async () => {
  for (const [where, { loss, objective }] of Object.entries(await identitySides(0, "smoke"))) {
    const wrong = errorOf({ loss: loss.map((x) => -x), objective });
    assert(Math.abs(wrong - 2) <= IDENTITY_TOLERANCE, `${where}: ${wrong}`);
    const greatest = loss.reduce((best, x, i) => Math.abs(x) > Math.abs(loss[best]!) ? i : best, 0);
    const without = errorOf({ loss: loss.with(greatest, 0), objective });
    assert(without > 0.05, `${where}: ${without}`); // an entry of the greatest size among at most 124
  }
});

Deno.test("The worst errors are the greatest of their seeds, and NaN where one is", async () => {
  const [first, second] = [await identityErrors(3, "smoke"), await identityErrors(4, "smoke")];
  assert.notDeepEqual(first, second);
  assert.deepEqual(await worstErrors([3, 4], "smoke"), {
    bandit: Math.max(first.bandit, second.bandit),
    process: Math.max(first.process, second.process),
    network: Math.max(first.network, second.network),
  });
  assert(Number.isNaN(errorOf({ loss: [NaN], objective: [1] })));
});

Deno.test("A greater scale has a greater process, minibatch and network, and the paper's has its widths", async () => {
  // Every block of a network starts at a multiple of four.
  const entries = async (scale: "smoke" | "study"): Promise<readonly number[]> => {
    const { bandit, process, network } = await identitySides(0, scale);
    return [bandit, process, network].map(({ loss, objective }) => {
      assert.equal(loss.length, objective.length);
      return objective.length;
    });
  };
  assert.deepEqual(await entries("smoke"), [7, 3 * 2, 4 * 8 + 8 + 8 * 8 + 8 + 8 + 4]);
  assert.deepEqual(await entries("study"), [7, 6 * 4, 4 * 32 + 32 + 32 * 32 + 32 + 32 + 4]);
  const { smoke, study, paper } = SIZES;
  for (const [less, more] of [[smoke, study], [study, paper]]) {
    assert(less.states < more.states && less.batch < more.batch);
  }
  assert.deepEqual([paper.hidden, paper.batch], [[200, 200], 64]);
});

Deno.test("The script needs no permission, and prints scale, seeds and worst errors", async () => {
  const { code, out, error } = await run(["--seeds", "1..2", "--scale=smoke"]);
  assert.deepEqual([code, error], [0, ""]);
  const worst = await worstErrors([1, 2], "smoke");
  assert.deepEqual(JSON.parse(out), { scale: "smoke", seeds: "1..2", tolerance: IDENTITY_TOLERANCE, worst });
  const help = await run(["--help"]);
  assert.equal(help.code, 0);
  for (const says of ["--seeds A..B", "[0..4]", "--scale smoke|study|paper", "[study]"]) {
    assert(help.out.includes(says), help.out);
  }
});

Deno.test("An error above the tolerance ends the script with exit code 1", async () => {
  let out = "";
  const console_ = { out: (text: string) => void (out += text), error: assert.fail };
  assert.equal(await policyGradient(["--scale=smoke", "--seeds=0..0"], console_, 1e-16), 1);
  assert(JSON.parse(out).worst.process > 1e-16);
});

Deno.test("The script refuses what it does not know in one line with exit code 2", async () => {
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [["--scale", "huge"], /--scale must be one of smoke, study, paper: got "huge"/],
    [["--scale", "toString"], /--scale must be one of/],
    [["--seeds", "5..1"], /--seeds must be A..B with A at most B.*got "5..1"/],
    [["--seeds", "3"], /--seeds must be A..B/],
    [["--seeds"], /--seeds/],
    [["--algorithm", "foo"], /--algorithm does not apply: .*nothing is trained/],
    [["--algorithm=soft-q"], /--algorithm does not apply/],
    [["--steps=5"], /--steps/],
    [["word"], /word/],
  ];
  for (const [words, says] of refused) {
    const { code, out, error } = await run(words);
    assert.deepEqual([code, out], [2, ""], words.join(" "));
    assert.match(error, says);
    assert.equal(error.trimEnd().split("\n").length, 1, error);
  }
});
