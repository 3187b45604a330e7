/** A bundler set up as a user of the library would: shaders are text, and `npm:` means the folder of modules. */

import { npmSpecifiers } from "../../site/bundle.ts";
import { esbuild } from "../deps.ts";
import { ROOT } from "./sources.ts";

/**
 * One script for a browser, and what went into it.
 *
 * @param entry its text, in which `./` is the repository's root
 * @param options `format` is by default a script that leaves its exports in `bundle`
 */
export async function bundled(
  entry: string,
  { plugins = [], ...options }: Pick<esbuild.BuildOptions, "format" | "inject" | "plugins"> = {},
): Promise<esbuild.BuildResult<{ write: false; metafile: true }>> {
  try {
    return await esbuild.build({
      stdin: { contents: entry, resolveDir: ROOT, loader: "ts" },
      bundle: true,
      write: false,
      metafile: true,
      platform: "browser",
      format: "iife",
      globalName: "bundle",
      target: "es2022",
      loader: { ".wgsl": "text" },
      logLevel: "silent",
      ...options,
      plugins: [...plugins, npmSpecifiers],
    });
  } finally {
    await esbuild.stop();
  }
}
