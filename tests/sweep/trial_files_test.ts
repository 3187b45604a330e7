/**
 * Checkpoints on the bus, of a run that goes on, of two owners, and damaged ones; and where workers keep their runs.
 */
import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import type { Bus } from "../../src/nats/bus.ts";
import { checkpointsOfEntry } from "../../src/nats/records.ts";
import { takeWorkerFolder } from "../../src/nats/server.ts";
import { fetchCheckpoint, sendCheckpoint } from "../../src/nats/trial_files.ts";
import { digest, withDigest } from "../../src/run/checkpoint/checkpoint.ts";
import { readVerified } from "../../src/run/checkpoint/reader.ts";
import { withFolder } from "../run/run_fixture.ts";
import { withServer } from "./nats_server.ts";
import { test, withBus } from "./fake_worker.ts";

const RUN = "0123456789abcdef", TRIAL = "fake.0";

/** Writes a checkpoint as a run does, its name last. Equal runs write equal bytes. */
async function checkpoint(folder: string, steps: number): Promise<void> {
  const file = `checkpoint/${steps}/state.safetensors`, state = `state after ${steps} steps`;
  await Deno.mkdir(`${folder}/checkpoint/${steps}`, { recursive: true });
  await Deno.writeTextFile(`${folder}/config.json`, "{}");
  await Deno.writeTextFile(`${folder}/manifest.json`, "{}");
  await Deno.writeTextFile(`${folder}/${file}`, state);
  const manifest = {
    ...{ format: 2, run: RUN, chunks: 1, steps, updates: 1, seconds: 1, journal: "replay" },
    ...{ state: { file, bytes: state.length, sha256: digest(state) }, replay: [], metrics: [], best: null },
  };
  await Deno.writeTextFile(`${folder}/checkpoint/${steps}/manifest.json`, withDigest(manifest));
  await Deno.writeTextFile(`${folder}/checkpoint/latest.json`, withDigest({ run: RUN, steps }));
}

/** Writes checkpoints of 100 and of 200 steps and sends both. */
async function sendTwo(bus: Bus, folder: string): Promise<void> {
  for (const steps of [100, 200]) {
    await checkpoint(folder, steps);
    await sendCheckpoint(bus, TRIAL, folder);
  }
}

/** The bus to somebody who looks at the checkpoints just before something happens. */
const before = (bus: Bus, happens: () => Promise<unknown>): Bus => {
  const get: Bus["checkpoints"]["get"] = async (key) => {
    const entry = await bus.checkpoints.get(key);
    await happens();
    return entry;
  };
  return { ...bus, checkpoints: Object.assign(Object.create(bus.checkpoints), { get }) };
};

/** What is fetched: its steps, and those that the fetched folder names. */
async function fetched(bus: Bus, folder: string): Promise<readonly unknown[]> {
  const steps = await fetchCheckpoint(bus, TRIAL, folder);
  const latest = await readVerified(folder, "checkpoint/latest.json");
  return [steps, E.isRight(latest) && "steps" in latest.right ? latest.right.steps : null];
}

const recorded = async (bus: Bus): Promise<readonly number[]> =>
  checkpointsOfEntry(await bus.checkpoints.get(TRIAL)).map(({ steps }) => steps);

test("A checkpoint that is sent while the run writes the next one is one of them, not parts of both", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      await checkpoint(`${folder}/here`, 100);
      // The one of 100 steps stays, as the best does.
      const goesOn = before(bus, () => checkpoint(`${folder}/here`, 200));
      assert.equal(await sendCheckpoint(goesOn, TRIAL, `${folder}/here`), 100);
      assert.deepEqual(await fetched(bus, `${folder}/there`), [100, 100]);
      assert.equal(await sendCheckpoint(bus, TRIAL, `${folder}/here`), 200);
      assert.deepEqual(await fetched(bus, `${folder}/there`), [200, 200]);
      assert.deepEqual(await recorded(bus), [200, 100]);
    })));

test("Of two owners of a trial the one that is behind overwrites nothing, also if both send concurrently", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      await checkpoint(`${folder}/slow`, 100);
      await checkpoint(`${folder}/quick`, 200);
      const sends = (): Promise<unknown> => sendCheckpoint(bus, TRIAL, `${folder}/quick`);
      assert.equal(await sendCheckpoint(before(bus, sends), TRIAL, `${folder}/slow`), 200);
      assert.deepEqual(await recorded(bus), [200]);
      assert.deepEqual(await fetched(bus, `${folder}/there`), [200, 200]);
      assert.equal(await sendCheckpoint(bus, TRIAL, `${folder}/slow`), 200);
      assert.deepEqual(await recorded(bus), [200]);
      // What the slow one sent in vain is not kept.
      const files = new Set((await bus.files.list()).map(({ name }) => name));
      const needed = checkpointsOfEntry(await bus.checkpoints.get(TRIAL)).flatMap(({ files }) =>
        files.map(({ sha256 }) => `${TRIAL}.${sha256}`)
      );
      assert.deepEqual([...files].toSorted(), [...new Set(needed)].toSorted());
    })));

test("A checkpoint that cannot be used gives way to the one before it, and is sent again", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      await sendTwo(bus, `${folder}/here`);
      const [newest] = checkpointsOfEntry(await bus.checkpoints.get(TRIAL));
      const state = newest!.files.find(({ path }) => path.endsWith("200/state.safetensors"))!;
      await bus.files.delete(`${TRIAL}.${state.sha256}`);
      assert.deepEqual(await fetched(bus, `${folder}/there`), [100, 100]);
      assert.deepEqual(await recorded(bus), [100]);
      assert.equal(await sendCheckpoint(bus, TRIAL, `${folder}/here`), 200);
      assert.deepEqual(await fetched(bus, `${folder}/there`), [200, 200]);
    })));

test("A file that the server lost a part of counts as damaged: nobody waits for it, and it is sent again", (folder) =>
  withServer(folder, (server) =>
    withBus(server, async (bus) => {
      await sendTwo(bus, `${folder}/here`);
      /** Removes the bytes of a checkpoint's state, but not its entry. */
      const lose = async (steps: number): Promise<void> => {
        const record = checkpointsOfEntry(await bus.checkpoints.get(TRIAL)).find((each) =>
          each.steps === steps
        );
        const { sha256 } = record!.files.find(({ path }) => path.endsWith(`${steps}/state.safetensors`))!;
        const { nuid } = (await bus.files.info(`${TRIAL}.${sha256}`))!;
        await bus.manager.streams.purge("OBJ_softq-files", { filter: `$O.softq-files.C.${nuid}` });
        assert.notEqual(await bus.files.info(`${TRIAL}.${sha256}`), null);
      };
      await lose(200);
      assert.deepEqual(await fetched(bus, `${folder}/there`), [100, 100]);
      assert.deepEqual(await recorded(bus), [100]);
      assert.equal(await sendCheckpoint(bus, TRIAL, `${folder}/here`), 200);
      assert.deepEqual(await fetched(bus, `${folder}/there`), [200, 200]);
      await lose(200);
      await lose(100);
      assert.deepEqual(await fetched(bus, `${folder}/there`), [null, null]);
    })));

Deno.test("Workers that are started together without a folder get different folders, and a given folder belongs to one worker", () =>
  withFolder(async (folder) => {
    const taken = await Promise.all([1, 2, 3].map(() => takeWorkerFolder(null, `${folder}/worker`)));
    const own = taken.map((each) => E.isRight(each) ? each.right : assert.fail(each.left.message));
    const here = await Deno.realPath(folder);
    assert.deepEqual(own.map(({ path }) => path).toSorted(), [1, 2, 3].map((n) => `${here}/worker-${n}`));
    const given = await takeWorkerFolder(`${folder}/worker-2`);
    assert(E.isLeft(given));
    assert.match(given.left.message, /^Another worker works in ".*worker-2": give this one another folder/);
    await Promise.all(own.map(({ release }) => release()));
  }));
