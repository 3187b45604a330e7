/**
 * Bundles modules into the scripts of a page.
 *
 * @module
 */

import { esbuild } from "./deps_build.ts";

/** The repository's root folder, with a trailing slash. */
export const ROOT: string = new URL("../", import.meta.url).pathname;

/** Resolves `npm:name@version/path` to the modules folder, as a user of any bundler would map it. */
export const npmSpecifiers: esbuild.Plugin = {
  name: "npm specifiers",
  setup: (build) => {
    build.onResolve(
      { filter: /^npm:/ },
      ({ path, kind }) =>
        build.resolve(path.replace(/^npm:((?:@[^/]+\/)?[^@/]+)@[^/]+/, "$1"), { kind, resolveDir: ROOT }),
    );
  },
};

/** A script of the site. */
export interface Script {
  /** Its module, from the root. */
  readonly entry: string;
  /** Its name in the site, without the extension. */
  readonly name: string;
}

/** How scripts are built. */
export interface Build {
  /** Constants defined at build time. */
  readonly define?: Readonly<Record<string, unknown>>;
  /** Output format; not every browser supports module service workers. */
  readonly format?: "esm" | "iife";
}

/** Builds scripts, each complete in itself, with their source maps: texts by file name. */
export async function scripts(
  wanted: readonly Script[],
  { define = {}, format = "esm" }: Build = {},
): Promise<Map<string, Uint8Array>> {
  // In one call, so that shared modules are parsed once.
  const { outputFiles } = await esbuild.build({
    entryPoints: wanted.map(({ entry, name }) => ({ in: ROOT + entry, out: name })),
    outdir: `${ROOT}dist`,
    bundle: true,
    write: false,
    format,
    minify: true,
    sourcemap: "linked",
    platform: "browser",
    target: "es2022",
    loader: { ".wgsl": "text" },
    define: Object.fromEntries(Object.entries(define).map(([key, value]) => [key, JSON.stringify(value)])),
    logLevel: "warning",
    plugins: [npmSpecifiers],
  });
  return new Map(outputFiles.map(({ path, contents }) => [path.slice(path.lastIndexOf("/") + 1), contents]));
}

/** Stops the bundler's process. */
export const endBundler = (): Promise<void> => esbuild.stop();
