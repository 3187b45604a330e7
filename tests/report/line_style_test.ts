/** Colours of algorithms and of runs: nobody has a goal's, and an algorithm has one colour everywhere. */
import { assert, fc } from "../deps.ts";
import { ALGORITHM_NAMES } from "../../src/learn/algorithms.ts";
import { algorithmStyle, styleOf, stylesOf } from "../../src/report/line_style.ts";
import { figure5 } from "../../src/report/figure_5.ts";
import { PALETTE } from "../../src/report/svg.ts";

/** Hue in degrees and lightness from 0 to 1 of a colour. */
function hueOf(hex: string): readonly [hue: number, lightness: number] {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255) as [
    number,
    number,
    number,
  ];
  const most = Math.max(r, g, b), least = Math.min(r, g, b), span = most - least;
  const sixth = most === r ? ((g - b) / span + 6) % 6 : most === g ? (b - r) / span + 2 : (r - g) / span + 4;
  return [60 * sixth, (most + least) / 2];
}

Deno.test("No line has a goal's colour, nor one near to it, in light or in the dark", () => {
  const inks = new Set(Array.from({ length: 20 }, (_, k) => styleOf(k).ink));
  assert(inks.size >= 4 && !inks.has("goal"));
  for (const mode of ["light", "dark"] as const) {
    const [goal] = hueOf(PALETTE.goal[mode]);
    for (const ink of inks) {
      const away = Math.abs(hueOf(PALETTE[ink][mode])[0] - goal);
      assert(Math.min(away, 360 - away) >= 20, `${ink} is ${away} degrees from the goals`);
    }
  }
});

Deno.test("Every algorithm has a colour of its own, and arms of figure 5 have it, too", () => {
  const inks = ALGORITHM_NAMES.map((each) => algorithmStyle(each).ink);
  assert.equal(new Set(inks).size, inks.length);
  for (const algorithm of ALGORITHM_NAMES) {
    const { ink } = algorithmStyle(algorithm), seeds = [[[0, 1], [1, 2]] as const];
    for (const scratch of [false, true]) {
      const arm = { algorithm, scratch, name: "an initialisation", seeds };
      const source = figure5({ title: "T", caption: "c", arms: [arm] });
      assert.match(source, new RegExp(`class="stroke-${ink}"`));
      assert.equal(/stroke-dasharray="2 3"/.test(source), scratch);
    }
  }
});

Deno.test("The first run of an algorithm has its colour, and runs side by side differ in colour or in dash", () =>
  fc.assert(fc.property(fc.array(fc.constantFrom(...ALGORITHM_NAMES), { maxLength: 6 }), (algorithms) => {
    const styles = stylesOf(algorithms);
    algorithms.forEach((each, k) => {
      if (algorithms.indexOf(each) === k) assert.deepEqual(styles[k], { ink: algorithmStyle(each).ink });
    });
    assert.equal(new Set(styles.map(({ ink, dash }) => `${ink} ${dash}`)).size, styles.length);
  })));
