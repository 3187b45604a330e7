/** The library imported by URL from a script outside the repository, with no permission but that import. */
import { assert } from "../deps.ts";
import { dense } from "../../src/kernels/dense.ts";
import { softValue } from "../../src/kernels/soft_value.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { grad } from "../../src/tensor/gradient.ts";
import { trace } from "../../src/tensor/program.ts";
import { f32 } from "../../src/tensor/shape.ts";
import { runProgram } from "../device/evaluate.ts";
import { serve } from "./serve.ts";
import { ROOT } from "./sources.ts";
import { type Found, userScript } from "./user_script.ts";

/** The same program as the script's, in float64. */
async function expected(): Promise<Found> {
  const program = trace({ x: f32(1, 2, 3), w: f32(1, 4, 5), alpha: f32(1) }, ({ x, w, alpha }) => ({
    v: softValue(dense(x, w, { activation: "tanh" }), alpha, 0),
  }));
  const found = await runProgram(referenceDevice(), grad(program, "v", ["w"]), {
    x: [0.1, -0.2, 0.3, 0.4, 0.5, -0.6],
    w: Array.from({ length: 20 }, (_, i) => Math.sin(1 + i)),
    alpha: [0.5],
  });
  return { v: [...found["v"]], slope: [...found["dv/dw"]] };
}

/**
 * What a script in a folder of its own prints that may do nothing but import the library from the address that it is
 * given.
 */
async function printed(script: (library: string) => string): Promise<string> {
  const server = serve(), folder = await Deno.makeTempDir();
  try {
    const host = `127.0.0.1:${server.addr.port}`;
    await Deno.writeTextFile(`${folder}/script.ts`, script(`http://${host}`));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-lock",
        `--reload=http://${host}`,
        `--allow-import=${host}`,
        "script.ts",
      ],
      cwd: folder,
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("A script elsewhere imports mod.ts by URL, differentiates a program and runs it, with no other permission", async () => {
  const found = await printed((library) =>
    `${userScript(library)}
const refused = await Deno.permissions.query({ name: "read" });
console.log(JSON.stringify({ ...found, read: refused.state }));`
  );
  const { read, ...devices } = JSON.parse(found) as
    & Record<string, Found>
    & { readonly read: string };
  assert.notEqual(read, "granted");
  const wanted = await expected();
  // Sums of 5 and tanh on the CPU err by less than 40 units of 2⁻²⁴; a GPU's tanh by 1e-5 and its exp by 12 units.
  const tolerance: Readonly<Record<string, number>> = { cpu: 3e-6, webgpu: 1e-4 };
  assert(devices["cpu"] !== undefined);
  for (const [device, { v, slope }] of Object.entries(devices)) {
    assert.deepEqual([v.length, slope.length], [wanted.v.length, wanted.slope.length]);
    [...v, ...slope].forEach((x, i) => {
      const error = Math.abs(x - [...wanted.v, ...wanted.slope][i]!);
      assert(error <= tolerance[device]!, `${device}: element ${i} is off by ${error}`);
    });
  }
});

/** Sub-path exports as a project of its own finds them, and a name of each. */
const NAMES: Readonly<Record<string, string>> = {
  ".": "trainSoftQ",
  "./envs": "pointMass",
  "./random": "stream",
  "./tensor": "grad",
  "./kernels": "stein",
  "./device": "webgpuDevice",
  "./learn": "configured",
  "./train": "iterate",
  "./run": "resume",
  "./ndarray": "view",
  "./collectors": "collectors",
};

Deno.test("Every sub-path export is a module by URL, with no effect at its import", async () => {
  const { exports } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`)) as {
    readonly exports: Readonly<Record<string, string>>;
  };
  assert.deepEqual(Object.keys(NAMES), Object.keys(exports));
  const names = Object.entries(NAMES);
  const found = await printed((library) =>
    [
      ...names.map(([path, name], k) =>
        `import { ${name} as name${k} } from "${library}/${exports[path]!.slice(2)}";`
      ),
      `console.log([${names.map((_, k) => `typeof name${k}`)}].join());`,
    ].join("\n")
  );
  assert.equal(found.trim(), names.map(() => "function").join());
});

Deno.test("mod.ts shows at most sixty names, and none that a module below it does not show", async () => {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "mod.ts"],
    cwd: ROOT,
  }).output();
  assert(success);
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
    readonly nodes: Readonly<Record<string, { readonly symbols: readonly { readonly name: string }[] }>>;
  };
  const names = new Set(Object.values(nodes).flatMap(({ symbols }) => symbols.map(({ name }) => name)));
  assert(names.has("trainSoftQ") && names.has("EnvironmentFailed"));
  assert(names.size <= 60, `${names.size}: ${[...names].join(" ")}`);
  // `deno doc` opens with this comment, and lists functions by name: what it says to begin with is there.
  const [, begin] = /Begin here:\n([\s\S]*?)\n \* Everything below/.exec(
    await Deno.readTextFile(`${ROOT}mod.ts`),
  )!;
  const mentioned = [...begin!.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
  assert(mentioned.length >= 12);
  assert.deepEqual(mentioned.filter((name) => !names.has(name)), []);
});

/** The first TypeScript block of a section of the README. */
async function readmeBlock(section: string): Promise<string> {
  const [, after] = (await Deno.readTextFile(`${ROOT}README.md`)).split(`## ${section}\n`) as [
    string,
    string,
  ];
  const [, block] = /```ts\n([\s\S]*?)```/.exec(after) ?? [];
  return block;
}

Deno.test("The README's own task is trained, saved, loaded and acted in by a script that imports mod.ts by URL", async () => {
  const server = serve(), folder = await Deno.makeTempDir();
  try {
    const host = `127.0.0.1:${server.addr.port}`;
    const block = await readmeBlock("Use it from a script");
    assert(
      block.includes('from "./mod.ts"') && block.includes("loadAgent(") && block.includes("withFixedNoise("),
    );
    const script = block.replace('"./mod.ts"', `"http://${host}/mod.ts"`) +
      '\nconsole.log("done", action.length);';
    await Deno.writeTextFile(`${folder}/script.ts`, script);
    const files = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-lock",
        `--reload=http://${host}`,
        `--allow-import=${host}`,
        ...files,
        "script.ts",
      ],
      cwd: folder,
      env: { NO_COLOR: "1", TMPDIR: folder },
      stdin: "null",
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.equal(new TextDecoder().decode(stdout).trim(), "done 1");
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});
