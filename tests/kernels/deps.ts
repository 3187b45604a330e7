/** What the table of cases needs: apart from the other tests' modules, because the check of an adapter uses it without them. */
export { default as assert } from "node:assert/strict";
export { default as fc } from "npm:fast-check@4.10.2";
