/**
 * Waiting for what a page shows.
 *
 * A page answers an event in a frame of its own, and a busy machine may take its time for that one. So no test reads right
 * after an event, and none takes a number of milliseconds for an answer: it waits until what it wants is there, and says
 * what there was instead when its patience ends.
 *
 * @module
 */

import { assert } from "../deps.ts";
import type { Page } from "./browser.ts";

/** How long anything may take, ms. */
export const PATIENCE = 180_000;

/** Reads until what is read is as it should be, and returns it. */
export async function eventually<T>(
  page: Page,
  read: () => Promise<T>,
  wanted: (found: T) => boolean,
  what: string,
  patience = PATIENCE,
): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    const found = await read();
    if (wanted(found)) return found;
    assert(Date.now() < end, `After ${patience / 1000} s ${what} is still ${JSON.stringify(found)}`);
    await page.waitForTimeout(50);
  }
}

/** Waits until an expression of the page is true; the page's own policy forbids the driver's way of waiting. */
export const holds = (page: Page, expression: string): Promise<unknown> =>
  eventually(page, () => page.evaluate(expression), (found) => found === true, expression);

/** The text of the first element that a selector finds, "−" written as "-". */
export const textOf = async (page: Page, selector: string): Promise<string> =>
  (await page.locator(selector).first().innerText()).replaceAll("−", "-");

/** Waits until the first element that a selector finds says what is expected. */
export const says = (page: Page, selector: string, expected: string | RegExp): Promise<string> =>
  eventually(
    page,
    () => textOf(page, selector),
    (text) => typeof expected === "string" ? text === expected : expected.test(text),
    `the text of ${selector}, which should be ${expected},`,
  );

/** Waits until so many elements are there. */
export const counts = (page: Page, selector: string, expected: number): Promise<number> =>
  eventually(
    page,
    () => page.locator(selector).count(),
    (count) => count === expected,
    `the number of ${selector}, which should be ${expected},`,
  );

/** What a canvas shows. */
export const pictureOf = (page: Page, selector: string): Promise<string> =>
  page.locator(selector).first().evaluate((canvas) =>
    (canvas as unknown as { readonly toDataURL: () => string }).toDataURL()
  );

/** Waits until a canvas shows something else. */
export const redrawn = (page: Page, selector: string, before: string): Promise<string> =>
  eventually(
    page,
    () => pictureOf(page, selector),
    (picture) => picture !== before,
    `the picture in ${selector}, which should change,`,
  );

/** Lets the page draw two frames: what it would draw by itself is drawn. */
export const frames = (page: Page): Promise<unknown> =>
  page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))");
