/** Every third-party module that only the tests need, each named once with its exact version. */
export { default as assert } from "node:assert/strict";
export { default as fc } from "npm:fast-check@4.10.2";
