/** What builds the site, and goes into no page. */
export * as esbuild from "npm:esbuild@0.28.2";
/** Reads TypeScript, to write declarations. */
export { default as ts } from "npm:typescript@5.9.3";
