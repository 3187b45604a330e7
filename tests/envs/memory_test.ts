/** Memory: stepping retains no allocation. */

import { assert } from "../deps.ts";

Deno.test("a million steps of each body leave less than 1 MB on the heap", async () => {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--v8-flags=--expose-gc", new URL("memory.ts", import.meta.url).pathname],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const grown: Record<string, number> = JSON.parse(new TextDecoder().decode(stdout));
  assert.deepEqual(Object.keys(grown), ["swimmer", "quadruped"]);
  for (const [body, bytes] of Object.entries(grown)) assert.ok(bytes < 2 ** 20, `${body}: ${bytes} bytes`);
});
