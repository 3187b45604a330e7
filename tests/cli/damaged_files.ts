/** Files of runs, checkpoints and sweeps that are harmed in generated ways, and read by every command. */
import { assert, fc } from "../deps.ts";
import { multiGoal } from "../../experiments/multi_goal.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { comparable, withFolder } from "../run/run_fixture.ts";
import { damageFile, damageOf } from "./damages.ts";
import { afterTurns, copyFolder, type Outcome, softq, TINY } from "./softq.ts";

/** What no person should have to read. */
const NOISE =
  /^\s+at .*[:(]\d|\[object |undefined|(?<!, is )NaN|not a function|Cannot read prop|is not iterable|Invalid (array|typed)/m;

/** Fails unless a refusal is one sentence. */
function isSentence({ code, out, error }: Outcome, what: string): void {
  const text = `${what}: ${code} ${error}`;
  assert(code === 1 || code === 2, text);
  assert.equal(error.trim().split("\n").length, 1, text);
  assert(error.length > 10 && !NOISE.test(error), text);
  assert.equal(out, "", text);
}

/** Every file below a folder whose name fits. */
async function filesBelow(folder: string, fits: RegExp, below = ""): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${below}`)) {
    const path = below === "" ? name : `${below}/${name}`;
    if (isDirectory) found.push(...await filesBelow(folder, fits, path));
    else if (fits.test(path)) found.push(path);
  }
  return found.sort();
}

/** Harms each file of a folder in turn, and has `look` see what commands make of it. */
async function harmed(
  folder: string,
  others: string,
  files: readonly string[],
  numRuns: number,
  look: (file: string, changed: boolean, what: string) => Promise<void>,
): Promise<void> {
  for (const file of files) {
    const path = `${folder}/${file}`, whole = await Deno.readFile(path);
    const other = await Deno.readFile(`${others}/${file}`).catch(() => new Uint8Array(3));
    await fc.assert(
      fc.asyncProperty(damageOf(file), async (damage) => {
        try {
          const changed = await damageFile(path, whole, other, damage);
          await look(file, changed, `${file}: ${damage.name}`);
        } finally {
          await Deno.remove(path, { recursive: true }).catch(() => {});
          await Deno.writeFile(path, whole);
        }
      }),
      { numRuns },
    );
  }
}

/** A run in `<folder>/run`, and one with another seed in `<folder>-other/run`; stopped after so many turns, or finished. */
async function twoRuns(folder: string, turns: number | null): Promise<void> {
  for (const [place, more] of [[folder, []], [`${folder}-other`, ["--seed=9"]]] as const) {
    const words = ["train", "multi-goal", ...TINY, ...more, `--out=${place}/run`];
    const { code } = await softq(words, turns === null ? {} : afterTurns(turns));
    assert.equal(code, turns === null ? 0 : 130);
  }
}

/** Harms each of a finished run's files so many times: every command that reads it says so or gives what it gave. */
export const harmedRun = (numRuns: number): Promise<void> =>
  withFolder(async (folder) => {
    await twoRuns(`${folder}/done`, null);
    const run = `${folder}/done/run`, page = `${folder}/page.html`, fresh = `${folder}/fresh/run`;
    const files = await filesBelow(
      run,
      /^(config|manifest|summary)\.json$|^metrics\.jsonl$|^parameters\.safetensors$/,
    );
    assert.equal(files.length, 5);
    const start = ["train", "multi-goal", ...TINY.filter((word) => !/^--steps/.test(word)), "--steps=100"];
    const commands: Readonly<Record<string, readonly string[]>> = {
      evaluate: ["evaluate", run, "--episodes=1"],
      watch: ["watch", run, "--episodes=1", `--out=${page}`],
      report: ["report", run, `--out=${page}`],
      list: ["list", `${folder}/done`],
      best: ["evaluate", run, "--best", "--episodes=1"],
      init: [...start, `--init=${run}`, `--out=${fresh}`],
      replay: [...start, `--init=${run}`, "--init-replay=kept", `--out=${fresh}`],
      policy: [
        "watch",
        "--experiment=multi-goal",
        `--policy=${run}/parameters.safetensors`,
        "--episodes=1",
        `--out=${page}`,
      ],
    };
    /** What a command comes to, its file included. */
    const outcome = async (name: string): Promise<Outcome & { readonly made: string }> => {
      await Deno.remove(page).catch(() => {});
      await Deno.remove(fresh, { recursive: true }).catch(() => {});
      const found = await softq(commands[name]!);
      const file = /init|replay/.test(name) ? `${fresh}/parameters.safetensors` : page;
      const made = await Deno.readFile(file).then((bytes) => bytes.join(), () => "");
      return { ...found, made };
    };
    const whole: Record<string, { readonly out: string; readonly made: string }> = {};
    for (const name of Object.keys(commands)) {
      const { code, out, made, error } = await outcome(name);
      assert.equal(code, 0, error);
      // A run that is made tells its own path and times.
      whole[name] = { out: /init|replay/.test(name) ? "" : out, made };
    }
    let refused = 0, tried = 0;
    await harmed(run, `${folder}/done-other/run`, files, numRuns, async (file, changed, what) => {
      for (const name of Object.keys(commands)) {
        // What a run starts from is its configuration, its parameters and what the manifest says of them.
        if (/init|replay/.test(name) && /summary|metrics/.test(file)) continue;
        const found = await outcome(name), said = `${name}, ${what}`;
        tried++;
        if (found.code !== 0) {
          refused++;
          isSentence(found, said);
          if (name !== "list") continue;
        }
        if (name === "list") {
          const told = found.out !== whole[name]!.out || found.error !== "";
          assert(told || !changed || file === "parameters.safetensors" || file === "manifest.json", said);
          continue;
        }
        // A manifest's words are shown; a policy's own file has nothing beside it that knows better.
        if ((name === "report" && file === "manifest.json") || name === "policy") continue;
        assert.equal(/init|replay/.test(name) ? "" : found.out, whole[name]!.out, said);
        assert(found.made === whole[name]!.made, said);
      }
    });
    assert(refused > tried / 4, `${refused} of ${tried}`);
  });

/** Harms each of a checkpoint's files so many times: resume, evaluate and watch say so or give what they gave. */
export const harmedCheckpoint = (numRuns: number): Promise<void> =>
  withFolder(async (folder) => {
    await twoRuns(`${folder}/stopped`, 13);
    const stopped = `${folder}/stopped/run`, work = `${folder}/work/run`;
    const files = await filesBelow(stopped, /^(config\.json|metrics\.|tensorboard|checkpoint|replay)/);
    assert(files.length >= 8, files.join());
    await copyFolder(stopped, work);
    assert.equal((await softq(["resume", work])).code, 0);
    // A configuration that says the same with other spaces is left as it is.
    const outcome = async () => {
      const { config, ...rest } = await comparable(work);
      return { ...rest, config: JSON.parse(String(config)) };
    };
    const expected = await outcome();
    const evaluation = (await softq(["evaluate", stopped, "--episodes=1"])).out;
    await Deno.remove(`${folder}/work`, { recursive: true });
    let refused = 0, tried = 0;
    await harmed(stopped, `${folder}/stopped-other/run`, files, numRuns, async (_, __, what) => {
      for (
        const words of [["evaluate", stopped, "--episodes=1"], [
          "watch",
          stopped,
          "--episodes=1",
          `--out=${folder}/page.html`,
        ]]
      ) {
        const found = await softq(words);
        tried++;
        if (found.code !== 0) isSentence(found, `${words[0]}, ${what}`);
        else if (words[0] === "evaluate") assert.equal(found.out, evaluation, what);
      }
      await copyFolder(stopped, work);
      const found = await softq(["resume", work]);
      tried++;
      if (found.code === 0) assert.deepEqual(await outcome(), expected, what);
      else {
        refused++;
        isSentence(found, `resume, ${what}`);
      }
      await Deno.remove(`${folder}/work`, { recursive: true });
    });
    assert(refused > tried / 6, `${refused} of ${tried}`);
  });

/** Harms each of a sweep's files so many times: its commands say so or do their work, and no trial has a wrong number. */
export const harmedSweep = (numRuns: number): Promise<void> =>
  withFolder(async (folder) => {
    const file = `${folder}/sweep.json`, sweep = `${folder}/sweep`;
    const fields = Object.fromEntries(
      TINY.map((word) => word.slice(2).split("=")).map(([name, value]) => [
        name!.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
        /^\d+$/.test(value!) ? Number(value) : value,
      ]),
    );
    await Deno.writeTextFile(
      file,
      JSON.stringify({
        name: "tiny",
        experiment: multiGoal.name,
        configuration: { ...fields, hidden: [8] },
        axes: { seed: [1, 2] },
      }),
    );
    const swept = (words: readonly string[]) => softq(["sweep", ...words], {}, EXPERIMENTS);
    const made = await swept([file, `--out=${sweep}`, "--local=2"]);
    assert.equal(made.code, 0, made.error);
    assert.equal((await swept(["continue", sweep])).code, 0);
    const whole = (await swept(["status", sweep, "--json"])).out;
    const scores = (text: string): readonly (readonly [string, string, unknown])[] =>
      JSON.parse(text).trials.map((
        { trial, state, score }: { trial: string; state: string; score: unknown },
      ) =>
        [
          trial,
          state,
          score,
        ] as const
      ).toSorted();
    const files = await filesBelow(
      sweep,
      /sweep\.json$|control\.json$|(summary|manifest)\.json$|metrics\.jsonl$/,
    );
    assert(files.length >= 8, files.join());
    await harmed(sweep, folder, files, numRuns, async (_, changed, what) => {
      const status = await swept(["status", sweep, "--json"]);
      if (status.code !== 0) isSentence(status, `status, ${what}`);
      else {
        scores(status.out).forEach(([trial, state, score], k) => {
          const [, , expected] = scores(whole)[k]!;
          assert(!changed || state !== "done" || score === expected, `${what}: ${trial} has ${score}`);
        });
      }
      const report = await swept(["report", sweep]);
      if (report.code !== 0) isSentence(report, `report, ${what}`);
    });
    assert.equal((await swept(["status", sweep, "--json"])).out, whole);
  });
