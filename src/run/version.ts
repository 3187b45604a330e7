/**
 * The versions and the machine of this softq, for bug reports.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };
import { E, pipe, TE } from "../deps.ts";
import type { RunError } from "./context.ts";
import type { openDevice } from "./devices.ts";
import type { JsonObject } from "./json.ts";
import { revision } from "./manifest.ts";

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
