/**
 * A small strict reader of the XML that our figures use: elements, attributes in double quotes, text, the five named
 * entities. Anything else (and anything unbalanced, repeated or unquoted) is an error, as it would be for a viewer.
 *
 * @module
 */

/** An element with its unescaped attributes, children in order, and the text directly inside it. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** What XML 1.0 does not allow in a document in any form. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

function unescaped(text: string): string {
  if (/[<>]/.test(text) || FORBIDDEN.test(text)) {
    throw new SyntaxError(`Not allowed in text: ${JSON.stringify(text)}`);
  }
  return text.replace(/&([^;]*;?)/g, (whole, rest: string) => {
    const character = rest.endsWith(";") ? ENTITIES[rest.slice(0, -1)]! : undefined;
    if (character === undefined) throw new SyntaxError(`Not an entity: ${whole}`);
    return character;
  });
}

/** The root element of a document. */
export function parseXml(source: string): XmlElement {
  type Open = { name: string; attributes: Record<string, string>; children: XmlElement[]; text: string };
  const outside: Open = { name: "", attributes: {}, children: [], text: "" };
  const open: Open[] = [outside];
  for (const part of source.split(/(<[^>]*>)/)) {
    const top = open[open.length - 1]!;
    if (!part.startsWith("<")) {
      top.text += unescaped(part);
      continue;
    }
    const closing = /^<\/([a-zA-Z]+)>$/.exec(part);
    if (closing) {
      if (open.length === 1 || top.name !== closing[1]) throw new SyntaxError(`Unexpected ${part}`);
      open.pop();
      continue;
    }
    const opening = /^<([a-zA-Z]+)((?: [a-zA-Z][a-zA-Z0-9:-]*="[^"]*")*)(\/?)>$/.exec(part);
    if (!opening) throw new SyntaxError(`Not a tag: ${part}`);
    const attributes: Record<string, string> = {};
    for (const [, key, value] of opening[2]!.matchAll(/ ([a-zA-Z][a-zA-Z0-9:-]*)="([^"]*)"/g)) {
      if (key in attributes) throw new SyntaxError(`Attribute ${key} twice in ${part}`);
      attributes[key] = unescaped(value);
    }
    const element: Open = { name: opening[1]!, attributes, children: [], text: "" };
    top.children.push(element);
    if (opening[3] === "") open.push(element);
  }
  if (open.length !== 1) throw new SyntaxError(`Never closed: ${open[open.length - 1]!.name}`);
  if (outside.children.length !== 1 || outside.text.trim() !== "") {
    throw new SyntaxError("A document has one root");
  }
  return outside.children[0]!;
}

/** All elements of a tree that a condition holds for, in document order. */
export function findAll(root: XmlElement, holds: (element: XmlElement) => boolean): readonly XmlElement[] {
  return [...(holds(root) ? [root] : []), ...root.children.flatMap((inner) => findAll(inner, holds))];
}

/** Whether an element has a class. */
export function hasClass(name: string): (element: XmlElement) => boolean {
  return ({ attributes }) => (attributes["class"] ?? "").split(" ").includes(name);
}

/** All text of a tree, in document order. */
export function textOf(root: XmlElement): string {
  return root.text + root.children.map(textOf).join("");
}
