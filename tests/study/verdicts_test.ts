/** Verdicts on the paper's claims, and the file of claims for programs. */
import { assert } from "../deps.ts";
import type { ClaimRow, Section, Verdict } from "../../src/report/results.ts";
import { claimsDocument, pageOf, verdictsOf } from "../../study/verdicts.ts";

const row = (met: boolean | null, value: number, seeds = 2): ClaimRow => ({
  claim: "ends forward, mean beyond 0.5 m, after crossing; paper: all, DDPG 80 % (soft Q-learning)",
  found: `${value}`,
  n: `${seeds} seeds`,
  interval: "",
  met,
  algorithm: "soft Q-learning",
  value,
  seeds,
  bounds: null,
  setting: `a setting with ${value}`,
  remark: "",
});

const section = (claims: readonly ClaimRow[]): Section => ({
  title: "Swimmer (figures 3a and 6)",
  text: "",
  claims,
  runs: [],
  pictures: [],
});

const CLAIM = "Swimmer: soft Q-learning crosses, ends forward (figure 3a)";
const verdictOn = (...claims: readonly ClaimRow[]) =>
  verdictsOf([section(claims)]).find(({ claim }) => claim === CLAIM)!;

Deno.test("A claim is reproduced where all settings meet it, partly where some do, not where none does", () => {
  assert.equal(verdictOn(row(true, 1), row(true, 0.8)).verdict, "reproduced");
  assert.equal(verdictOn(row(true, 1), row(false, 0.2)).verdict, "partly");
  assert.equal(verdictOn(row(false, 0.2), row(false, 0)).verdict, "not");
  assert.equal(verdictOn().verdict, "not tested");
  assert.equal(verdictOn(row(null, 1)).verdict, "not tested"); // no criterion, no verdict
  assert.match(verdictOn().why ?? "", /nothing was run/);
});

Deno.test("The setting shown is the best one, and how many were tried is said", () => {
  const { best, settings, metIn } = verdictOn(
    row(false, 0.9),
    row(true, 0.6, 3),
    row(true, 0.6, 6),
    row(false, 0),
  );
  assert.deepEqual([best?.value, best?.seeds, settings, metIn], [0.6, 6, 4, 2]);
});

Deno.test("The archived claims contain what programs need, and the verdicts follow from them", async () => {
  const { verdicts, claims } = JSON.parse(
    await Deno.readTextFile(new URL("../../results/claims.json", import.meta.url)),
  );
  assert(claims.length > 60 && verdicts.length >= 9);
  for (const each of claims) {
    assert.deepEqual(
      Object.keys(each),
      ["claim", "experiment", "algorithm", "setting", "n", "value", "interval", "met", "found", "remark"],
    );
    assert(each.interval === null || (each.interval.length === 2 && each.interval[0] <= each.interval[1]));
    // A number and its interval are of one statistic: the interval contains it, up to six digits.
    if (each.interval !== null && each.value !== null) {
      const [low, high] = each.interval, digits = 1e-5 * Math.max(1, Math.abs(each.value));
      assert(low - digits <= each.value && each.value <= high + digits, each.claim);
    }
    assert(Number.isInteger(each.n) && each.n > 0);
  }
  assert(verdicts.some(({ verdict }: { readonly verdict: string }) => verdict === "not tested"));
  for (const { verdict, why, settings, metIn, best, page } of verdicts) {
    assert.equal(
      verdict,
      settings === 0 ? "not tested" : metIn === settings ? "reproduced" : metIn > 0 ? "partly" : "not",
    );
    // What was tested has a number with an interval; what was not has a reason.
    assert.equal(typeof why, settings === 0 ? "string" : "undefined");
    if (settings === 0) {
      assert.equal(best, null);
      continue;
    }
    assert.equal(best.met, metIn > 0);
    assert(best.interval !== null && typeof best.value === "number", best.claim);
    assert(claims.some((each: unknown) => JSON.stringify(each) === JSON.stringify(best)), best.claim);
    assert((await Deno.stat(new URL(`../../results/${page}`, import.meta.url))).isFile);
  }
});

Deno.test("The overview's claims fit a screen, and the document for programs has every row", () => {
  const rows = [row(true, 1), row(false, 0)], verdicts = verdictsOf([section(rows)]);
  assert(verdicts.length <= 16);
  const { claims, settings } = claimsDocument([section(rows)], verdicts);
  assert.deepEqual(
    (claims as readonly { readonly setting: number }[]).map(({ setting }) =>
      (settings as readonly string[])[setting]
    ),
    rows.map(({ setting }) => setting),
  );
  assert.equal(pageOf("Swimmer (figures 3a and 6)"), "swimmer.md");
});

Deno.test("Each claim of the paper that a row should test has a row in the archived results", async () => {
  const { verdicts } = JSON.parse(
    await Deno.readTextFile(new URL("../../results/claims.json", import.meta.url)),
  );
  const why = (verdicts as readonly Verdict[]).flatMap((each) => each.why ?? []);
  assert(why.length > 0 && !why.includes("nothing was run that tests it"), why.join("; "));
});
