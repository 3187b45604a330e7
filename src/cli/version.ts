/**
 * `softq version`: the versions and the machine, for bug reports.
 *
 * @module
 */

import { openDevice } from "../run/devices.ts";
import { type JsonObject, jsonText } from "../run/json.ts";
import { versionOf } from "../run/version.ts";
import { command, type Invocation } from "./command.ts";
import { switchFlag } from "./flags.ts";
import { printResult } from "../terminal/result.ts";

/** The versions as text. */
const versionText = (about: JsonObject): string =>
  Object.entries(about).map(([name, value]) => `${name.padEnd(10)}${value ?? "not known"}\n`).join("");

/** The command. */
export const versionCommand = (invocation: Invocation) =>
  command(invocation, {
    brief: "Print versions, revision, device and adapter, for a report of an error",
    help: "Prints versions, the revision of the checkout, and the device that --device auto takes.\n" +
      "It needs no permission; the revision is told with --allow-read.",
    flags: { json: switchFlag("print one JSON document, for a report of an error") },
    run: async ({ json }) => {
      const { console } = invocation, found = await versionOf(console.openDevice ?? openDevice)();
      return printResult(found, console, json ? jsonText : versionText);
    },
  });
