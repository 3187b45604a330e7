import { assert, fc } from "../deps.ts";
import { FIELDS, flagOf } from "../../src/run/configuration.ts";
import { TE } from "../../src/deps.ts";
import type { Device } from "../../src/device/device.ts";
import { spawn } from "../run/kill_fixture.ts";
import { withFolder } from "../run/run_fixture.ts";
import { commandLines, configurations } from "./command_lines.ts";
import { type Outcome, softq } from "./softq.ts";

const FLAGS = [...Object.keys(FIELDS), "seeds", "config", "out", "experiment", "initDigest"].map(flagOf);

/** What the stub of a device says in the place of a run. */
const STARTED = "It has started";

/** Either the run has started, or one line names what is wrong; never a trace of the stack. */
function startsOrNames({ code, out, error }: Outcome, what: string): boolean {
  const text = `${what}: ${code} ${error}`;
  assert(!/^\s+at .*[:(]\d+/m.test(error), text);
  assert(
    !/\[object |undefined is|not a function|Cannot read prop|is not iterable|Invalid (array|typed)/.test(
      error,
    ),
    text,
  );
  if (code === 0) {
    assert(/^USAGE/.test(out), text); // only help ends well without a run
    return false;
  }
  if (code === 1) {
    assert(error.trimEnd().endsWith(STARTED), text);
    return true;
  }
  assert.equal(code, 2, text);
  const quoted = /[-\w]*unexpected|is one word too many|There is no option/i.test(error);
  assert(quoted || FLAGS.some((flag) => error.includes(flag)), text);
  assert.equal(out, "");
  return false;
}

const stopped = TE.left({ _tag: "DeviceFailed", message: STARTED } as const);

Deno.test("Ten thousand command lines and configuration files start or exit with 2 naming the field", () =>
  withFolder(async (folder) => {
    let started = 0;
    const start = { openDevice: () => stopped };
    await fc.assert(
      fc.asyncProperty(commandLines, async (words) => {
        const outcome = await softq(["train", "multi-goal", ...words, `--out=${folder}/run`], start);
        if (startsOrNames(outcome, JSON.stringify(words))) started++;
      }),
      { numRuns: 5000, seed: 1 },
    );
    const file = `${folder}/c.json`;
    await fc.assert(
      fc.asyncProperty(configurations, async (content) => {
        await Deno.writeTextFile(file, content);
        const outcome = await softq(
          ["train", "multi-goal", `--config=${file}`, `--out=${folder}/run`],
          start,
        );
        if (startsOrNames(outcome, content)) started++;
      }),
      { numRuns: 5000, seed: 2 },
    );
    // Both sides must have been seen.
    assert(started >= 500 && started <= 9500, `${started}`);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["c.json"]);
  }));

Deno.test("What starts can be traced into a program: no configuration that validates fails on the way to the device", () =>
  withFolder(async (folder) => {
    let compiled = 0;
    const device: Device = {
      kind: "cpu",
      description: "stub",
      compile: () => {
        compiled++;
        return stopped;
      },
      close: () => {},
    };
    await fc.assert(
      fc.asyncProperty(commandLines, async (words) => {
        const run = `${folder}/run`;
        const outcome = await softq(["train", "multi-goal", ...words, `--out=${run}`], {
          openDevice: () => TE.right(device),
        });
        startsOrNames(outcome, JSON.stringify(words));
        await Deno.remove(run, { recursive: true }).catch(() => {});
      }),
      { numRuns: 400, seed: 3 },
    );
    assert(compiled >= 20, `${compiled}`);
  }));

/** Runs these words in a process until it ends or its run begins; the latter is then killed and counts as started. */
async function inProcess(words: readonly string[]): Promise<Outcome> {
  const process = spawn(words), decoder = new TextDecoder();
  const hang = setTimeout(() => process.kill("SIGKILL"), 120_000); // a hang fails below: neither started nor 2
  let error = "", started = false;
  for await (const bytes of process.stderr) {
    error += decoder.decode(bytes, { stream: true });
    if (/^multi-goal: .* on \w+ /m.test(error) && !started) {
      started = true;
      process.kill("SIGKILL");
    }
  }
  const { code } = await process.status;
  clearTimeout(hang);
  return started ? { code: 1, out: "", error: STARTED } : { code, out: code === 0 ? "USAGE" : "", error };
}

Deno.test("A hundred command lines in processes of their own start or exit with 2 naming the field", () =>
  withFolder(async (folder) => {
    const lines = fc.sample(commandLines, { numRuns: 100, seed: 4 });
    let started = 0, next = 0;
    const worker = async (): Promise<void> => {
      while (next < lines.length) {
        const k = next++, words = ["train", "multi-goal", ...lines[k]!, `--out=${folder}/run-${k}`];
        if (startsOrNames(await inProcess(words), JSON.stringify(words))) started++;
      }
    };
    await Promise.all(Array.from({ length: 3 }, worker));
    assert(started >= 10 && started <= 90, `${started}`); // both sides must have been seen
  }));
