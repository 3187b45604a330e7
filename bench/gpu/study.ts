/**
 * The study at the paper's scale for the rest of the time: one run after another, each continued from the last
 * session with the same folder.
 *
 * @module
 */

import { DONE, type Section } from "./section.ts";
import { type EndedRun, severalRuns, type Wanted } from "./several.ts";

/** Seeds side by side in one program. */
const SEEDS = "0..9";

/** Maximum seconds for a last checkpoint. */
const CHECKPOINT_SECONDS = 6;

const run = (experiment: string, device: string): Wanted => ({
  name: `${experiment}-paper`,
  args: ["train", experiment, "--scale", "paper", "--seeds", SEEDS, "--device", device],
});

/** A run's progress, by its newest checkpoint. */
async function stepsOf(path: string): Promise<number> {
  const steps: number[] = [0];
  try {
    for await (const { name } of Deno.readDir(`${path}/checkpoint`)) {
      if (/^\d+$/.test(name)) steps.push(Number(name));
    }
  } catch {
    // There is none yet.
  }
  return Math.max(...steps);
}

const isFinished = (path: string): Promise<boolean> =>
  Deno.stat(`${path}/summary.json`).then(() => true, () => false);

/** Continues the runs; on the processor itself if the adapter is a software one, which is slower. */
export const studySection: Section = () =>
  Promise.resolve(async ({ folder, left, tell }) => {
    const adapter = await navigator.gpu.requestAdapter();
    const { adapterKind } = await import("../../src/device/webgpu.ts");
    const device = adapter !== null && adapterKind(adapter.info) === "hardware" ? "webgpu" : "cpu";
    const plan = ["multi-goal", "swimmer", "pretrain"].map((experiment) => run(experiment, device));
    const rows: (EndedRun & { readonly steps: number; readonly finished: boolean })[] = [];
    let interrupted = false;
    const stop = new Promise<void>((resolve) =>
      Deno.addSignalListener("SIGTERM", () => {
        interrupted = true;
        resolve();
      })
    );
    for (const wanted of plan) {
      const path = `${folder}/runs/${wanted.name}`;
      if (interrupted || left() < CHECKPOINT_SECONDS) break;
      if (await isFinished(path)) continue;
      // A run takes ten seconds to start; less time than that is of no use to the next one.
      const [ended] = await severalRuns([wanted], folder, left() - CHECKPOINT_SECONDS, stop) as [EndedRun];
      rows.push({ ...ended, steps: await stepsOf(path), finished: await isFinished(path) });
      tell({
        tables: [{
          title: `Seeds ${SEEDS} side by side on ${device}; a run goes on where it was`,
          header: ["run", "s", "environment steps by seed", "stands"],
          rows: rows.map(({ name, seconds, steps, finished, code }) => [
            name,
            seconds.toFixed(0),
            String(steps),
            finished ? "finished" : code === 130 ? "to be continued" : `ended with code ${code}`,
          ]),
        }],
        data: rows,
      });
    }
    return rows.length === 0 ? { status: "skipped", reason: "no time was left for a run" } : DONE;
  });
