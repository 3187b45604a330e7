/** Processes of tests: signals to them, and their output. */

/** Sends a signal to a process, unless it has ended. */
export function send(process: Pick<Deno.ChildProcess, "kill">, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Kills a process with its children, as a machine that goes down does. */
export async function killWhole(process: Deno.ChildProcess): Promise<void> {
  const children = new TextDecoder().decode(
    (await new Deno.Command("pgrep", { args: ["-P", String(process.pid)] }).output()).stdout,
  ).trim().split("\n").filter((line) => line !== "").map(Number);
  send(process, "SIGKILL");
  for (const pid of children) send({ kill: (signal) => Deno.kill(pid, signal) }, "SIGKILL");
}

/** Seconds that any one process of a test may take: ten times what the longest takes on a loaded machine. */
const PROCESS_SECONDS = 600;

/**
 * The output of a process, which is killed if it takes too long: its signal is then SIGKILL, and a test that expects
 * another end fails instead of waiting.
 */
export async function outputOf(
  process: Deno.ChildProcess,
  seconds: number = PROCESS_SECONDS,
): Promise<Deno.CommandOutput> {
  const late = setTimeout(() => send(process, "SIGKILL"), 1000 * seconds);
  try {
    return await process.output();
  } finally {
    clearTimeout(late);
  }
}
