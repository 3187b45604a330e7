/** Measures: tables read back what they wrote, and name what is wrong. */
import { assert, fc } from "../deps.ts";
import { E } from "../../src/deps.ts";
import {
  FLAG,
  LATER_NUMBER_OR_NULL,
  NUMBER,
  NUMBER_OR_NULL,
  NUMBERS,
  readMeasures,
} from "../../src/run/measures.ts";

const TABLE = { mean: NUMBER, each: NUMBERS, ended: FLAG, first: NUMBER_OR_NULL };
const asRead = (x: number): number => Number.isFinite(x) ? x : NaN;

Deno.test("A table reads back from JSON the values that were written, and ignores other names", () => {
  const values = fc.record({
    mean: fc.double(),
    each: fc.array(fc.double()),
    ended: fc.boolean(),
    first: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
  });
  fc.assert(fc.property(values, (written) => {
    const read = readMeasures(TABLE, JSON.parse(JSON.stringify({ ...written, more: "text" })));
    const zero = (x: number): number => x === 0 ? 0 : x; // JSON has no negative zero
    assert.deepEqual(
      read,
      E.right({
        mean: zero(asRead(written.mean)),
        each: written.each.map(asRead).map(zero),
        ended: written.ended,
        first: written.first === null ? null : zero(written.first),
      }),
    );
  }));
});

Deno.test("An invalid value of a measure is refused by name", () => {
  const good = { mean: 1, each: [1], ended: true, first: null };
  const wrong: readonly (readonly [unknown, string])[] = [
    [null, `"mean" should be a number: got nothing`],
    [{ ...good, mean: "1" }, `"mean" should be a number: got "1"`],
    [{ ...good, each: 1 }, `"each" should be a list of numbers: got 1`],
    [{ ...good, each: [1, "x"] }, `"each" should be a list of numbers: got [1,"x"]`],
    [{ ...good, ended: 0 }, `"ended" should be true or false: got 0`],
    [{ ...good, first: "never" }, `"first" should be a number or null: got "never"`],
  ];
  for (const [json, message] of wrong) assert.deepEqual(readMeasures(TABLE, json), E.left(message));
});

Deno.test("A measure that older runs lack is null there, and is read like any other where it is present", () => {
  const table = { mean: NUMBER, later: LATER_NUMBER_OR_NULL };
  assert.deepEqual(readMeasures(table, { mean: 1 }), E.right({ mean: 1, later: null }));
  assert.deepEqual(readMeasures(table, { mean: 1, later: 0.5 }), E.right({ mean: 1, later: 0.5 }));
  assert.deepEqual(
    readMeasures(table, { mean: 1, later: "half" }),
    E.left(`"later" should be a number or null: got "half"`),
  );
});
