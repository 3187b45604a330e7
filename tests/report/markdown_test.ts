/** Markdown that can be read as a source: narrow, with every word in its place. */
import { PAGE_WIDTH, table, wrapped } from "../../src/report/markdown.ts";
import { assert, fc } from "../deps.ts";

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== "");

Deno.test("Wrapped prose has the same words, and a line is too wide only because of a single word", () =>
  fc.assert(fc.property(
    fc.constantFrom("", "- ", "  - ", "  "),
    fc.array(fc.stringMatching(/^[a-z`*().]{1,30}$/), { minLength: 1, maxLength: 60 }),
    (begins, all) => {
      const text = begins + all.join(" "), out = wrapped(text);
      assert.deepEqual(words(out), words(text));
      const further = " ".repeat(begins.length);
      out.split("\n").forEach((line, k) => {
        assert(line.length <= PAGE_WIDTH, line);
        assert(line.startsWith(k === 0 ? begins : further), "what belongs to a list stays in it");
      });
    },
  )));

Deno.test("Lines that Markdown reads one by one are left unchanged", () => {
  const wide = "x ".repeat(100);
  for (const line of [`| ${wide}|`, `# ${wide}`, `<td>${wide}</td>`]) assert.equal(wrapped(line), line);
});

Deno.test("A narrow table is Markdown, and a wide one HTML with a cell a line", () => {
  assert.equal(table(["a", "b"], [["1 | 2", "3\n4"]]), "| a | b |\n| --- | --- |\n| 1 \\| 2 | 3 4 |");
  const wide = table(["claim", "more"], [["a < b ".repeat(30).trim(), "**yes**: [page](page.md), `code`"]]);
  const lines = wide.split("\n");
  assert(lines.every((line) => line.length <= PAGE_WIDTH));
  assert.deepEqual(lines.slice(0, 5), ["<table>", "<tr>", "<th>claim</th>", "<th>more</th>", "</tr>"]);
  assert.equal(wide.replace(/\s+/g, " ").match(/a &lt; b/g)?.length, 30);
  assert(wide.includes('<td><b>yes</b>: <a href="page.md">page</a>, <code>code</code></td>'));
  assert.equal(wide.match(/<td>/g)?.length, wide.match(/<\/td>/g)?.length);
});
