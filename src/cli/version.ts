/**
 * `softq version`: the versions and the machine, for bug reports.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };
import { E, pipe, TE } from "../deps.ts";
import type { RunError } from "../run/context.ts";
import { openDevice } from "../run/devices.ts";
import { type JsonObject, jsonText } from "../run/json.ts";
import { revision } from "../run/manifest.ts";
import type { Console } from "./console.ts";
import { buildCommand, type Command, type CommandContext } from "./deps.ts";
import { printResult } from "./exit_code.ts";
import { switchFlag } from "./flags.ts";

/** Version, revision, Deno, processor, and the device that `--device auto` would choose. */
export const versionOf = (open: typeof openDevice): TE.TaskEither<RunError, JsonObject> =>
  pipe(
    open("auto"),
    TE.chain((device) => async (): Promise<E.Either<RunError, JsonObject>> => {
      const about = {
        version: project.version,
        revision: await revision(),
        deno: Deno.version.deno,
        v8: Deno.version.v8,
        processor: `${Deno.build.arch} ${Deno.build.os}`,
        device: device.kind,
        adapter: device.description,
      };
      device.close();
      return E.right(about);
    }),
  );

/** The versions as text. */
const versionText = (about: JsonObject): string =>
  Object.entries(about).map(([name, value]) => `${name.padEnd(10)}${value ?? "not known"}\n`).join("");

/** The command. */
export const versionCommand = (
  console_: Console,
  exit: (code: number) => void,
): Command<CommandContext> =>
  buildCommand<{ readonly json: boolean }, [], CommandContext>({
    parameters: { flags: { json: switchFlag("print one JSON document, for a report of an error") } },
    docs: {
      brief: "Print versions, revision, device and adapter, for a report of an error",
      fullDescription:
        "Prints versions, the revision of the checkout, and the device that --device auto takes.\n" +
        "It needs no permission; the revision is told with --allow-read.",
    },
    func: async function ({ json }): Promise<void> {
      const found = await versionOf(console_.openDevice ?? openDevice)();
      exit(printResult(found, console_, json ? jsonText : versionText));
    },
  });
