/** The house's rules: imports point down, nothing is random by chance, and shaders can be read. */
import { assert } from "../deps.ts";
import { filesBelow, type Import, importsOf, libraryFiles, ROOT } from "./sources.ts";

/** Rooms from the top down, by what their paths begin with. */
const ROOMS: readonly (readonly string[])[] = [
  ["site/"],
  ["cluster.ts"],
  ["study/"],
  ["experiments/", "cli.ts"],
  ["src/cli/"],
  ["src/terminal/"],
  ["src/nats/"],
  ["src/sweep/"],
  ["src/run/"],
  ["src/report/"],
  ["src/build/"],
  ["mod.ts", "src/ndarray/"],
  ["src/train/"],
  ["src/learn/"],
  ["src/device/"],
  ["src/kernels/"],
  ["src/tensor/"],
  ["src/exact/"],
  ["envs/"],
  ["src/random/"],
  ["src/given.ts", "src/patience.ts"],
  ["src/deps.ts", "deno.json"],
];

const roomOf = (path: string): number =>
  ROOMS.findIndex((room) => room.some((beginning) => path.startsWith(beginning)));
const all: readonly (readonly [string, readonly Import[]])[] = libraryFiles().map((
  path,
) => [path, importsOf(path)]);
const isOwn = ({ target }: Import): boolean => !/^(npm|jsr|node|https?):/.test(target);

Deno.test("Every file of the library stands in a room, and imports point down the list of rooms", () => {
  assert(all.length > 40, "the walk found too few files");
  const breaches = all.flatMap(([path, imports]) => {
    const room = roomOf(path);
    if (room < 0) return [`${path} stands in no room`];
    return imports.filter(isOwn).flatMap(({ target }) => {
      if (target.startsWith("shaders/") && target.endsWith(".wgsl")) return [];
      const other = roomOf(target);
      return other >= room ? [] : [`${path} imports ${target}, which is above it`];
    });
  });
  assert.deepEqual(breaches, []);
});

Deno.test("Devices import nothing of kernels, types included, and kernels no device", () => {
  for (const [path, imports] of all) {
    for (const { target } of imports) {
      if (path.startsWith("src/device/")) assert(!target.startsWith("src/kernels/"), `${path}: ${target}`);
      if (path.startsWith("src/kernels/")) assert(!target.startsWith("src/device/"), `${path}: ${target}`);
    }
  }
});

Deno.test("There are no circular imports", () => {
  const imports = new Map(
    all.map(([path, of]) => [path, of.filter((each) => isOwn(each) && !each.onlyTypes)]),
  );
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (done.has(path)) return;
    assert(!trail.includes(path), `a circle: ${[...trail, path].join(" → ")}`);
    for (const { target } of imports.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
});

Deno.test("Third-party modules are named in the rooms' deps.ts alone, each with its exact version", () => {
  for (const [path, imports] of all) {
    for (const each of imports.filter((each) => !isOwn(each) && !each.target.startsWith("node:"))) {
      assert.match(path, /\/deps(_build)?\.ts$/, `${path} imports ${each.target}`);
      assert.match(each.target, /@\d+\.\d+\.\d+(\/|$)/, `${path}: ${each.target}`);
    }
  }
});

Deno.test("mod.ts reaches neither the command line, nor runs, nor figures", () => {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const each of all.find(([name]) => name === path)?.[1] ?? []) if (isOwn(each)) visit(each.target);
  };
  visit("mod.ts");
  assert(reached.has("src/learn/soft_q/update.ts"));
  for (const path of reached) {
    assert(!/^(src\/(cli|terminal|run|report|exact|ndarray)|experiments|study|site)\//.test(path), path);
  }
});

Deno.test("Code that computes uses no files, clocks or consoles", () => {
  const pure = /^(src\/(train|learn|kernels|tensor|random)|envs)\//;
  const effects = /\b(Deno\.|console\.|performance\.|Date\b|setTimeout|fetch\()/;
  for (const [path] of all.filter(([path]) => pure.test(path))) {
    const code = Deno.readTextFileSync(ROOT + path).replace(/\/\*[^]*?\*\/|\/\/[^\n]*/g, "");
    assert(!effects.test(code), `${path}: ${effects.exec(code)?.[0]}`);
  }
});

Deno.test("No file is longer than 400 lines", () => {
  for (const folder of ["src/", "envs/", "experiments/", "study/"]) {
    for (const path of filesBelow(folder, ".ts")) {
      const lines = Deno.readTextFileSync(ROOT + path).split("\n").length - 1;
      assert(lines <= 400, `${path} has ${lines} lines`);
    }
  }
});

Deno.test("Math's own random numbers appear nowhere", () => {
  const name = ["Math", "random"].join(".");
  const files = ["src/", "envs/", "experiments/", "study/", "site/", "shaders/", "tests/", "bench/"].flatMap((
    folder,
  ) => [".ts", ".wgsl"].flatMap((ending) => filesBelow(folder, ending)));
  for (const path of files) assert(!Deno.readTextFileSync(ROOT + path).includes(name), path);
});

Deno.test("Every shader begins with a comment that says what it is, and its lines are tidy", () => {
  const shaders = filesBelow("shaders/", ".wgsl");
  assert(shaders.length > 0);
  for (const path of shaders) {
    const text = Deno.readTextFileSync(ROOT + path);
    assert.match(text, /^(\/\/ \S|\/\*+\s*\S)/, `${path} has no header`);
    assert(text.endsWith("\n") && !text.endsWith("\n\n"), `${path} must end with one line break`);
    text.split("\n").forEach((line, k) => {
      assert(!/\s$/.test(line), `${path}:${k + 1} ends with a space`);
      assert(line.length <= 120, `${path}:${k + 1} has ${line.length} columns`);
    });
  }
});
