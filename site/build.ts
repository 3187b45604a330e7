/**
 * Builds the site into static files: `deno task site`, and serves them for viewing: `deno task site --serve 8000`.
 *
 * Laws, tested: pages request only the site's own files, at relative addresses, so that they work under any path;
 * compressed, without policies and source maps, the site is smaller than a megabyte.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { escape } from "../src/report/svg.ts";
import { endBundler, ROOT, type Script, scripts } from "./bundle.ts";
import { declarations } from "./declarations.ts";
import { createTarGzip } from "./deps_build.ts";
import { galleryFiles } from "./gallery/files.ts";
import { inkProperties } from "./inks.ts";
import { publish } from "./publish.ts";
import { serveFiles } from "./serve.ts";

/** Output folder of the site, relative to the root; the bundles are in its parent folder. */
const OUT = "dist/site";

/** Content security policy: pages may run and request their own files, and compile WebAssembly. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const SCRIPTS: readonly Script[] = [
  { entry: "site/playground/page.ts", name: "playground" },
  { entry: "site/playground/worker.ts", name: "learn.worker" },
  { entry: "site/playground/exact_worker.ts", name: "exact.worker" },
  { entry: "site/gallery/page.ts", name: "gallery" },
  { entry: "site/use.ts", name: "use" },
];

const PAGES = ["index.html", "gallery.html", "use.html"] as const;

/** The archive of the bundles' declarations. */
const ARCHIVE = "softq.types.tgz";

/** Files that are copied unchanged. */
const EXAMPLES = ["examples/minimal.html", "examples/multi-goal.safetensors"] as const;

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const source = (name: string): string => Deno.readTextFileSync(`${ROOT}site/${name}`);

async function digestOf(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const parts = await Promise.all(
    [...files].map(async ([name, content]) =>
      `${name} ${new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(content))).toHex()}`
    ),
  );
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(text(parts.sort().join("\n")))))
    .toHex().slice(0, 16);
}

/** The bundles for pages that do not use Deno. */
export const libraryScripts = (): Promise<Map<string, Uint8Array>> =>
  scripts([
    { entry: "mod.ts", name: "softq" },
    { entry: "site/library/worker.ts", name: "softq.worker" },
  ]);

/** The bundles and their declarations: the files in `dist/` itself. */
export async function libraryFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = await libraryScripts();
  for (const [name, content] of declarations(["mod.ts", "site/library/worker.ts"])) {
    files.set(`types/${name}`, text(content));
  }
  // WebGPU names that the declarations mention, for projects without its types; otherwise they merge with those types.
  files.set("types/webgpu.d.ts", text("interface GPU {}\ninterface GPUAdapterInfo {}\n"));
  files.set(
    "softq.d.ts",
    text('/// <reference path="./types/webgpu.d.ts" />\nexport * from "./types/mod.js";\n'),
  );
  files.set("softq.worker.d.ts", text('export * from "./types/site/library/worker.js";\n'));
  return files;
}

/** The folder's manifest, so that a project may also name the bundles as a package. */
const MANIFEST = {
  name: "softq",
  version: JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`)).version,
  type: "module",
  exports: { ".": "./softq.js", "./worker": "./softq.worker.js" },
};

/** The declarations in one archive, which is unpacked beside the bundles; equal declarations give equal bytes. */
const declarationsArchive = (library: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> =>
  createTarGzip([
    { name: "package.json", data: `${JSON.stringify(MANIFEST, null, 2)}\n` },
    ...[...library].filter(([name]) => name.endsWith(".d.ts")).map(([name, data]) => ({ name, data })),
  ], { attrs: { mtime: 0, mode: "0644" } });

/** All files of the site by name. */
export async function siteFiles(
  library: ReadonlyMap<string, Uint8Array>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = await scripts(SCRIPTS);
  for (const [name, content] of library) if (/\.js(\.map)?$/.test(name)) files.set(name, content);
  files.set(ARCHIVE, await declarationsArchive(library));
  for (const name of EXAMPLES) files.set(name, Deno.readFileSync(`${ROOT}site/${name}`));
  for (const page of PAGES) {
    files.set(
      page,
      text(
        source(page).replace("{{policy}}", POLICY).replace(
          "{{minimal}}",
          escape(source("examples/minimal.html")),
        ),
      ),
    );
  }
  files.set("site.css", text(`${inkProperties()}\n${source("site.css")}`));
  files.set("icon.svg", text(source("icon.svg")));
  for (const [name, content] of galleryFiles()) files.set(name, content);
  const cached = [...files.keys()].filter((name) => !/\.(map|tgz)$/.test(name));
  const offline = await scripts([{ entry: "site/offline.ts", name: "offline" }], {
    define: { FILES: cached, DIGEST: await digestOf(files) },
    format: "iife",
  });
  for (const [name, content] of offline) files.set(name, content);
  return files;
}

/** Compressed size in bytes, as a server sends it. */
export async function compressedSize(content: Uint8Array): Promise<number> {
  const stream = new Blob([new Uint8Array(content)]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}

const USAGE = `USAGE
  deno task site [--serve PORT]

Builds the pages and the bundles into dist/.

FLAGS
  --serve PORT   then serve dist/site on this machine; 0: any free port
  -h, --help     print this`;

/** The port of the command line, null without one, or the usage to print instead of building. */
function portOf(words: readonly string[]): number | null | { readonly usage: string; readonly code: number } {
  try {
    const { values: { serve, help } } = parseArgs({
      args: [...words],
      options: { serve: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
    });
    if (help) return { usage: USAGE, code: 0 };
    if (serve === undefined) return null;
    if (/^\d+$/.test(serve) && Number(serve) <= 65535) return Number(serve);
    return { usage: `--serve must be a port from 0 to 65535: got "${serve}"`, code: 2 };
  } catch (error) {
    return { usage: (error instanceof Error ? error.message : String(error)).split("\n")[0]!, code: 2 };
  }
}

if (import.meta.main) {
  const port = portOf(Deno.args);
  if (typeof port === "object" && port !== null) {
    (port.code === 0 ? console.log : console.error)(port.usage);
    Deno.exit(port.code);
  }
  const library = await libraryFiles(), files = await siteFiles(library);
  await endBundler();
  publish(
    `${ROOT}dist`,
    new Map([...library, ...[...files].map(([name, file]) => [`site/${name}`, file] as const)]),
  );
  let total = 0;
  for (const [name, content] of files) {
    if (!/\.map$|\.safetensors$/.test(name)) total += await compressedSize(content);
  }
  console.log(
    `${OUT}: ${files.size} files, ${Math.ceil(total / 1000)} kB compressed without policies and maps`,
  );
  if (port !== null) {
    let server: Deno.HttpServer<Deno.NetAddr>;
    try {
      server = serveFiles(files, port);
    } catch (error) {
      const reason = error instanceof Deno.errors.AddrInUse
        ? "is taken: choose another, or 0"
        : String(error);
      console.error(`--serve ${port}: the port ${reason}`);
      Deno.exit(2);
    }
    console.log(`http://127.0.0.1:${server.addr.port}/`);
    await server.finished;
  }
}
