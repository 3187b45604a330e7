/** The rule for the swimmer's temperature and line. */
import { assert } from "../deps.ts";
import { chosenLine, reachedBothWays, temperatureRows } from "../../study/swimmer_line.ts";

/** Ends of 100 episodes: so many forward at one distance, the others backward at another. */
const ends = (forward: number, far: number, back: number): readonly number[] =>
  Array.from({ length: 100 }, (_, k) => k < forward ? far : -back);

Deno.test("A line is as far as a quarter of the episodes come on either side, and there is none where all go one way", () => {
  assert.equal(reachedBothWays(ends(50, 3, 2)), 2);
  assert.equal(reachedBothWays(ends(30, 1, 4)), 1);
  assert.equal(reachedBothWays(ends(20, 3, 2)), 0); // a fifth swims forward
  assert.equal(reachedBothWays(ends(100, 4.7, 0)), 0);
  assert.equal(reachedBothWays(ends(0, 0, 4.7)), 0);
  const evenly = Array.from({ length: 101 }, (_, k) => (k - 50) / 10);
  assert.equal(reachedBothWays(evenly), 2.5);
});

Deno.test("The temperature with the farthest line is chosen, by the mean over its seeds", () => {
  const rows = temperatureRows([
    { temperature: 0.001, ends: ends(100, 5, 0) },
    { temperature: 0.01, ends: ends(50, 2, 2) },
    { temperature: 0.01, ends: ends(90, 4, 4) },
    { temperature: 0.1, ends: ends(50, 0.3, 0.3) },
    { temperature: 0.03, ends: ends(50, 1.57, 1.9) },
  ]);
  assert.deepEqual(rows.map(({ temperature, seeds, line }) => [temperature, seeds, line]), [
    [0.1, 1, 0.3],
    [0.03, 1, 1.57],
    [0.01, 2, 1],
    [0.001, 1, 0],
  ]);
  assert.deepEqual(rows[2]!.forward, [0.5, 0.9]);
  assert.deepEqual(rows[2]!.backward, [0.5, 0.1]);
  assert.equal(rows[2]!.distance, 3);
  assert.deepEqual(chosenLine(rows), { temperature: 0.03, line: 1.5 });
  assert.equal(chosenLine(rows.slice(3)), null);
  assert.equal(chosenLine([]), null);
});
