/** `watch-body` from the command line: the page it writes, and one clear line for arguments that cannot be. */

import { assert } from "../deps.ts";

const script = new URL("../../experiments/watch_body.ts", import.meta.url).pathname;

async function watch(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-read", "--allow-write", script, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), error: text.decode(stderr) };
}

Deno.test("watch-body writes a page of each body, and says where", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    for (const args of [["swimmer", "--policy", "gait"], ["quadruped", "--world=maze", "--policy", "zero"]]) {
      const file = `${folder}/new/${args[0]}.html`;
      const { code, out, error } = await watch(...args, "--steps", "20", "--out", file);
      assert.deepEqual({ code, error }, { code: 0, error: "" });
      assert.equal(out, `20 steps written to ${file}\n`);
      assert.ok(Deno.readTextFileSync(file).includes("<canvas"));
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("watch-body refuses wrong arguments in one line with exit code 2", async () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /Name one body, swimmer or quadruped: got none/],
    [["fish"], /The body must be one of swimmer, quadruped: got "fish"/],
    [["quadruped", "--world", "sea"], /--world must be one of plane, maze, .*: got "sea"/],
    [["swimmer", "--world", "maze"], /The swimmer has no walls: --world must be plane, got "maze"/],
    [["quadruped", "--policy", "walk"], /--policy must be one of random, zero, gait: got "walk"/],
    [["quadruped", "--steps", "0"], /--steps must be an integer of at least 1: got "0"/],
    [["quadruped", "--seed"], /--seed needs a value/],
    [["quadruped", "--colour", "red"], /Unknown flag --colour/],
  ];
  for (
    const { code, out, error, message } of await Promise.all(
      wrong.map(async ([args, message]) => ({ ...await watch(...args), message })),
    )
  ) {
    assert.equal(code, 2);
    assert.equal(out, "");
    assert.match(error, message);
    assert.equal(error.trimEnd().split("\n").length, 1, error);
  }
});
