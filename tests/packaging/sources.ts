/** The repository's own files, and what they import. */

/** The folder that `mod.ts` stands in, with a slash at its end. */
export const ROOT: string = new URL("../../", import.meta.url).pathname;

/** Paths of all files below a folder, from the root, in order. */
export function filesBelow(folder: string, ending: string): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(ROOT + folder)) {
    if (name === "node_modules" || name.startsWith(".")) continue;
    const path = `${folder}${name}`;
    if (isDirectory) found.push(...filesBelow(`${path}/`, ending));
    else if (name.endsWith(ending)) found.push(path);
  }
  return found.sort();
}

/** TypeScript of the library, without the source that AssemblyScript compiles. */
export const libraryFiles = (): string[] =>
  ["src/", "envs/", "experiments/", "study/", "site/"].flatMap((folder) => filesBelow(folder, ".ts"))
    .filter((path) => !path.startsWith("src/device/assembly/source/"))
    .concat(filesBelow("", ".ts").filter((path) => !path.includes("/")));

/** One import or re-export. */
export interface Import {
  /** What is imported: a path from the root, or a specifier that is no path. */
  readonly target: string;
  /** Nothing of it is left when types are stripped. */
  readonly onlyTypes: boolean;
}

/** Text without comments; strings that hold `//` stay whole. */
const withoutComments = (text: string): string =>
  text.replace(
    /("(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|\/\*[^]*?\*\/|\/\/[^\n]*/g,
    (_, string) => string ?? "",
  );

/** The static imports and re-exports of a file. */
export function importsOf(path: string): Import[] {
  const text = withoutComments(Deno.readTextFileSync(ROOT + path));
  const statement = /(?:^|\n)\s*(import|export)\s+(type\s+)?([^"';]*?\bfrom\s+)?"([^"\n]+)"/g;
  return [...text.matchAll(statement)].map(([, , type, clause, specifier]) => {
    const names = /\{([^}]*)\}/.exec(clause ?? "")?.[1].split(",").map((name) => name.trim()).filter(Boolean);
    const allTypes = names !== undefined && names.length > 0 && names.every((name) =>
      name.startsWith("type ")
    ) &&
      !/^\s*\w+\s*,/.test(clause ?? "");
    return {
      target: specifier.startsWith(".")
        ? new URL(specifier, `file://${ROOT}${path}`).pathname.slice(ROOT.length)
        : specifier,
      onlyTypes: type !== undefined || allTypes,
    };
  });
}
