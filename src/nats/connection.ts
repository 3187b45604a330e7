/**
 * The connection to a NATS server; its failures are one-line messages without secrets.
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
import { thrownText } from "../given.ts";

/** Creates a {@link ServerFailed}. */
export const serverFailed = (message: string): ServerFailed => ({ _tag: "ServerFailed", message });

/** A server's address, and the client's credentials. */
export type Account = Omit<ServerOptions, "lease" | "storeBytes">;

/** An address without the user and password before its `@`. */
export const publicAddress = (url: string): string => url.replace(/\/\/[^@/]*@/, "//");

/** Timeout of the initial connection, ms. */
const CONNECT_TIMEOUT = 5000;

const secretIn = async (path: string): Promise<string> => (await Deno.readTextFile(path)).trim();

/**
 * The authenticator for a credentials file (JWT and nkey) or a file with an nkey seed alone.
 *
 * @throws Error if the file contains neither: before connecting, since the client would leak the connection
 */
function authenticatorOf(text: string): Authenticator {
  const whole = text.trim(), encoder = new TextEncoder();
  const answers = /^SU[A-Z2-7]{56}$/.test(whole)
    ? nkeyAuthenticator(encoder.encode(whole))
    : credsAuthenticator(encoder.encode(`${whole}\n`)); // the parser requires a final newline
  try {
    answers("nonce");
  } catch {
    throw new Error("the file of credentials has no nkey's seed, nor a JWT and a seed");
  }
  return answers;
}

/** The client's connection options; a user and password in the address count too. */
async function connectionOptions(options: Account): Promise<ConnectionOptions> {
  const { url, user, passwordFile, tokenFile, credentials, certificateAuthority } = options;
  const found = /^(?:nats|tls):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/]+)\/?$/.exec(url);
  if (found === null || !URL.canParse(`http://${found[3]}`)) {
    throw new Error("an address is nats://host:port or tls://host:port");
  }
  const [, named, password, server] = found as (string | undefined)[] as [
    string,
    string | undefined,
    string | undefined,
    string,
  ];
  return {
    servers: server,
    name: "softq",
    timeout: CONNECT_TIMEOUT,
    // Keeps reconnecting to a server that restarts; closing the connection stops it.
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

/** The reason of a client error, in words. */
function reasonOf(error: unknown): string {
  const text = thrownText(error), ofParser = error instanceof TypeError || error instanceof SyntaxError;
  if (/authorization|authentication|permissions violation/i.test(text)) return "it refuses the credentials";
  if (/ECONNREFUSED|connection refused/i.test(text)) return "nothing answers there";
  if (/timeout/i.test(text)) return "it does not answer";
  if (/getaddrinfo|ENOTFOUND|dns/i.test(text)) return "there is no such host";
  if (ofParser || /unexpected response|undefined error|in JSON|semver|parse error/i.test(text)) {
    return "it is not a NATS server";
  }
  return text;
}

let ignoresResets = false;

/**
 * Handles connection resets that the client does not. The client detaches from a socket before everything has arrived: a
 * server that rejects it may reset the connection afterwards, and the unhandled error would end the process. The client
 * itself reports lost connections.
 */
function ignoreConnectionResets(): void {
  if (ignoresResets) return;
  ignoresResets = true;
  globalThis.addEventListener("error", (event) => {
    if ((event.error as { readonly code?: unknown } | null)?.code === "ECONNRESET") event.preventDefault();
  });
}

/** Waiting connections, which are told of messages that the client cannot parse. */
const unparsed = new Set<(error: unknown) => void>();

let filtered: typeof console.log | null = null;

/**
 * Takes the error of a message that the client cannot parse, which it prints to standard output with its stack, and then
 * waits for an answer as if nothing had been.
 */
function hearParser(): void {
  const { log } = console;
  if (log === filtered) return;
  console.log = filtered = (...words: readonly unknown[]) =>
    words[0] === "reader closed" ? unparsed.forEach((tell) => tell(words[1])) : log(...words);
}

/** Connects to a server. */
export const connectTo = (options: Account): TE.TaskEither<ServerFailed, NatsConnection> => async () => {
  ignoreConnectionResets();
  hearParser();
  const failure = Promise.withResolvers<never>();
  unparsed.add(failure.reject);
  try {
    const connecting = connect(await connectionOptions(options));
    // After the failure of its parser the client may connect to the same address again.
    failure.promise.catch(() => connecting.then((late) => late.close(), () => {}));
    return E.right(await Promise.race([connecting, failure.promise]));
  } catch (error) {
    return E.left(serverFailed(`Cannot use the server ${publicAddress(options.url)}: ${reasonOf(error)}`));
  } finally {
    unparsed.delete(failure.reject);
  }
};

/** Default timeout of a request, s. */
const REQUEST_TIMEOUT = 30;

/** A promise with a timeout, since a restarted server never answers requests that it has forgotten. */
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
 * Retries a request that failed because the connection was down, until it succeeds or the connection is closed for
 * good.
 *
 * @param seconds timeout of each attempt; the request must be idempotent
 */
export async function persist<A>(
  connection: NatsConnection,
  ask: () => Promise<A>,
  seconds: number = REQUEST_TIMEOUT,
): Promise<A> {
  for (let pause = 100;; pause = Math.min(2 * pause, 2000)) {
    try {
      return await within(seconds, ask());
    } catch (error) {
      const text = error instanceof Error ? `${error.name} ${error.message}` : thrownText(error);
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

/** Polling interval for requests to stop, ms. */
const POLL_INTERVAL = 50;

/**
 * Closes a connection that is down on a request to stop, so that nothing waits for the server any longer.
 *
 * @returns the function that ends the polling
 */
export function closeWhenDown(connection: NatsConnection, interrupted: () => boolean): () => void {
  let isUp = true;
  const follow = async (): Promise<void> => {
    for await (const { type } of connection.status()) {
      if (type === "disconnect") isUp = false;
      if (type === "reconnect") isUp = true;
    }
  };
  void follow();
  const timer = setInterval(() => {
    if (isUp || !interrupted()) return;
    clearInterval(timer);
    void connection.close();
  }, POLL_INTERVAL);
  return () => clearInterval(timer);
}
