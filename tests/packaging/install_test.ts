/** What a user's first command installs: Deno puts every package of the lock into `node_modules`, used or not. */
import { assert } from "../deps.ts";
import { filesBelow, importsOf, ROOT } from "./sources.ts";

/** What a user's first command may install, bytes on disk. */
const MAX = 25e6;

/** All that the root's lock may name. A package more is downloaded by everyone who tries softq: is it worth that? */
const PACKAGES = [
  ["@stricli/core"],
  ["@types/d3-array", "@types/d3-contour", "@types/d3-path", "@types/d3-scale", "@types/d3-shape"],
  ["@types/d3-time", "@types/geojson", "@types/ndarray", "@webgpu/types"],
  ["d3-array", "d3-color", "d3-contour", "d3-format", "d3-interpolate", "d3-path", "d3-scale", "d3-shape"],
  ["d3-time", "d3-time-format"],
  ["fastest-levenshtein", "fp-ts", "internmap", "iota-array", "is-buffer", "ndarray", "zod"],
].flat();

/** A file of locked packages. */
interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  /** Packages by name and version, with the hash of what is downloaded. */
  readonly npm: Readonly<Record<string, { readonly integrity: string }>>;
}

const lock = (path: string): Lock => JSON.parse(Deno.readTextFileSync(ROOT + path));

/** Files that are reached from some, by imports of values, of types and of text. */
function reached(entries: readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    if (!path.endsWith(".ts")) return;
    for (const { target } of importsOf(path)) if (!/^(npm|jsr|node|https?):/.test(target)) visit(target);
  };
  entries.forEach(visit);
  return found;
}

/** The packages that files and `deno.json` name, as specifiers without the path within a package. */
function named(files: Iterable<string>): Set<string> {
  const text = [...files, "deno.json"].map((path) => Deno.readTextFileSync(ROOT + path)).join("\n");
  return new Set(
    [...text.matchAll(/"(npm:(?:@[^/"]+\/)?[^/"@]+@\d[^/"]*)/g)].map(([, specifier]) => specifier),
  );
}

const USER = [
  "cli.ts",
  "mod.ts",
  "src/ndarray/mod.ts",
  ...filesBelow("experiments/", ".ts"),
  ...filesBelow("study/", ".ts"),
];

/** Bytes of all files below a folder. */
function bytesBelow(folder: string): number {
  let sum = 0;
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    if (isDirectory) sum += bytesBelow(`${folder}/${name}`);
    else if (isFile) sum += Deno.statSync(`${folder}/${name}`).size;
  }
  return sum;
}

Deno.test("The root's lock names what cli.ts, the library, experiments and study import, and nothing else", () => {
  assert.deepEqual(Object.keys(lock("deno.lock").specifiers).sort(), [...named(reached(USER))].sort());
});

Deno.test("No package is added to a user's install unnoticed", () => {
  const names = Object.keys(lock("deno.lock").npm).map((key) => key.replace(/(?<=.)@.*$/, ""));
  assert.deepEqual(names.sort(), PACKAGES.toSorted());
});

Deno.test("Both locks hold a hash of each package, and the same one", () => {
  const root = lock("deno.lock"), all = lock("tests/deno.lock");
  for (const { npm } of [root, all]) {
    for (const [name, { integrity }] of Object.entries(npm)) assert.match(integrity, /^sha512-\S{80,}/, name);
  }
  for (const [name, { integrity }] of Object.entries(root.npm)) {
    assert.equal(all.npm[name]?.integrity, integrity);
  }
});

Deno.test("A new checkout's first command installs no more than 25 MB", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const path of new Set([...reached(USER), "deno.json", "deno.lock"])) {
      await Deno.mkdir(`${folder}/${path}`.replace(/[^/]*$/, ""), { recursive: true });
      await Deno.copyFile(ROOT + path, `${folder}/${path}`);
    }
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--cached-only", "--allow-read", "cli.ts", "--help"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.match(new TextDecoder().decode(stdout), /USAGE/);
    const bytes = bytesBelow(`${folder}/node_modules`);
    assert(bytes > 5e6, `only ${bytes} bytes: the packages were put elsewhere`);
    assert(bytes < MAX, `${bytes} bytes`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
