/** Processes of tests: signals to them, and their output. */

/** Sends a signal to a process, unless it has ended. */
export function send(process: Pick<Deno.ChildProcess, "kill">, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
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
