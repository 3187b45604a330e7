/// <reference lib="dom" />
/**
 * Elements of the page by id, and notices for the user.
 *
 * @module
 */

/** The element with an id; throws if the page has none. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no element "${id}"`);
  return element;
}

function elementOfType<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = byId(id);
  if (!(element instanceof kind)) throw new Error(`Element "${id}" is not a ${kind.name}`);
  return element;
}

/** The input with an id. */
export const inputOf = (id: string): HTMLInputElement => elementOfType(id, HTMLInputElement);
/** The select element with an id. */
export const selectOf = (id: string): HTMLSelectElement => elementOfType(id, HTMLSelectElement);
/** The canvas with an id. */
export const canvasOf = (id: string): HTMLCanvasElement => elementOfType(id, HTMLCanvasElement);

/** An element with text. */
export function newElement<K extends keyof HTMLElementTagNameMap>(
  name: K,
  text = "",
  attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  if (text !== "") element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** Shows a notice at the top of the page until it is dismissed; equal notices are shown once. */
export function tell(sentence: string, kind: "warning" | "note" = "warning"): void {
  const notices = byId("notices");
  if ([...notices.children].some((each) => each.firstChild?.textContent === sentence)) return;
  const notice = newElement("p", "", { class: kind === "note" ? "notice note" : "notice" });
  const dismiss = newElement("button", "Dismiss", { type: "button" });
  dismiss.addEventListener("click", () => notice.remove());
  notice.append(sentence, dismiss);
  notices.append(notice);
  while (notices.children.length > 5) notices.firstElementChild?.remove();
}
