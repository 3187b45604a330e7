/** The command line in a process whose files may have at most the bytes that the first word says. */
import { EXPERIMENTS } from "../../experiments/all.ts";
import { cli } from "../../src/cli/main.ts";
import { processConsole } from "../../src/terminal/console.ts";

const [bytes, ...words] = Deno.args, console_ = processConsole();
// From here on only: Deno's own caches of modules are larger.
const limited = await new Deno.Command("prlimit", { args: [`--pid=${Deno.pid}`, `--fsize=${bytes}`] })
  .output();
Deno.exit(limited.success ? await cli(EXPERIMENTS, words, console_) : 99);
