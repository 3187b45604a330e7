/** Loaded before a command's own code: tells at its end how much processor time its process has used. */
import { cpuUsage } from "node:process";

globalThis.addEventListener("unload", () => {
  const { user, system } = cpuUsage();
  Deno.stderr.writeSync(new TextEncoder().encode(`processor time: ${(user + system) / 1000} ms\n`));
});
