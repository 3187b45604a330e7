/** The documentation: short where it must be short, linked both ways, and nothing in it that has gone stale. */
import { assert } from "../deps.ts";
import { filled, PLACES } from "../../docs/generate.ts";
import { RUN_FILES } from "../../src/run/contents.ts";
import { softq, TINY } from "../cli/softq.ts";
import { withFolder } from "../run/run_fixture.ts";
import { filesBelow, ROOT } from "./sources.ts";

/** The files of a folder, without those of the folders in it. */
const filesIn = (folder: string, ending: string): readonly string[] =>
  [...Deno.readDirSync(ROOT + folder)].filter(({ isFile, name }) => isFile && name.endsWith(ending))
    .map(({ name }) => folder + name);

const WIDTH = 110;

const pages = filesBelow("docs/", ".md");
const read = (path: string): string => Deno.readTextFileSync(ROOT + path);

/** The pages and files that a page links to, as paths from the root. */
const linksOf = (path: string): string[] =>
  [...read(path).replace(/```[\s\S]*?```/g, "").matchAll(/(?:\]\(|href=")([^)#\s"]+)(?:#[^)"]*)?[)"]/g)]
    .map(([, to]) => to)
    .filter((to) => !/^https?:/.test(to))
    .map((to) => new URL(to, `file://${ROOT}${path}`).pathname.slice(ROOT.length));

Deno.test("The README is at most 200 lines of at most 110 characters", () => {
  const lines = read("README.md").trimEnd().split("\n");
  assert(lines.length <= 200, `${lines.length} lines`);
  lines.forEach((line, k) => assert(line.length <= WIDTH, `line ${k + 1} has ${line.length} characters`));
});

Deno.test("No line of any page is wider than 110 characters, tables included", () => {
  const all = ["", "docs/", "bench/", "results/", "tests/data/"].flatMap((folder) => filesIn(folder, ".md"));
  assert(all.length > 20 && all.includes("bench/README.md") && all.includes("results/README.md"));
  for (const path of all) {
    read(path).split("\n").forEach((line, k) =>
      assert(line.length <= WIDTH, `${path}:${k + 1} has ${line.length} characters`)
    );
  }
});

Deno.test("Every page is in the index and links back to it and to the README, and no link is broken", () => {
  const index = linksOf("docs/README.md");
  for (const path of pages.filter((path) => path !== "docs/README.md")) {
    assert(index.includes(path), `${path} is not in docs/README.md`);
    for (const back of ["docs/README.md", "README.md"]) {
      assert(linksOf(path).includes(back), `${path} does not link to ${back}`);
    }
  }
  assert(linksOf("README.md").includes("docs/README.md") && index.includes("README.md"));
  for (
    const path of [
      ...pages,
      ...["", "bench/", "results/", "tests/data/"].flatMap((at) => filesIn(at, ".md")),
    ]
  ) {
    for (const to of linksOf(path)) {
      const { isFile, isDirectory } = Deno.statSync(ROOT + to); // throws where there is neither
      assert(isFile || isDirectory, `${path} links to ${to}`);
    }
  }
});

Deno.test("Every page about the library has code, which the doc tests run", () => {
  for (const path of pages.filter((path) => !/(README|choices|sampler|sweeps)\.md$/.test(path))) {
    assert.match(read(path), /```ts\n/, path);
  }
});

Deno.test("What pages quote of a shader are its lines, in their order", () => {
  const quotes = pages.flatMap((path) => [
    ...read(path).matchAll(/`(shaders\/\w+\.wgsl)`\):\n\n```wgsl\n([^]*?)```/g),
  ]);
  assert(quotes.length > 0);
  for (const [, shader, quote] of quotes) {
    let text = read(shader!);
    for (const part of quote!.split(/^ *\/\/ \.\.\.\n/m)) {
      assert(text.includes(part), `${shader} does not have, at its place:\n${part}`);
      text = text.slice(text.indexOf(part) + part.length);
    }
  }
});

Deno.test("The pages' tables from the code are those that `deno task docs` writes", () => {
  const words = (text: string): string => text.replace(/-{2,}/g, "-").replace(/[\s|]+/g, " ");
  for (const [page, name, text] of PLACES) {
    const now = read(`docs/${page}`);
    assert.equal(words(now), words(filled(now, name, text())), `docs/${page}: ${name}`);
  }
  assert.throws(() => filled("", "files", ""), /There is no place for "files"/);
});

Deno.test("The files of a run are those that docs/runs.md lists", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    const { code, error } = await softq(["train", "multi-goal", ...TINY, `--out=${run}`]);
    assert.equal(code, 0, error);
    for (const words of [["report", run], ["watch", run, "--episodes=1"]]) {
      const { code, error } = await softq(words);
      assert.equal(code, 0, error);
    }
    const names = [...Deno.readDirSync(run)].map(({ name, isDirectory }) => name + (isDirectory ? "/" : ""));
    const like = ({ name }: { name: string }) =>
      new RegExp(`^${name.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
    for (const name of names) {
      assert(RUN_FILES.some((file) => like(file).test(name)), `${name} is not listed`);
    }
    for (const file of RUN_FILES.filter(({ when }) => when !== "pretrain")) {
      assert(names.some((name) => like(file).test(name)), `a run has no ${file.name}`);
    }
  }));

Deno.test("results/ stays below 5 MB, and its first page has a line for each claim", () => {
  const bytes = (folder: string): number =>
    [...Deno.readDirSync(ROOT + folder)].reduce(
      (sum, { name, isDirectory }) =>
        sum + (isDirectory ? bytes(`${folder}${name}/`) : Deno.statSync(`${ROOT}${folder}${name}`).size),
      0,
    );
  const whole = bytes("results/");
  assert(whole < 5e6, `${whole} bytes`);
  const { verdicts } = JSON.parse(read("results/claims.json"));
  const page = read("results/README.md"), links = linksOf("results/README.md");
  for (const each of verdicts) {
    assert(
      page.replace(/\s+/g, " ").replaceAll("&#39;", "'").replaceAll("&apos;", "'").includes(each.claim),
      each.claim,
    );
    assert(links.includes(`results/${each.page}`), each.page);
  }
});
