/**
 * Type declarations of the bundles: those of every module that an entry reaches, each file for itself, with the packages'
 * own declarations beside them, so that a project needs nothing else to check its types.
 *
 * Every public symbol says its type (the linter's rule for slow types), so that a file's declarations follow from that file
 * alone.
 *
 * @module
 */

import { ROOT } from "./bundle.ts";
import { ts } from "./deps_build.ts";

/** From the specifier of a package to its declarations in the folder of modules. */
function packageFile(specifier: string): string {
  const [, name, path] = /^npm:((?:@[^/]+\/)?[^@/]+)@[^/]+(\/.*)?$/.exec(specifier) ?? [];
  if (name === undefined || path === undefined) throw new Error(`${specifier} has no file of declarations`);
  return `node_modules/${name}${path.replace(/\.js$/, ".d.ts")}`;
}

/** The declarations of a package's module: a file, or what a folder's package.json names. */
function besideIn(path: string): string {
  try {
    if (Deno.statSync(`${ROOT}${path}.d.ts`).isFile) return `${path}.d.ts`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const { typings } = JSON.parse(Deno.readTextFileSync(`${ROOT}${path}/package.json`));
  return new URL(typings, `file:///${path}/`).pathname.slice(1);
}

/** The file that a specifier in another file means. */
function targetOf(specifier: string, from: string): string {
  if (specifier.startsWith("npm:")) return packageFile(specifier);
  const path = new URL(specifier, `file:///${from}`).pathname.slice(1);
  return from.startsWith("node_modules/") ? besideIn(path.replace(/(\.d)?\.[jt]s$/, "")) : path;
}

/** Where a file's declarations stand, below the folder of types. */
const placeOf = (path: string): string =>
  path.startsWith("node_modules/")
    ? `packages/${path.slice("node_modules/".length)}`
    : path.replace(/\.ts$/, ".d.ts");

/** The specifier that leads from one place to another. */
function specifierTo(from: string, to: string): string {
  const up = from.split("/").slice(0, -1), there = to.replace(/\.d\.ts$/, ".js").split("/");
  while (up.length > 0 && up[0] === there[0]) {
    up.shift();
    there.shift();
  }
  return `${up.length === 0 ? "./" : "../".repeat(up.length)}${there.join("/")}`;
}

/** The declarations of a file of the repository, or of a package. */
function declarationsOf(path: string): string {
  const source = Deno.readTextFileSync(ROOT + path);
  if (path.startsWith("node_modules/")) return source;
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(source, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {
      isolatedDeclarations: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      removeComments: false,
    },
  });
  if (diagnostics.length > 0) {
    throw new Error(`${path}: ${ts.flattenDiagnosticMessageText(diagnostics[0].messageText, " ")}`);
  }
  return outputText;
}

/** Declarations of all modules that are reached from some, by their places. */
export function declarations(entries: readonly string[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>(), waiting = [...entries], seen = new Set(entries);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const from = path;
    let text = declarationsOf(path);
    // From the last to the first, so that places before them stay where they are.
    for (const { fileName, pos, end } of ts.preProcessFile(text, true, true).importedFiles.reverse()) {
      const target = targetOf(fileName, from), at = text.indexOf(fileName, pos);
      if (!seen.has(target)) {
        seen.add(target);
        waiting.push(target);
      }
      if (at > end) throw new Error(`${path} does not import "${fileName}" where it is said to`);
      text = text.slice(0, at) + specifierTo(placeOf(from), placeOf(target)) +
        text.slice(at + fileName.length);
    }
    files.set(placeOf(path), text);
  }
  return files;
}
