/**
 * SVG as values: elements are built by functions, text is escaped, and colours are named by role.
 *
 * Laws, tested: every string that is not {@link Markup} is escaped, so no data can break or script a figure; equal
 * input gives equal text; each colour is set both as an attribute, for renderers without style sheets, and as a custom
 * property, so that one file is legible on white paper, in dark mode and inside a page with its own colours.
 *
 * @module
 */

/** Finished markup; a plain string is text and gets escaped. */
export interface Markup {
  /** SVG text, already escaped. */
  readonly markup: string;
}

/** The content of an element. */
export type Child = Markup | string;

/** Attribute values; undefined ones are omitted, and numbers are rounded to thousandths. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Escapes text for an element or a quoted attribute; characters that XML forbids become U+FFFD. */
export function escape(text: string): string {
  const allowed = text.toWellFormed().replace(
    /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu,
    "\ufffd",
  );
  const names: Readonly<Record<string, string>> = {
    "&": "amp",
    "<": "lt",
    ">": "gt",
    '"': "quot",
    "'": "apos",
  };
  return allowed.replace(/[&<>"']/g, (character) => `&${names[character]};`);
}

/** A coordinate with at most three decimals, and without a negative zero. */
export function coordinate(value: number): string {
  return String(Math.round(value * 1000) / 1000 + 0);
}

/** An element with its attributes in the given order. */
export function element(name: string, attributes: Attributes = {}, ...children: readonly Child[]): Markup {
  const fields = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) =>
      ` ${key}="${typeof value === "number" ? coordinate(value) : escape(String(value))}"`
    );
  const inside = children.map((child) => typeof child === "string" ? escape(child) : child.markup).join("");
  return {
    markup: inside === "" ? `<${name}${fields.join("")}/>` : `<${name}${fields.join("")}>${inside}</${name}>`,
  };
}

/** A group of elements. */
export function group(attributes: Attributes, ...children: readonly Child[]): Markup {
  return element("g", attributes, ...children);
}

/** Concatenates markup. */
export function joined(pieces: readonly Markup[]): Markup {
  return { markup: pieces.map(({ markup }) => markup).join("") };
}

/**
 * The colours by role, for light and dark backgrounds. Blue, vermillion, reddish purple, bluish green and yellow
 * are those of Okabe and Ito ("Color Universal Design", 2008), darkened where needed for contrast on white;
 * people with any common colour blindness can tell them apart, and they differ in lightness for monochrome prints.
 *
 * `goal` is reserved for goals and other targets, and never used for bodies, learners or comparisons.
 */
export const PALETTE = {
  paper: { light: "#ffffff", dark: "#14181d" },
  ink: { light: "#1c2126", dark: "#e6e9ec" },
  muted: { light: "#59626c", dark: "#a4aeb8" },
  level: { light: "#56616d", dark: "#aab6c2" },
  policy: { light: "#0072b2", dark: "#56b4e9" },
  goal: { light: "#d55e00", dark: "#f0803c" },
  second: { light: "#a8457f", dark: "#e39ac3" },
  third: { light: "#007d5b", dark: "#35c79b" },
  fourth: { light: "#826a00", dark: "#d9bd4a" },
} as const;

/** A colour's role. */
export type Ink = keyof typeof PALETTE;

/** The paint attributes of an element: plain colours, and classes that adapt to the background. */
export function paint(inks: { readonly fill?: Ink | "none"; readonly stroke?: Ink }): Attributes {
  const { fill, stroke } = inks;
  const classes = [
    ...(fill !== undefined && fill !== "none" ? [`fill-${fill}`] : []),
    ...(stroke !== undefined ? [`stroke-${stroke}`] : []),
  ];
  return {
    class: classes.length > 0 ? classes.join(" ") : undefined,
    fill: fill === undefined || fill === "none" ? fill : PALETTE[fill].light,
    stroke: stroke && PALETTE[stroke].light,
  };
}

/** A letter with a subscript, followed by `rest` on the baseline. */
export function indexed(letter: string, index: string, rest: string): Markup {
  return joined([
    element("tspan", {}, letter),
    element("tspan", { dy: 3, "font-size": "75%" }, index),
    element("tspan", { dy: -3 }, rest),
  ]);
}

/** A line of text. */
export function label(
  x: number,
  y: number,
  content: Child,
  options: {
    readonly size?: number;
    readonly ink?: Ink;
    readonly weight?: "bold";
    readonly anchor?: "start" | "middle" | "end";
    readonly rotate?: number;
  } = {},
): Markup {
  const { size = 12, ink = "ink", weight, anchor, rotate } = options;
  return element("text", {
    x,
    y,
    "font-size": size,
    "font-weight": weight,
    "text-anchor": anchor === "start" ? undefined : anchor,
    transform: rotate === undefined
      ? undefined
      : `rotate(${coordinate(rotate)} ${coordinate(x)} ${coordinate(y)})`,
    ...paint({ fill: ink }),
  }, content);
}

/** A space where text may be wrapped: any but those between a number's groups of three digits. */
const BREAK = /(?<!\d) | (?!\d{3}(?!\d))/;

/** Wraps text between words into rows of at most `most` characters; a number such as 200 000 stays whole. */
export function rowsOf(content: string, most: number): readonly string[] {
  const rows: string[] = [];
  for (const word of content.split(BREAK)) {
    const last = rows[rows.length - 1];
    if (last === undefined || last.length + 1 + word.length > most) rows.push(word);
    else rows[rows.length - 1] = `${last} ${word}`;
  }
  return rows;
}

/** Line height of text. */
export const LINE_HEIGHT = 15;

/** Text wrapped into lines of at most `most` characters. */
export const lines = (
  x: number,
  y: number,
  content: string,
  most: number,
  options: Parameters<typeof label>[3] = {},
): Markup => joined(rowsOf(content, most).map((row, k) => label(x, y + LINE_HEIGHT * k, row, options)));

/**
 * The width of figures in their own units. The smallest font size is 11, so that at the full width of a phone of 390
 * pixels it is still nearly 10 pixels.
 */
export const FIGURE_WIDTH = 440;

/** Margin of a figure in pixels, and characters per line of its caption, which has the smallest font size. */
export const MARGIN = 14, CAPTION = 70;

/** Scale of a figure where the width is unlimited, as in a Markdown page on a desktop. */
const NATURAL = 1.4;

/** Approximate mean width of a bold character, relative to the font size. */
const BOLD = 0.6;

/** A figure's heading in one line or, if too wide, in two lines of a smaller font. */
export const heading = (x: number, y: number, content: string, width: number): Markup =>
  content.length * 16 * BOLD <= width
    ? label(x, y, content, { weight: "bold", size: 16 })
    : lines(x, y - 12, content, Math.floor(width / (13 * BOLD)), { weight: "bold", size: 13 });

/** The style sheet of a figure: the colours used by its content, scoped to descendants of the class `scope`. */
function styleSheet(scope: string, content: string): Markup {
  const used = new Set([...content.matchAll(/\b(?:fill|stroke)-([a-z]+)/g)].map(([, ink]) => ink));
  const inks = (Object.keys(PALETTE) as Ink[]).filter((ink) => used.has(ink));
  const colours = (mode: "light" | "dark"): string =>
    `.${scope}{${inks.map((ink) => `--${ink}:${PALETTE[ink][mode]}`).join(";")}}`;
  const uses = inks.map((ink) =>
    `.${scope} .fill-${ink}{fill:var(--${ink})}.${scope} .stroke-${ink}{stroke:var(--${ink})}`
  );
  return {
    markup: `<style>${colours("light")}@media screen and (prefers-color-scheme:dark){${colours("dark")}}${
      uses.join("")
    }</style>`,
  };
}

/**
 * A complete figure as the text of an SVG file.
 *
 * @param options.width in the units of its coordinates; at most {@link FIGURE_WIDTH}, so that it is legible on a phone
 * @param options.scope a class name, unique in the page; identifiers inside must start with it
 * @param options.title title for screen readers and search
 * @param options.description what the figure shows, in a sentence or two
 */
export function figure(
  options: {
    readonly scope: string;
    readonly width: number;
    readonly height: number;
    readonly title: string;
    readonly description: string;
  },
  ...children: readonly Markup[]
): string {
  const { scope, width, height, title, description } = options;
  const content = joined([element("rect", { width, height, ...paint({ fill: "paper" }) }), ...children]);
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: scope,
      viewBox: `0 0 ${coordinate(width)} ${coordinate(height)}`,
      width: Math.round(NATURAL * width),
      height: Math.round(NATURAL * height),
      "font-family": "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif",
      role: "img",
      "aria-labelledby": `${scope}-title ${scope}-description`,
    },
    element("title", { id: `${scope}-title` }, title),
    element("desc", { id: `${scope}-description` }, description),
    styleSheet(scope, content.markup),
    content,
  ).markup + "\n";
}
