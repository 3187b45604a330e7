/** Layouts and the check of shaders against them, without any adapter. */
import { assert } from "../deps.ts";
import { blockOf, blockWords, descriptorWords, type Fields, type Operand } from "../../src/tensor/layout.ts";
import { LayoutMismatch, shader } from "../../src/tensor/shader.ts";

const LAYOUT = {
  count: "u32",
  factor: "f32",
  lengths: "vec4<u32>",
  out: "write",
  a: "read view",
  squared: "scratch",
  b: "read?",
} as const;

const SOURCE = `
struct Sample {
  count: u32,
  factor: f32,
  lengths: vec4<u32>,
  out: vec2<u32>, // a comment with a: u32 in it
  a: vec3<u32>,
  b: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Sample;
@group(0) @binding(1) var<storage, read_write> out4: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read_write> squared: array<f32>;
@group(0) @binding(4) var<storage, read> b: array<f32>;

override doubled: bool = false;

fn read_b(i: u32) -> f32 {
  return b[u.b.x + i];
}

@compute @workgroup_size(64)
fn both(@builtin(global_invocation_id) id: vec3<u32>) {
  out4[id.x] = vec4<f32>(u.factor * a[id.x] * read_b(id.x) * squared[id.x]);
}

@compute @workgroup_size(64)
fn single(@builtin(global_invocation_id) id: vec3<u32>) {
  out4[id.x] = vec4<f32>(a[id.x] + f32(u.b.x));
}
`;

const given = {
  count: 7,
  factor: 0.5,
  lengths: [1, 2, 3, 4],
  out: { output: 0 },
  a: { input: 1 },
  squared: { scratch: 0 },
  b: { input: 0 },
};
const launch = (source = SOURCE, values: Partial<typeof given> = {}, entryPoint = "both") =>
  shader("sample.wgsl", source, LAYOUT).launch(entryPoint, [1, 1, 1], { ...given, ...values });

Deno.test("a block has its fields at WGSL's alignment, each value under its name", () => {
  const { fields, words } = blockOf(LAYOUT);
  assert.deepEqual(fields.map(({ name, start }) => [name, start]), [
    ["count", 0],
    ["factor", 1],
    ["lengths", 4],
    ["out", 8],
    ["a", 12],
    ["b", 16],
  ]);
  assert.equal(words, 20);
  const placementOf = (operand: Operand) =>
    "input" in operand
      ? { offset: 100 + operand.input, stride: 10, block: 9 }
      : { offset: 200, stride: 20, block: 19 };
  const found = blockWords(LAYOUT, given, placementOf);
  const half = new Uint32Array(Float32Array.of(0.5).buffer)[0];
  assert.deepEqual([...found], [7, half, 0, 0, 1, 2, 3, 4, 200, 20, 0, 0, 101, 10, 9, 0, 100, 10, 0, 0]);
});

Deno.test("a descriptor has a word a field, the address of a buffer, and nothing of scratch memory", () => {
  const fields: Fields = { count: "u32", factor: "f32", out: "write", squared: "scratch", b: "read?" };
  const words = descriptorWords(fields, { ...given, b: null }, () => 64);
  assert.deepEqual([...words], [7, new Uint32Array(Float32Array.of(0.5).buffer)[0], 64, 0xffffffff]);
});

Deno.test("a value that its field cannot hold is refused by name", () => {
  for (const count of [-1, 0.5, NaN, 2 ** 32]) {
    assert.throws(
      () => blockWords({ count: "u32" }, { count }, () => never()),
      /field count needs 1 unsigned word/,
    );
  }
  assert.throws(
    () => blockWords({ lengths: "vec4<u32>" }, { lengths: [1, 2] }, () => never()),
    /field lengths needs 4 unsigned words/,
  );
});

const never = (): never => {
  throw new Error("not asked for");
};

Deno.test("an entry point binds what it looks at, itself or in what it calls, and a stand-in for what may be absent", () => {
  const bound = launch().bindings.map((each) => each && [each.operand, each.written]);
  assert.deepEqual(bound, [[{ output: 0 }, true], [{ input: 1 }, false], [{ scratch: 0 }, true], [{
    input: 0,
  }, false]]);
  assert.deepEqual(launch(SOURCE, {}, "single").bindings.map((each) => each !== null), [
    true,
    true,
    false,
    false,
  ]);
  const without = shader("sample.wgsl", SOURCE, LAYOUT).launch("both", [1, 1, 1], { ...given, b: null });
  assert.deepEqual(without.bindings[3], { operand: { input: 1 }, written: false });
});

/** What is changed in the shader's text, and the words of the refusal. */
const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  [
    "  count: u32,\n  factor: f32,",
    "  factor: f32,\n  count: u32,",
    /^sample\.wgsl: count is count: u32 in the layout, where Sample has factor: f32$/,
  ],
  [
    "  out: vec2<u32>,",
    "  to: vec2<u32>,",
    /^sample\.wgsl: out is out: vec2<u32> in the layout, where Sample has to: vec2<u32>$/,
  ],
  ["  a: vec3<u32>,", "  a: vec2<u32>,", /^sample\.wgsl: a is a: vec3<u32> in the layout/],
  ["  b: vec2<u32>,\n}", "}", /^sample\.wgsl: b is b: vec2<u32> in the layout, where Sample has nothing$/],
  ["  b: vec2<u32>,\n}", "  b: vec2<u32>,\n  more: u32,\n}", /^sample\.wgsl: more is nothing in the layout/],
  [
    "@binding(2) var<storage, read> a",
    "@binding(4) var<storage, read> a",
    /^sample\.wgsl: a is bound as 4, where the layout has b$/,
  ],
  [
    "var<storage, read> a",
    "var<storage, read_write> a",
    /^sample\.wgsl: a is declared as <storage, read_write>, but its layout says read view$/,
  ],
  ["@group(0) @binding(0) var<uniform> u: Sample;", "", /^sample\.wgsl: binding 0 is not a uniform block$/],
  ["fn both(", "fn other(", /^sample\.wgsl: both is not an entry point$/],
];

Deno.test("a shader that differs from its layout is refused, with its file and the field", () => {
  for (const [from, to, message] of REFUSED) {
    assert(SOURCE.includes(from), from);
    assert.throws(() => launch(SOURCE.replace(from, to)), (error: unknown) => {
      assert(error instanceof LayoutMismatch);
      assert.match(error.message, message);
      return true;
    });
  }
  const { launch: start } = shader("sample.wgsl", SOURCE, LAYOUT);
  assert.throws(
    () => start("both", [1, 1, 1], { ...given, a: null }),
    /^LayoutMismatch: sample\.wgsl: a is not bound, but both uses it$/,
  );
  assert.throws(
    () => start("both", [1, 1, 1], given, { constants: { double: 1 } }),
    /sample\.wgsl: double is not an override$/,
  );
});

Deno.test("A choice is the shader's own constant of its name, and one that it does not have is refused", () => {
  const source = `
const PRE_TANH = 0u;
const POST_TANH: u32 = 1u;
override squash: u32 = PRE_TANH;
struct Block { count: u32, out: vec2<u32> }
@group(0) @binding(0) var<uniform> u: Block;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(1)
fn main() {
  out[u.out.x] = f32(squash);
}`;
  const launch = (squash: string | number) =>
    shader("choice.wgsl", source, { count: "u32", out: "write" }).launch("main", [1, 1, 1], {
      count: 1,
      out: { output: 0 },
    }, { constants: { squash } }).constants;
  assert.deepEqual(launch("pre-tanh"), { squash: 0 });
  assert.deepEqual(launch("post-tanh"), { squash: 1 });
  assert.deepEqual(launch(7), { squash: 7 });
  assert.throws(
    () => launch("bounds-penalty"),
    /choice\.wgsl: squash is bounds-penalty, for which there is no BOUNDS_PENALTY$/,
  );
});

Deno.test("A field of names takes its names alone, each by its number", () => {
  const fields = { activation: ["identity", "relu"], count: "u32" } as const;
  const words = (activation: string) => [...descriptorWords(fields, { activation, count: 9 }, () => 0)];
  assert.deepEqual(words("relu"), [1, 9]);
  assert.throws(() => words("sigmoid"), /activation needs one of identity, relu, not sigmoid/);
});
