/** A device or a pipe in the place of a file that is written. */
import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { writeShared, writeWhole } from "../../src/run/files.ts";
import { withFolder } from "./run_fixture.ts";

const named = Deno.build.os !== "windows"; // pipes that have names

/** Makes a pipe in a new folder. */
const withPipe = (test: (pipe: string, folder: string) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    const pipe = `${folder}/pipe`;
    assert((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
    await test(pipe, folder);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["pipe"]);
  });

if (named) {
  Deno.test("A file that a user names is written to a pipe where it is, and nothing is put in its place", () =>
    withPipe(async (pipe) => {
      const reader = new Deno.Command("cat", { args: [pipe], stdout: "piped" }).spawn();
      assert(E.isRight(await writeShared(pipe, "all of it\n")()));
      const { stdout } = await reader.output();
      assert.equal(new TextDecoder().decode(stdout), "all of it\n");
      assert.equal((await Deno.stat(pipe)).isFifo, true);
    }));

  Deno.test("A run's own file takes the place of a pipe, which nobody may ever read", () =>
    withPipe(async (pipe) => {
      assert(E.isRight(await writeWhole(pipe, "all of it\n")()));
      assert.equal((await Deno.stat(pipe)).isFile, true);
      assert.equal(await Deno.readTextFile(pipe), "all of it\n");
    }));
}
