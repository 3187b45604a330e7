/** A device or a pipe in the place of a file that is written. */
import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { writeShared } from "../../src/run/files.ts";
import { withFolder } from "./run_fixture.ts";

for (const [name, write] of Object.entries({ writeShared })) {
  Deno.test({
    name: `${name} writes to a pipe where it is, and puts no file in its place`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withFolder(async (folder) => {
        const pipe = `${folder}/pipe`;
        assert((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
        const reader = new Deno.Command("cat", { args: [pipe], stdout: "piped" }).spawn();
        assert(E.isRight(await write(pipe, "all of it\n")()));
        const { stdout } = await reader.output();
        assert.equal(new TextDecoder().decode(stdout), "all of it\n");
        assert.equal((await Deno.stat(pipe)).isFifo, true);
        assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["pipe"]);
      }),
  });
}
