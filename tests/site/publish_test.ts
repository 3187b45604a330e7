/** Builds are put in their place with the rights that their task has. */

import { publish } from "../../site/publish.ts";
import { assert } from "../deps.ts";

const folder = `${Deno.makeTempDirSync()}/dist`;

/** The files below a folder by name, with their text. */
const textsIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
      isDirectory
        ? Object.entries(textsIn(`${folder}/${name}`)).map(([below, text]) => [`${name}/${below}`, text])
        : [[name, Deno.readTextFileSync(`${folder}/${name}`)]]
    ),
  );

const build = (texts: Record<string, string>): ReadonlyMap<string, Uint8Array> =>
  new Map(Object.entries(texts).map(([name, text]) => [name, new TextEncoder().encode(text)]));

Deno.test({
  name: "A build takes the place of an earlier one, with the right to write to its folder alone",
  permissions: { read: [folder], write: [folder] },
  fn: () => {
    for (
      const texts of [
        { "a.js": "1", "site/index.html": "2", "site/old.js": "3", "types/a.d.ts": "4" },
        { "a.js": "5", "b.js": "6", "site/index.html": "7" },
      ]
    ) {
      publish(folder, build(texts));
      assert.deepEqual(textsIn(folder), texts);
    }
  },
});

Deno.test("The task that builds the pages may write to their folder alone", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)));
  assert.deepEqual(tasks.site.command.match(/--allow-write\S*/g), ["--allow-write=dist"]);
});
