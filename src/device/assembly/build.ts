/**
 * Compiles the AssemblyScript under `source/` into `modules.ts` and `row_module.ts`: `deno task build-assembly`.
 *
 * Each variant is compiled once, with an imported memory that is not shared; `module_bytes.ts` turns the import into a
 * shared one when the module is loaded, so that two variants are all that is kept.
 *
 * @module
 */
import { asc } from "./deps.ts";
import type { Variant } from "./module_bytes.ts";

/** The folder of the AssemblyScript sources. */
const SOURCE = new URL("./source/", import.meta.url);

/**
 * Binaryen's passes, in place of `-O3`. Those that are left out move local variables: they sink a multiply-add to its
 * next use, which interleaves the steps of k and makes the engine spill accumulators. The tile then runs at three
 * quarters of the speed. The engine's own compiler does what else they would do.
 */
const PASSES = [
  "ssa-nomerge",
  "dce",
  "vacuum",
  "remove-unused-brs",
  "remove-unused-names",
  "precompute-propagate",
  "optimize-instructions",
  "code-folding",
  "vacuum",
  "merge-locals",
  "coalesce-locals",
  "reorder-locals",
  "vacuum",
];

const FLAGS: Record<Variant, readonly string[]> = {
  relaxed: ["--enable", "simd", "--enable", "relaxed-simd"],
  plain: ["--enable", "simd"],
};

/** The compiler's flags for a memory that threads share, as a test compares with the rewritten import. */
export const SHARED_FLAGS: readonly string[] = [
  "--enable",
  "threads",
  "--sharedMemory",
  "--maximumMemory",
  "65536",
];

/**
 * Compiles one variant.
 *
 * @param extra further compiler flags
 * @param entry the source that exports what the module has
 * @returns the bytes of the WebAssembly module
 * @throws Error with the compiler's messages if the source does not compile
 */
export async function compileModule(
  variant: Variant,
  extra: readonly string[] = [],
  entry = "index.ts",
): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  const flags = [
    entry,
    "-O0",
    ...["--runPasses", PASSES.join(",")],
    "--noAssert",
    ...["--runtime", "stub"],
    ...["--use", "abort="],
    "--importMemory",
    "--noExportMemory",
    // Spares the engine the comparison of constant offsets with a memory that might be empty.
    ...["--initialMemory", "1"],
    // Vectors do pass between the module's own functions, never to JavaScript: the warning is about the latter.
    ...["--disableWarning", "112"],
    ...FLAGS[variant],
    ...extra,
    ...["--outFile", "module.wasm"],
  ];
  const { error, stderr } = await asc.main(flags, {
    readFile: (name) => {
      try {
        return Deno.readTextFileSync(new URL(name, SOURCE));
      } catch {
        return null;
      }
    },
    writeFile: (_name, contents) => {
      if (contents instanceof Uint8Array) bytes = contents;
    },
    listFiles: () => [],
  });
  const messages = stderr.toString();
  if (error || bytes === undefined || messages.trim() !== "") {
    throw new Error(`the ${variant} variant does not compile cleanly:\n${messages}${error?.message ?? ""}`);
  }
  return bytes;
}

const HEAD = [
  "// Generated from source/ by `deno task build-assembly`: do not edit. A test rebuilds it and compares.\n",
  "// deno-fmt-ignore-file\n",
  "\n",
];
const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** The text of `modules.ts` for the two compiled variants. */
export function modulesText(modules: Record<Variant, Uint8Array>): string {
  const constant = (variant: Variant) => `  ${variant}:\n    "${base64(modules[variant])}",\n`;
  return [
    ...HEAD,
    "/** The compiled WebAssembly modules in base64, one a variant. */\n",
    "export const MODULES = {\n",
    constant("relaxed"),
    constant("plain"),
    "} as const;\n",
  ].join("");
}

/** Compiles the module of `source/row.ts`, whose arithmetic is the same in every variant. */
export const compileRow = (): Promise<Uint8Array> => compileModule("plain", [], "row.ts");

/** The text of `row_module.ts`. */
export const rowModuleText = (bytes: Uint8Array): string =>
  [
    ...HEAD,
    "/** The compiled WebAssembly module of `row.ts` in base64. */\n",
    `export const ROW_MODULE =\n  "${base64(bytes)}";\n`,
  ]
    .join("");

if (import.meta.main) {
  const modules = { relaxed: await compileModule("relaxed"), plain: await compileModule("plain") };
  await Deno.writeTextFile(new URL("./modules.ts", import.meta.url), modulesText(modules));
  const row = await compileRow();
  await Deno.writeTextFile(new URL("./row_module.ts", import.meta.url), rowModuleText(row));
  console.log(`row: ${row.length} bytes`);
  for (const [variant, bytes] of Object.entries(modules)) console.log(`${variant}: ${bytes.length} bytes`);
}
