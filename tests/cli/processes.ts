/** The command line in processes of its own, as a shell starts it. */

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** Words of a shell that start the command line with the permissions that its task gives it. */
export const SOFTQ = [
  Deno.execPath(),
  "run",
  "--quiet",
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-env=XDG_RUNTIME_DIR",
  CLI,
].join(" ");

/** How a shell's command ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Carries out a command of bash in a folder; a pipeline's exit code is that of its first part that failed. */
export async function bash(command: string, folder: string): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-o", "pipefail", "-c", command],
    cwd: folder,
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), error: text(stderr) };
}

/** A run that takes a second or two, most of it in the start of a process. */
export const BRIEF = [
  "train multi-goal",
  "--device=cpu",
  "--steps=400",
  "--minimum-replay=50",
  "--hidden=8",
  "--batch=4",
  "--value-particles=4",
  "--fixed-particles=4",
  "--moved-particles=4",
  "--evaluation-episodes=4",
  "--evaluation-interval=0",
].join(" ");
