/** The bundles outside of Deno: their types in a strict project, and their results in Node and in Bun. */

import { endBundler } from "../../site/bundle.ts";
import { compressedSize, libraryFiles, siteFiles } from "../../site/build.ts";
import { parseTarGzip, ts } from "../../site/deps_build.ts";
import type { WorkerAnswer } from "../../site/library/worker.ts";
import { assert } from "../deps.ts";
import { withFolder } from "../run/run_fixture.ts";

type Files = ReadonlyMap<string, Uint8Array>;
let built: Promise<{ readonly library: Files; readonly site: Files }> | null = null;

/** The bundles, and the site that has them: built once. */
const files = (): Promise<{ readonly library: Files; readonly site: Files }> =>
  built ??= libraryFiles().then(async (library) => ({ library, site: await siteFiles(library) })).finally(
    endBundler,
  );

/** Writes files to a folder. */
async function write(
  folder: string,
  files: Iterable<readonly [name: string, content: Uint8Array]>,
): Promise<void> {
  for (const [name, content] of files) {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(path, content);
  }
}

/** A test that builds: the bundler's process ends a moment after it was told to. */
const builtTest = (name: string, fn: () => Promise<void>): void =>
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });

/** Does something in a folder that has the bundles. */
const withLibrary = (act: (folder: string) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    await write(folder, (await files()).library);
    await act(folder);
  });

/** What a page's author may write. */
const consumer = (library: string, worker: string): string => `
import { E, keyOf, loadAgent, pointMass, trainSoftQ, type Environment, type SoftQOptions } from "${library}";
import type { WorkerAnswer, WorkerRequest } from "${worker}";
const task: Environment = pointMass();
const options: Partial<SoftQOptions> = { steps: 50, hidden: [8] };
export const act = async (bytes: Uint8Array): Promise<Float32Array> => {
  const trained = await trainSoftQ(task, options)();
  const agent = loadAgent(E.isRight(trained) ? trained.right.save() : bytes);
  if (E.isLeft(agent)) throw new Error(agent.left.message);
  return agent.right.act([0, 0], keyOf(1));
};
export const ask: WorkerRequest = { kind: "episodes", task: "multi-goal", policy: new Uint8Array(), count: 1 };
export const length = (answer: WorkerAnswer): number =>
  answer.kind === "episodes" ? answer.episodes[0]!.states.length : 0;
// @ts-expect-error: a task that there is not
export const wrong: WorkerRequest = { kind: "train", task: "maze" };
// @ts-expect-error: an option's value that there is not
export const none: Partial<SoftQOptions> = { squash: "never" };
`;

builtTest(
  "What the page offers for download is all that a strict TypeScript project needs, and its mistakes are found",
  () =>
    withFolder(async (folder) => {
      const { site } = await files(), use = new TextDecoder().decode(site.get("use.html"));
      const offered = [...use.matchAll(/<a href="([^"]*)"\s+download>/g)].map(([, name]) => name!);
      assert.deepEqual(offered, ["softq.js", "softq.worker.js", "softq.types.tgz"]);
      const taken = offered.flatMap((name) =>
        name.endsWith(".tgz") ? [] : [[`softq/${name}`, site.get(name)!] as const]
      );
      const unpacked = (await parseTarGzip(site.get("softq.types.tgz")!)).map(({ name, data }) =>
        [`softq/${name}`, data ?? new Uint8Array()] as const
      );
      await write(folder, [...taken, ...unpacked]);
      await Deno.writeTextFile(`${folder}/package.json`, '{ "type": "module" }');
      // Beside the page's own scripts, and as a package, as npm would install the folder.
      await Deno.writeTextFile(
        `${folder}/beside.ts`,
        consumer("./softq/softq.js", "./softq/softq.worker.js"),
      );
      await Deno.writeTextFile(`${folder}/package.ts`, consumer("softq", "softq/worker"));
      await Deno.mkdir(`${folder}/node_modules`);
      await Deno.symlink(`${folder}/softq`, `${folder}/node_modules/softq`);
      // With the types of WebGPU and without them, in both ways of finding modules.
      const webgpu = new URL("../../node_modules/@webgpu/types", import.meta.url).pathname;
      for (
        const [types, module, moduleResolution] of [
          [[], ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
          [[webgpu], ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
        ] as const
      ) {
        const program = ts.createProgram([`${folder}/beside.ts`, `${folder}/package.ts`], {
          strict: true,
          noEmit: true,
          skipDefaultLibCheck: true,
          target: ts.ScriptTarget.ES2022,
          module,
          moduleResolution,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
          types: [...types],
        });
        const found = ts.getPreEmitDiagnostics(program).map(({ file, messageText, start }) =>
          `${file?.fileName.slice(folder.length)} ${file?.text.slice(start, (start ?? 0) + 60)}: ${
            ts.flattenDiagnosticMessageText(messageText, " ")
          }`
        );
        assert.deepEqual(found, []);
      }
    }),
);

/** Trains a few updates and prints a digest of the policy; in the variant of WebAssembly that every runtime has. */
const PROGRAM = `
import { cpuDevice, E, pointMass, trainSoftQ } from "./softq.js";
const options = { steps: 60, chunk: 10, minimumReplay: 20, hidden: [16], batch: 8, seed: 5 };
const trained = await trainSoftQ(pointMass(), options, { device: cpuDevice({ workers: 1, variant: "plain" }) })();
if (E.isLeft(trained)) throw new Error(trained.left.message);
const digest = await crypto.subtle.digest("SHA-256", trained.right.save());
console.log([...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
`;

/** Whether a program can be started. */
function starts(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

async function digestIn(folder: string, program: string, args: readonly string[]): Promise<string> {
  await Deno.writeTextFile(`${folder}/program.mjs`, PROGRAM);
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args, `${folder}/program.mjs`],
    cwd: folder,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

for (const [name, program] of [["Node", "node"], ["Bun", "bun"]] as const) {
  // Nobody has to have both of them.
  if (!starts(program)) continue;
  builtTest(
    `The bundle trains in ${name} to the very bits that it has in Deno`,
    () =>
      withLibrary(async (folder) => {
        const ours = await digestIn(folder, Deno.execPath(), ["run", "--no-config", "--no-lock"]);
        assert.match(ours, /^[0-9a-f]{64}$/);
        assert.equal(await digestIn(folder, program, []), ours);
      }),
  );
}

builtTest(
  "The Worker answers each request, and each that is wrong in a sentence",
  () =>
    withLibrary(async (folder) => {
      const worker = new Worker(`file://${folder}/softq.worker.js`, { type: "module" });
      /** The answer to a request; progress is counted. */
      let progress = 0;
      const ask = (request: unknown): Promise<WorkerAnswer> =>
        new Promise((resolve, reject) => {
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) =>
            data.kind === "progress" ? progress++ : resolve(data);
          worker.postMessage(request);
        });
      try {
        const policy = await Deno.readFile(
          new URL("../../site/examples/multi-goal.safetensors", import.meta.url),
        );
        const good = { kind: "episodes", task: "multi-goal", policy, count: 2 };
        const wrong: readonly (readonly [request: unknown, message: RegExp])[] = [
          [null, /^kind must be "episodes" or "train": got undefined$/],
          ["train", /^kind must be/],
          [{ ...good, kind: "play" }, /^kind must be .*: got play$/],
          [{ ...good, task: "maze" }, /^task must be one of multi-goal, swimmer, quadruped: got maze$/],
          [{ ...good, task: "toString" }, /^task must be one of/],
          [{ ...good, policy: "parameters.safetensors" }, /^policy must be the bytes/],
          [{ ...good, count: NaN }, /^count must be an integer from 1: got NaN$/],
          [{ ...good, seed: -1 }, /seed must be an integer/i],
          [{ ...good, policy: policy.subarray(0, 99) }, /cut short/],
          [{ ...good, task: "swimmer" }, /^The policy sees 2 numbers and gives 2; swimmer shows/],
          [{ kind: "train", task: "multi-goal", options: { squash: "never" } }, /squash/],
        ];
        for (const [k, [request, message]] of wrong.entries()) {
          const answer = await ask(request instanceof Object ? { ...request, id: k } : request);
          assert(answer.kind === "failed" && message.test(answer.message), JSON.stringify(answer));
          assert.equal(answer.id, request instanceof Object ? k : undefined);
        }
        const options = { steps: 60, chunk: 20, minimumReplay: 20, hidden: [8], batch: 8 };
        const trained = await ask({ kind: "train", task: "multi-goal", options, id: 7 });
        assert(trained.kind === "trained" && trained.id === 7, JSON.stringify(trained));
        assert(progress > 0);
        const played = async (seed: number) => {
          const answer = await ask({ ...good, policy: trained.policy, seed });
          assert(answer.kind === "episodes");
          return answer.episodes;
        };
        const episodes = await played(1);
        assert.deepEqual(await played(1), episodes);
        assert.notDeepEqual(await played(2), episodes);
        assert.deepEqual(episodes.map(({ stateSize, states }) => [stateSize, states.length % 2]), [[2, 0], [
          2,
          0,
        ]]);
      } finally {
        worker.terminate();
      }
    }),
);

builtTest("The site is smaller than a megabyte compressed, without policies and source maps", async () => {
  const { site } = await files();
  let total = 0;
  for (const [name, content] of site) {
    if (!/\.(map|safetensors)$/.test(name)) total += await compressedSize(content);
  }
  assert(total > 100e3 && total < 1e6, `${total} bytes`);
});

builtTest(
  "Pages name nothing but the site's own files, at relative addresses, and are under a strict policy",
  async () => {
    const { site } = await files();
    const pages = [...site.keys()].filter((name) => /^[a-z]+\.html$/.test(name));
    assert.deepEqual(pages.sort(), ["gallery.html", "index.html", "use.html"]);
    for (const name of pages) {
      const html = new TextDecoder().decode(site.get(name));
      for (const [, address] of html.matchAll(/\b(?:src|href)="([^"]*)"/g)) {
        assert(site.has(address), `${name} names ${address}`);
      }
      const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(html)?.[1] ?? "";
      assert.match(policy, /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
      assert(!/unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|\*/.test(policy), policy);
      assert(!/<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=/.test(html), `${name} has inline code or styles`);
    }
    const kept = /\["[^\]]*\]/.exec(new TextDecoder().decode(site.get("offline.js")))?.[0] ?? "[]";
    for (const name of JSON.parse(kept)) assert(site.has(name), name);
    assert(JSON.parse(kept).length >= 20);
  },
);
