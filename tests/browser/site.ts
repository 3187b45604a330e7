/** The site, built once for all tests of a file and served below a path, as a static host would. */

import { endBundler } from "../../site/bundle.ts";
import { libraryScripts, siteFiles } from "../../site/build.ts";
import { serveFiles } from "../../site/serve.ts";
import { assert } from "../deps.ts";
import { browserTest, type Page } from "./browser.ts";
import { counts, eventually, PATIENCE, says } from "./waiting.ts";

let built: Promise<ReadonlyMap<string, Uint8Array>> | null = null;

/** The site's files. */
export const site = (): Promise<ReadonlyMap<string, Uint8Array>> =>
  built ??= libraryScripts().then(siteFiles).finally(endBundler);

/** The path that the site is served below. */
export const BASE_PATH = "/some/where/";

/** WebGPU on Chromium's own software adapter. */
export const SWIFTSHADER = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** Serves the site while something is done with its address, which ends in a slash. */
export async function withSite<A>(
  act: (address: string, close: () => Promise<void>) => Promise<A>,
): Promise<A> {
  const server = serveFiles(await site(), 0, BASE_PATH);
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await server.shutdown();
    open = false;
  };
  try {
    return await act(`http://127.0.0.1:${server.addr.port}${BASE_PATH}`, close);
  } finally {
    await close();
  }
}

/** The script of the exact solution, which takes a second of a core. */
const EXACT = "**/exact.worker.js";

/** Has the page solve its task exactly, as it does for everybody but tests of something else. */
export const withExact = (page: Page): Promise<void> => page.unroute(EXACT);

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
          if (!url.startsWith(address) && !/^(data|blob|about|file):/.test(url)) foreign.push(url);
        });
        await page.route(EXACT, (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
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
    goalShares: found[4]!.split(",").map((share) => parseInt(share)),
  };
}

/** Waits until the last evaluation is as it should be. */
export const until = async (
  page: Page,
  wanted: (reading: Reading) => boolean,
  patience = PATIENCE,
): Promise<Reading> =>
  (await eventually(
    page,
    () => reading(page),
    (found) => found !== null && wanted(found),
    "the page's last evaluation",
    patience,
  ))!; // what is wanted is not null

/** Waits until the page stands still after a number of steps. */
export const untilSteps = (page: Page, steps: number): Promise<void> =>
  page.locator(".planes .reading", { hasText: new RegExp(`^${steps} steps\\.`) }).first().waitFor();

/** Waits until the page stands still, wherever that is, and its address says so; the steps. */
export async function standing(page: Page): Promise<number> {
  const steps = await eventually(
    page,
    () =>
      page.evaluate<readonly [string, string]>(
        'Promise.resolve([document.querySelector(".planes .reading").textContent, location.hash])',
      ),
    ([text, hash]) => {
      const [, steps] = /^(\d+) steps\./.exec(text) ?? [];
      return steps !== undefined && /[&#]at=(\d+)/.exec(hash)?.[1] === steps;
    },
    "the page, which should stand still,",
  );
  return parseInt(steps[0]);
}

/** Waits until so many sentences stand above the page. */
export async function notices(page: Page, count: number): Promise<readonly string[]> {
  await counts(page, "#notices .notice", count);
  return await page.locator("#notices .notice").allInnerTexts();
}

/** How spread the policy's actions are in the looked-at state. */
export async function deviations(page: Page): Promise<readonly number[]> {
  const reading = /deviations ([\d.]+) and ([\d.]+)/;
  return reading.exec(await says(page, "#landscape-reading", reading))!.slice(1).map(Number);
}

/** The bytes that the page saves. */
export async function saved(page: Page): Promise<Uint8Array> {
  const download = page.waitForEvent("download");
  await page.locator("#save").click();
  const done = await download;
  assert.equal(done.suggestedFilename(), "parameters.safetensors");
  return await Deno.readFile(await done.path());
}
