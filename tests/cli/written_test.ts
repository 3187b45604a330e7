import { assert, fc } from "../deps.ts";
import { withFolder } from "../run/run_fixture.ts";
import { softq, TINY } from "./softq.ts";

/** Texts that take the place of a file: other JSON, and JSON of which a field is something else. */
const damaged = (text: string): fc.Arbitrary<string> => {
  const whole = JSON.parse(text) as Record<string, unknown>;
  return fc.oneof(
    fc.json(),
    fc.string(),
    fc.nat(text.length - 2).map((length) => text.slice(0, length)),
    fc.tuple(fc.constantFrom(...Object.keys(whole)), fc.jsonValue()).map(([field, value]) =>
      JSON.stringify({ ...whole, [field]: value })
    ),
  );
};

Deno.test("Whatever a run's files contain, list, report and evaluate say what is wrong in a line or do their work", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    assert.equal((await softq(["train", "multi-goal", ...TINY, `--out=${run}`])).code, 0);
    let refused = 0, tried = 0;
    for (const file of ["summary.json", "manifest.json", "config.json", "metrics.jsonl"]) {
      const text = await Deno.readTextFile(`${run}/${file}`);
      const record = file === "metrics.jsonl" ? text.split("\n")[0]! : text;
      await fc.assert(
        fc.asyncProperty(damaged(record), async (harmed) => {
          await Deno.writeTextFile(`${run}/${file}`, file === "metrics.jsonl" ? `${harmed}\n` : harmed);
          for (const words of [["list", folder], ["report", run], ["evaluate", run, "--episodes=1"]]) {
            const { code, error } = await softq(words);
            tried++;
            assert(code === 0 || code === 2, `${words[0]} ${file}: ${code} ${error}`);
            if (code === 2) {
              refused++;
              assert.equal(error.trim().split("\n").length, 1, error);
            }
          }
        }),
        { numRuns: 40 },
      );
      await Deno.writeTextFile(`${run}/${file}`, text);
    }
    assert(refused > tried / 10, `${refused} of ${tried}`);
    assert.equal((await softq(["report", run])).code, 0);
  }));

Deno.test("Whatever an archived run's files contain, list and report say what is wrong in a line or do their work", () =>
  withFolder(async (folder) => {
    const kept = `${folder}/kept`;
    await Deno.mkdir(kept);
    const results = new URL("../../results/", import.meta.url);
    const name = [...Deno.readDirSync(results)].map((entry) => entry.name).sort()
      .find((each) => each.startsWith("multi-goal") && !each.includes("."));
    const files = ["config.json", "summary.json", "run.json", "evaluations.json"];
    for (const file of files) await Deno.copyFile(new URL(`${name}/${file}`, results), `${kept}/${file}`);
    const whole = await softq(["report", kept]);
    assert.equal(whole.code, 0, whole.error);
    let refused = 0, tried = 0;
    for (const file of ["run.json", "evaluations.json"]) {
      const text = await Deno.readTextFile(`${kept}/${file}`);
      await fc.assert(
        fc.asyncProperty(damaged(text), async (harmed) => {
          await Deno.writeTextFile(`${kept}/${file}`, harmed);
          for (const words of [["list", folder], ["report", kept]]) {
            const { code, error } = await softq(words);
            tried++;
            assert(code === 0 || code === 2, `${words[0]} ${file}: ${code} ${error}`);
            if (code === 2) {
              refused++;
              assert.equal(error.trim().split("\n").length, 1, error);
              assert(error.includes(file), error);
            }
          }
        }),
        { numRuns: 20 },
      );
      await Deno.writeTextFile(`${kept}/${file}`, text);
    }
    assert(refused > tried / 10, `${refused} of ${tried}`);
  }));
