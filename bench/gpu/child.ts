/**
 * A section of the session on a GPU in a process of its own, so that a driver that hangs can be ended:
 *
 *     deno run -A child.ts NAME FOLDER
 *
 * It prepares itself, prints `ready`, and begins when it reads a number of seconds. It prints its findings as it goes,
 * a line of JSON each time; the last line says how it ended. It ends when its standard input does.
 *
 * @module
 */

import type { Findings } from "./report.ts";
import { type Ending, failed } from "./section.ts";
import { SECTIONS } from "./sections.ts";

/** A line that a section prints. */
export type Line = { readonly findings: Findings } | { readonly ready: true } | { readonly ending: Ending };

if (import.meta.main) {
  const [name, folder] = Deno.args as [string, string];
  const encoder = new TextEncoder();
  const print = (line: Line): void => void Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(line)}\n`));
  console.log = console.error; // standard output is for the lines of JSON
  const input = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).getReader();
  const end = async (running: Promise<Ending>): Promise<never> => {
    const ending = await running.catch((error) =>
      failed(error instanceof Error ? error.message : `${error}`)
    );
    print({ ending });
    Deno.exit(0);
  };
  const preparing = SECTIONS[name]!.load().then((section) => section(folder));
  preparing.catch(() => {});
  await preparing.then(() => print({ ready: true }), () => print({ ready: true })); // a failure is reported at the beginning
  const { value, done } = await input.read();
  if (done) Deno.exit(1);
  const deadline = performance.now() + 1000 * Number(value);
  const left = (): number => (deadline - performance.now()) / 1000;
  void input.read().then(() => Deno.exit(1)); // no reader is left
  await end(preparing.then((run) => run({ folder, left, tell: (findings) => print({ findings }) })));
}
