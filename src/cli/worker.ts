/**
 * `softq worker --nats …`: trains trials of the sweeps on a server.
 *
 * @module
 */

import { hostname } from "node:os";
import { E } from "../deps.ts";
import { EXIT } from "../run/exit.ts";
import { listenToInterrupts } from "../terminal/console.ts";
import { softqCommand } from "../terminal/programs.ts";
import { command, type Invocation } from "./command.ts";
import { countFlag, switchFlag, textFlag } from "./flags.ts";
import { printError } from "../terminal/result.ts";
import { SERVER_FLAGS, serverOf } from "./server.ts";

/** The command. */
export const workerCommand = (invocation: Invocation) =>
  command(invocation, {
    brief: "Make trials of the sweeps on a NATS server, one at a time on one core",
    help: "Makes trials of whatever sweeps are on a NATS server, one at a time on one core.\n" +
      "Begin one for each core; Ctrl-C lets it send a checkpoint, from which another worker goes on.",
    flags: {
      ...SERVER_FLAGS,
      folder: textFlag("folder for the runs in work [runs/worker-N]", "folder"),
      name: textFlag("name of this worker [host and process]", "name"),
      checkpoint: countFlag("seconds between two checkpoints on the server [300]", "seconds", 1, 86_400),
      memory: countFlag("most MB of memory that a trial may need [what is free]", "MB", 1),
      untilEmpty: switchFlag("stop when no trial is left instead of waiting for more"),
    },
    run: async ({ folder, name, checkpoint, memory, untilEmpty, ...server }) => {
      const { experiments, connect, console } = invocation;
      if (connect === null) return EXIT.wrong; // `cluster.ts` handles it
      const result = await connect(experiments, serverOf(server)).work({
        folder: folder ?? null,
        name: (name ?? `${hostname()}-${Deno.pid}`).replace(/[^\w-]/g, "-"),
        checkpointSeconds: checkpoint ?? 300,
        memoryBytes: memory === undefined ? null : memory * 1e6,
        untilEmpty,
        interrupted: listenToInterrupts(console),
        say: (line) => console.error(`${line}\n`),
        now: () => 1000 * console.now(),
        softq: softqCommand(),
      })();
      if (E.isLeft(result)) return printError(result.left, console);
      const { ended, duplicates, faults, machineFailure } = result.right;
      const again = duplicates === 0 ? "" : `, ${duplicates} had ended elsewhere with the same bits`;
      console.out(`${ended} ${ended === 1 ? "trial" : "trials"} ended here${again}\n`);
      if (machineFailure !== null) {
        console.error(`This worker gives up, as this machine can make no trial: ${machineFailure}\n`);
      }
      if (faults.length > 0 || machineFailure !== null) return EXIT.failed;
      return console.interrupted() ? EXIT.interrupted : EXIT.done;
    },
  });
