/** The text of JSON files: the value is unchanged, and rows of numbers are lines. */
import { assert, fc } from "../deps.ts";
import { jsonText, jsonTextByRows } from "../../src/run/json.ts";

Deno.test("Text by rows holds the same value, with each array of numbers on one line", () => {
  assert.equal(
    jsonTextByRows({ a: [1, 2.5, -3e-7], b: [[1, 2], [3]], c: ["[", "1,\n 2"], d: [] }),
    `{
  "a": [1, 2.5, -3e-7],
  "b": [
    [1, 2],
    [3]
  ],
  "c": [
    "[",
    "1,\\n 2"
  ],
  "d": []
}
`,
  );
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const json = { value };
    assert.deepEqual(JSON.parse(jsonTextByRows(json)), JSON.parse(jsonText(json)));
  }));
});
