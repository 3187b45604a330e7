/** The site, built once for all tests of a file and served below a path, as a static host would. */

import { endBundler } from "../../site/bundle.ts";
import { libraryScripts, siteFiles } from "../../site/build.ts";
import { serveFiles } from "../../site/serve.ts";
import { assert } from "../deps.ts";
import { browserTest, type Page } from "./browser.ts";

let built: Promise<ReadonlyMap<string, Uint8Array>> | null = null;

/** The site's files. */
export const site = (): Promise<ReadonlyMap<string, Uint8Array>> =>
  built ??= libraryScripts().then(siteFiles).finally(endBundler);

/** How long anything may take, ms. */
export const PATIENCE = 180_000;

/** Waits until an expression of the page is true; the page's own policy forbids the driver's way of waiting. */
export async function holds(page: Page, expression: string): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (await page.evaluate(expression) !== true) {
    assert(Date.now() < end, `Not true in time: ${expression}`);
    await page.waitForTimeout(50);
  }
}

/** The path that the site is served below. */
export const BELOW = "/some/where/";

/** WebGPU on Chromium's own software adapter. */
export const SWIFTSHADER = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** Serves the site while something is done with its address, which ends in a slash. */
export async function withSite<A>(
  act: (address: string, close: () => Promise<void>) => Promise<A>,
): Promise<A> {
  const server = serveFiles(await site(), 0, BELOW);
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await server.shutdown();
    open = false;
  };
  try {
    return await act(`http://127.0.0.1:${server.addr.port}${BELOW}`, close);
  } finally {
    await close();
  }
}

/** Registers a test of a page of the site. Besides errors, requests to anybody but the site's own server fail it. */
export const siteTest = (
  title: string,
  test: (page: Page, address: string, close: () => Promise<void>) => Promise<void>,
  flags: readonly string[] = [],
): void =>
  browserTest(
    title,
    (page) =>
      withSite(async (address, close) => {
        page.setDefaultTimeout(PATIENCE); // the machine may be busy with others
        const foreign: string[] = [];
        page.on("request", (request) => {
          const url = request.url();
          if (!url.startsWith(address) && !/^(data|blob|about):/.test(url)) foreign.push(url);
        });
        await test(page, address, close);
        assert.deepEqual(foreign, []);
      }),
    flags,
  );

/** What the page says that the last evaluation of its first learner came to. */
export interface Reading {
  readonly step: number;
  readonly meanReturn: number;
  readonly entropy: number | null;
  /** In hundredths. */
  readonly goalShares: readonly number[];
}

/** Reads the last evaluation off the page; null before the first. */
export async function reading(page: Page): Promise<Reading | null> {
  const text = (await page.locator("#curves-reading").innerText()).replaceAll("−", "-");
  const found =
    /^After (\d+) steps: return (-?[\d.]+)(?:, entropy (-?[\d.]+))?, \d+ % reach a goal \(([^)]*)\)/.exec(
      text,
    );
  return found === null ? null : {
    step: Number(found[1]),
    meanReturn: Number(found[2]),
    entropy: found[3] === undefined ? null : Number(found[3]),
    goalShares: found[4].split(",").map((share) => parseInt(share)),
  };
}

/** Waits until the last evaluation is as it should be. */
export async function until(
  page: Page,
  wanted: (reading: Reading) => boolean,
  seconds: number,
): Promise<Reading> {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    const found = await reading(page);
    if (found !== null && wanted(found)) return found;
    assert(Date.now() < end, `After ${seconds} s the page says ${JSON.stringify(found)}`);
    await page.waitForTimeout(200);
  }
}

/** Waits until the page stands still after a number of steps. */
export const untilSteps = (page: Page, steps: number): Promise<void> =>
  page.locator(".planes .reading", { hasText: new RegExp(`^${steps} steps\\.`) }).first().waitFor({
    timeout: 240_000,
  });
