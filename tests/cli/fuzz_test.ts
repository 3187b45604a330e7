import { assert, fc } from "../deps.ts";
import { FIELDS, flagOf } from "../../src/cli/configuration.ts";
import { TE } from "../../src/deps.ts";
import type { Device } from "../../src/device/device.ts";
import { withFolder } from "../experiments/run_fixture.ts";
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
  const quoted =
    /[-\w]*unexpected|Too many arguments|no (flag|alias)|No (flag|alias)|Expected input|There is no field/i
      .test(
        error,
      );
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
