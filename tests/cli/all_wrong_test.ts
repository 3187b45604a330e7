/** All that is wrong with a command line is said at once, in the library's sentences, unknown flags among it. */
import { assert } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { E } from "../../src/deps.ts";
import { trainSoftQ } from "../../src/train/train.ts";
import { withFolder } from "../run/run_fixture.ts";
import { afterTurns, softq, TINY } from "./softq.ts";

Deno.test("Unknown flags and wrong values are refused in one line, as the library refuses them", async () => {
  const given = { stepz: 5, critics: 3, squash: "x", temperature: -1 };
  const library = await trainSoftQ(pointMass(), given as Parameters<typeof trainSoftQ>[1])();
  assert(E.isLeft(library) && library.left._tag === "OptionsInvalid");
  const { code, error } = await softq([
    ...["train", "multi-goal", "--stepz=5", "--critics", "3", "--squash=x", "--temperature=-1"],
  ]);
  assert.equal(code, 2);
  assert.equal(error.trim().split("\n").length, 1);
  assert.equal(error.trim().replace(/--([a-z])/g, "$1"), library.left.message);
});

Deno.test("A flag without its value, a repeated flag and a superfluous word are refused in softq's own sentences", async () => {
  const sentences: readonly (readonly [words: readonly string[], sentence: string])[] = [
    [["train", "multi-goal", "--temperature="], "--temperature must be a number above 0: got no value"],
    [
      ["train", "multi-goal", "--value-particles"],
      "--value-particles must be an integer from 1: got no value",
    ],
    [["train", "multi-goal", "--out"], "--out needs a value"],
    [["evaluate", "x", "--episodes="], "--episodes needs a value"],
    [["train", "multi-goal", "--seed=1", "--seed=2"], '--seed stands twice: "1" and "2"'],
    [["train", "multi-goal", "--threads=0"], '--threads must be an integer from 1 to 64: got "0"'],
    [["train", "multi-goal", "--collectors=65"], '--collectors must be an integer from 0 to 64: got "65"'],
    [["train", "multi-goal", "now"], '"now" is one word too many: flags begin with --'],
    [["list", "a", "b"], '"b" is one word too many: there may be 1 beside flags'],
    ...["resume", "report", "evaluate"].map((command) =>
      [
        [command],
        'Name a run: its folder, such as runs/multi-goal-1 ("softq list" shows those that there are)',
      ] as const
    ),
    [["sweep"], "Name a file: the JSON of a sweep, as docs/sweeps.md describes it"],
    [
      ["sweep", "staus", "runs/a"],
      'There is no command "staus": did you mean "status"? ' +
      "There are run, status, report, fetch, pause, continue, cancel, retry",
    ],
    [["sweep", "a.json", "b.json"], '"b.json" is one word too many: there may be 1 beside flags'],
    [["sweep", "status"], "Name a sweep: its folder, such as runs/alpha, or with --nats its name"],
    [
      ["sweep", "cancel", "runs/a"],
      'Name a trial: the sweep\'s folder first, then its trials ("softq sweep status" names them)',
    ],
    [["completion"], "Name a shell: bash, zsh or fish"],
    [["train", "chess"], 'There is no experiment "chess": there are multi-goal'],
    [
      ["train", "multi-gaol"],
      'There is no experiment "multi-gaol": did you mean "multi-goal"? There are multi-goal',
    ],
    [
      ["nothing"],
      'There is no command "nothing": there are train, resume, evaluate, report, watch, list, sweep, worker, version, completion',
    ],
    [["completion", "tcsh"], 'The shell must be one of bash, zsh, fish: got "tcsh"'],
    [["list", "--json=3"], '--json must be true or false, or stand alone: got "3"'],
    [
      ["resume", "X", "--episodes=3"],
      'There is no option "--episodes" here: there are --from, --empty-replay, --new-metrics, --until, --threads, ' +
      "--tuning, --collectors, --json, --quiet, --help; softq evaluate, softq watch have one",
    ],
    [
      ["evaluate", "X", "--bst"],
      'There is no option "--bst" here: did you mean "--best"? There are --episodes, --best, --json, --help',
    ],
    [["list", "-j"], 'There is no option "-j": names of options begin with --'],
  ];
  for (const [words, sentence] of sentences) {
    const { code, error, out } = await softq(words);
    assert.deepEqual([code, error, out], [2, `${sentence}\n`, ""], words.join(" "));
  }
});

Deno.test("A flag that a command does not take is refused in one line, on every command, with those that it takes", async () => {
  const commands = ["resume x", "evaluate x", "report x", "watch x", "list", "version", "completion bash"]
    .concat(["sweep x", "sweep status x", "sweep report x", "sweep pause x", "sweep retry x y"]);
  const flags = [
    "--episodes",
    "--seed",
    "--critics",
    "--until",
    "--index",
    "--until-empty",
    "--nope",
    "--no-best",
  ];
  let refused = 0;
  for (const command of commands) {
    const { out: help } = await softq([...command.split(" "), "--help"]);
    for (const flag of flags.filter((each) => !help.includes(each))) {
      if (command === "resume x" && ["--seed", "--critics"].includes(flag)) continue; // see refuseOptions
      const words = [...command.split(" "), flag, "3"];
      const { code, error, out } = await softq(words);
      const [, all] =
        /^There is no option "[^"]+" here: (?:did you mean "--[\w-]+"\? There|there) are ([^;\n]*)(?:; .*)?\n$/
          .exec(error) ?? [];
      assert(code === 2 && out === "" && all !== undefined, `${words.join(" ")}: ${error}`);
      for (const each of all.split(", ")) assert(help.includes(each), `${command}: ${each}`);
      refused++;
    }
  }
  assert(refused > 60, `${refused}`);
});

Deno.test("A misspelt flag of the command itself is distinguished from options", async () => {
  const { code, error } = await softq([
    "train",
    "multi-goal",
    "--confg=x",
    "--temprature=1",
    "--algorithm=ddpg",
  ]);
  assert.equal(code, 2);
  assert.equal(
    error.trim(),
    'There is no option "--confg": did you mean "--config"?; There is no option "--temprature": did you mean "--temperature"?',
  );
});

Deno.test("A file of fields with a repeated key is refused, at any depth, like a repeated flag", async () => {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    for (const text of ['{"seed":1,"seed":2}', '{"steps":50,"hidden":[8],"s\\u0065ed":1,"seed":1}']) {
      await Deno.writeTextFile(file, text);
      const { code, error, out } = await softq(["train", "multi-goal", `--config=${file}`]);
      assert.deepEqual([code, error, out], [2, `--config "${file}" has the key "seed" twice\n`, ""]);
    }
    await Deno.writeTextFile(file, '{"name":"a","space":{"seed":[1],"seed":[2]}}');
    const sweep = await softq(["sweep", file]);
    assert.equal(sweep.code, 2);
    assert.match(sweep.error, /^The sweep's file has the key "seed" twice\n$/);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("Words with line breaks and commands of a terminal are refused in one line", async () => {
  const cases: readonly (readonly [words: readonly string[], sentence: string])[] = [
    [["train", "multi-goal", "--out=a\nb"], '--out must be on one line where it follows "=": got "a\\nb"'],
    [["train", "multi-goal", "a\nb"], '"a b" is one word too many: flags begin with --'],
    [
      ["report", "no\x1b[31m\nrun"],
      '"no run" is not a run: its config.json does not exist ("softq list FOLDER" names the runs in a folder)',
    ],
    [["sweep", "s\r\nt"], 'Cannot read "s t": it does not exist'],
  ];
  for (const [words, sentence] of cases) {
    const { code, error } = await softq(words);
    assert.deepEqual([code, error], [2, `${sentence}\n`]);
  }
});

Deno.test({
  name: "A pipe in the place of a run's file is not waited for",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const { success } = await new Deno.Command("mkfifo", { args: [`${folder}/config.json`] }).output();
      assert(success);
      const { code, error } = await softq(["report", folder]);
      assert.equal(code, 2);
      assert.match(error, /it is a pipe/);
    }),
});

Deno.test({
  name:
    "A device or a circle of links in the place of a run's file is told, and a pipe in that of one to be written is replaced",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const run = `${folder}/run`, state = `${run}/checkpoint/latest.json`;
      const { code } = await softq(["train", "multi-goal", ...TINY, `--out=${run}`], afterTurns(2));
      assert.equal(code, 130);
      const whole = await Deno.readFile(state);
      for (
        const [target, why] of [["/dev/zero", "it is a device"], [
          state,
          "its links lead in a circle",
        ]] as const
      ) {
        await Deno.remove(state);
        await Deno.symlink(target, state);
        for (const command of ["evaluate", "resume"]) {
          const { code, error } = await softq([command, run]);
          assert.equal(code, 2);
          assert(error.includes(`latest.json" cannot be read: ${why}`), error);
        }
      }
      await Deno.remove(state);
      await Deno.writeFile(state, whole);
      await Deno.remove(`${run}/manifest.json`);
      assert((await new Deno.Command("mkfifo", { args: [`${run}/manifest.json`] }).output()).success);
      assert.equal((await softq(["resume", run])).code, 0);
      assert.equal(JSON.parse(await Deno.readTextFile(`${run}/manifest.json`)).exit, "done");
    }),
});
