/** Sweeps as a person runs them: processes on this machine, stopped and killed. */
import { assert } from "../deps.ts";
import { withFolder } from "../run/run_fixture.ts";
import { ROOT } from "../packaging/sources.ts";
import { killWhole } from "../processes.ts";
import { until } from "../waiting.ts";

const SMALL = {
  scale: "smoke",
  steps: 300,
  device: "cpu",
  hidden: [8],
  evaluationEpisodes: 2,
  checkpointInterval: 100,
};

/** Starts `softq sweep` with words. */
const softq = (...words: readonly string[]): Deno.ChildProcess =>
  new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-read",
      "--allow-write",
      "--allow-run",
      `${ROOT}cli.ts`,
      "sweep",
      ...words,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

const endOf = async (process: Deno.ChildProcess): Promise<Ended> => {
  const { code, stdout, stderr } = await process.output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), error: text(stderr) };
};

const sweep = (...words: readonly string[]): Promise<Ended> => endOf(softq(...words));

interface Row {
  readonly trial: string;
  readonly state: string;
  readonly steps: number;
  readonly score: number;
  readonly digest: string;
}

const rowsOf = ({ out }: Ended): Row[] => {
  const rows: Row[] = JSON.parse(out).trials;
  return rows.toSorted((a, b) => a.trial < b.trial ? -1 : 1);
};

/** Writes a sweep's file and gives its path. */
async function fileIn(folder: string, changes: object = {}): Promise<string> {
  const value = {
    name: "small",
    experiment: "multi-goal",
    configuration: SMALL,
    axes: { temperature: [0.5, 2], seed: [0, 1] },
    ...changes,
  };
  await Deno.writeTextFile(`${folder}/sweep.json`, JSON.stringify(value));
  return `${folder}/sweep.json`;
}

const exists = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);

Deno.test("A sweep on two cores gives the bits of its runs alone, also if everything is killed in the middle", () =>
  withFolder(async (folder) => {
    const file = await fileIn(folder);
    const undisturbed = await sweep(file, "--out", `${folder}/a`, "--local", "2", "--json");
    assert.equal(undisturbed.code, 0, undisturbed.error);
    const wanted = rowsOf(undisturbed);
    assert.equal(wanted.length, 4);
    assert(wanted.every(({ state, steps }) => state === "done" && steps === 300));
    assert.equal(new Set(wanted.map(({ digest }) => digest)).size, 4, "different trials came to the same");

    // The scheduler is killed after the first checkpoint; its trials' processes too, as when a machine goes down.
    const killed = softq(file, "--out", `${folder}/b`, "--local", "1");
    const first = `${folder}/b/trials/${wanted[0]!.trial}`;
    await until("a checkpoint", () => exists(`${first}/checkpoint/latest.json`));
    await killWhole(killed);
    await endOf(killed);
    const resumed = await sweep(file, "--out", `${folder}/b`, "--local", "2", "--json");
    assert.equal(resumed.code, 0, resumed.error);
    assert.deepEqual(rowsOf(resumed), wanted);
    // And once more: there is nothing left to do.
    const again = await sweep(file, "--out", `${folder}/b`, "--json");
    assert.equal(again.code, 0, again.error);
    assert.deepEqual(rowsOf(again), wanted);
  }));

Deno.test("Parts of a sweep by --index are its trials, each made once", () =>
  withFolder(async (folder) => {
    const file = await fileIn(folder), out = `${folder}/parts`;
    const even = await sweep(file, "--out", out, "--index", "0/2", "--json");
    assert.equal(even.code, 0, even.error);
    assert.deepEqual(rowsOf(even).map(({ state }) => state), ["done", "missing", "done", "missing"]);
    const odd = await sweep(file, "--out", out, "--index", "1/2", "--json");
    assert(rowsOf(odd).every(({ state }) => state === "done"), odd.out);
  }));

Deno.test("Successive halving stops trials at their rungs, and those that continue have the bits of an undisturbed run", () =>
  withFolder(async (folder) => {
    const halving = { metric: "meanReturn", rungs: [100, 200, 300], reduction: 2 };
    const configuration = { ...SMALL, steps: undefined, evaluationInterval: 100, intermediateEpisodes: 2 };
    const file = await fileIn(folder, { configuration, halving });
    const end = await sweep(file, "--out", `${folder}/halving`, "--local", "1", "--json");
    assert.equal(end.code, 0, end.error);
    const rows = rowsOf(end), done = rows.filter(({ state }) => state === "done");
    // Four reach the first rung, two of them the second, one of these the end.
    assert.equal(done.length, 1, end.out);
    assert.equal(rows.filter(({ state }) => state === "stopped").length, 3);
    const whole = await fileIn(folder, { configuration: { ...configuration, steps: 300 } });
    const undisturbed = await sweep(whole, "--out", `${folder}/whole`, "--local", "2", "--json");
    const same = rowsOf(undisturbed).find(({ trial }) => trial === done[0]!.trial);
    assert.equal(same?.digest, done[0]!.digest);
  }));

Deno.test("A failed trial is reported, the others go on, and retry repeats it", () =>
  withFolder(async (folder) => {
    const file = await fileIn(folder, { axes: { criticRate: [1e-3, 1e38] } });
    const end = await sweep(file, "--out", `${folder}/failing`, "--json");
    assert.equal(end.code, 1, end.error);
    assert.deepEqual(rowsOf(end).map(({ state }) => state), ["done", "failed"]);
    const [, { trial }] = rowsOf(end);
    assert.equal((await sweep("retry", `${folder}/failing`, trial)).code, 0);
    const status = await sweep("status", `${folder}/failing`, "--json");
    assert.deepEqual(rowsOf(status).map(({ state }) => state), ["done", "missing"]);
    assert.equal((await sweep("cancel", `${folder}/failing`, trial)).code, 0);
    const without = await sweep(file, "--out", `${folder}/failing`, "--json");
    assert.equal(without.code, 0, without.error);
    assert.deepEqual(rowsOf(without).map(({ state }) => state), ["done", "cancelled"]);
  }));

Deno.test("A paused sweep begins nothing, and a folder belongs to one sweep", () =>
  withFolder(async (folder) => {
    const file = await fileIn(folder), out = `${folder}/paused`;
    assert.equal((await sweep(file, "--out", out, "--index", "0/4")).code, 0);
    assert.equal((await sweep("pause", out)).code, 0);
    const paused = await sweep(file, "--out", out, "--json");
    assert.equal(paused.code, 130, paused.error);
    assert.match(paused.error, /^Paused; after softq sweep continue .*paused the same command goes on\n$/);
    assert.match(
      (await sweep("status", out)).out,
      /\nPaused, 0 in work: softq sweep continue lets it go on\n/,
    );
    assert.equal(rowsOf(paused).filter(({ state }) => state === "done").length, 1);
    assert.equal((await sweep("continue", out)).code, 0);
    const other = await fileIn(folder, { axes: { seed: [5] } });
    const refused = await sweep(other, "--out", out);
    assert.equal(refused.code, 2);
    assert.match(refused.error, /holds another sweep, "small": give a new one with --out\n$/);
    assert.match((await sweep("status", `${folder}/nowhere`)).error, /"[^"]*nowhere" holds no sweep\n$/);
    assert.match((await sweep("cancel", out, "x")).error, /no trial "x"/);
    const idle = await sweep("status", out, "--token-file", "t");
    assert.deepEqual([idle.code, idle.error], [2, "--token-file needs --nats, the address of a server\n"]);
    await Deno.mkdir(`${folder}/foreign`);
    await Deno.writeTextFile(`${folder}/foreign/letter.txt`, "");
    const foreign = await sweep(other, "--out", `${folder}/foreign`);
    assert.equal(foreign.code, 2);
    assert.match(foreign.error, /holds no sweep \(but "letter.txt"\)/);
  }));
