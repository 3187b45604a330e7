/**
 * The programs of softq that a process starts: its command line for one run, and the one for servers.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { shellWord } from "../run/configuration.ts";
import { EXIT } from "../run/exit.ts";
import type { Console } from "./console.ts";
import { thrownText } from "../given.ts";

/** Program and first arguments of the command line, for starting runs. */
export const softqCommand = (): readonly string[] => [
  Deno.execPath(),
  "run",
  "--quiet",
  "--allow-read",
  "--allow-write",
  "--allow-env=XDG_RUNTIME_DIR", // as the task has it: what `--device auto` finds may depend on it
  import.meta.resolve("../../cli.ts"),
];

/** The lock file of the packages for servers. */
const LOCK = new URL("../nats/deno.lock", import.meta.url);

/** Arguments of Deno for the command line for servers, whose packages have their own lock file. */
const CLUSTER: readonly string[] = [
  "run",
  "--quiet",
  ...LOCK.protocol === "file:" ? ["--lock", fileURLToPath(LOCK)] : [],
  "--allow-read",
  "--allow-write",
  "--allow-run",
  "--allow-net",
  "--allow-env",
  "--allow-sys",
  import.meta.resolve("../../cluster.ts"),
];

/**
 * Runs a command for a server with `cluster.ts`; returns its exit code. Its packages are installed on first use, so
 * that other users do not need them.
 */
export async function handOver(words: readonly string[], console_: Console): Promise<number> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(Deno.execPath(), { args: [...CLUSTER, ...words] }).spawn();
  } catch (error) {
    console_.error(
      error instanceof Deno.errors.NotCapable
        ? `What is meant for a server needs --allow-run, or: deno task cluster ${
          words.map(shellWord).join(" ")
        }\n`
        : `Cannot start cluster.ts: ${thrownText(error)}\n`,
    );
    return EXIT.wrong;
  }
  // A terminal sends an interrupt to both processes; a signal to this one alone is forwarded.
  const pass = (): void => {
    try {
      child.kill("SIGTERM");
    } catch {
      // it has ended already
    }
  };
  const ignore = Deno.stdin.isTerminal() ? () => {} : pass;
  Deno.addSignalListener("SIGINT", ignore);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", pass);
  try {
    return (await child.status).code;
  } finally {
    Deno.removeSignalListener("SIGINT", ignore);
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGTERM", pass);
  }
}
