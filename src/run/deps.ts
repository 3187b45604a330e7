/** Every third-party module that runs need besides those of the library, each with its exact version. */
export * as z from "npm:zod@4.6.7";
