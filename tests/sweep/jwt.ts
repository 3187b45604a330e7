/** Accounts of a server that knows users by their JWTs alone: the operator's, an account's and a user's, each signed by the one above. */
import { nkeys } from "npm:@nats-io/transport-node@3.4.0";

type Pair = ReturnType<typeof nkeys.createUser>;

/** Writes a text as base64 without padding, for URLs. */
const base64 = (bytes: Uint8Array): string => bytes.toBase64({ alphabet: "base64url", omitPadding: true });

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Claims about a key, signed by another (RFC 7519 with the signature algorithm of nkeys). */
function signed(issuer: Pair, subject: Pair, name: string, nats: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown): string => base64(text(JSON.stringify(value)));
  const claims = {
    jti: name,
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    name,
    sub: subject.getPublicKey(),
    nats: { ...nats, version: 2 },
  };
  const body = `${part({ typ: "JWT", alg: "ed25519-nkey" })}.${part(claims)}`;
  return `${body}.${base64(issuer.sign(text(body)))}`;
}

const NO_LIMITS = { subs: -1, data: -1, payload: -1 };

/** A server's configuration, and the files of credentials of a user whom it knows and of one whom it does not. */
export function jwtAccounts(): {
  readonly configuration: string;
  readonly known: string;
  readonly stranger: string;
} {
  const operator = nkeys.createOperator(), account = nkeys.createAccount(), system = nkeys.createAccount();
  const user = nkeys.createUser(), foreign = nkeys.createAccount();
  const limits = { ...NO_LIMITS, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const jetStream = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const ofAccount = signed(operator, account, "softq", {
    type: "account",
    limits: { ...limits, ...jetStream },
  });
  const ofSystem = signed(operator, system, "system", { type: "account", limits });
  const credentials = (issuer: Pair): string =>
    [
      "-----BEGIN NATS USER JWT-----",
      signed(issuer, user, "worker", { type: "user", ...NO_LIMITS, pub: {}, sub: {} }),
      "------END NATS USER JWT------",
      "",
      "-----BEGIN USER NKEY SEED-----",
      new TextDecoder().decode(user.getSeed()),
      "------END USER NKEY SEED------",
      "",
    ].join("\n");
  return {
    configuration: [
      `operator: ${signed(operator, operator, "operator", { type: "operator" })}`,
      `system_account: ${system.getPublicKey()}`,
      "resolver: MEMORY",
      `resolver_preload: { ${account.getPublicKey()}: ${ofAccount}, ${system.getPublicKey()}: ${ofSystem} }`,
      "",
    ].join("\n"),
    known: credentials(account),
    stranger: credentials(foreign),
  };
}
