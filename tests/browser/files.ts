/** Giving files to a page. */

import { Buffer } from "node:buffer";
import type { Page } from "./browser.ts";

/** Chooses a file of this content. */
export const choose = (page: Page, name: string, content: Uint8Array): Promise<void> =>
  page.locator("#open").setInputFiles({
    name,
    mimeType: "application/octet-stream",
    buffer: Buffer.from(content),
  });

/** Drops a file of this content on the page; whether the page has kept the browser from leaving for it. */
export const drop = (page: Page, name: string, content: Uint8Array): Promise<boolean> =>
  page.evaluate(
    `(() => { const given = new DataTransfer();
      given.items.add(new File([Uint8Array.from(atob("${content.toBase64()}"), (c) => c.charCodeAt(0))], "${name}"));
      const event = (kind) => new DragEvent(kind, { dataTransfer: given, bubbles: true, cancelable: true });
      return ["dragover", "drop"].every((kind) => !document.querySelector("main").dispatchEvent(event(kind))); })()`,
  );
