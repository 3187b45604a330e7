/** Every option is in the help and in the docs, and none is accepted and ignored. */
import { assert } from "../deps.ts";
import { ALGORITHMS, OPTION_NAMES } from "../../src/learn/algorithms.ts";
import { optionsPage } from "../../docs/options_page.ts";
import { FIELDS, flagOf } from "../../src/run/configuration.ts";
import { softq } from "./softq.ts";

const words = (text: string): string => text.replaceAll(/\s+/g, " ");

Deno.test("docs/options.md is what `deno task options` makes, and names every option", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/options.md", import.meta.url));
  const made = optionsPage(page);
  assert(made !== null);
  // Wrapping is the formatter's.
  assert.equal(words(page), words(made), "run `deno task options`");
  for (const name of Object.keys(FIELDS)) assert(page.includes(`**\`${name}\`**`), name);
  for (const { options } of ALGORITHMS) {
    for (const { description } of Object.values(options)) {
      assert(words(page).includes(description), description);
    }
  }
});

Deno.test("--help-all names every option of every algorithm, and says which algorithms have it", async () => {
  const { out } = await softq(["train", "multi-goal", "--help-all"]);
  for (const name of OPTION_NAMES) {
    const line = out.split("\n").find((each) => each.includes(`[${flagOf(name)}]`));
    assert(line !== undefined, name);
    const owners = ALGORITHMS.filter(({ options }) => Object.hasOwn(options, name));
    if (owners.length < ALGORITHMS.length) {
      assert(line.includes(`; ${owners.map((each) => each.name).join(", ")} only`), line);
    }
  }
});
