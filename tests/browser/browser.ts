/**
 * Tests that look at a page in headless Chromium. Where there is none they are reported as ignored, with the reason in
 * their title; with `SOFTQ_REQUIRE_BROWSER=1` in the environment they run, and fail. `SOFTQ_CHROMIUM` names another file.
 *
 * @module
 */

import { assert, playwright } from "../deps.ts";

/** Where Debian and others put it. */
const PLACES = [
  Deno.env.get("SOFTQ_CHROMIUM") ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Where Chromium is on this machine, if it is. */
export const CHROMIUM: string | undefined = PLACES.find((path) => {
  try {
    return path !== "" && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

const runs = CHROMIUM !== undefined || Deno.env.get("SOFTQ_REQUIRE_BROWSER") === "1";

/** A page of a browser. */
export type Page = playwright.Page;

/** Starts Chromium; it has no sandbox of its own where everything runs as root. */
export function launch(flags: readonly string[] = []): Promise<playwright.Browser> {
  assert(CHROMIUM !== undefined, "There is no Chromium here; install it or name it by SOFTQ_CHROMIUM");
  return playwright.chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", ...flags],
    timeout: 180_000, // the machine may be busy with others
  });
}

/** The file's browsers by their flags: each test has a context of its own, with storage of its own. */
const browsers = new Map<string, playwright.Browser>();
let hooked = false;

async function browserWith(flags: readonly string[]): Promise<playwright.Browser> {
  const key = flags.join(" "), known = browsers.get(key);
  if (known?.isConnected()) return known;
  const started = await launch(flags);
  browsers.set(key, started);
  return started;
}

/**
 * Registers a test that needs a browser; errors of its page, and requests that fail, fail the test.
 *
 * @param flags what Chromium's command line says beside the usual
 */
export function browserTest(
  title: string,
  test: (page: Page, t: Deno.TestContext) => Promise<void>,
  flags: readonly string[] = [],
): void {
  if (!hooked) {
    hooked = true;
    Deno.test.afterAll(async () => {
      for (const browser of browsers.values()) await browser.close();
    });
  }
  Deno.test({
    name: runs ? title : `${title} (ignored: there is no Chromium here)`,
    ignore: !runs,
    // The driver's own process and timers end with the browser, which other tests of the file use too.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async (t) => {
      const context = await (await browserWith(flags)).newContext({ viewport: { width: 1280, height: 900 } });
      try {
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on("pageerror", (error) => complaints.push(String(error)));
        page.on("console", (message) => {
          if (message.type() === "error") complaints.push(message.text());
        });
        await test(page, t);
        assert.deepEqual(complaints, []);
      } finally {
        await context.close();
      }
    },
  });
}

/** The drawn points of the lines that a selector finds: numbers of their paths or of their points. */
export const pointsOf = (page: Page, selector: string): Promise<readonly (readonly number[])[]> =>
  page.locator(selector).evaluateAll((elements) =>
    elements.map((element) =>
      (element.getAttribute("d") ?? element.getAttribute("points") ?? "").match(/-?\d+(\.\d+)?/g)?.map(
        Number,
      ) ?? []
    )
  );

/** How many different colours a canvas shows. */
export const coloursOf = (page: Page, selector: string): Promise<number> =>
  page.locator(selector).evaluate((element) => {
    const canvas = element as unknown as {
      readonly width: number;
      readonly height: number;
      readonly getContext: (kind: "2d") => {
        readonly getImageData: (
          x: number,
          y: number,
          w: number,
          h: number,
        ) => { readonly data: Uint8ClampedArray };
      };
    };
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  });
