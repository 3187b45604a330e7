/** Using a page by keys alone. */

import { assert } from "../deps.ts";
import type { Page } from "./browser.ts";

/** The element that has the focus: its id, or its label or text where it has none. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate(
    "(({ id, textContent, ariaLabel }) => id || ariaLabel || textContent)(document.activeElement)",
  );

/** Presses Tab until an element has the focus, which it must show. */
export async function reach(page: Page, name: string): Promise<void> {
  for (let k = 0; await focused(page) !== name; k++) {
    assert(k < 60, `Tab does not reach ${name}`);
    await page.keyboard.press("Tab");
  }
  assert.notEqual(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "none");
}
