/** What builds the site, and goes into no page. */
export * as esbuild from "npm:esbuild@0.28.2";
