/**
 * Type declarations of the bundles: those of every module reachable from an entry, including the packages' own
 * declarations, so that a project needs nothing else for type checking.
 *
 * @module
 */

import { ROOT } from "./bundle.ts";
import { ts } from "./deps_build.ts";

/** The declaration file named by a package's folder. */
function folderFile(folder: string): string {
  const { types, typings, main = "index.js" } = JSON.parse(
    Deno.readTextFileSync(`${ROOT}${folder}/package.json`),
  );
  const file: string = types ?? typings ?? main.replace(/\.js$/, ".d.ts");
  return new URL(file, `file:///${folder}/`).pathname.slice(1);
}

/** Resolves a package's specifier to its declarations in the modules folder. */
function packageFile(specifier: string): string {
  const [, name, path] = /^npm:((?:@[^/]+\/)?[^@/]+)@[^/]+(\/.*)?$/.exec(specifier) ?? [];
  if (name === undefined) throw new Error(`${specifier} is not a package`);
  const folder = `node_modules/${name}`;
  return path === undefined ? folderFile(folder) : `${folder}${path.replace(/\.js$/, ".d.ts")}`;
}

/** The declarations of a package's module: a file, or the one named by a folder's package.json. */
function declarationsOf(path: string): string {
  try {
    if (Deno.statSync(`${ROOT}${path}.d.ts`).isFile) return `${path}.d.ts`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return folderFile(path);
}

/** Resolves a specifier in a file. */
function targetOf(specifier: string, from: string): string {
  if (specifier.startsWith("npm:")) return packageFile(specifier);
  const path = new URL(specifier, `file:///${from}`).pathname.slice(1);
  return from.startsWith("node_modules/") ? declarationsOf(path.replace(/(\.d)?\.[jt]s$/, "")) : path;
}

/** The path of a file's declarations in the types folder. */
const outputPath = (path: string): string =>
  path.startsWith("node_modules/")
    ? `packages/${path.slice("node_modules/".length)}`
    : path.replace(/\.ts$/, ".d.ts");

/** The relative specifier from one file to another. */
function specifierTo(from: string, to: string): string {
  const up = from.split("/").slice(0, -1), there = to.replace(/\.d\.ts$/, ".js").split("/");
  while (up.length > 0 && up[0] === there[0]) {
    up.shift();
    there.shift();
  }
  return `${up.length === 0 ? "./" : "../".repeat(up.length)}${there.join("/")}`;
}

/** The declaration file of shader imports. */
const SHADER_DECLARATION = "shader.d.ts";

/** Emits the declarations of modules and their dependencies in the repository, by path. */
function emitted(entries: readonly string[]): ReadonlyMap<string, string> {
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    declaration: true,
    emitDeclarationOnly: true,
    allowImportingTsExtensions: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    types: [`${ROOT}node_modules/@webgpu/types`],
    rootDir: ROOT,
    skipLibCheck: true,
  };
  const host = ts.createCompilerHost(options), read = host.getSourceFile.bind(host);
  const shader = ts.createSourceFile(
    ROOT + SHADER_DECLARATION,
    "declare const text: string;\nexport default text;\n",
    options.target!,
  );
  const program = ts.createProgram(entries.map((entry) => ROOT + entry), options, {
    ...host,
    getSourceFile: (path, ...rest) => path === ROOT + SHADER_DECLARATION ? shader : read(path, ...rest),
    resolveModuleNameLiterals: (literals, from) =>
      literals.map(({ text }) => {
        const target = text.endsWith(".wgsl") ? SHADER_DECLARATION : targetOf(text, from.slice(ROOT.length));
        const extension = target.endsWith(".d.ts") ? ts.Extension.Dts : ts.Extension.Ts;
        return {
          resolvedModule: { resolvedFileName: ROOT + target, extension, isExternalLibraryImport: false },
        };
      }),
  });
  const files = new Map<string, string>();
  const { diagnostics } = program.emit(undefined, (path, text) => files.set(path.slice(ROOT.length), text));
  // Function bodies are checked elsewhere; the emit reports errors of declarations.
  const [wrong] = [...program.getSyntacticDiagnostics(), ...diagnostics];
  if (wrong !== undefined) {
    throw new Error(`${wrong.file?.fileName}: ${ts.flattenDiagnosticMessageText(wrong.messageText, " ")}`);
  }
  return files;
}

/** Declarations of all modules reachable from the entries, by path. */
export function declarations(entries: readonly string[]): ReadonlyMap<string, string> {
  const own = emitted(entries),
    files = new Map<string, string>(),
    waiting = [...entries],
    seen = new Set(entries);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const from = path;
    let text = own.get(outputPath(path)) ?? Deno.readTextFileSync(ROOT + path);
    // From the last to the first, so that earlier offsets stay valid.
    for (const { fileName, pos, end } of ts.preProcessFile(text, true, true).importedFiles.reverse()) {
      const target = targetOf(fileName, from), at = text.indexOf(fileName, pos);
      if (!seen.has(target)) {
        seen.add(target);
        waiting.push(target);
      }
      if (at > end) throw new Error(`${path} does not import "${fileName}" where it is said to`);
      text = text.slice(0, at) + specifierTo(outputPath(from), outputPath(target)) +
        text.slice(at + fileName.length);
    }
    files.set(outputPath(path), text);
  }
  return files;
}
