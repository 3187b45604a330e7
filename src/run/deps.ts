/** Every third-party module that runs need beside those of the library, each with its exact version. */
export { closest, distance } from "npm:fastest-levenshtein@1.0.16";
export * as z from "npm:zod@4.6.7";
