/** Folders of runs that a newer version made. */
import project from "../../deno.json" with { type: "json" };
import { assert } from "../deps.ts";
import { multiGoal } from "../../experiments/multi_goal.ts";
import { E } from "../../src/deps.ts";
import { agentOf } from "../../src/learn/agent.ts";
import { withDigest } from "../../src/run/checkpoint/checkpoint.ts";
import { readCheckpoint } from "../../src/run/checkpoint/reader.ts";
import { softq, TINY } from "../cli/softq.ts";
import { withFolder } from "./run_fixture.ts";

/** This version with one of its parts increased. */
const moved = (part: number, by: number): string =>
  project.version.split(".").map((each, k) => Number(each) + (k === part ? by : 0)).join(".");

Deno.test("The folder of a newer version whose options this one does not know is named as such, with what to do", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`, configFile = `${run}/config.json`;
    const made = await softq(["train", multiGoal.name, ...TINY, `--until=25`, `--out=${run}`]);
    assert.equal(made.code, 130, made.error);
    const config = JSON.parse(await Deno.readTextFile(configFile));
    const manifest = JSON.parse(await Deno.readTextFile(`${run}/manifest.json`));
    const train = ["train", multiGoal.name, ...TINY, `--out=${folder}/other`];
    const commands = [
      ["resume", run],
      ["evaluate", run],
      ["watch", run],
      ["report", run],
      [...train, `--init=${run}`],
      ["train", multiGoal.name, `--config=${configFile}`, `--out=${folder}/other`],
    ];
    const said = async (words: readonly string[], version: unknown, options: object): Promise<string> => {
      await Deno.writeTextFile(configFile, JSON.stringify({ ...config, ...options }));
      // Of a newer version nothing but its number has to be understood.
      await Deno.writeTextFile(`${run}/manifest.json`, JSON.stringify({ ...manifest, version, exit: 7 }));
      const { code, error } = await softq(words);
      assert.equal(code, 2, error);
      assert.equal(error.trim().split("\n").length, 1, error);
      return error;
    };
    const options = [{ newOption: 1 }, { algorithm: "newer" }, { scale: ["a", "b"] }];
    const newer = [0, 1, 2].map((part) => moved(part, part === 0 ? 1 : 10));
    for (const [k, words] of commands.entries()) {
      const version = newer[k % 3]!;
      const error = await said(words, version, options[k % 3]!);
      assert(
        error.includes(
          `"${run}" was made by softq ${version}, and this is ${project.version}, which does not understand its ` +
            `config.json: use softq ${version} or newer`,
        ),
        error,
      );
    }
    for (const version of [...newer, `${newer[0]}-beta.1`]) {
      assert.match(
        await said(["evaluate", run], version, options[0]!),
        /was made by softq \d+\.\d+\.\d+, and/,
      );
    }
    for (const version of [project.version, "0.0.9", "0.1.99", "not a version", 7, null]) {
      const error = await said(["evaluate", run], version, options[0]!);
      assert(error.includes(`"${configFile}": There is no option "--new-option"`), error);
    }
    await Deno.writeTextFile(configFile, JSON.stringify({ ...config, newOption: 1 }));
    await Deno.writeTextFile(`${run}/manifest.json`, JSON.stringify({ ...manifest, version: newer[0] }));
    const { error } = await softq(["list", folder]);
    assert(error.includes(`"${run}" was made by softq ${newer[0]}`), error);
  }));

Deno.test("A checkpoint and an agent of a newer format are named as such", async () => {
  await withFolder(async (folder) => {
    const file = `checkpoint/7/manifest.json`;
    await Deno.mkdir(`${folder}/checkpoint/7`, { recursive: true });
    const said = async (format: unknown): Promise<string> => {
      await Deno.writeTextFile(`${folder}/${file}`, withDigest({ format }));
      const read = await readCheckpoint(folder, "", 7, { observation: 1, action: 1 })();
      return E.isLeft(read) ? read.left.message : "";
    };
    assert.equal(
      await said(3),
      `Checkpoint file "${file}" is of format 3, which a newer version of softq writes: use that one`,
    );
    for (const format of [1, 2, "3", null]) {
      assert.match(await said(format), /is not the manifest of a checkpoint/);
    }
  });
  const agent = agentOf({}, { format: "softq 2" });
  assert(E.isLeft(agent));
  assert.equal(
    agent.left.message,
    `The file's format must be "softq 1": got "softq 2", which a newer version of softq writes`,
  );
});
