/**
 * The command line with sweeps over many machines, by way of a NATS server. An entry point of its own, so that nobody else
 * installs what it needs: `softq sweep … --nats`, `softq worker` and `deno task study --nats` start it.
 *
 *     deno task cluster sweep FILE --nats nats://host:4222            once
 *     deno task cluster worker --nats nats://host:4222                on any number of machines, one for each core
 *     deno task cluster sweep status NAME --nats nats://host:4222
 *
 * @module
 */

import { EXPERIMENTS } from "./experiments/all.ts";
import { processConsole } from "./src/terminal/console.ts";
import { cli } from "./src/cli/main.ts";
import { natsServer } from "./src/nats/server.ts";
import { study } from "./study/study.ts";

if (import.meta.main) {
  const [command, ...words] = Deno.args, console = processConsole();
  Deno.exit(
    command === "study"
      ? await study(words, console, undefined, natsServer)
      : await cli(EXPERIMENTS, Deno.args, console, natsServer),
  );
}
