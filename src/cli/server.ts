/**
 * Flags of commands that may address a server, and the separate program that connects to it.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { E } from "../deps.ts";
import { type ConfigInvalid, configInvalid, flagOf } from "../run/configuration.ts";
import type { Experiment } from "../run/experiment.ts";
import type { ServerOptions, SweepServer } from "../sweep/place.ts";
import type { Console } from "./console.ts";
import { EXIT } from "./exit_code.ts";
import { countFlag, textFlag } from "./flags.ts";

/** Connects to sweeps on servers; only `cluster.ts` provides it, with the packages that it needs. */
export type Connect = (experiments: readonly Experiment[], options: ServerOptions) => SweepServer;

/** The values of {@link SERVER_FLAGS}. */
export interface ServerFlags {
  readonly nats: string | undefined;
  readonly user: string | undefined;
  readonly passwordFile: string | undefined;
  readonly tokenFile: string | undefined;
  readonly credentials: string | undefined;
  readonly ca: string | undefined;
  readonly lease: number | undefined;
  readonly store: number | undefined;
}

/** Flags of a server. */
export const SERVER_FLAGS = {
  nats: textFlag("address of a NATS server on which the sweep is", "nats://host:port"),
  user: textFlag("user of the server", "name"),
  passwordFile: textFlag("file that holds the user's password", "file"),
  tokenFile: textFlag("file that holds a token", "file"),
  credentials: textFlag("file of credentials (JWT and nkey), or of an nkey's seed", "file"),
  ca: textFlag("file of the certificate authority of the server's certificate", "file"),
  lease: countFlag(
    "seconds of silence after which a worker is taken for dead; who comes first sets them [60]",
    "seconds",
    2,
    86_400,
  ),
  store: countFlag("most MB of files on the server; who comes first sets them [its disk]", "MB", 1, 2 ** 40),
};

/** The default address of a server, and the default duration of a lease, s. */
const ADDRESS = "nats://127.0.0.1:4222", LEASE = 60;

/** The server named by flags. */
export const serverOf = (
  { nats, user, passwordFile, tokenFile, credentials, ca, lease, store }: ServerFlags,
): ServerOptions => ({
  url: nats ?? ADDRESS,
  ...user === undefined ? {} : { user },
  ...passwordFile === undefined ? {} : { passwordFile },
  ...tokenFile === undefined ? {} : { tokenFile },
  ...credentials === undefined ? {} : { credentials },
  ...ca === undefined ? {} : { certificateAuthority: ca },
  lease: lease ?? LEASE,
  ...store === undefined ? {} : { storeBytes: store * 1e6 },
});

/** Rejects flags of a server where none is named, and flags that only a sweep on this machine has where one is. */
export function checkServerFlags(
  { nats, ...flags }: ServerFlags,
  local: Readonly<Record<string, unknown>> = {},
): E.Either<ConfigInvalid, void> {
  const names = nats === undefined ? Object.keys(SERVER_FLAGS) : Object.keys(local);
  const given: Readonly<Record<string, unknown>> = nats === undefined ? flags : local;
  const idle = names.find((name) => given[name] !== undefined);
  if (idle === undefined) return E.right(undefined);
  const flag = flagOf(idle);
  return E.left(configInvalid(
    idle,
    nats === undefined
      ? `${flag} needs --nats, the address of a server`
      : `${flag} cannot be used with --nats, where workers make the trials`,
  ));
}

/** Whether words form a command for a server. */
export const asksForServer = ([command, ...words]: readonly string[]): boolean =>
  !words.some((word) => word === "--help" || word === "-h" || word === "--help-all") &&
  (command === "worker" ||
    (command === "sweep" && words.some((word) => /^--nats(=|$)/.test(word))));

/** The lock file of the packages for servers. */
const LOCK = new URL("../nats/deno.lock", import.meta.url);

/** Program and arguments of the command line for servers, whose packages have their own lock file. */
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
        ? `What is meant for a server needs --allow-run, or: deno task cluster ${words.join(" ")}\n`
        : `Cannot start cluster.ts: ${error instanceof Error ? error.message : String(error)}\n`,
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
