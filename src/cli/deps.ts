/** Every third-party module that only the command line needs, each named once with its exact version. */
export {
  ArgumentScannerError,
  buildApplication,
  buildCommand,
  buildRouteMap,
  type Command,
  type CommandContext,
  FlagNotFoundError,
  type FlagParametersForType,
  formatMessageForArgumentScannerError,
  proposeCompletions,
  type RouteMap,
  run,
  text_en,
  type TypedCommandParameters,
  type TypedPositionalParameters,
  UnexpectedPositionalError,
} from "npm:@stricli/core@1.3.0";
