/** The site's build tools, which are part of no page. */
export * as esbuild from "npm:esbuild@0.28.2";
/** Packs files into an archive, and reads one back. */
export { createTarGzip, parseTarGzip } from "npm:nanotar@0.3.0";
/** Generates declarations from TypeScript. */
export { default as ts } from "npm:typescript@5.9.3";
