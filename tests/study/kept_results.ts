/** Measurements of the long tests, kept beside them as JSON with place and time of measurement. */

import { machine } from "../../bench/measure.ts";
import { revision } from "../../src/run/manifest.ts";

/** Keeps a result under a name in a file of results; what other names hold stays. */
export async function keep(file: URL, name: string, result: unknown): Promise<void> {
  const before: Record<string, unknown> = await Deno.readTextFile(file).then(JSON.parse, (error) => {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  });
  const date = new Date().toISOString(), made = { revision: await revision(), date, machine: machine() };
  await Deno.writeTextFile(file, `${JSON.stringify({ ...before, [name]: { ...made, result } }, null, 2)}\n`);
}
