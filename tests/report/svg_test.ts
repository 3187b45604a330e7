import { assert, fc } from "../deps.ts";
import {
  coordinate,
  element,
  escape,
  figure,
  type Ink,
  label,
  paint,
  PALETTE,
  rowsOf,
} from "../../src/report/svg.ts";
import { findAll, parseXml, textOf, type XmlElement } from "./xml.ts";

Deno.test("the strict reader refuses text that is not XML", () => {
  for (
    const broken of [
      "<a>",
      "<a></b>",
      "<a b=1/>",
      '<a b="1" b="2"/>',
      "<a>&nbsp;</a>",
      "<a/><b/>",
      "<a>&</a>",
    ]
  ) {
    assert.throws(() => parseXml(broken), SyntaxError, broken);
  }
});

Deno.test("any text survives in an element and in an attribute", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const read = parseXml(element("text", { id: text }, text, element("b")).markup);
    // Characters that XML forbids are the only ones that change.
    const allowed = text.toWellFormed().replace(
      /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu,
      "\ufffd",
    );
    assert.equal(read.text, allowed);
    assert.equal(read.attributes["id"], allowed);
  }));
  assert.equal(escape(`<a href="x">'&'`), "&lt;a href=&quot;x&quot;&gt;&apos;&amp;&apos;");
});

Deno.test("coordinates have at most three decimals and no negative zero", () => {
  assert.equal(coordinate(1 / 3), "0.333");
  assert.equal(coordinate(-0.0001), "0");
  assert.equal(coordinate(-12.5), "-12.5");
});

/** Relative luminance and contrast by the Web Content Accessibility Guidelines 2.1. */
function contrast(one: string, other: string): number {
  const luminance = (hex: string): number =>
    [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i]!, 0);
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

Deno.test("text and signs stand out from the paper in light and in dark", () => {
  for (const mode of ["light", "dark"] as const) {
    const against = (ink: Ink): number => contrast(PALETTE[ink][mode], PALETTE.paper[mode]);
    // The guidelines ask 4.5 of text and 3 of graphics.
    for (const ink of ["ink", "muted"] as const) assert.ok(against(ink) >= 4.5, `${mode} ${ink}`);
    for (const ink of ["policy", "goal", "level", "second", "third", "fourth"] as const) {
      assert.ok(against(ink) >= 3, `${mode} ${ink}`);
    }
  }
});

Deno.test("a figure names itself for screen readers and follows the surroundings' colours", () => {
  const text = figure(
    { scope: "f", width: 10, height: 5, title: "A < B", description: "both" },
    label(1, 2, "x"),
  );
  const root = parseXml(text);
  assert.equal(root.attributes["viewBox"], "0 0 10 5");
  assert.equal(root.attributes["role"], "img");
  for (const id of root.attributes["aria-labelledby"]!.split(" ")) {
    assert.equal(findAll(root, ({ attributes }) => attributes["id"] === id).length, 1);
  }
  assert.match(textOf(root), /A < B/);
  const [style] = findAll(root, ({ name }) => name === "style") as [XmlElement];
  assert.match(style.text, /prefers-color-scheme:dark/);
  // The colours that it uses, and no others.
  for (const ink of Object.keys(PALETTE)) {
    assert.equal(style.text.includes(`var(--${ink})`), ["ink", "paper"].includes(ink), ink);
  }
  // Confined: outside the figure's class no rule applies.
  assert.ok(style.text.split("}").every((rule) => !/\{/.test(rule) || /\.f[ {]/.test(rule)));
});

Deno.test("paint gives plain colours beside the classes, for renderers without style sheets", () => {
  assert.deepEqual(paint({ fill: "goal", stroke: "paper" }), {
    class: "fill-goal stroke-paper",
    fill: "#d55e00",
    stroke: "#ffffff",
  });
});

Deno.test("text is broken between words and never within a number", () => {
  assert.deepEqual(rowsOf("one critic, 200 000 steps", 15), ["one critic,", "200 000 steps"]);
  assert.deepEqual(rowsOf("after 1 200 000 steps", 8), ["after", "1 200 000", "steps"]);
  assert.deepEqual(rowsOf("seed 3 of 40 episodes", 8), ["seed 3", "of 40", "episodes"]);
  // Nothing is lost, whatever the width.
  fc.assert(fc.property(fc.array(fc.constantFrom("a", "1", "200", "of")), fc.nat(20), (words, most) => {
    assert.equal(rowsOf(words.join(" "), most).join(" "), words.join(" "));
  }));
});
