/**
 * Trains through the command line and prints what memory it holds on the way, garbage collected, as JSON:
 *
 *     deno run -A --v8-flags=--expose-gc tests/experiments/training_memory.ts FOLDER UPDATES SAMPLES WORD…
 */

import { softq } from "../cli/softq.ts";

/** Memory after a number of updates, in bytes. */
export interface MemorySample {
  readonly updates: number;
  /** Of the whole process, what the operating system keeps in memory. */
  readonly resident: number;
  /** JavaScript's heap. */
  readonly heap: number;
  /** What JavaScript's heap has been given by the operating system, used or not. */
  readonly reserved: number;
  /** What JavaScript holds outside of its heap, the arrays' contents. */
  readonly external: number;
  /** What the program holds on the device. */
  readonly device: number;
}

if (import.meta.main) {
  const [folder, updates, count, ...words] = Deno.args;
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error("Run with --v8-flags=--expose-gc");
  const samples: MemorySample[] = [], between = Number(updates) / Number(count);
  const { code, error } = await softq(["train", "multi-goal", ...words, `--out=${folder}`], {
    observe: async ({ executable }, state) => {
      if (state.updates < between * (samples.length + 1)) return;
      // Twice, with a turn of the event loop between them: what finalizers free is seen by the second only.
      collect();
      await new Promise((resolve) => setTimeout(resolve, 0));
      collect();
      const { rss, heapUsed, heapTotal, external } = Deno.memoryUsage();
      samples.push({
        updates: state.updates,
        resident: rss,
        heap: heapUsed,
        reserved: heapTotal,
        external,
        device: executable.bytes,
      });
    },
  });
  if (code !== 0) throw new Error(error);
  console.log(JSON.stringify(samples));
}
