/** Several at once: sweeps, parts of one, requests to one, and a trial that another process is at work on. */
import { assert } from "../deps.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { E } from "../../src/deps.ts";
import { takeFolder } from "../../src/run/files.ts";
import { processes } from "../../src/sweep/processes.ts";
import { parseSweep, type SweepFile } from "../../src/sweep/space.ts";
import { changeControl, controlIn, openSweepFolder, sweepIn } from "../../src/sweep/sweep_folder.ts";
import { type Sweep, sweepOf } from "../../src/sweep/trials.ts";
import { type Outcome, softq } from "../cli/softq.ts";
import { right } from "../device/adapter.ts";
import { withFolder } from "../run/run_fixture.ts";
import { until } from "../waiting.ts";

const TEXT = JSON.stringify({
  name: "several",
  experiment: "multi-goal",
  configuration: { scale: "smoke", device: "cpu" },
  axes: { seed: [0, 1] },
});

const several = (text = TEXT): { readonly file: SweepFile; readonly sweep: Sweep } => {
  const file = right(parseSweep(text));
  return { file, sweep: right(sweepOf(EXPERIMENTS, file)) };
};

const swept = (words: readonly string[]): Promise<Outcome> => softq(["sweep", ...words], {}, EXPERIMENTS);

/** Carries something out while this process holds a folder. */
async function holding<A>(folder: string, body: () => Promise<A>): Promise<A> {
  await Deno.mkdir(folder, { recursive: true });
  const taken = right(await takeFolder(folder)());
  try {
    return await body();
  } finally {
    await taken.release();
  }
}

Deno.test("A sweep that is begun ten times concurrently has one folder, with its file and nothing else", () =>
  withFolder(async (folder) => {
    const { file } = several();
    const opened = await Promise.all(
      Array.from({ length: 10 }, () => openSweepFolder(`${folder}/sweep`, file)()),
    );
    for (const each of opened) right(each);
    assert.deepEqual([...Deno.readDirSync(`${folder}/sweep`)].map(({ name }) => name).toSorted(), [
      "sweep.json",
      "trials",
    ]);
  }));

Deno.test("Of different sweeps begun concurrently in one folder one gets it, and the others say so", () =>
  withFolder(async (folder) => {
    const files = Array.from({ length: 10 }, (_, n) => several(TEXT.replace("[0,1]", `[${n}]`)).file);
    const opened = await Promise.all(files.map((file) => openSweepFolder(`${folder}/sweep`, file)()));
    const owners = files.filter((_, n) => E.isRight(opened[n]!));
    assert.equal(owners.length, 1);
    assert.deepEqual(right(await sweepIn(`${folder}/sweep`)()), owners[0]);
    for (const each of opened) {
      if (E.isLeft(each)) assert.match(each.left.message, /holds another sweep, "several": give a new one/);
    }
  }));

Deno.test("No concurrent request to a sweep is lost", () =>
  withFolder(async (folder) => {
    right(await openSweepFolder(folder, several().file)());
    const names = Array.from({ length: 20 }, (_, n) => `trial-${n}`);
    const changed = await Promise.all([
      ...names.map((name) =>
        changeControl(folder, (control) => ({ ...control, cancelled: [...control.cancelled, name] }))()
      ),
      changeControl(folder, (control) => ({ ...control, paused: true }))(),
    ]);
    for (const each of changed) right(each);
    const { paused, cancelled } = right(await controlIn(folder)());
    assert.deepEqual([paused, cancelled.toSorted()], [true, names.toSorted()]);
  }));

Deno.test("A sweep, or a part of one, that another process carries out is not begun twice", () =>
  withFolder(async (folder) => {
    const file = `${folder}/several.json`, out = `${folder}/out`;
    await Deno.writeTextFile(file, TEXT);
    await holding(out, async () => {
      for (const words of [[], ["--index=0/2"]]) {
        const { code, error } = await swept([file, `--out=${out}`, ...words]);
        assert.deepEqual([code, error], [2, `Another process carries out the sweep in "${out}"\n`]);
      }
    });
    await holding(`${out}/parts/0-2`, async () => {
      const { code, error } = await swept([file, `--out=${out}`, "--index=0/2"]);
      assert.deepEqual([code, error], [2, `Another process carries out part 0/2 of the sweep in "${out}"\n`]);
    });
  }));

Deno.test("A trial on which another process works is neither removed nor begun until that process ends", () =>
  withFolder(async (folder) => {
    const { file, sweep } = several(), [trial] = sweep.trials, own = `${folder}/trials/${trial!.name}`;
    right(await openSweepFolder(folder, file)());
    let asked = 0, begun: Promise<unknown> = Promise.resolve(), isLeft = false;
    const { run } = processes(sweep, {
      folder,
      workers: 1,
      softq: [`${folder}/no-such-program`],
      stops: () => (asked++, false),
    });
    await holding(own, async () => {
      await Deno.writeTextFile(`${own}/config.json`, "{}");
      begun = run(trial!, 100).then((left) => {
        isLeft = true;
        return left;
      });
      await until("three looks at the folder", () => asked >= 3, { interval: 5 });
      assert(!isLeft);
      assert.equal(await Deno.readTextFile(`${own}/config.json`), "{}");
      const { code, error } = await swept(["retry", folder, trial!.name]);
      assert.equal(code, 2);
      assert.match(error, /^The trial ".*" is in work: cancel it, and then make it again\n$/);
    });
    assert.equal((await begun as { readonly _tag: string })._tag, "Unable");
    assert.equal((await swept(["retry", folder, trial!.name])).code, 0);
  }));
