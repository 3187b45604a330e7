/**
 * What is wrong with how a page is laid out, whatever the page: texts that overlap, texts that are cut off, letters that are too
 * small to be read, and elements that hang out of the window.
 *
 * @module
 */

import { assert } from "../deps.ts";
import type { Page } from "./browser.ts";

/** What is found, in words. */
export interface LayoutFaults {
  /** Pairs of texts of which one covers the other. */
  readonly overlapping: readonly string[];
  /** Texts that reach beyond the picture or the box that cuts them off. */
  readonly cut: readonly string[];
  /** Elements that reach beyond the window, and are in nothing that scrolls. */
  readonly wide: readonly string[];
  /** Texts of pictures whose letters are smaller than {@link SMALLEST}. */
  readonly small: readonly string[];
  /** How many texts were looked at. */
  readonly texts: number;
}

/** Pixels of letters that can be read on a phone, at least: a browser's own text at its smallest is 9 to 10. */
const SMALLEST = 9;

/** Runs in the page. */
const LOOK = `(() => {
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const cutting = (element) => {
    const { overflowX, overflowY } = getComputedStyle(element);
    return overflowX !== "visible" || overflowY !== "visible" || element.tagName === "svg";
  };
  const scrolls = (element) => {
    const { overflowX, overflowY } = getComputedStyle(element);
    return /auto|scroll/.test(overflowX + overflowY);
  };
  const name = (element) => element.tagName.toLowerCase() + (element.id ? "#" + element.id : "") +
    (typeof element.className === "string" && element.className ? "." + element.className.split(" ")[0] : "");
  const say = (text) => JSON.stringify(text.trim().replace(/\\s+/g, " ").slice(0, 60));
  const boxes = [], cut = [];
  const see = (owner, text, rects) => {
    for (const rect of rects) {
      if (rect.width < 1 || rect.height < 1) continue;
      let { left, right, top, bottom } = rect, hidden = false;
      for (let up = owner; up !== null && up !== document.body; up = up.parentElement) {
        if (up === owner && up.tagName !== "svg" && !cutting(up)) continue;
        if (!cutting(up)) continue;
        const limit = up.getBoundingClientRect();
        if (scrolls(up)) { // what it scrolls away is not cut off
          left = Math.max(left, limit.left); right = Math.min(right, limit.right);
          top = Math.max(top, limit.top); bottom = Math.min(bottom, limit.bottom);
          if (right - left < 1 || bottom - top < 1) hidden = true;
        } else if (rect.left < limit.left - 1 || rect.right > limit.right + 1 || rect.top < limit.top - 2 || rect.bottom > limit.bottom + 2) {
          cut.push(say(text) + " in " + name(up));
        }
      }
      if (!hidden) boxes.push({ owner, text, left, right, top, bottom });
    }
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const parent = node.parentElement, text = node.textContent;
    if (text.trim() === "" || parent.closest("script, style, title, desc, option, noscript") || !shown(parent)) continue;
    const drawn = parent.closest("text");
    if (drawn !== null) {
      if (!seen.has(drawn)) see(drawn, drawn.textContent, [drawn.getBoundingClientRect()]);
      seen.add(drawn);
      continue;
    }
    const range = document.createRange();
    range.selectNodeContents(node);
    see(parent, text, range.getClientRects());
  }
  boxes.sort((a, b) => a.top - b.top);
  const overlapping = [];
  boxes.forEach((a, i) => {
    for (let k = i + 1; k < boxes.length && boxes[k].top < a.bottom; k++) {
      const b = boxes[k];
      if (a.owner === b.owner || a.owner.contains(b.owner) || b.owner.contains(a.owner)) continue;
      // A line's box is higher than its letters: a quarter of the lower of the two may be shared.
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1.5 && high > 0.25 * Math.min(a.bottom - a.top, b.bottom - b.top)) {
        overlapping.push(say(a.text) + " and " + say(b.text));
      }
    }
  });
  const wide = [];
  if (document.documentElement.scrollWidth > innerWidth) wide.push("the page is " + document.documentElement.scrollWidth + " px wide");
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest("svg") !== null && element.tagName !== "svg") continue;
    const rect = element.getBoundingClientRect();
    if (rect.width === 0 || rect.right <= innerWidth + 1 || !shown(element)) continue;
    let up = element.parentElement;
    while (up !== null && !scrolls(up)) up = up.parentElement;
    if (up === null) wide.push(name(element) + " reaches to " + Math.round(rect.right) + " px");
  }
  const small = [...seen].flatMap((text) => {
    const size = parseFloat(getComputedStyle(text).fontSize) * Math.abs(text.closest("svg").getScreenCTM().a);
    return size < ${SMALLEST} ? [say(text.textContent) + " at " + size.toFixed(1) + " px"] : [];
  });
  return { overlapping: [...new Set(overlapping)], cut: [...new Set(cut)], wide, small, texts: boxes.length };
})()`;

/** The faults of the page as it stands. */
export const layoutFaults = (page: Page): Promise<LayoutFaults> =>
  page.evaluate(LOOK) as Promise<LayoutFaults>;

/** The widths at which pages are looked at: a desk's and a phone's. */
export const WIDTHS = [1400, 390] as const;

/** Looks at a page in light and in the dark, at a desk's and at a phone's width, and fails with what is wrong. */
export async function requireSound(
  page: Page,
  also: (width: number, scheme: "light" | "dark") => Promise<void> = async () => {},
): Promise<void> {
  for (const width of WIDTHS) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      // Two frames: what answers to the new size has been drawn.
      await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
      const { texts, ...faults } = await layoutFaults(page);
      assert.ok(texts > 0, "the page has no text");
      assert.deepEqual(
        faults,
        { overlapping: [], cut: [], wide: [], small: [] },
        `at ${width} px, ${colorScheme}`,
      );
      await also(width, colorScheme);
    }
  }
}
