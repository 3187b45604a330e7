/**
 * Long trainings whose memory stays flat: 100 000 updates on the CPU and 5000 on WebGPU, through the command line with
 * evaluations, checkpoints and every file of metrics. What it came to is kept in `tests/long/endurance_updates.json`.
 *
 * The first tenth is warming up: code is compiled, the replay's ring fills. From then on the memory of the process, of
 * JavaScript's heap and of the device is sampled, garbage collected; the median of the first tenth of the samples is
 * compared to that of the last.
 */

import { TINY } from "../cli/softq.ts";
import { assert } from "../deps.ts";
import { runsGpuTests } from "../device/adapter.ts";
import { keep } from "../study/kept_results.ts";
import { withFolder } from "../run/run_fixture.ts";
import type { MemorySample } from "../experiments/training_memory.ts";

const RESULTS = new URL("endurance_updates.json", import.meta.url);
const PROGRAM = new URL("../experiments/training_memory.ts", import.meta.url).pathname;

/**
 * V8 doubles its young generation up to 16 MB, once or twice and whenever it likes: a step in what the process holds that
 * no array of ours is the reason of. It is kept at its least size, so that such a step can hide or pretend nothing.
 */
const FLAGS = "--v8-flags=--expose-gc,--max-semi-space-size=1";

const SAMPLES = 100;

/** The most by which memory may grow. */
const MAX = 0.02;

/** Transitions before the first update. */
const FIRST = 50;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** The samples of a training in a process of its own. */
async function trained(
  device: string,
  updates: number,
  words: readonly string[],
): Promise<readonly MemorySample[]> {
  return await withFolder(async (folder) => {
    // The update after the first transitions is made at once, with a whole chunk.
    const fields = { device, steps: updates + FIRST, "minimum-replay": FIRST, "capacity": updates / 20 };
    const kept = TINY.filter((word) => !/^--(device|steps|minimum-replay|.*-interval)=/.test(word));
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--quiet", FLAGS, PROGRAM],
        ...[`${folder}/run`, `${updates}`, `${SAMPLES}`, ...kept, ...words],
        ...Object.entries(fields).map(([field, value]) => `--${field}=${value}`),
      ],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  });
}

/** How much each kind of memory has grown, as a share of what it was after warming up. */
function growth(samples: readonly MemorySample[]) {
  const warm = samples.slice(SAMPLES / 10), part = Math.floor(warm.length / 10);
  const grown = (of: (sample: MemorySample) => number) => {
    const first = median(warm.slice(0, part).map(of)), last = median(warm.slice(-part).map(of));
    return { first, last, growth: last / first - 1 };
  };
  return {
    resident: grown(({ resident }) => resident),
    heap: grown(({ heap, external }) => heap + external),
    device: grown(({ device }) => device),
  };
}

for (
  const [device, updates, interval] of [["cpu", 100_000, 1000], ["webgpu", 5000, 250]] as const
) {
  Deno.test(`Memory stays flat within 2 % over ${updates} updates on ${device}`, async () => {
    assert(
      device === "cpu" || runsGpuTests,
      "This test needs a WebGPU adapter: install Mesa's software Vulkan",
    );
    const samples = await trained(device, updates, [
      `--checkpoint-interval=${interval}`,
      `--log-interval=${interval}`,
      `--evaluation-interval=${4 * interval}`,
    ]);
    const grown = growth(samples), made = samples[samples.length - 1]!.updates;
    console.log(`${made} updates: ${JSON.stringify(grown)}`);
    await keep(RESULTS, device, {
      updates: made,
      ...grown,
      residentMegabytes: samples.map(({ resident }) => Math.round(resident / 1e5) / 10),
    });
    assert(made >= updates);
    for (const [kind, { growth }] of Object.entries(grown)) {
      assert(growth <= MAX, `${kind} memory has grown by ${100 * growth} %`);
    }
  });
}
