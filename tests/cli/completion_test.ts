/** The command that docs/command_line.md installs, and what a shell completes with it. */
import { assert } from "../deps.ts";
import { ROOT } from "../packaging/sources.ts";
import { withFolder } from "../run/run_fixture.ts";
import { bash } from "./processes.ts";
import { softq } from "./softq.ts";

/** The permissions that the page's `deno install` gives the command. */
async function permissions(): Promise<string> {
  const page = await Deno.readTextFile(`${ROOT}docs/command_line.md`);
  const [, command] = /^ {4}(deno install --global (?:.*\\\n)*.* cli\.ts)$/m.exec(page)!; // it begins with code
  return command!.match(/--allow-\S+/g)!.join(" ");
}

Deno.test("The installed command lists runs from any folder, and bash completes its words", () =>
  withFolder(async (folder) => {
    // As `deno install` writes it. The test does not call that, which looks packages up on the network.
    const script =
      `exec ${Deno.execPath()} run ${await permissions()} --config ${ROOT}deno.json ${ROOT}cli.ts "$@"`;
    await Deno.writeTextFile(`${folder}/softq`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const path = `PATH=${folder}:$PATH`;
    const kept = await bash(`${path} softq list ${ROOT}results/multi-goal-soft-q-0`, folder);
    assert.match(kept.out, /multi-goal +soft-q +0\.\.4 +done/, kept.error);
    // As bash calls the function: the words, and which of them is being written.
    const proposed = (...words: readonly string[]): string =>
      `COMP_WORDS=(softq ${words.join(" ")}); COMP_CWORD=${words.length}; _softq; echo "\${COMPREPLY[*]}"`;
    const { code, out, error } = await bash(
      [
        `export ${path}; source <(softq completion bash)`,
        proposed("train", "sw"),
        proposed("train", "maze", "--algorithm", '""'),
        proposed("train", "maze", "--scale", "=", "s"),
        "complete -p softq",
      ].join("\n"),
      folder,
    );
    assert.deepEqual([code, error], [0, ""]);
    assert.deepEqual(out.split("\n"), [
      "swimmer",
      "soft-q ddpg sac",
      "smoke study",
      "complete -o default -F _softq softq",
      "",
    ]);
  }));

Deno.test("A flag and its value in one word are completed, as zsh and fish hand them over", async () => {
  const proposed = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await softq(["complete", "--", ...words])).out.trim().split("\n");
  assert.deepEqual(await proposed("train", "multi-goal", "--scale=s"), ["--scale=smoke", "--scale=study"]);
  assert.deepEqual(await proposed("train", "multi-goal", "--scale", "="), ["smoke", "study", "paper"]);
});

Deno.test("If a folder or a file is expected, flags are completed after a dash only, and those that help hides after a letter", async () => {
  const proposed = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await softq(["complete", "--", ...words])).out.trim().split("\n");
  for (const command of ["report", "resume", "watch", "list", "evaluate"]) {
    assert.deepEqual(await proposed(command, ""), [""], command);
    assert((await proposed(command, "-")).every((each) => each.startsWith("--")), command);
  }
  assert.deepEqual(await proposed("report", "--"), ["--out"]);
  const all = await proposed("train", "multi-goal", "");
  assert(all.includes("--steps") && all.includes("--seeds") && !all.includes("--fixed-particles"));
  assert.deepEqual(await proposed("train", "multi-goal", "--fix"), ["--fixed-particles"]);
  assert.deepEqual((await proposed("resume", "--")).includes("--temperature"), false);
  assert(
    (await proposed("sweep", "")).includes("status") && !(await proposed("sweep", "")).includes("--out"),
  );
});
