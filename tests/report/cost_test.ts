import { assert } from "../deps.ts";
import {
  COST_AXES,
  type CostAxis,
  type CostData,
  costFigure,
  type CostPoint,
} from "../../src/report/cost.ts";
import { findAll, hasClass, parseXml, textOf, type XmlElement } from "./xml.ts";

const BASE = {
  ...{ hidden: 128, batch: 64, particles: 16, replicas: 1 },
  ...{ action: 2, observation: 8, replay: 1000, environments: 4 },
};
const AXES = Object.keys(COST_AXES) as CostAxis[];

/** Points at a quarter of the base, at the base and at its fourfold, where cost grows with a power of the size. */
const pointsOf = (device: string, power: number, scale = 1): readonly CostPoint[] =>
  AXES.flatMap((axis) =>
    [0.25, 1, 4].map((share): CostPoint => {
      const milliseconds = scale * 3 * share ** power;
      const spread = [milliseconds * 0.8, milliseconds * 1.5] as const;
      return { axis, value: BASE[axis] * share, device, milliseconds, spread };
    })
  );

const data = (points: readonly CostPoint[]): CostData => ({
  title: "Cost",
  captions: ["one machine", "another one"],
  base: BASE,
  points,
});

const named = (name: string) => (element: XmlElement): boolean => element.name === name;
const placesIn = (path: XmlElement): readonly (readonly [number, number])[] =>
  path.attributes["d"]!.slice(1).split("L").map((pair) => {
    const [x, y] = pair.split(" ").map(Number) as [number, number];
    return [x, y];
  });

Deno.test("the figure of cost is well-formed, lies on the page, and says the same for the same data", () => {
  const draw = () => costFigure(data([...pointsOf("cpu", 1), ...pointsOf("<gpu>", 0.5, 20)]));
  const root = parseXml(draw());
  assert.equal(draw(), draw());
  const [, , width, height] = root.attributes["viewBox"]!.split(" ").map(Number) as [
    number,
    number,
    number,
    number,
  ];
  for (const { attributes } of findAll(root, named("text"))) {
    assert(
      Number(attributes["x"]) >= 0 && Number(attributes["x"]) <= width && Number(attributes["y"]) <= height,
    );
  }
  const identifiers = findAll(root, ({ attributes }) => "id" in attributes).map((each) =>
    each.attributes["id"]!
  );
  assert.equal(new Set(identifiers).size, identifiers.length);
  assert(identifiers.every((id) => id.startsWith("cost-")));
});

Deno.test("the figure of cost has a panel for each size and each point's mark, and names units, devices and runs", () => {
  const root = parseXml(costFigure(data([...pointsOf("cpu", 1), ...pointsOf("<gpu>", 0.5, 20)])));
  const panels = findAll(root, hasClass("panel"));
  assert.deepEqual(panels.map(({ attributes }) => attributes["data-axis"]), AXES);
  for (const panel of panels) {
    const [first, second] = findAll(panel, hasClass("device")) as [XmlElement, XmlElement];
    assert.equal(findAll(first, named("circle")).length, 3);
    assert.equal(findAll(second, named("rect")).length, 3);
  }
  const written = textOf(root);
  for (
    const text of ["ms per update of one replica", "<gpu>", "one machine", "another one", "128 hidden units"]
  ) {
    assert(written.includes(text), text);
  }
  for (const { title, unit } of Object.values(COST_AXES)) {
    assert(written.includes(title) && written.includes(unit));
  }
});

Deno.test("cost in proportion lies along the dotted guide, and level cost along that of replicas", () => {
  for (const power of [0, 1] as const) {
    const root = parseXml(costFigure(data(pointsOf("cpu", power))));
    for (const panel of findAll(root, hasClass("panel"))) {
      if (COST_AXES[panel.attributes["data-axis"] as CostAxis].growth !== power) continue;
      const [[x0, y0], [x1, y1]] = placesIn(findAll(panel, hasClass("guide"))[0]!) as [
        readonly [number, number],
        readonly [number, number],
      ];
      for (const { attributes } of findAll(panel, named("circle"))) {
        const along = y0 + (y1 - y0) * (Number(attributes["cx"]) - x0) / (x1 - x0);
        // Three places, each rounded to a tenth of a pixel in x and in y, on a line no steeper than one.
        assert(Math.abs(Number(attributes["cy"]) - along) <= 0.3, `${attributes["cy"]}, not ${along}`);
      }
    }
  }
});

Deno.test("all panels of cost share one scale", () => {
  const root = parseXml(costFigure(data(pointsOf("cpu", 1))));
  const heights = findAll(root, hasClass("panel")).map((panel) => {
    const [frame] = findAll(panel, named("rect")) as [XmlElement];
    return findAll(panel, named("circle")).map(({ attributes }) =>
      (Number(attributes["cy"]) - Number(frame.attributes["y"])).toFixed(1)
    );
  });
  for (const each of heights) assert.deepEqual(each, heights[0]);
});

Deno.test("the figure of cost omits values without a logarithm and those not measured", () => {
  const whole = pointsOf("cpu", 1);
  for (const broken of [0, -1, NaN, Infinity]) {
    const source = costFigure(
      data(whole.map((point, k) => k === 0 ? { ...point, milliseconds: broken } : point)),
    );
    assert.equal(findAll(parseXml(source), named("circle")).length, whole.length - 1);
    assert.doesNotMatch(source, /NaN|Infinity|undefined/);
  }
  const empty = costFigure(data([]));
  parseXml(empty);
  assert.doesNotMatch(empty, /NaN|Infinity|undefined/);
});
