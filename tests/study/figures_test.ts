/** The archived figures over several runs. */
import { assert } from "../deps.ts";
import { findAll, parseXml } from "../report/xml.ts";

const RESULTS = new URL("../../results/", import.meta.url);

Deno.test("The titles of the archived figures take at most the two lines that figures leave for them", async () => {
  const files = [...Deno.readDirSync(RESULTS)].map(({ name }) => name).filter((name) =>
    name.endsWith(".svg")
  );
  assert(files.length > 30, `${files.length} figures`);
  for (const file of files) {
    const root = parseXml(await Deno.readTextFile(new URL(file, RESULTS)));
    const bold = findAll(
      root,
      ({ name, attributes }) => name === "text" && attributes["font-weight"] === "bold",
    );
    // A title in one line has letters of 16, in two of 13; all else in bold is smaller.
    const lines = bold.filter(({ attributes }) => Number(attributes["font-size"]) >= 13);
    assert(lines.length >= 1 && lines.length <= 2, `${file}: ${lines.length} lines`);
  }
});
