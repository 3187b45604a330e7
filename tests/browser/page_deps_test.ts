/** The assertions of a page are no weaker than Node's, and its properties run a few times on the same values. */

import { assert, fc } from "../deps.ts";
import { assert as pageAssert, fc as pageFc } from "./page_deps.ts";

const passes = (f: () => void): boolean => {
  try {
    f();
    return true;
  } catch {
    return false;
  }
};

const number = fc.oneof(fc.constantFrom(0, -0, 1, NaN, Infinity), fc.double());
const value = fc.oneof(
  number,
  fc.string(),
  fc.array(number, { maxLength: 2 }),
  fc.array(fc.constantFrom(0, -0, 1), { maxLength: 2 }).map((each) => Float32Array.from(each)),
  fc.record({ a: number, b: fc.array(number, { maxLength: 2 }) }),
);
const pairs = fc.oneof(fc.tuple(value, value), value.map((x) => [x, structuredClone(x)] as const));

Deno.test("In a page equal and deepEqual pass exactly where Node's do", () =>
  fc.assert(
    fc.property(pairs, ([a, b]) => {
      assert.equal(passes(() => pageAssert.equal(a, b)), passes(() => assert.equal(a, b)));
      assert.equal(passes(() => pageAssert.deepEqual(a, b)), passes(() => assert.deepEqual(a, b)));
    }),
    { numRuns: 1000, seed: 1 },
  ));

Deno.test("In a page an assertion fails if its condition is false, its pattern does not match or another error is thrown", () => {
  assert(passes(() => pageAssert(1)) && passes(() => pageAssert.match("abc", /b/)));
  assert(passes(() => pageAssert.throws(() => new Array(-1), RangeError)));
  for (
    const f of [
      () => pageAssert(0),
      () => pageAssert(NaN),
      () => pageAssert.match("abc", /d/),
      () => pageAssert.fail("so it is"),
      () => pageAssert.throws(() => new Array(-1), TypeError),
      () => pageAssert.throws(() => {}, Error),
    ]
  ) assert(!passes(f), `${f}`);
});

Deno.test("In a page a property runs a few times, on the same values each time, and its failure is thrown", async () => {
  const drawn = async (): Promise<number[]> => {
    const values: number[] = [];
    await pageFc.assert(pageFc.asyncProperty(pageFc.nat(), async (n) => void values.push(await n)), {
      numRuns: 100,
    });
    return values;
  };
  const first = await drawn();
  assert(first.length > 1 && first.length < 10);
  assert.deepEqual(await drawn(), first);
  await assert.rejects(pageFc.assert(pageFc.asyncProperty(pageFc.nat(), () => Promise.reject(new Error()))));
  assert.throws(() => pageFc.assert(pageFc.property(pageFc.nat(), () => false)));
});
