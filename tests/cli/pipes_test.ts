import { assert } from "../deps.ts";
import { type Stream, textWriter } from "../../src/terminal/output.ts";
import { withFolder } from "../run/run_fixture.ts";
import { bash, BRIEF, SOFTQ } from "./processes.ts";

/** A stream that fails with each of these errors in turn, and otherwise takes at most `most` bytes at once. */
function stream(
  errors: readonly (Error | null)[],
  most = Infinity,
): { readonly stream: Stream; text: () => string } {
  const taken: number[] = [];
  let calls = 0;
  return {
    stream: {
      writeSync: (bytes) => {
        const error = errors[calls++] ?? null;
        if (error !== null) throw error;
        const count = Math.min(most, bytes.length);
        taken.push(...bytes.subarray(0, count));
        return count;
      },
    },
    text: () => new TextDecoder().decode(Uint8Array.from(taken)),
  };
}

Deno.test("A text arrives whole although a stream accepts it in pieces and sometimes not at all", () => {
  const busy = new Deno.errors.WouldBlock("busy");
  const { stream: slow, text } = stream([busy, null, busy, busy], 3), failures: string[] = [];
  const write = textWriter(slow, (reason) => failures.push(reason));
  write("α and more\n");
  write("again\n");
  assert.equal(text(), "α and more\nagain\n");
  assert.deepEqual(failures, []);
});

Deno.test("Nothing is written to a closed stream; another failure is reported once", () => {
  const failures: string[] = [];
  const closed = stream([new Deno.errors.BrokenPipe("Broken pipe (os error 32)")]);
  const write = textWriter(closed.stream, (reason) => failures.push(reason));
  write("first");
  write("second");
  assert.equal(closed.text(), "");
  assert.equal(failures.length, 0);
  const full = stream([new Error("No space left on device (os error 28)")]);
  const more = textWriter(full.stream, (reason) => failures.push(reason));
  more("first");
  more("second");
  assert.deepEqual(failures, ["No space left on device (os error 28)"]);
});

Deno.test("A reader that closes its end neither ends a command nor causes messages", () =>
  withFolder(async (folder) => {
    const whole = await bash(`${SOFTQ} ${BRIEF} --out=whole/run`, folder);
    assert.equal(whole.code, 0, whole.error);
    for (
      const [command, first] of [
        [`${SOFTQ} list . | head -1`, /^/],
        [`${SOFTQ} list whole | head -1`, /^run +experiment/],
        [`${SOFTQ} --help | head -1`, /^USAGE\n$/],
        [`${SOFTQ} train multi-goal --help-all | head -1`, /^USAGE\n$/],
        [`${SOFTQ} evaluate whole/run --json | head -1`, /^\{\n$/],
        [`${SOFTQ} evaluate whole/run | head -1`, /^After \d+ environment steps/],
        [`${SOFTQ} report whole/run | true`, /^$/],
        [`${SOFTQ} --nonsense 2>&1 | true || true`, /^$/],
        [`${SOFTQ} ${BRIEF} --out=cut/run 2>&1 | head -1`, /^multi-goal: soft-q on cpu /],
        [`${SOFTQ} ${BRIEF} --out=closed/run >&- 2>&-`, /^$/],
      ] as const
    ) {
      const { code, out, error } = await bash(command, folder);
      assert.match(out, first, command);
      assert.equal(error, "", command);
      assert.equal(code, 0, command);
    }
    const configuration = {
      device: "cpu",
      steps: 100,
      minimumReplay: 50,
      hidden: [8],
      batch: 4,
      evaluationEpisodes: 4,
    };
    const sweep = { name: "s", experiment: "multi-goal", configuration, axes: { seed: [1] } };
    await Deno.writeTextFile(`${folder}/sweep.json`, JSON.stringify(sweep));
    const withRun = SOFTQ.replace("--allow-read", "--allow-read --allow-run");
    const stopped = `${SOFTQ} ${BRIEF} --until=200`;
    const swept = await bash(`${withRun} sweep sweep.json --out=swept --local=1`, folder);
    assert.equal(swept.code, 0, swept.error);
    for (
      const [k, [command, code, before]] of ([
        [`${SOFTQ} watch whole/run`, 0],
        [`${SOFTQ} watch --experiment multi-goal`, 0],
        [`${SOFTQ} list whole --json`, 0],
        [`${SOFTQ} evaluate whole/run --best`, 2],
        [`${SOFTQ} version`, 0],
        [`${SOFTQ} completion bash`, 0],
        [`${SOFTQ} resume whole/run`, 2],
        [`${SOFTQ} resume stopped-K`, 0, `${stopped} --out=stopped-K`],
        [`${stopped} --out=until-K --json`, 130],
        [`${SOFTQ} ${BRIEF} --out=json-K --json`, 0],
        [`${SOFTQ} train multi-goal --no-such-flag`, 2],
        [`${SOFTQ} sweep sweep.json --dry-run`, 0],
        [`${withRun} sweep sweep.json --out=swept-K --local=1`, 0],
        [`${SOFTQ} sweep status swept`, 0],
        [`${SOFTQ} sweep report swept`, 0],
      ] as readonly (readonly [string, number, string?])[]).entries()
    ) {
      for (const [n, closing] of ["2>&1 | true", ">&- 2>&-"].entries()) {
        const named = (text: string): string => text.replaceAll("-K", `-${k}-${n}`);
        if (before !== undefined) await bash(named(before), folder);
        const ended = await bash(`${named(command)} ${closing}`, folder);
        assert.equal(ended.code, code, `${command} ${closing}: ${ended.error}`);
        assert.equal(ended.error, "", `${command} ${closing}`);
      }
    }
    const parameters = (run: string) => Deno.readFile(`${folder}/${run}/run/parameters.safetensors`);
    assert.deepEqual(await parameters("cut"), await parameters("whole"));
    assert.deepEqual(await parameters("closed"), await parameters("whole"));
  }));

Deno.test("A result that cannot be written is a failure; progress that cannot be written is not", () =>
  withFolder(async (folder) => {
    const lost = await bash(`${SOFTQ} list . > /dev/full`, folder);
    assert.equal(lost.code, 1);
    assert.match(lost.error, /^Standard output cannot be written to: No space left on device.*\n$/);
    const run = await bash(`${SOFTQ} ${BRIEF} --out=run 2> /dev/full`, folder);
    assert.equal(run.code, 0);
  }));

Deno.test("The loader of graphics drivers prints nothing unless an adapter is requested", () =>
  withFolder(async (folder) => {
    const { code, error } = await bash(
      `env -u XDG_RUNTIME_DIR ${SOFTQ} ${BRIEF.replace("=cpu", "=auto")} --out=run`,
      folder,
    );
    assert.equal(code, 0, error);
    assert.match(error, /^multi-goal: soft-q on /);
    const bare = await bash(
      `env -u XDG_RUNTIME_DIR ${SOFTQ.replace(/--allow-env=\S+/, "")} ${
        BRIEF.replace("=cpu", "=auto")
      } --out=bare`,
      folder,
    );
    // A machine with NVIDIA's driver is asked although it may complain.
    assert.match(bare.error.replace(/^error: XDG_RUNTIME_DIR.*\n/gm, ""), /^multi-goal: soft-q on /);
    assert(bare.error.startsWith("multi-goal") || /on webgpu/.test(bare.error), bare.error);
  }));

Deno.test({
  name:
    "A report or a table beyond the shell's limit of file sizes fails with its reason, and leaves no part",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      const limited = `${Deno.execPath()} run -A --quiet --no-lock ${
        new URL("limited.ts", import.meta.url).pathname
      }`;
      const results = new URL("../../results/pretrain-soft-q-0", import.meta.url).pathname;
      const page = await bash(`${limited} 20000 report ${results} --out=page.html`, folder);
      assert.deepEqual(page, {
        code: 1,
        out: "",
        error: 'Cannot write "page.html": the file may not become so large\n',
      });
      assert.deepEqual([...Deno.readDirSync(folder)], []);
      const list = await bash(`${limited} 50 list ${results} > list`, folder);
      assert.match(list.error, /^Standard output cannot be written to: .*os error 27/);
      assert.notEqual(list.code, 0);
    }),
});
