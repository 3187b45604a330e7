/**
 * Flags of commands that may address a server.
 *
 * @module
 */

import { E } from "../deps.ts";
import { type ConfigInvalid, configInvalid, flagOf } from "../run/configuration.ts";
import type { ServerOptions } from "../sweep/place.ts";
import { countFlag, type FlagValues, textFlag } from "./flags.ts";

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

/** The values of {@link SERVER_FLAGS}. */
export type ServerFlags = FlagValues<typeof SERVER_FLAGS>;

/** The default address of a server, and the default duration of a lease, s. */
const ADDRESS = "nats://127.0.0.1:4222", LEASE = 60;

/** The server named by flags. */
export const serverOf = (
  { nats, user, passwordFile, tokenFile, credentials, ca, lease, store }: ServerFlags,
): ServerOptions => ({
  url: nats ?? ADDRESS,
  user,
  passwordFile,
  tokenFile,
  credentials,
  certificateAuthority: ca,
  lease: lease ?? LEASE,
  storeBytes: store === undefined ? undefined : store * 1e6,
});

/** Rejects a server's flags if no server is named, and flags that apply only on this machine if one is. */
export function checkServerFlags(
  { nats, ...flags }: ServerFlags,
  local: Readonly<Record<string, unknown>> = {},
): E.Either<ConfigInvalid, void> {
  const given: Readonly<Record<string, unknown>> = nats === undefined ? flags : local;
  const names = Object.keys(nats === undefined ? SERVER_FLAGS : local);
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

/** Whether words form a command for a server, other than to see its help. */
export const asksForServer = ([command, ...words]: readonly string[]): boolean =>
  !words.some((word) => /^(-h|--help|--help-all)$/.test(word)) &&
  (command === "worker" || command === "sweep" && words.some((word) => /^--nats(=|$)/.test(word)));
