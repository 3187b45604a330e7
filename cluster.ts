/**
 * Sweeps over many machines, by way of a NATS server. An entry point of its own, so that nobody else installs what it needs.
 *
 *     deno task cluster sweep FILE --nats nats://host:4222        once
 *     deno task cluster worker --nats nats://host:4222            on any number of machines, one for each core
 *     deno task cluster status NAME --nats nats://host:4222
 *
 * @module
 */

import { EXPERIMENTS } from "./experiments/all.ts";
import { clusterRoutes } from "./src/cli/cluster.ts";
import { processConsole } from "./src/cli/console.ts";
import { invoke } from "./src/cli/invoke.ts";

if (import.meta.main) {
  const routes = (console: ReturnType<typeof processConsole>, exit: (code: number) => void) =>
    clusterRoutes({ experiments: EXPERIMENTS, console, exit });
  Deno.exit(
    await invoke(
      "softq-cluster",
      (invocation) => routes(invocation.console, invocation.exit),
      Deno.args,
      processConsole(),
    ),
  );
}
