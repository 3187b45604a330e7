import { assert } from "../deps.ts";
import {
  axes,
  gridOf,
  levelCurves,
  levelsOf,
  levelStep,
  onPage,
  type Panel,
} from "../../src/report/panel.ts";
import { findAll, parseXml, textOf } from "./xml.ts";

const panel: Panel = { left: 10, top: 20, size: 100, x: [-1, 1], y: [-1, 1] };

Deno.test("a point is drawn where the axes say", () => {
  assert.deepEqual(onPage(panel, [-1, -1]), [10, 120]);
  assert.deepEqual(onPage(panel, [1, 0.5]), [110, 45]);
  const root = parseXml(axes(panel, { ticks: 4, label: "x (m)" }, { ticks: 4, numbers: false }).markup);
  assert.match(textOf(root), /−1−0.500.51x \(m\)/);
  assert.equal(findAll(root, ({ name }) => name === "line").length, 10);
});

/** The corners of all rings of level curves, in the panel's units. */
function corners(markup: string): readonly (readonly [number, number])[] {
  return findAll(parseXml(markup), ({ name }) => name === "path").flatMap(({ attributes }) =>
    [...attributes["d"]!.matchAll(/[ML]([-\d.]+),([-\d.]+)/g)].map(([, x, y]) =>
      [(Number(x) - 10) / 50 - 1, 1 - (Number(y) - 20) / 50] as const
    )
  );
}

Deno.test("a level curve of a cone is the expected circle, with row and column not confused", () => {
  const cone = gridOf([-1, 1], [-1, 1], 81, 41, (x, y) => -Math.hypot(x - 0.25, y + 0.25));
  const ring = corners(levelCurves(panel, cone, [-0.5]).markup);
  assert.ok(ring.length > 50);
  for (const [x, y] of ring) {
    // Linear interpolation between grid points errs by h²/8r with h = 0.05, 0.0006; rounding to 0.1 pixel by 0.0014.
    assert.ok(Math.abs(Math.hypot(x - 0.25, y + 0.25) - 0.5) < 0.003, `(${x}, ${y})`);
  }
});

Deno.test("the straight parts of a level curve have no points but their ends", () => {
  const flat = gridOf([-1, 1], [-1, 1], 30, 30, () => 1);
  const ring = corners(levelCurves(panel, flat, [0.5]).markup); // a square around the grid with cut corners
  assert.ok(ring.length >= 8 && ring.length <= 10, `${ring.length}`);
});

Deno.test("levels are round numbers at equal steps inside the range of the finite values", () => {
  assert.deepEqual(levelsOf([0, 1, NaN, Infinity], 5), [0.2, 0.4, 0.6, 0.8]);
  assert.deepEqual(levelsOf([3, 3, 3], 5), []);
  assert.deepEqual(levelsOf([NaN], 5), []);
  assert.equal(levelStep([0.2, 0.4]), "0.2");
});

Deno.test("values that are not finite lie below every level, and a grid of the wrong size is refused", () => {
  const holed = gridOf([-1, 1], [-1, 1], 5, 5, (x, y) => x === 0 && y === 0 ? NaN : 1);
  assert.doesNotMatch(levelCurves(panel, holed, [0.5]).markup, /NaN|Infinity/);
  assert.throws(() => levelCurves(panel, { ...holed, width: 4 }, [0.5]), RangeError);
});
