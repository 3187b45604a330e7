/**
 * The connection to a NATS server, and its failures in one line without secrets.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import type { ServerFailed, ServerOptions } from "../sweep/place.ts";
import {
  type Authenticator,
  connect,
  type ConnectionOptions,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
} from "./deps.ts";

/** A {@link ServerFailed}. */
export const serverFailed = (message: string): ServerFailed => ({ _tag: "ServerFailed", message });

/** Where a server is, and who asks. */
export type Account = Omit<ServerOptions, "lease" | "storeBytes">;

/** An address without what stands before its `@`. */
export const publicAddress = (url: string): string => url.replace(/\/\/[^@/]*@/, "//");

/** Milliseconds that a server is given to answer when it is first asked. */
const PATIENCE = 5000;

const secretIn = async (path: string): Promise<string> => (await Deno.readTextFile(path)).trim();

/**
 * Who asks, by a file of credentials (JWT and nkey) or of an nkey's seed alone.
 *
 * @throws Error where it has neither: before a connection is opened, which the client would leave behind
 */
function authenticatorOf(text: string): Authenticator {
  const whole = text.trim(), encoder = new TextEncoder();
  const answers = /^SU[A-Z2-7]{56}$/.test(whole)
    ? nkeyAuthenticator(encoder.encode(whole))
    : credsAuthenticator(encoder.encode(`${whole}\n`)); // it wants the end of the last line
  try {
    answers("nonce");
  } catch {
    throw new Error("the file of credentials has no nkey's seed, nor a JWT and a seed");
  }
  return answers;
}

/** The options as the client takes them; what an address says of user and password counts, too. */
async function connectionOptions(options: Account): Promise<ConnectionOptions> {
  const { url, user, passwordFile, tokenFile, credentials, certificateAuthority } = options;
  const found = /^(?:nats|tls):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/]+)\/?$/.exec(url);
  if (found === null) throw new Error("an address is nats://host:port or tls://host:port");
  const [, named, password, server] = found as (string | undefined)[] as [
    string,
    string | undefined,
    string | undefined,
    string,
  ];
  return {
    servers: server,
    name: "softq",
    timeout: PATIENCE,
    // A server that restarts is waited for; to stop, close the connection.
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    ...user ?? named ? { user: user ?? decodeURIComponent(named!) } : {},
    ...passwordFile !== undefined
      ? { pass: await secretIn(passwordFile) }
      : password
      ? { pass: decodeURIComponent(password) }
      : {},
    ...tokenFile === undefined ? {} : { token: await secretIn(tokenFile) },
    ...credentials === undefined
      ? {}
      : { authenticator: authenticatorOf(await Deno.readTextFile(credentials)) },
    ...certificateAuthority !== undefined
      ? { tls: { ca: await Deno.readTextFile(certificateAuthority) } }
      : url.startsWith("tls:")
      ? { tls: {} }
      : {},
  };
}

/** Why the client failed, in words. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/authorization|authentication|permissions violation/i.test(text)) return "it refuses the credentials";
  if (/ECONNREFUSED|connection refused/i.test(text)) return "nothing answers there";
  if (/timeout/i.test(text)) return "it does not answer";
  if (/getaddrinfo|ENOTFOUND|dns/i.test(text)) return "there is no such host";
  return text.split("\n")[0]!;
}

/** Connects to a server. */
export const connectTo = (options: Account): TE.TaskEither<ServerFailed, NatsConnection> => async () => {
  try {
    return E.right(await connect(await connectionOptions(options)));
  } catch (error) {
    return E.left(serverFailed(`Cannot use the server ${publicAddress(options.url)}: ${reasonOf(error)}`));
  }
};

/** Seconds after which an answer is not waited for any more, unless more are given. */
const ANSWER = 30;

/** What a promise comes to, or a failure where that takes too long: what a server has forgotten is never answered. */
async function within<A>(seconds: number, promise: Promise<A>): Promise<A> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("timeout: no answer")), 1000 * seconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Repeats what failed because the connection was down, until it succeeds or the connection is closed for good.
 *
 * @param seconds how long an answer is waited for before it is asked again; what is asked must bear to be asked twice
 */
export async function persist<A>(
  connection: NatsConnection,
  ask: () => Promise<A>,
  seconds: number = ANSWER,
): Promise<A> {
  for (let pause = 100;; pause = Math.min(2 * pause, 2000)) {
    try {
      return await within(seconds, ask());
    } catch (error) {
      const text = error instanceof Error ? `${error.name} ${error.message}` : String(error);
      if (
        connection.isClosed() ||
        !/timeout|no responders|disconnect|closed|unavailable|no response|draining/i.test(text)
      ) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
