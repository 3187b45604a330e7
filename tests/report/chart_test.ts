/** Paths of charts. */
import { assert, fc } from "../deps.ts";
import { type Frame, pathOf, relativePathOf } from "../../src/report/chart.ts";
import type { Point } from "../../src/report/panel.ts";

const FRAME: Frame = { left: 10, top: 20, width: 300, height: 200, x: [-5, 5], y: [-3, 3] };

/** The numbers of path data, with or without spaces before a sign or a point. */
const numbersOf = (data: string): readonly number[] =>
  [...data.matchAll(/-?(?:\d+(?:\.\d+)?|\.\d+)/g)].map(([number]) => Number(number));

Deno.test("A path of relative points goes through the places of the absolute one", () => {
  const coordinate = fc.double({ min: -5, max: 5, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof({ weight: 9, arbitrary: fc.tuple(coordinate, coordinate) }, {
          weight: 1,
          arbitrary: fc.constant<[number, number]>([NaN, 1]),
        }),
        { maxLength: 30 },
      ),
      (points: readonly Point[]) => {
        const absolute = numbersOf(pathOf(FRAME, points)), data = relativePathOf(FRAME, points);
        const steps = numbersOf(data);
        assert.equal(steps.length, absolute.length);
        let x = 0, y = 0;
        for (let k = 0; k < steps.length; k += 2) {
          x += steps[k]!;
          y += steps[k + 1]!;
          assert.ok(Math.abs(x - absolute[k]!) < 1e-9 && Math.abs(y - absolute[k + 1]!) < 1e-9, data);
        }
      },
    ),
    { numRuns: 500, seed: 1 },
  );
  const steps: readonly Point[] = [[0, 0], [0.02, 0.015], [0, 0], [0, 0], [-0.1, 1]];
  assert.equal(relativePathOf(FRAME, steps), "M160 120l.6-.5-.6 .5 0 0-3-33.3");
  assert.equal(pathOf(FRAME, []), relativePathOf(FRAME, []));
});
