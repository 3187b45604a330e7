/**
 * The command line of softq.
 *
 *     deno run --allow-read --allow-write cli.ts --help
 *
 * @module
 */

import { EXPERIMENTS } from "./experiments/all.ts";
import { processConsole } from "./src/terminal/console.ts";
import { cli } from "./src/cli/main.ts";

if (import.meta.main) Deno.exit(await cli(EXPERIMENTS, Deno.args, processConsole()));
