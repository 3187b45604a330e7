/**
 * Packs everything that a machine without network needs to run softq: Deno's binary for Linux on x86-64 from npm's
 * registry, the packages needed at run time, the sources, and, if given, Vulkan loaders.
 *
 *     deno run -A --no-check --lock tests/deno.lock bench/gpu/pack.ts --out DIR [--loaders DIR] [--results NAME,NAME]
 *
 * `DIR/run.sh` unpacks and runs it. `--loaders` is a folder of Debian packages, for example `libvulkan1`; `--results`
 * adds folders below `results/`, to start other runs from. Needs `tar` and `xz`; Deno itself fetches the packages.
 *
 * @module
 */

import { parseArgs } from "node:util";

const ROOT = new URL("../../", import.meta.url).pathname;

/** The programs to run there; everything that they import is packed. */
const ENTRIES = [
  "bench/gpu/gpu.ts",
  "bench/gpu/child.ts",
  "bench/gpu/several.ts",
  ...["adapter", "kernels", "rates", "dispatches", "updates", "host", "loop", "peers", "study"].map((name) =>
    `bench/gpu/${name}.ts`
  ),
  "bench/peak_worker.ts",
  "cli.ts",
  "mod.ts",
  "study/study.ts",
];

/** Folders and files of the repository that are packed; what only tests and benchmarks need is left out. */
const PACKED = [
  "deno.json",
  "LICENSE",
  "cli.ts",
  "mod.ts",
  "src",
  "envs",
  "shaders",
  "experiments",
  "study",
  "bench",
  "tests/kernels",
  "tests/device",
];

/** Maximum size of the pack, bytes. */
const MAX_BYTES = 60e6;

/** Runs a command; throws with its output unless it succeeds. */
async function succeed(
  command: string,
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<void> {
  const { code, stderr } = await new Deno.Command(command, { ...options, args: [...args], stdout: "null" })
    .output();
  if (code !== 0) {
    throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr).slice(-1000)}`);
  }
}

/** Bytes of the files in a folder. */
async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    bytes += isDirectory ? await sizeOf(`${folder}/${name}`) : (await Deno.stat(`${folder}/${name}`)).size;
  }
  return bytes;
}

/** Copies a file or a folder of the repository, without packages and ignored files. */
async function copy(path: string, to: string): Promise<void> {
  await Deno.mkdir(`${to}/${path}`.replace(/[^/]*$/, ""), { recursive: true });
  await succeed("cp", ["-r", `${ROOT}${path}`, `${to}/${path}`]);
}

/**
 * Deno's binary of the version that runs this, at xz's highest level: about 30 MB. It takes a minute and is cached for
 * the next pack.
 */
async function packDeno(work: string, out: string): Promise<void> {
  const packed = `${out}/deno-${Deno.version.deno}.xz`;
  if (await Deno.stat(packed).then(() => true, () => false)) return;
  const name = `@deno/linux-x64-glibc@${Deno.version.deno}`;
  await succeed("npm", ["pack", "--silent", name], { cwd: work });
  await succeed("sh", ["-c", "tar -xzf ./*.tgz && rm ./*.tgz"], { cwd: work });
  await succeed("sh", ["-c", `xz -9 -c package/deno > "$0.new" && mv "$0.new" "$0"`, packed], { cwd: work });
}

/** The sources with a store of the packages that they import, and locks that name only these. */
async function packSources(work: string, out: string, results: readonly string[]): Promise<void> {
  const softq = `${work}/softq`, store = `${work}/deno_dir`;
  await Deno.mkdir(softq);
  for (const path of [...PACKED, ...results.map((name) => `results/${name}`)]) await copy(path, softq);
  // Packages are used where they are stored: a folder of links to them would have to be made there first.
  const project = JSON.parse(await Deno.readTextFile(`${softq}/deno.json`));
  await Deno.writeTextFile(
    `${softq}/deno.json`,
    JSON.stringify({ ...project, nodeModulesDir: "none" }, null, 2),
  );
  const lock = `${softq}/tests/deno.lock`;
  await succeed(Deno.execPath(), [
    "cache",
    "--quiet",
    "--no-check",
    "--frozen=false",
    "--lock",
    lock,
    ...ENTRIES,
  ], {
    cwd: softq,
    env: { DENO_DIR: store },
  });
  await Deno.copyFile(lock, `${softq}/deno.lock`);
  await succeed("sh", ["-c", 'find "$0" -mindepth 1 -maxdepth 1 ! -name npm -exec rm -rf {} +', store]);
  await succeed("sh", ["-c", 'tar -c softq deno_dir | xz -9 > "$0"', `${out}/softq.tar.xz`], { cwd: work });
}

/** Makes the pack; returns its size in bytes. */
export async function packInto(out: string, loaders: string, results: readonly string[]): Promise<number> {
  await Deno.mkdir(out, { recursive: true });
  const work = await Deno.makeTempDir(), absolute = await Deno.realPath(out);
  try {
    await packSources(work, absolute, results);
    await packDeno(work, absolute);
    await Deno.copyFile(`${ROOT}bench/gpu/run.sh`, `${out}/run.sh`);
    await Deno.chmod(`${out}/run.sh`, 0o755);
    if (loaders !== "") {
      await Deno.mkdir(`${out}/loaders`, { recursive: true });
      for await (const { name } of Deno.readDir(loaders)) {
        if (name.endsWith(".deb")) await Deno.copyFile(`${loaders}/${name}`, `${out}/loaders/${name}`);
      }
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  return await sizeOf(out);
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      out: { type: "string", default: "" },
      loaders: { type: "string", default: "" },
      results: { type: "string", default: "" },
    },
  });
  if (values.out === "") {
    console.error("--out must name the folder that the pack goes to");
    Deno.exit(2);
  }
  const bytes = await packInto(
    values.out,
    values.loaders,
    values.results.split(",").filter((name) => name !== ""),
  );
  console.log(`${values.out}: ${(bytes / 1e6).toFixed(1)} MB`);
  if (bytes > MAX_BYTES) {
    console.error(`That is more than ${MAX_BYTES / 1e6} MB`);
    Deno.exit(1);
  }
}
