/**
 * A cluster in every trouble at once: three workers, 60 short trials of three algorithms, 20 SIGKILLs of workers and 5
 * of the server, a worker whose disk is full, and one that is cut off in a network of its own for three times its
 * lease. Needs root, as it makes a small disk and a network.
 *
 *     deno test -A --lock tests/deno.lock tests/long/sweep.ts
 */
import { assert } from "../deps.ts";
import { withFolder } from "../run/run_fixture.ts";
import { type Network, type Row, runWithFaults, TRIALS, undisturbed } from "../sweep/cluster_fixture.ts";
import { withServer } from "../sweep/nats_server.ts";

const SWEEP = {
  name: "trouble",
  ...TRIALS,
  axes: { algorithm: ["soft-q", "ddpg", "sac"], seed: Array.from({ length: 20 }, (_, n) => n) },
};

async function run(...[program, ...args]: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program!, { args: [...args] }).output();
  assert(success, `${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Gives a body a small disk. */
async function withSmallDisk<A>(folder: string, body: (disk: string) => Promise<A>): Promise<A> {
  const disk = `${folder}/disk`;
  await Deno.mkdir(disk);
  await run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk);
  try {
    return await body(disk);
  } finally {
    await run("umount", "-l", disk);
  }
}

/** Gives a body a network of its own, whose one cable can be cut. */
async function withNetwork<A>(port: number, body: (network: Network) => Promise<A>): Promise<A> {
  const id = String(Deno.pid), name = `softq${id}`, [here, there] = [`sqa${id}`, `sqb${id}`];
  await run("ip", "netns", "add", name);
  try {
    await run("ip", "link", "add", here, "type", "veth", "peer", "name", there);
    await run("ip", "link", "set", there, "netns", name);
    await run("ip", "addr", "add", "10.231.7.1/24", "dev", here);
    await run("ip", "link", "set", here, "up");
    const inside = ["ip", "netns", "exec", name];
    await run(...inside, "ip", "addr", "add", "10.231.7.2/24", "dev", there);
    await run(...inside, "ip", "link", "set", there, "up");
    await run(...inside, "ip", "link", "set", "lo", "up");
    return await body({
      before: inside,
      url: `nats://10.231.7.1:${port}`,
      cut: () => run("ip", "link", "set", here, "down"),
      heal: () => run("ip", "link", "set", here, "up"),
    });
  } finally {
    await run("ip", "netns", "del", name);
  }
}

const essence = (rows: readonly Row[]): unknown =>
  rows.map(({ trial, state, digest }) => ({ trial, state, digest }));

Deno.test("60 trials under 25 kills, a full disk and a cut network end with the bits of an undisturbed sweep", () =>
  withFolder(async (folder) => {
    const file = `${folder}/trouble.json`;
    await Deno.writeTextFile(file, JSON.stringify(SWEEP));
    const wanted = await undisturbed(file, `${folder}/alone`);
    assert.equal(wanted.length, 60);
    assert(wanted.every(({ state }) => state === "done"));
    await withServer(
      folder,
      (server) =>
        withNetwork(server.port, (network) =>
          withSmallDisk(folder, async (fullDisk) => {
            const survived = await runWithFaults(server, folder, file, "trouble", {
              workers: 3,
              workerKills: 20,
              serverKills: 5,
              pause: 3,
              limit: 3600,
              lease: 5,
              checkpoint: 1,
              seed: 1,
              fullDisk,
              network,
            });
            const { rows, ...numbers } = survived;
            console.log(numbers);
            const lost = rows.filter(({ state }) => state === "lost");
            assert.deepEqual(lost.map(({ trial, error }) => ({ trial, error })), []);
            assert.deepEqual(essence(rows), essence(wanted));
            assert.equal(numbers.workerKills, 20, "the trials ended before the trouble did");
            assert.equal(numbers.serverKills, 5);
            assert.equal(numbers.faults, 0);
            assert(numbers.duplicates >= 1, "no trial had two owners");
            assert.match(numbers.diskSaid, /left to others: .*the disk is full/);
            assert.match(numbers.diskSaid, /This worker gives up, as this machine can make no trial/);
          })),
      [],
      "0.0.0.0",
    );
  }));
