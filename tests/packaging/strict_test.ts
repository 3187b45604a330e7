/**
 * Projects whose compiler asks for more than ours: they import every entry of the package, from a checkout and by URL,
 * and have all of it checked under their own options, libraries' declarations included.
 */
import { assert } from "../deps.ts";
import { serve } from "./serve.ts";
import { filesBelow, ROOT } from "./sources.ts";

/** What a strict project asks for beyond `strict`. */
const OPTIONS = {
  strict: true,
  erasableSyntaxOnly: true, // as for runtimes that strip types
  exactOptionalPropertyTypes: true,
  noFallthroughCasesInSwitch: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  skipLibCheck: false,
  verbatimModuleSyntax: true,
};

/**
 * What a compiler says of a project that imports the modules under these addresses.
 *
 * @param modules whether the project has a folder of modules, in which alone types of a higher kind are seen
 */
async function checked(
  addresses: readonly string[],
  flags: readonly string[],
  modules = true,
): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      JSON.stringify({ ...modules ? { nodeModulesDir: "auto" } : {}, compilerOptions: OPTIONS }),
    );
    const lines = addresses.map((address, k) => `export * as entry${k} from ${JSON.stringify(address)};`);
    await Deno.writeTextFile(`${folder}/project.ts`, `${lines.join("\n")}\n`);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--no-lock", ...flags, "project.ts"],
      cwd: folder,
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert(code === 0 || said !== "");
    return code === 0 ? "" : said;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What the pages have a user import besides the entries. */
const SHOWN = ["src/cli/main.ts", "src/run/define_experiment.ts", "src/terminal/console.ts"];

async function entries(): Promise<readonly string[]> {
  const { exports } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`)) as {
    readonly exports: Readonly<Record<string, string>>;
  };
  return [...Object.values(exports).map((path) => path.slice(2)), ...SHOWN];
}

Deno.test("A strict project's compiler reports nothing about any entry of a checkout, nor about what the pages show", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const addresses = (await entries()).map((path) => `file://${ROOT}${path}`), count = addresses.length;
    for (const page of ["README.md", ...filesBelow("docs/", ".md")]) {
      const text = await Deno.readTextFile(ROOT + page);
      for (const [, code] of text.matchAll(/^```ts\n([^]*?)^```/gm)) {
        const path = `${folder}/block${addresses.length}.ts`;
        await Deno.writeTextFile(
          path,
          `${code!.replace(/(?<=["'])\.\.?\//g, `file://${ROOT}`)}\nexport {};\n`,
        );
        addresses.push(`file://${path}`);
      }
    }
    assert(addresses.length > count + 25);
    assert.equal(await checked(addresses, []), "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("It reports nothing in a project without node_modules either", async () => {
  assert.equal(await checked((await entries()).map((path) => `file://${ROOT}${path}`), [], false), "");
});

Deno.test("A strict project's compiler reports nothing about any entry that is imported by URL", async () => {
  const server = serve();
  try {
    const host = `127.0.0.1:${server.addr.port}`;
    const addresses = (await entries()).map((path) => `http://${host}/${path}`);
    assert.equal(await checked(addresses, [`--reload=http://${host}`, `--allow-import=${host}`]), "");
    // Told to look into all that is imported, Deno 2.9 complains of its own declarations and of its own stand-ins for
    // text.
    const all = await checked(addresses, ["--all", `--allow-import=${host}`]);
    const faults = all.split(/\n\n(?=TS\d+ )/).filter((fault) => /^TS\d+ /.test(fault));
    assert(faults.length > 0, all);
    const ours = faults.filter((fault) =>
      fault.includes(`${host}/`) && !fault.includes("#denoRawImport=text")
    );
    assert.deepEqual(ours, []);
  } finally {
    await server.shutdown();
  }
});

Deno.test("A strict project's compiler does check its imports: a fault of each kind is found", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/loose.ts`,
      `export const first = (list: readonly number[]): number => list[0];
export const named = (table: Readonly<Record<string, number>>): number | undefined => table.name;
export const given: { readonly a?: number } = { a: undefined };
`,
    );
    const said = await checked([`file://${folder}/loose.ts`], []);
    for (const code of ["TS2322", "TS4111", "TS2375"]) assert(said.includes(code), said);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
