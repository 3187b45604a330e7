/** Authentication with a server: password, token, nkey and credentials, over TLS; no secret is written anywhere. */
import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { connectTo } from "../../src/nats/connection.ts";
import { ended, rowsOf } from "./cluster_fixture.ts";
import { jwtAccounts } from "./jwt.ts";
import { withServer } from "./nats_server.ts";
import { test } from "./fake_worker.ts";

const reach = async (options: Parameters<typeof connectTo>[0]): Promise<string> => {
  const connection = await connectTo(options)();
  if (E.isLeft(connection)) return connection.left.message;
  await connection.right.flush();
  await connection.right.close();
  return "reached";
};

test("A token, an nkey and a server's certificate are taken from files, and wrong ones refused in a line", async (folder) => {
  const file = async (name: string, text: string): Promise<string> => {
    await Deno.writeTextFile(`${folder}/${name}`, `${text}\n`);
    return `${folder}/${name}`;
  };
  const token = await file("token", "open"), wrong = await file("wrong", "shut");
  await withServer(folder, async ({ url }) => {
    assert.equal(await reach({ url, tokenFile: token }), "reached");
    assert.equal(
      await reach({ url, tokenFile: wrong }),
      `Cannot use the server ${url}: it refuses the credentials`,
    );
    assert.match(await reach({ url, tokenFile: `${folder}/nowhere` }), /^Cannot use the server .*nowhere/);
  }, ["--auth", "open"]);

  // A pair of the server's documentation.
  const seed = await file("seed", "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY");
  const other = await file("other", "SUAKKJLXPYHJ7CRJWTKAZA535JMSS73VMTC6HWYRE4IV5YKBR2QQLMMSUM");
  const configuration = await file(
    "nkey.conf",
    'authorization { users: [{ nkey: "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4" }] }',
  );
  await withServer(folder, async ({ url }) => {
    assert.equal(await reach({ url, credentials: seed }), "reached");
    assert.equal(
      await reach({ url, credentials: other }),
      `Cannot use the server ${url}: it refuses the credentials`,
    );
  }, ["-c", configuration]);

  const [key, certificate] = [`${folder}/key.pem`, `${folder}/certificate.pem`];
  const { success } = await new Deno.Command("openssl", {
    args: [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
        .split(" "),
      ..."-addext subjectAltName=IP:127.0.0.1 -keyout".split(" "),
      key,
      "-out",
      certificate,
    ],
    stderr: "null",
  }).output();
  assert(success);
  await withServer(folder, async ({ url }) => {
    const secure = url.replace("nats:", "tls:");
    assert.equal(await reach({ url: secure, certificateAuthority: certificate }), "reached");
    // Nobody vouches for this one.
    assert.match(await reach({ url: secure }), /^Cannot use the server tls:/);
  }, ["--tls", "--tlscert", certificate, "--tlskey", key]);
});

test("Credentials of a JWT and an nkey are taken from a file, and a sweep ends by them; an unknown account's are refused", async (folder) => {
  const { configuration, known, stranger } = jwtAccounts();
  const file = (name: string, text: string): string => {
    Deno.writeTextFileSync(`${folder}/${name}`, text);
    return `${folder}/${name}`;
  };
  const sweep = file(
    "sweep.json",
    JSON.stringify({
      name: "jwt",
      experiment: "multi-goal",
      configuration: { scale: "smoke", steps: 200, device: "cpu", hidden: [8], evaluationEpisodes: 2 },
      axes: { seed: [0] },
    }),
  );
  await withServer(folder, async ({ url }) => {
    const server = ["--nats", url, "--credentials", file("known.creds", known)];
    for (const account of [{}, { credentials: file("stranger.creds", stranger) }]) {
      assert.equal(
        await reach({ url, ...account }),
        `Cannot use the server ${url}: it refuses the credentials`,
      );
    }
    // A file that was cut off, of the wrong kind, or of a seed whose check sum is wrong; the server is not asked.
    for (const text of [known.slice(0, 200), "{}", "", `SU${"A".repeat(56)}`]) {
      assert.equal(
        await reach({ url, credentials: file("damaged.creds", text) }),
        `Cannot use the server ${url}: the file of credentials has no nkey's seed, nor a JWT and a seed`,
      );
    }
    const submitted = await ended("cli.ts", ["sweep", sweep, ...server]);
    assert.equal(submitted.code, 0, submitted.error);
    const words = ["worker", ...server, "--until-empty", "--folder", `${folder}/work`];
    const worker = await ended("cluster.ts", words);
    assert.equal(worker.code, 0, worker.error);
    const status = await ended("cluster.ts", ["sweep", "status", "jwt", ...server, "--json"]);
    assert.deepEqual(rowsOf(status.out).map(({ state }) => state), ["done"]);
  }, ["-c", file("server.conf", configuration)]);
});

/** Every file below a folder. */
function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* filesIn(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}

test("softq sweep and softq worker accept --nats, and no secret is written to any file or printed", async (folder) => {
  const secret = "sesame-7f3a91", password = `${folder}/password`, file = `${folder}/sweep.json`;
  await Deno.writeTextFile(password, secret);
  await Deno.writeTextFile(
    file,
    JSON.stringify({
      name: "secret",
      experiment: "multi-goal",
      configuration: { scale: "smoke", steps: 200, device: "cpu", hidden: [8], evaluationEpisodes: 2 },
      axes: { temperature: [0.5, 2] },
    }),
  );
  await withServer(folder, async ({ url }) => {
    const server = ["--nats", url, "--user", "ali", "--password-file", password];
    const said: string[] = [];
    // The program that a person starts, which has no package of the server's.
    const softq = async (...words: readonly string[]) => {
      const end = await ended("cli.ts", words);
      said.push(end.out, end.error);
      return end;
    };
    const submitted = await softq("sweep", file, ...server);
    assert.equal(submitted.code, 0, submitted.error);
    assert.match(submitted.out, /^secret: 2 of 2 trials wait for workers\nA checkpoint takes at most /);
    const worker = await softq("worker", ...server, "--until-empty", "--folder", `${folder}/work`);
    assert.equal(worker.code, 0, worker.error);
    assert.match(worker.out, /^2 trials ended here\n$/);
    const status = await softq("sweep", "status", "secret", ...server, "--json");
    assert.deepEqual(rowsOf(status.out).map(({ state }) => state), ["done", "done"]);
    const fetched = await softq("sweep", "fetch", "secret", ...server, "--out", `${folder}/fetched`);
    assert.equal(fetched.out, `2 trials in ${folder}/fetched\n`);
    const refused = await softq("sweep", file, "--nats", url.replace("//", `//ali:${secret}x@`));
    assert.equal(refused.code, 2);
    assert.equal(refused.error, `Cannot use the server ${url}: it refuses the credentials\n`);
    assert(!said.join("\n").includes(secret), said.join("\n"));
    for (const path of filesIn(folder)) {
      if (path === password) continue;
      assert(!new TextDecoder("latin1").decode(Deno.readFileSync(path)).includes(secret), path);
    }
  }, ["--user", "ali", "--pass", secret]);
});

test("A server that does not answer and a name that is taken give one line each, and nothing is partly submitted", async (folder) => {
  const file = `${folder}/sweep.json`;
  const write = (seeds: readonly number[]): void =>
    Deno.writeTextFileSync(
      file,
      JSON.stringify({
        name: "taken",
        experiment: "multi-goal",
        configuration: { scale: "smoke" },
        axes: { seed: seeds },
      }),
    );
  write([0, 1]);
  const nobody = await ended("cli.ts", ["sweep", file, "--nats", "nats://127.0.0.1:1"]);
  assert.deepEqual([nobody.code, nobody.error, nobody.out], [
    2,
    "Cannot use the server nats://127.0.0.1:1: nothing answers there\n",
    "",
  ]);
  const both = await ended("cli.ts", ["sweep", file, "--nats", "nats://127.0.0.1:1", "--local", "2"]);
  assert.deepEqual([both.code, both.error], [
    2,
    "--local cannot be used with --nats, where workers make the trials\n",
  ]);
  await withServer(folder, async ({ url }) => {
    assert.equal((await ended("cli.ts", ["sweep", file, "--nats", url])).code, 0);
    write([0, 1, 2]);
    const other = await ended("cli.ts", ["sweep", file, "--nats", url]);
    assert.deepEqual([other.code, other.error, other.out], [
      2,
      'Another sweep is called "taken" there: give this one another name\n',
      "",
    ]);
    const status = await ended("cli.ts", ["sweep", "status", "taken", "--nats", url, "--json"]);
    assert.equal(rowsOf(status.out).length, 2);
    const none = await ended("cli.ts", ["sweep", "status", "nothing", "--nats", url]);
    assert.deepEqual([none.code, none.error], [2, 'There is no sweep "nothing" there\n']);
  });
});
