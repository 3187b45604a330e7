/**
 * The tests of WebGPU once more, in Chromium: with the browser's own compiler of shaders (Tint) and its own software
 * adapter (SwiftShader), where Deno has naga and whatever driver there is.
 *
 * Every file named for WebGPU is bundled as it stands, with `page_deps.ts` in the place of the tests' `deps.ts` and
 * `page_deno.ts` in the place of `Deno`, and each of its tests is a step here.
 */

import { assert, type esbuild } from "../deps.ts";
import { bundled } from "../packaging/bundle.ts";
import { filesBelow, ROOT } from "../packaging/sources.ts";
import { browserTest } from "./browser.ts";

/** What the page offers, under the name that it has there. */
interface Global {
  readonly webgpuPage: typeof import("./webgpu_page.ts");
}

const DEPS: readonly string[] = [`${ROOT}tests/deps.ts`, `${ROOT}tests/kernels/deps.ts`];
const PAGE_DEPS = `${ROOT}tests/browser/page_deps.ts`;

/** Gives the tests `page_deps.ts` for their own `deps.ts`, and `page_deps.ts` nothing of the latter but fast-check. */
const pageDeps: esbuild.Plugin = {
  name: "dependencies of tests in a page",
  setup: (build) => {
    build.onResolve(
      { filter: /\/deps\.ts$/ },
      ({ path, importer, resolveDir }) =>
        DEPS.includes(new URL(path, `file://${resolveDir}/`).pathname) &&
          ![PAGE_DEPS, ...DEPS].includes(importer)
          ? { path: PAGE_DEPS }
          : undefined,
    );
    build.onResolve(
      { filter: /^(npm|node):/ },
      ({ path, importer }) =>
        DEPS.includes(importer) && !path.startsWith("npm:fast-check@")
          ? { path, namespace: "absent" }
          : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "absent" }, () => ({ contents: "export default undefined;" }));
  },
};

/** The page's script. */
async function pageScript(): Promise<string> {
  const files = filesBelow("tests/", "_test.ts").filter((path) =>
    /webgpu\w*_test\.ts$/.test(path) && !path.startsWith("tests/browser/")
  );
  const { outputFiles, warnings } = await bundled(
    ['export * from "./tests/browser/webgpu_page.ts";', ...files.map((path) => `import "./${path}";`)].join(
      "\n",
    ),
    { format: "esm", inject: [`${ROOT}tests/browser/page_deno.ts`], plugins: [pageDeps] },
  );
  assert.deepEqual(warnings, []);
  return outputFiles[0]!.text;
}

const HTML = '<!DOCTYPE html><title>Tests of WebGPU</title><link rel="icon" href="data:,">';

/** Serves the page on a free port of the loopback, whose pages are trusted with WebGPU. */
const serve = (script: string): Deno.HttpServer<Deno.NetAddr> =>
  Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }) =>
      new URL(url).pathname === "/page.js"
        ? new Response(script, { headers: { "content-type": "text/javascript" } })
        : new Response(HTML, { headers: { "content-type": "text/html" } }),
  );

/** Every entry point in `shaders/`, as `file.wgsl entry_point`. */
const entryPoints = (): string[] =>
  filesBelow("shaders/", ".wgsl").flatMap((path) =>
    [...Deno.readTextFileSync(ROOT + path).matchAll(/^@compute\b[^]*?\bfn (\w+)/gm)].map(([, name]) =>
      `${path.slice("shaders/".length)} ${name}`
    )
  );

browserTest(
  "Chromium passes every test of WebGPU, and compiles every shader",
  async (page, t) => {
    const server = serve(await pageScript());
    try {
      await page.goto(`http://127.0.0.1:${server.addr.port}/`);
      await page.evaluate('import("/page.js").then((exports) => { globalThis.webgpuPage = exports; })');
      const device = await page.evaluate(() => (globalThis as unknown as Global).webgpuPage.deviceHere());
      await t.step(`the device is ${device.description}, shaders for ${device.adapter}`, () => {
        assert.match(device.description, /swiftshader/i);
        assert.equal(device.adapter, "software");
      });
      for (const title of await page.evaluate(() => (globalThis as unknown as Global).webgpuPage.titles())) {
        await t.step(title, async () => {
          const failure = await page.evaluate(
            (title) => (globalThis as unknown as Global).webgpuPage.failureOf(title),
            title,
          );
          if (failure !== null) throw new Error(failure);
        });
      }
      await t.step("every entry point of every shader has been compiled", async () => {
        const compiled = await page.evaluate(() =>
          (globalThis as unknown as Global).webgpuPage.compiledEntryPoints()
        );
        const wanted = entryPoints();
        assert(wanted.length > 40, "the search found too few entry points");
        assert.deepEqual(wanted.filter((each) => !compiled.includes(each)), []);
      });
    } finally {
      await server.shutdown();
    }
  },
  ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
);
