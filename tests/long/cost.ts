/**
 * What checkpoints and metrics cost a default multi-goal run: the seconds that the run spends in them, measured inside
 * it, over the seconds that it takes. What it came to is kept in `tests/long/cost.json`.
 *
 * The hooks of the command line mark the time, so that what is measured is what everyone's run does. Of a run's time
 *
 *     the last word of the initial state → the clock's first reading   is opening the files of both
 *     the clock's reading for the records → the observer               is metrics: made, encoded, digested, appended
 *     the observer → the next iteration's first word to the device          is the journal and the checkpoint, with its
 *                                                                      readings of the device and its waits for the disk
 */

import { openDevice } from "../../src/run/devices.ts";
import { pipe, TE } from "../../src/deps.ts";
import type { Device, Executable } from "../../src/device/device.ts";
import type { Console } from "../../src/terminal/console.ts";
import { softq } from "../cli/softq.ts";
import { assert } from "../deps.ts";
import { keep } from "../study/kept_results.ts";
import { withFolder } from "../run/run_fixture.ts";

const RESULTS = new URL("cost.json", import.meta.url);

/** The most that checkpoints and metrics may take of a run's time. */
const MAX = 0.03;

/**
 * An iteration that stored for so many milliseconds has written a checkpoint; one that had nothing to store takes
 * microseconds.
 */
const CHECKPOINT = 1;

/** Seconds that a run spent outside of learning. */
class Spent {
  opening = 0;
  /** Of each appending to the files of metrics. */
  readonly metrics: number[] = [];
  /** Of each iteration's journal and checkpoint; nearly nothing where it had neither. */
  readonly storage: number[] = [];
}

const seconds = (): number => performance.now() / 1000;

/** The hooks that measure one run. */
function measuring(spent: Spent): Partial<Console> {
  let written: number | null = null, read: number | null = null, observed: number | null = null;
  const watched = (executable: Executable): Executable => ({
    write: (...of) => {
      if (observed !== null) spent.storage.push(seconds() - observed);
      observed = null;
      executable.write(...of);
      written = seconds();
    },
    run: executable.run,
    read: executable.read,
    bytes: executable.bytes,
    close: executable.close,
  });
  return {
    now: () => {
      const now = seconds();
      if (read === null && written !== null) spent.opening = now - written;
      return read = now;
    },
    observe: (_, __, logged) => {
      const now = seconds();
      if (logged.length > 0 && read !== null) spent.metrics.push(now - read);
      observed = seconds();
      return Promise.resolve();
    },
    openDevice: (name) =>
      pipe(
        openDevice(name),
        TE.map((device): Device => ({
          ...device,
          compile: (program) => pipe(device.compile(program), TE.map(watched)),
        })),
      ),
  };
}

const total = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0);

Deno.test("Checkpoints and metrics together take less than 3 % of a default multi-goal run's time", () =>
  withFolder(async (folder) => {
    const spent = new Spent();
    const words = ["train", "multi-goal", "--device=cpu", `--out=${folder}/run`];
    const { code, error } = await softq(words, measuring(spent));
    assert.equal(code, 0, error);
    const { timing, adapter } = JSON.parse(await Deno.readTextFile(`${folder}/run/summary.json`));
    const checkpoints = spent.storage.filter((each) => 1000 * each >= CHECKPOINT);
    const result = {
      adapter,
      wallSeconds: timing.wallSeconds,
      share: (spent.opening + total(spent.metrics) + total(spent.storage)) / timing.wallSeconds,
      openingSeconds: spent.opening,
      metrics: { times: spent.metrics.length, seconds: total(spent.metrics) },
      storage: {
        turns: spent.storage.length,
        seconds: total(spent.storage),
        checkpointMilliseconds: checkpoints.map((each) => Math.round(1e4 * each) / 10),
      },
    };
    console.log(JSON.stringify(result));
    await keep(RESULTS, "multi-goal, cpu", result);
    assert(spent.metrics.length >= 20 && checkpoints.length >= 3, "something was not measured");
    assert(result.share < MAX, `${100 * result.share} %`);
  }));
