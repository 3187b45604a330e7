/** What holds of every shader's text, whichever compiler reads it: naga lets through what other browsers refuse. */

import { assert } from "../deps.ts";

const FOLDER = new URL("../../shaders/", import.meta.url);

/** Reserved words of the WGSL specification, of which naga refuses only a part. */
const RESERVED = new Set(
  `NULL Self abstract active alignas alignof as asm asm_fragment async attribute auto await become cast catch class
  co_await co_return co_yield coherent column_major common compile compile_fragment concept const_cast consteval
  constexpr constinit crate debugger decltype delete demote demote_to_helper do dynamic_cast enum explicit export extends
  extern external fallthrough filter final finally friend from fxgroup get goto groupshared highp impl implements import
  inline instanceof interface layout lowp macro macro_rules match mediump meta mod module move mut mutable namespace new
  nil noexcept noinline nointerpolation non_coherent noncoherent noperspective null nullptr of operator package packoffset
  partial pass patch pixelfragment precise precision premerge priv protected pub public readonly ref regardless register
  reinterpret_cast require resource restrict self set shared sizeof smooth snorm static static_assert static_cast std
  subroutine super target template this thread_local throw trait try type typedef typeid typename typeof union unless
  unorm unsafe unsized use using varying virtual volatile wgsl where with writeonly yield`.split(/\s+/),
);

const shaders = [...Deno.readDirSync(FOLDER)].filter(({ name }) => name.endsWith(".wgsl")).map((
  { name },
) => ({
  name,
  text: Deno.readTextFileSync(new URL(name, FOLDER)),
}));
const code = (text: string): string => text.replace(/\/\/.*$/gm, "");

Deno.test("every shader begins with a comment that gives its grid", () => {
  assert(shaders.length >= 10);
  for (const { name, text } of shaders) {
    const header = text.slice(0, text.search(/^[^/]/m));
    assert(header.includes("// grid"), `${name}: the header does not say its grid`);
  }
});

Deno.test("no shader uses a word that WGSL reserves", () => {
  for (const { name, text } of shaders) {
    for (const word of code(text).match(/[A-Za-z_][A-Za-z_0-9]*/g) ?? []) {
      assert(!RESERVED.has(word), `${name} uses "${word}"`);
    }
  }
});

/**
 * Shaders in which a GPU's workgroup computes something together that a software adapter's invocation computes alone.
 */
const TOGETHER = ["dense.wgsl", "dense_split.wgsl", "dot.wgsl", "first_layer_weight.wgsl", "stein.wgsl"];

Deno.test("every shader keeps to what each WebGPU device has and what keeps its order: no extension", () => {
  for (const { name, text } of shaders) {
    for (const word of ["enable ", "requires ", "subgroup", "f16"]) {
      assert(!code(text).includes(word), `${name} uses ${word}`);
    }
    // For barriers a software adapter pays dearly: only entry points that it never gets have them.
    if (!TOGETHER.includes(name)) {
      for (const word of ["Barrier", "var<workgroup>"]) {
        assert(!code(text).includes(word), `${name} uses ${word}`);
      }
    }
    // Atomics make results depend on the order of invocations, except where all write the same number or whole ones are
    // counted.
    assert(
      ["finite.wgsl", "stein.wgsl"].includes(name) || !code(text).includes("atomic"),
      `${name} uses an atomic`,
    );
    const storage = new Set(
      [...code(text).matchAll(/@binding\((\d+)\)\s*var<storage/g)].map(([, binding]) => binding),
    );
    assert(storage.size <= 8, `${name} has ${storage.size} storage buffers`);
  }
});

Deno.test("functions with one name and the same parameters are the same in every shader", () => {
  const found = new Map<string, readonly [name: string, body: string]>();
  let again = 0;
  for (const { name, text } of shaders) {
    for (const [whole, head] of text.matchAll(/^(fn \w+\([^)]*\)[^{]*)\{[^]*?^\}/gm)) {
      const [before, body] = found.get(head!) ?? [name, whole];
      assert(body === whole, `${head} differs between ${before} and ${name}`);
      if (found.has(head!)) again++;
      found.set(head!, [name, whole]);
    }
  }
  assert(again >= 8, `${again} functions stand in several shaders`);
});
