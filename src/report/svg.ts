/**
 * SVG as values: elements built by functions, escaped where text enters, coloured by role instead of by number.
 *
 * Laws, tested: every string that is not {@link Markup} is escaped, so no data can break or script a figure; equal
 * input gives equal text; each colour is given in the attribute for renderers without style sheets, and in a custom
 * property for those with, so that one file is readable on white paper, in dark mode and inside a page that sets its
 * own colours.
 *
 * @module
 */

/** Finished markup; a plain string is text and gets escaped. */
export interface Markup {
  /** SVG text, escaped already. */
  readonly markup: string;
}

/** What an element may contain. */
export type Child = Markup | string;

/** Attribute values; an undefined one is left out, numbers are rounded to thousandths. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Text escaped for an element or a quoted attribute; characters that XML forbids become U+FFFD. */
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

/** A coordinate in at most three decimals, without a negative zero. */
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

/** Several pieces of markup, one after the other. */
export function joined(pieces: readonly Markup[]): Markup {
  return { markup: pieces.map(({ markup }) => markup).join("") };
}

/**
 * The colours by role, for light and for dark surroundings. Blue, vermillion, reddish purple, bluish green and yellow
 * are those of Okabe and Ito ("Color Universal Design", 2008), darkened where white paper asks for contrast, which
 * people with any common colour blindness can tell apart; they also differ in lightness, for prints without colour.
 *
 * `goal` is for goals and what else is to be reached or sought out, and for nothing that moves, learns or is compared.
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

/** The role of a colour. */
export type Ink = keyof typeof PALETTE;

/** The attributes that paint an element: plain colours, and classes that follow the surroundings. */
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

/** A letter with a small index below the line, then `rest` on the line again. */
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

/** Text in rows of at most `most` characters, broken between words. */
export function rowsOf(content: string, most: number): readonly string[] {
  const rows: string[] = [];
  for (const word of content.split(" ")) {
    const last = rows[rows.length - 1];
    if (last === undefined || last.length + 1 + word.length > most) rows.push(word);
    else rows[rows.length - 1] = `${last} ${word}`;
  }
  return rows;
}

/** From one line of text to the next. */
export const LINE_HEIGHT = 15;

/** Lines of text below one another, each of at most `most` characters. */
export const lines = (
  x: number,
  y: number,
  content: string,
  most: number,
  options: Parameters<typeof label>[3] = {},
): Markup => joined(rowsOf(content, most).map((row, k) => label(x, y + LINE_HEIGHT * k, row, options)));

/**
 * The width that figures are drawn in. The smallest letters are 11 high, so that on a phone of 390 pixels, across all
 * of it, they are still nearly 10.
 */
export const FIGURE_WIDTH = 440;

/** Pixels at a figure's sides, and characters of a line of its caption, whose letters are the smallest. */
export const MARGIN = 14, CAPTION = 70;

/** How much larger a figure is where nothing limits it, as in a page of Markdown on a desk. */
const NATURAL = 1.4;

/** Pixels of a bold letter of one pixel's size, about. */
const BOLD = 0.6;

/** A figure's heading in a line, or in two smaller ones where it is wider than that. */
export const heading = (x: number, y: number, content: string, width: number): Markup =>
  content.length * 16 * BOLD <= width
    ? label(x, y, content, { weight: "bold", size: 16 })
    : lines(x, y - 12, content, Math.floor(width / (13 * BOLD)), { weight: "bold", size: 13 });

/** The style sheet of a figure: the colours that its content uses, confined to elements below the class `scope`. */
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
 * A whole figure as the text of a file.
 *
 * @param options.width in the units of its coordinates; at most {@link FIGURE_WIDTH}, so that its letters can be read
 * on a phone
 * @param options.scope a class name, different for each figure of one page; identifiers inside must start with it
 * @param options.title what the figure is, for screen readers and search
 * @param options.description what it shows, in a sentence or two
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
