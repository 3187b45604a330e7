/** Every third-party module that only the command line needs, each named once with its exact version. */
export {
  ArgumentParseError,
  buildApplication,
  buildCommand,
  buildRouteMap,
  type Command,
  type CommandContext,
  type FlagParametersForType,
  type RouteMap,
  run,
  text_en,
} from "npm:@stricli/core@1.3.0";
export { closest, distance } from "npm:fastest-levenshtein@1.0.16";
export * as z from "npm:zod@4.6.7";
