/** Figures 3, 5, 6 and 7: well-formed, complete, on the page, and unmoved by broken data. */
import { assert } from "../deps.ts";
import { figure3 } from "../../src/report/figure_3.ts";
import { figure5 } from "../../src/report/figure_5.ts";
import { figure6 } from "../../src/report/figure_6.ts";
import { figure7 } from "../../src/report/figure_7.ts";
import { type ClaimRow, resultsPage, type Verdict } from "../../src/report/results.ts";
import type { Point } from "../../src/report/panel.ts";
import { findAll, hasClass, parseXml, textOf, type XmlElement } from "./xml.ts";

const CAPTION = `</text><script>alert("1")</script>&`;

/** Lines of three places; `last` may be broken. */
const line = (slope: number, last: number): readonly Point[] => [[0, 0], [100, slope], [200, last]];

const figures: Readonly<Record<string, (last: number) => string>> = {
  "figure 3": (last) =>
    figure3({
      title: "Best so far",
      caption: CAPTION,
      measure: "distance (m)",
      threshold: { value: 2, meaning: "finish line" },
      runs: [{ algorithm: "soft-q", points: line(1, last) }, { algorithm: "ddpg", points: line(-1, 0) }],
    }),
  "figure 5": (last) =>
    figure5({
      title: "Transfer",
      caption: CAPTION,
      arms: [
        { algorithm: "soft-q", scratch: false, name: "one", seeds: [line(1, last), line(2, 3)] },
        { algorithm: "sac", scratch: true, name: "two", seeds: [line(0, 1)] },
      ],
    }),
  "figure 6": (last) =>
    figure6({
      title: "Spread",
      caption: CAPTION,
      finish: 2,
      rows: [{ algorithm: "soft-q", seed: 4, evaluations: [[0, -1, 0, 1], [100, -2, 0, last]] }, {
        algorithm: "ddpg",
        seed: 5,
        evaluations: [[0, 0, 0, 0]],
      }],
    }),
  "figure 7": (last) =>
    figure7({
      title: "Paths",
      caption: CAPTION,
      panels: [
        { algorithm: "soft-q", heading: "α = 1", note: "8 octants", traces: [line(1, last), []] },
        { algorithm: "soft-q", heading: "α = 0.1", note: "", traces: [line(2, 2)] },
        { algorithm: "soft-q", heading: "α = 0.1", note: "", traces: [] },
      ],
    }),
};

Deno.test("Without a finish line neither figure 3 nor figure 6 shows or mentions one", () => {
  const runs = [{ algorithm: "soft-q", points: line(1, 3) }];
  const rows = [{ algorithm: "soft-q", seed: 0, evaluations: [[0, -1, 0, 1], [100, -2, 0, 2]] as const }];
  const draw3 = (value: number | null) =>
    figure3({
      title: "Best so far",
      caption: "",
      measure: "distance (m)",
      threshold: value === null ? null : { value, meaning: "finish line" },
      runs,
    });
  const draw6 = (finish: number | null) => figure6({ title: "Spread", caption: "", finish, rows });
  for (const draw of [draw3, draw6]) {
    assert.match(draw(2), /finish line/);
    assert.doesNotMatch(draw(null), /finish line|null|Infinity|NaN/);
  }
});

Deno.test("In figure 3 the threshold's meaning stands beyond it, where lines come last", () => {
  const heights = (points: readonly Point[]) => {
    const threshold = { value: 2, meaning: "finish line" };
    const figure = { title: "Best so far", caption: "", measure: "distance (m)", threshold };
    const root = parseXml(figure3({ ...figure, runs: [{ algorithm: "soft-q", points }] }));
    const shown = findAll(root, (element) => element.attributes["class"] === "threshold")[0]!;
    const [y, text] = [findAll(shown, named("line"))[0]!.attributes["y1"], findAll(shown, named("text"))[0]!];
    assert.equal(text.attributes["text-anchor"], undefined);
    return { line: Number(y), text: Number(text.attributes["y"]) };
  };
  const rising = heights(line(1, 3)), falling = heights([[0, 5], [100, 4], [200, 1]]);
  assert.ok(rising.text < rising.line - 4);
  assert.ok(falling.text > falling.line + 10);
});

Deno.test("In figure 7 a long heading leaves the numbers of the row above it clear", () => {
  const traces = [line(1, 3)], note = "median 1.0 m, 8 octants";
  const panel = (heading: string) => ({ algorithm: "soft-q", heading, note, traces });
  const long = "α = 0.01, every 0.02 s, continued, averaged once more, and again, seed 0";
  const root = parseXml(figure7({
    title: "Paths",
    caption: "",
    panels: [panel("α = 1"), panel("α = 0.1"), panel(long)],
  }));
  const texts = findAll(root, named("text"));
  const heightOf = (element: XmlElement | undefined) => Number(element?.attributes["y"]);
  const numbers = texts.filter((element) => textOf(element) === "0").map(heightOf);
  const above = Math.min(...numbers.filter((height) => height > 250)); // the first row's, below its frame
  const first = heightOf(texts.find((element) => textOf(element).startsWith("α = 0.01")));
  assert.ok(first > above + 8, `the heading begins at ${first}, the numbers above it end at ${above}`);
});

Deno.test("Figures count one run and one seed in the singular, several in the plural", () => {
  assert.match(figures["figure 3"]!(3), /soft Q-learning \(1 run\).*DDPG \(1 run\)/s);
  assert.match(figures["figure 5"]!(3), /one \(2 seeds\).*two \(1 seed\)/s);
  assert.match(figures["figure 6"]!(3), /for 2 runs;/);
});

Deno.test("In figure 3 the last step of a line stands clear of the frame", () => {
  const root = parseXml(figures["figure 3"]!(3));
  const clip = findAll(root, named("clipPath")).flatMap((element) => findAll(element, named("rect")))[0]!;
  const edge = Number(clip.attributes["x"]) + Number(clip.attributes["width"]);
  const ends = findAll(root, hasClass("runs")).flatMap((group) => findAll(group, named("path"))).flatMap((
    { attributes: { d } },
  ) => [...(d ?? "").matchAll(/[ML](-?[\d.]+)/g)].map(([, x]) => Number(x)));
  assert.ok(Math.max(...ends) < edge - 2, `the lines end at ${Math.max(...ends)}, the frame at ${edge}`);
});

const named = (name: string) => (element: XmlElement): boolean => element.name === name;

for (const [name, draw] of Object.entries(figures)) {
  Deno.test(`${name} is well-formed, says the same for the same data, and keeps markup in its caption as text`, () => {
    const source = draw(3), root = parseXml(source);
    assert.equal(source, draw(3));
    assert.equal(findAll(root, named("script")).length, 0);
    assert(textOf(root).includes(CAPTION));
    const identifiers = findAll(root, ({ attributes }) => "id" in attributes).map(({ attributes }) =>
      attributes["id"]
    );
    assert.equal(new Set(identifiers).size, identifiers.length);
    for (const [, id] of source.matchAll(/url\(#([^)]*)\)/g)) assert(identifiers.includes(id), id);
    const [, , width, height] = root.attributes["viewBox"]!.split(" ").map(Number) as [
      number,
      number,
      number,
      number,
    ];
    for (const { attributes } of findAll(root, named("rect"))) {
      assert(Number(attributes["x"] ?? 0) + Number(attributes["width"]) <= width, name);
      assert(Number(attributes["y"] ?? 0) + Number(attributes["height"]) <= height, name);
    }
    for (const { attributes } of findAll(root, named("text"))) {
      assert(
        Number(attributes["x"]) >= 0 && Number(attributes["x"]) <= width && Number(attributes["y"]) <= height,
      );
    }
  });

  Deno.test(`${name} leaves out what is not finite`, () => {
    for (const last of [NaN, Infinity, -Infinity]) {
      const source = draw(last);
      parseXml(source);
      assert.doesNotMatch(source, /NaN|Infinity|undefined/);
    }
  });
}

Deno.test("figures 3, 5, 6 and 7 have a line, an arm, a row and a panel for each that is given", () => {
  const count = (name: string, of: string): number =>
    findAll(parseXml(figures[name]!(3)), hasClass(of)).length;
  assert.equal(
    findAll(findAll(parseXml(figures["figure 3"]!(3)), hasClass("runs"))[0]!, named("path")).length,
    2,
  );
  assert.equal(count("figure 5", "arm"), 2);
  assert.equal(count("figure 6", "row"), 2);
  assert.equal(count("figure 7", "traces"), 3);
});

Deno.test("the page of results lists every run, whatever its outcome, with complete tables", () => {
  const run = { command: "deno run x", repeats: "deno run x", made: "softq", figures: ["figure-1.svg"] };
  const page = resultsPage({
    title: "Task",
    text: "",
    claims: [{
      claim: "a | b",
      found: "3 of\n4",
      n: "4",
      interval: "",
      met: false,
      setting: "study",
      remark: "",
      algorithm: "DDPG",
      value: 0.75,
      seeds: 4,
      bounds: null,
    }],
    runs: [
      { ...run, name: "good", ended: "done", seeds: ["seed 0"] },
      { ...run, repeats: "deno run y", name: "bad", ended: "failed: Replica 0 was not finite", seeds: [] },
    ],
    pictures: [],
  }, []);
  assert.match(page, /\*\*good\*\* \(done\)/);
  assert.match(page, /\*\*bad\*\* \(failed: Replica 0/);
  assert.match(page, /\| a \\\| b \| 3 of 4 \| 4 \| {2}\| no \| A \| {2}\|/);
  assert.match(page, /\n- \*\*A\*\*: study\n/);
  assert.equal(page.match(/with today's presets: `deno run y`/g)?.length, 1);
  assert(page.startsWith("# Task\n\n[All results](README.md)"));
});

Deno.test("the figures of the best settings stand above the appendix, in the order of the claims, and all others in it", () => {
  const row = (setting: string): ClaimRow => ({
    claim: `a claim of ${setting}`,
    found: "1 of 1",
    n: "1 seed",
    interval: "",
    met: true,
    setting,
    remark: "",
    algorithm: "soft Q-learning",
    value: 1,
    seeds: 1,
    bounds: null,
  });
  const verdict = (best: ClaimRow): Verdict => ({
    claim: "a claim",
    page: "task.md",
    verdict: "reproduced",
    best,
    settings: 1,
    metIn: 1,
  });
  const page = resultsPage({
    title: "Task",
    text: "",
    claims: ["slow", "fast", "lost"].map(row),
    runs: [],
    pictures: [
      { file: "lost.svg", shows: "What failed", settings: ["lost"] },
      { file: "slow.svg", shows: "The slow one", settings: ["other", "slow"] },
      { file: "fast.svg", shows: "The fast one", settings: ["fast"] },
    ],
  }, [verdict(row("fast")), verdict(row("slow"))]);
  const [above, appendix] = page.split("## Appendix") as [string, string];
  assert.deepEqual(above.match(/!\[.*?\]\(.*?\)/g), [
    "![The fast one](fast.svg)",
    "![The slow one](slow.svg)",
  ]);
  assert.deepEqual(appendix.match(/!\[.*?\]\(.*?\)/g), ["![What failed](lost.svg)"]);
  const unclaimed = { title: "Task", text: "", claims: [], runs: [] };
  const pictures = [{ file: "only.svg", shows: "The only one", settings: ["fast"] }];
  assert.match(resultsPage({ ...unclaimed, pictures }, []), /!\[The only one\]\(only\.svg\)/);
});
