/** Many tiny trials through a real server; `bench/sweep.ts` has ten thousand of them. */
import { assert } from "../deps.ts";
import { crowd } from "./crowd.ts";
import { hasNats } from "./nats_server.ts";

Deno.test({
  name:
    "A thousand trials that take no time are queued, drained and reported, each once, and memory stays flat",
  ignore: !hasNats,
  fn: async () => assert((await crowd(1000)).seconds < 300),
  // The client's own timers of a closed connection.
  sanitizeOps: false,
});
