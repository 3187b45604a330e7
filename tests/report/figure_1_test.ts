import { assert } from "../deps.ts";
import { figure1, type Figure1Data } from "../../src/report/figure_1.ts";
import { gridOf, type Point } from "../../src/report/panel.ts";
import { findAll, hasClass, parseXml, textOf, type XmlElement } from "./xml.ts";

const STATES: readonly Point[] = [[-2.5, 0], [0, 0], [2.5, 2.5]];
const ACTIONS: readonly Point[] = [[0.5, 0.5], [-0.25, 1], [0, 0], [1, -1]];

function data(): Figure1Data {
  return {
    title: "Four goals",
    caption: "seed 0",
    reward: gridOf([-7, 7], [-7, 7], 29, 29, (x, y) => -Math.min((Math.abs(x) - 5) ** 2 + y * y, 60)),
    goals: [[5, 0], [-5, 0], [0, 5], [0, -5]],
    goalRadius: 1,
    trajectories: [[[0, 0], [1, 0.5], [2, 0]], [[0.1, 0], [0, -1]], []],
    panels: STATES.map((state, i) => ({
      state,
      q: gridOf([-1, 1], [-1, 1], 21, 21, (ax, ay) => -3 * (ax * ax + ay * ay) - i),
      actions: ACTIONS.slice(0, i + 2),
    })),
  };
}

const named = (name: string) => (element: XmlElement): boolean => element.name === name;

Deno.test("the first figure is well-formed, and the same data give the same text", () => {
  parseXml(figure1(data()));
  assert.equal(figure1(data()), figure1(data()));
});

Deno.test("the first figure has every trajectory, every goal, every state and every drawn action", () => {
  const root = parseXml(figure1(data()));
  const [arena] = findAll(root, hasClass("arena")) as [XmlElement];
  const [trajectories] = findAll(arena, hasClass("trajectories")) as [XmlElement];
  assert.equal(findAll(trajectories, named("path")).length, 3);
  const [goals] = findAll(arena, hasClass("goals")) as [XmlElement];
  assert.equal(findAll(goals, hasClass("fill-goal")).length, 4);
  assert.equal(findAll(arena, hasClass("state-mark")).length, 3);
  const panels = findAll(root, hasClass("action-panel"));
  assert.equal(panels.length, 3);
  panels.forEach((panel, i) => {
    const [drawn] = findAll(panel, hasClass("actions")) as [XmlElement];
    assert.equal(findAll(drawn, named("circle")).length, i + 2);
    const [levels] = findAll(panel, hasClass("levels")) as [XmlElement];
    assert.ok(findAll(levels, named("path")).length >= 5);
  });
});

Deno.test("the first figure says what it shows: title, states, axes with units, legend, caption", () => {
  const root = parseXml(figure1(data()));
  const written = textOf(root);
  for (
    const text of [
      "Four goals",
      "seed 0",
      "s = (−2.5, 0)",
      "s = (0, 0)",
      "s = (2.5, 2.5)",
      "position x (length units)",
      "position y (length units)",
      "action ax (length units per step)",
      "action ay (length units per step)",
      "a curve every 5 of reward",
      "a goal, and where an",
      "episode ends",
    ]
  ) assert.ok(written.includes(text), text);
  assert.equal(findAll(root, named("title"))[0]!.text, "Four goals");
  assert.match(findAll(root, named("desc"))[0]!.text, /3 trajectories .* 4 goals/);
});

Deno.test("markup in a caption stays text", () => {
  const caption = `</text><script>alert("1")</script>&`;
  const root = parseXml(figure1({ ...data(), caption }));
  assert.equal(findAll(root, named("script")).length, 0);
  assert.ok(findAll(root, named("text")).some(({ text }) => text === caption));
});

Deno.test("all identifiers start with the figure's scope, are unique, and every reference leads to one", () => {
  const source = figure1(data(), "other");
  const identifiers = findAll(parseXml(source), ({ attributes }) => "id" in attributes).map((
    { attributes },
  ) => attributes["id"]!);
  assert.ok(identifiers.every((id) => id.startsWith("other-")));
  assert.equal(new Set(identifiers).size, identifiers.length);
  for (const [, id] of source.matchAll(/url\(#([^)]*)\)/g)) assert.ok(identifiers.includes(id), id);
});

Deno.test("everything drawn is on the page", () => {
  const root = parseXml(figure1(data()));
  const [, , width, height] = root.attributes["viewBox"]!.split(" ").map(Number) as [
    number,
    number,
    number,
    number,
  ];
  for (const { attributes } of findAll(root, named("rect"))) {
    assert.ok(Number(attributes["x"] ?? 0) + Number(attributes["width"]) <= width);
    assert.ok(Number(attributes["y"] ?? 0) + Number(attributes["height"]) <= height);
  }
  assert.doesNotMatch(figure1(data()), /NaN|Infinity|undefined/);
});

Deno.test("a flat or broken Q gives a panel without level curves, not a broken figure", () => {
  for (const value of [1, NaN]) {
    const panels = data().panels.map((panel) => ({
      ...panel,
      q: gridOf([-1, 1], [-1, 1], 5, 5, () => value),
    }));
    const source = figure1({ ...data(), panels });
    parseXml(source);
    assert.doesNotMatch(source, /NaN|Infinity|undefined/);
    assert.match(source, /no level curves/);
  }
});
