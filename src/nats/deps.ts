/** The third-party modules for NATS, each with its exact version. */
export { connect } from "npm:@nats-io/transport-node@3.4.0";
export {
  type Authenticator,
  type ConnectionOptions,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
} from "npm:@nats-io/transport-node@3.4.0";
export {
  AckPolicy,
  type Consumer,
  DiscardPolicy,
  jetstream,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  type JsMsg,
  RetentionPolicy,
  StorageType,
} from "npm:@nats-io/jetstream@3.4.0";
export { type KV, type KvEntry, Kvm } from "npm:@nats-io/kv@3.4.0";
export { type ObjectStore, Objm } from "npm:@nats-io/obj@3.4.0";
