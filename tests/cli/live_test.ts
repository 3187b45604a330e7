import { assert } from "../deps.ts";
import { comparable, withFolder } from "../run/run_fixture.ts";
import { afterTurns, softq, TINY } from "./softq.ts";

/** Runs with a page, calls `visit` with its address while the run stands still, and gives the outcome. */
async function visited(
  words: readonly string[],
  visit: (address: string) => Promise<void>,
  changes: Parameters<typeof softq>[1] = {},
): Promise<{ readonly code: number; readonly error: string }> {
  let error = "", done = false;
  const { code } = await softq(["train", "multi-goal", ...TINY, "--live=0", ...words], {
    error: (text) => void (error += text),
    ...changes,
    observe: async (...seen) => {
      await changes.observe?.(...seen);
      if (done) return;
      done = true;
      await visit(/http:\/\/127\.0\.0\.1:\d+\//.exec(error)![0]); // the address is told before the run begins
    },
  });
  return { code, error };
}

Deno.test("A watched run writes the same files as one that is not watched", () =>
  withFolder(async (folder) => {
    const words = [...TINY, "--seeds=0..1"];
    assert.equal((await softq(["train", "multi-goal", ...words, `--out=${folder}/alone/run`])).code, 0);
    let heard = Promise.resolve("");
    const { code } = await visited(["--seeds=0..1", `--out=${folder}/watched/run`], async (address) => {
      heard = (await fetch(`${address}events`)).text();
    });
    assert.equal(code, 0);
    const views = (await heard).trim().split("\n\n").map((event) => JSON.parse(event.replace(/^data: /, "")));
    assert.match(
      views.at(-1).status,
      /^100 %, .*400\/400 steps.* The run has ended: done$/,
    );
    assert(views.some(({ sections }) => /data-file="figure-1.svg"/.test(sections)));
    const played = views.flatMap(({ rollouts }) => rollouts ?? []);
    assert.match(played.at(-1).caption, /^The policy now: 12 episodes of the policy after \d+ steps$/);
    assert.equal(played.at(-1).motion.rollouts.length, 12);
    assert.deepEqual(await comparable(`${folder}/watched/run`), await comparable(`${folder}/alone/run`));
  }));

Deno.test("The page answers on this machine's own names alone, and to GET alone", () =>
  withFolder(async (folder) => {
    await visited([`--out=${folder}/run`], async (address) => {
      const { port } = new URL(address);
      const ask = async (text: string): Promise<string> => {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
        await connection.write(new TextEncoder().encode(text));
        const buffer = new Uint8Array(256), count = await connection.read(buffer);
        connection.close();
        return new TextDecoder().decode(buffer.subarray(0, count ?? 0)).split("\r\n")[0]!;
      };
      assert.equal(await ask("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"), "HTTP/1.1 403 Forbidden");
      assert.equal(
        await ask(`POST / HTTP/1.1\r\nHost: localhost\r\n\r\n`),
        "HTTP/1.1 405 Method Not Allowed",
      );
      assert.equal(
        await ask(`GET /config.json HTTP/1.1\r\nHost: localhost\r\n\r\n`),
        "HTTP/1.1 404 Not Found",
      );
      assert.equal(await ask(`GET / HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`), "HTTP/1.1 200 OK");
      const page = await (await fetch(address)).text();
      assert(!/(src|href)="?https?:/.test(page));
    });
  }));

Deno.test("The page is closed however the run ends", () =>
  withFolder(async (folder) => {
    let address = "", heard = Promise.resolve("");
    const { code } = await visited([`--out=${folder}/run`], async (its) => {
      address = its;
      heard = (await fetch(`${its}events`)).text();
    }, afterTurns(9));
    assert.equal(code, 130);
    assert.match(await heard, /The run has ended: Interrupted after 225 steps/);
    await assert.rejects(fetch(address));
  }));

Deno.test("A port that is wrong or taken is refused with one line, and nothing is written", () =>
  withFolder(async (folder) => {
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 }), { port } = taken.addr;
    for (
      const [text, says] of [
        ["99999", /--live must be an integer from 0 to 65535: got "99999"/],
        ["here", /--live must be an integer from 0 to 65535: got "here"/],
        [String(port), /--live \d+: the port is taken: choose another, or 0 for any that is free/],
      ] as const
    ) {
      const words = ["train", "multi-goal", ...TINY, `--live=${text}`, `--out=${folder}/run`];
      const { code, error } = await softq(words);
      assert.equal(code, 2, error);
      assert.match(error, says);
      assert.equal(error.trim().split("\n").length, 1, error);
    }
    taken.close();
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));
