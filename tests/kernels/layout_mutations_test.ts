/** What can be got wrong in a layout is caught before anything is dispatched: every mutation of every layout. */
import { assert } from "./deps.ts";
import { classText, layoutsText, ROUTINES } from "../../src/build/assembly.ts";
import type { Launch } from "../../src/tensor/launch.ts";
import { blockOf, descriptorOf, type Fields, type FieldValues, isBuffer } from "../../src/tensor/layout.ts";
import { LayoutMismatch, shader } from "../../src/tensor/shader.ts";
import { distinctLaunches } from "./launches.ts";

const LAUNCHES = distinctLaunches();
const entries = (fields: Fields) => Object.entries(fields);

/** The fields with two of them in each other's place. */
const swapped = (fields: Fields, i: number, j: number): Fields => {
  const list = entries(fields);
  [list[i], list[j]] = [list[j]!, list[i]!];
  return Object.fromEntries(list);
};

/** The fields, or values, with another name for one. */
const renamed = <T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> =>
  Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key === name ? `${key}Other` : key, value]),
  );

const pairs = (count: number): readonly (readonly [number, number])[] =>
  Array.from({ length: count }, (_, i) => Array.from({ length: i }, (_, j) => [j, i] as const)).flat();

/** Launches again with something changed; the refusal, or null where there is none. */
function refusal(
  launch: Launch,
  fields: Fields,
  given: Launch["given"],
  source = launch.source,
): string | null {
  try {
    shader(launch.file, source, fields).launch(launch.entryPoint, [1, 1, 1], given as FieldValues<Fields>);
    return null;
  } catch (error) {
    assert(error instanceof LayoutMismatch, String(error));
    assert(error.message.startsWith(`${launch.file}: `), error.message);
    return error.message;
  }
}

Deno.test("the library's launches are those of all its shaders and entry points", () => {
  const found = new Set(LAUNCHES.map(({ file, entryPoint }) => `${file} ${entryPoint}`));
  const folder = new URL("../../shaders/", import.meta.url);
  for (const { name } of Deno.readDirSync(folder)) {
    for (
      const [, entry] of Deno.readTextFileSync(new URL(name, folder)).matchAll(/@compute[^\n]*\s*fn (\w+)/g)
    ) {
      // A copy inside a buffer is launched by the schedule alone, which has its own tests.
      if (entry !== "within" && entry !== "sign_of_det") {
        assert(found.has(`${name} ${entry}`), `${name} ${entry}`);
      }
    }
  }
});

Deno.test("a launch is refused with any two words of its layout swapped, with any field renamed and any binding dropped", () => {
  let mutations = 0;
  const caught = (launch: Launch, what: string, message: string | null): void => {
    mutations++;
    assert(message !== null, `${launch.file} ${launch.entryPoint}: ${what} went unnoticed`);
  };
  for (const launch of LAUNCHES) {
    const { fields, given } = launch, list = entries(fields);
    assert.equal(refusal(launch, fields, given), null);
    const buffers = list.filter(([, kind]) => isBuffer(kind)).map(([name]) => name);
    const isBound = (name: string): boolean => launch.bindings[buffers.indexOf(name)] !== null;
    const inBlock = new Set(blockOf(fields).fields.map(({ name }) => name));
    for (const [i, j] of pairs(list.length)) {
      const [a, b] = [list[i]![0], list[j]![0]];
      // Scratch arrays that this entry point does not look at are words of no shader.
      if (!inBlock.has(a) && !inBlock.has(b) && !(isBound(a) || isBound(b))) continue;
      const only = [a, b].some((name) => isBuffer(fields[name]!)) &&
        [a, b].some((name) => !isBuffer(fields[name]!));
      if (only && (!inBlock.has(a) || !inBlock.has(b))) continue; // a word and scratch: no order between them
      caught(launch, `${a} and ${b} swapped`, refusal(launch, swapped(fields, i, j), given));
    }
    for (const [name, kind] of list) {
      if (inBlock.has(name) || isBound(name)) {
        caught(launch, `${name} renamed`, refusal(launch, renamed(fields, name), renamed(given, name)));
        const source = launch.source.replace(new RegExp(`^  ${name}: `, "gm"), `  ${name}Other: `);
        if (source !== launch.source && inBlock.has(name)) {
          caught(launch, `${name} renamed in WGSL`, refusal(launch, fields, given, source));
        }
      }
      if (isBuffer(kind) && isBound(name)) {
        if (!kind.endsWith("?")) {
          caught(launch, `${name} not given`, refusal(launch, fields, { ...given, [name]: null }));
        }
        const rest = Object.fromEntries(list.filter(([other]) => other !== name));
        caught(launch, `${name} dropped`, refusal(launch, rest, given));
      }
    }
  }
  assert(mutations >= 100, `${mutations} mutations`);
});

Deno.test("a descriptor with any two fields swapped, or any renamed or dropped, has another class than the one compiled", () => {
  const committed = layoutsText();
  let mutations = 0;
  for (const { name, fields } of ROUTINES) {
    const list = descriptorOf(fields), own = classText(name, fields);
    assert(committed.includes(own));
    const mutants = [
      ...pairs(list.length).map(([i, j]) => swapped(Object.fromEntries(list), i, j)),
      ...list.map(([field]) => renamed(Object.fromEntries(list), field)),
      ...list.map(([field]) => Object.fromEntries(list.filter(([other]) => other !== field))),
    ];
    for (const mutant of mutants) {
      mutations++;
      assert(!committed.includes(classText(name, mutant as Fields)), name);
    }
  }
  assert(mutations >= 100, `${mutations} mutations`);
});
