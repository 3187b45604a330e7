/** The bundles outside of Deno: their types in a strict project, and their results in Node and in Bun. */

import { endBundler } from "../../site/bundle.ts";
import { compressedSize, libraryFiles, siteFiles } from "../../site/build.ts";
import { ts } from "../../site/deps_build.ts";
import { assert } from "../deps.ts";
import { withFolder } from "../run/run_fixture.ts";

let built: Promise<ReadonlyMap<string, Uint8Array>> | null = null;
const library = (): Promise<ReadonlyMap<string, Uint8Array>> => built ??= libraryFiles().finally(endBundler);

/** A test that builds: the bundler's process ends a moment after it was told to. */
const builtTest = (name: string, fn: () => Promise<void>): void =>
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });

/** Does something in a folder that has the bundles. */
const withLibrary = (act: (folder: string) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    for (const [name, content] of await library()) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeFile(path, content);
    }
    await act(folder);
  });

/** What a page's author may write. */
const CONSUMER = `
import { E, keyOf, loadAgent, pointMass, trainSoftQ, type Environment, type SoftQOptions } from "./softq.js";
import type { WorkerAnswer, WorkerRequest } from "./softq.worker.js";
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
  "The declarations stand alone: a strict TypeScript project checks against them, and its mistakes are found",
  () =>
    withLibrary(async (folder) => {
      await Deno.writeTextFile(`${folder}/consumer.ts`, CONSUMER);
      await Deno.writeTextFile(`${folder}/package.json`, '{ "type": "module" }');
      // With the types of WebGPU and without them, in both ways of finding modules.
      const webgpu = new URL("../../node_modules/@webgpu/types", import.meta.url).pathname;
      for (
        const [types, module, moduleResolution] of [
          [[], ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
          [[webgpu], ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
        ] as const
      ) {
        const program = ts.createProgram([`${folder}/consumer.ts`], {
          strict: true,
          noEmit: true,
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

builtTest("The site is smaller than a megabyte compressed, without policies and source maps", async () => {
  const files = await siteFiles(await library()).finally(endBundler);
  let total = 0;
  for (const [name, content] of files) {
    if (!/\.(map|safetensors)$/.test(name)) total += await compressedSize(content);
  }
  assert(total > 100e3 && total < 1e6, `${total} bytes`);
});

builtTest(
  "Pages name nothing but the site's own files, at relative addresses, and are under a strict policy",
  async () => {
    const files = await siteFiles(await library()).finally(endBundler);
    const pages = [...files.keys()].filter((name) => /^[a-z]+\.html$/.test(name));
    assert.deepEqual(pages.sort(), ["gallery.html", "index.html", "use.html"]);
    for (const name of pages) {
      const html = new TextDecoder().decode(files.get(name));
      for (const [, address] of html.matchAll(/\b(?:src|href)="([^"]*)"/g)) {
        assert(files.has(address), `${name} names ${address}`);
      }
      const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(html)?.[1] ?? "";
      assert.match(policy, /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
      assert(!/unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|\*/.test(policy), policy);
      assert(!/<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=/.test(html), `${name} has inline code or styles`);
    }
    const kept = /\["[^\]]*\]/.exec(new TextDecoder().decode(files.get("offline.js")))?.[0] ?? "[]";
    for (const name of JSON.parse(kept)) assert(files.has(name), name);
    assert(JSON.parse(kept).length >= 20);
  },
);
