/**
 * `softq worker --nats …`: trains trials of the sweeps on a server.
 *
 * @module
 */

import { hostname } from "node:os";
import { E } from "../deps.ts";
import type { Experiment } from "../run/experiment.ts";
import { listenToInterrupts } from "./console.ts";
import { buildCommand, type Command, type CommandContext } from "./deps.ts";
import { EXIT, printError } from "./exit_code.ts";
import { countFlag, switchFlag, textFlag } from "./flags.ts";
import type { Invocation } from "./invoke.ts";
import { type Connect, SERVER_FLAGS, type ServerFlags, serverOf } from "./server.ts";
import { softqCommand } from "./sweep.ts";

/** Flags of `worker`. */
interface WorkerFlags extends ServerFlags {
  readonly folder: string | undefined;
  readonly name: string | undefined;
  readonly checkpoint: number | undefined;
  readonly memory: number | undefined;
  readonly untilEmpty: boolean;
}

/** The command. */
export const workerCommand = (
  experiments: readonly Experiment[],
  connect: Connect | null,
  { console: console_, exit }: Invocation,
): Command<CommandContext> =>
  buildCommand<WorkerFlags, [], CommandContext>({
    parameters: {
      flags: {
        ...SERVER_FLAGS,
        folder: textFlag("folder for the runs in work [runs/worker-N]", "folder"),
        name: textFlag("name of this worker [host and process]", "name"),
        checkpoint: countFlag("seconds between two checkpoints on the server [300]", "seconds", 1, 86_400),
        memory: countFlag("most MB of memory that a trial may need [what is free]", "MB", 1),
        untilEmpty: switchFlag("stop when no trial is left instead of waiting for more"),
      },
    },
    docs: {
      brief: "Make trials of the sweeps on a NATS server, one at a time on one core",
      fullDescription: "Makes trials of whatever sweeps are on a NATS server, one at a time on one core.\n" +
        "Begin one for each core; Ctrl-C lets it send a checkpoint, from which another worker goes on.",
    },
    func: async function ({ folder, name, checkpoint, memory, untilEmpty, ...flags }): Promise<void> {
      if (connect === null) return exit(EXIT.wrong); // `cluster.ts` handles it
      const result = await connect(experiments, serverOf(flags)).work({
        folder: folder ?? null,
        name: (name ?? `${hostname()}-${Deno.pid}`).replace(/[^\w-]/g, "-"),
        checkpointSeconds: checkpoint ?? 300,
        memoryBytes: memory === undefined ? null : memory * 1e6,
        untilEmpty,
        interrupted: listenToInterrupts(console_),
        say: (line) => console_.error(`${line}\n`),
        now: () => 1000 * console_.now(),
        softq: softqCommand(),
      })();
      if (E.isLeft(result)) return exit(printError(result.left, console_));
      const { ended, duplicates, faults, trouble } = result.right;
      const again = duplicates === 0 ? "" : `, ${duplicates} had ended elsewhere with the same bits`;
      console_.out(`${ended} ${ended === 1 ? "trial" : "trials"} ended here${again}\n`);
      if (trouble !== null) {
        console_.error(`This worker gives up, as this machine can make no trial: ${trouble}\n`);
      }
      exit(
        faults.length > 0 || trouble !== null
          ? EXIT.failed
          : console_.interrupted()
          ? EXIT.interrupted
          : EXIT.done,
      );
    },
  });
