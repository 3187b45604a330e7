/** The site's build tools, which are part of no page. */
export * as esbuild from "npm:esbuild@0.28.2";
/** Generates declarations from TypeScript. */
export { default as ts } from "npm:typescript@5.9.3";
