/**
 * Two dispatches merged into one: a shader whose first workgroups do the work of one shader, and the others that of
 * another. A GPU can then run both at the same time, with one dispatch.
 *
 * The source consists of the declarations that the entry points of the two shaders need, renamed so that none collide.
 * If there is any doubt, the two are not merged.
 *
 * Law, tested: one dispatch gives the bits of the two.
 *
 * @module
 */

import { MAX_WORKGROUPS } from "../../tensor/launch.ts";
import type { Binding, Dispatch } from "./schedule.ts";

/** Storage buffers that a shader may bind on every device. */
export const MAX_BUFFERS = 8;

/** Bytes of workgroup memory that a shader may have on every device. */
const MAX_SHARED_BYTES = 16384;

/** A dispatch that does the work of two independent ones; null if they cannot be merged. */
export function sideBySide(first: Dispatch, second: Dispatch): Dispatch | null {
  const [x, y, z] = first.workgroups, [more, ...others] = second.workgroups;
  const parts = [partOf(first, "first"), partOf(second, "second")] as const, [a, b] = parts;
  if (a === null || b === null || y !== others[0] || z !== others[1] || x + more > MAX_WORKGROUPS) {
    return null;
  }
  if (x * more * y * z === 0 || a.sharedBytes + b.sharedBytes > MAX_SHARED_BYTES) return null;
  const lanes = Math.max(a.lanes, b.lanes);
  if (parts.some((part) => part!.lanes < lanes && part!.hasBarriers)) return null;
  const buffers = buffersOf([a, b]);
  if (buffers === null) return null;
  return {
    label: first.label,
    file: `${first.file} and ${second.file}`,
    source: [
      `struct Both {\n  boundary: u32,\n  @align(16) first: ${a.block},\n  @align(16) second: ${b.block},\n}`,
      "@group(0) @binding(0) var<uniform> both: Both;",
      ...buffers.declarations,
      ...[a, b].flatMap(({ declarations }) => declarations.map((text) => buffers.renamed(text))),
      `@compute @workgroup_size(${lanes})
fn side_by_side(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let start = vec3<u32>(both.boundary, 0u, 0u);
  if (group.x < both.boundary) {
    ${callOf(a, lanes, "group", "vec3<u32>(both.boundary, groups.yz)")}
  } else {
    ${callOf(b, lanes, "(group - start)", "(groups - start)")}
  }
}`,
    ].join("\n\n"),
    entryPoint: "side_by_side",
    constants: { ...a.constants, ...b.constants },
    words: Uint32Array.of(x, 0, 0, 0, ...first.words, ...second.words),
    bindings: buffers.bindings,
    workgroups: [x + more, y, z],
  };
}

/** A buffer that a part of the shader binds. */
interface Bound {
  readonly name: string;
  readonly type: string;
  readonly binding: Binding;
}

/** One of the two shaders, its names made different from the other's. */
interface Part {
  /** Everything that its entry point needs but for what is bound. */
  readonly declarations: readonly string[];
  readonly buffers: readonly Bound[];
  /** The type of its uniform block. */
  readonly block: string;
  readonly constants: Readonly<Record<string, number>>;
  /** Its entry point, which is now a function, and the builtin values that it takes. */
  readonly entryPoint: string;
  readonly builtins: readonly string[];
  /** Invocations of a workgroup. */
  readonly lanes: number;
  readonly hasBarriers: boolean;
  readonly sharedBytes: number;
}

/** A declaration at module scope: at most one of each kind of group is there. */
const DECLARATION = new RegExp(
  [
    /^struct (?<struct>\w+) \{[^}]*\}/,
    /^(?:override|const|alias) (?<value>\w+)[^;]*;/,
    /^(?:@group\(0\) @binding\((?<binding>\d+)\)\s*)?var<(?<space>[^>]*)>\s*(?<variable>\w+)\s*:\s*(?<type>[^;]+);/,
    /^(?:@compute @workgroup_size\((?<lanes>\w+)\)\s*)?fn (?<function>\w+)\([^]*?^\}/,
  ].map(({ source }) => source).join("|"),
  "gm",
);

interface Declared {
  readonly name: string;
  readonly text: string;
  /** The name again, if it is a structure or a function. */
  readonly struct?: string;
  readonly function?: string;
  readonly binding?: string;
  /** The address space and the type of a variable. */
  readonly space?: string;
  readonly type?: string;
  /** The workgroup size of an entry point. */
  readonly lanes?: string;
}

/** The declarations of a shader; null if there is more in it. */
function declarationsOf(source: string): readonly Declared[] | null {
  const code = source.replace(/\/\/.*$/gm, "");
  const found = [...code.matchAll(DECLARATION)].map((match): Declared => {
    const { struct, value, variable, function: called } = match.groups!;
    return { ...match.groups, name: (struct ?? value ?? variable ?? called)!, text: match[0] };
  });
  return code.replace(DECLARATION, "").trim() === "" ? found : null;
}

const WORD = /(?<![.\w@])[A-Za-z_]\w*/g;

/** The names that a declaration mentions: all words but a structure's members and a function's own variables. */
function mentionedBy({ struct, function: called, text }: Declared): readonly string[] {
  const [head = ""] = called === undefined ? [] : text.match(/fn \w+\([^]*?\) (?:->|\{)/) ?? [];
  const members = struct === undefined ? head : text;
  const own = new Set([
    ...[...members.matchAll(/(\w+)\s*:/g)].map(([, name]) => name),
    ...[...text.matchAll(/\b(?:let|var) (\w+)/g)].map(([, name]) => name),
  ]);
  return [...text.matchAll(WORD)].map(([word]) => word).filter((word) => !own.has(word));
}

/** What an entry point needs, in the order of the shader. */
function neededBy(entryPoint: string, all: readonly Declared[]): readonly Declared[] {
  const byName = new Map(all.map((each) => [each.name, each])), names = new Set([entryPoint]);
  for (const name of names) {
    for (const word of mentionedBy(byName.get(name)!)) if (byName.has(word)) names.add(word);
  }
  return all.filter(({ name }) => names.has(name));
}

/** The value of a number or of a constant of a shader; NaN if it is not known. */
const valueIn = (all: readonly Declared[], constants: Dispatch["constants"], name: string): number =>
  /^\d/.test(name) ? parseInt(name) : constants[name] ??
    parseInt(all.find((each) => each.name === name)?.text.match(/=\s*(\d+)/)?.[1] ?? "NaN");

/** Invocations of a workgroup of a shader's entry point; NaN if it is not known. */
export function lanesOf(
  { source, entryPoint, constants }: Pick<Dispatch, "source" | "entryPoint" | "constants">,
): number {
  const all = declarationsOf(source) ?? [];
  return valueIn(all, constants, all.find(({ name }) => name === entryPoint)?.lanes ?? "");
}

/** A dispatch's shader as one of two. */
function partOf(
  { source, entryPoint, constants, bindings }: Dispatch,
  side: "first" | "second",
): Part | null {
  const all = declarationsOf(source), needed = all === null ? [] : neededBy(entryPoint, all);
  const entry = needed.find(({ name }) => name === entryPoint);
  const block = needed.find(({ space }) => space === "uniform");
  const [, head = ""] = entry?.text.match(/fn (\w+\([^]*?\) \{)/) ?? [];
  if (entry?.lanes === undefined || block?.type === undefined) return null;
  const own = (name: string): string => `${name}_${side}`;
  const names = new Set(needed.map(({ name }) => name));
  const renamed = (text: string, isStruct = false): string =>
    text.replace(WORD, (word, at: number) => {
      if (word === block.name) return `both.${side}`;
      const isMember = isStruct && /^\s*:/.test(text.slice(at + word.length));
      return names.has(word) && !isMember ? own(word) : word;
    });
  const valueOf = (name: string): number => valueIn(needed, constants, name);
  const shared = needed.filter(({ space }) => space === "workgroup").map(({ type }) =>
    sizeOf(type!, valueOf)
  );
  const lanes = valueOf(entry.lanes), sharedBytes = shared.reduce((total, bytes) => total + bytes, 0);
  const bound = needed.filter(({ space }) => space?.startsWith("storage"));
  const missing = bound.some(({ binding }) => !bindings[Number(binding) - 1]);
  if (!Number.isInteger(lanes) || !Number.isFinite(sharedBytes) || missing) return null;
  return {
    declarations: needed.filter((each) => each !== block && !bound.includes(each)).map((each) =>
      renamed(
        each === entry
          ? each.text.replace(/^@compute[^]*?fn/, "fn").replace(head, head.replace(/@builtin\(\w+\)\s*/g, ""))
          : each.text,
        each.struct !== undefined,
      )
    ),
    buffers: bound.map(({ name, type, binding }) => ({
      name: own(name),
      type: type!,
      binding: bindings[Number(binding) - 1]!,
    })),
    block: own(block.type),
    constants: Object.fromEntries(
      Object.entries(constants).filter(([name]) => names.has(name)).map((
        [name, value],
      ) => [own(name), value]),
    ),
    entryPoint: own(entryPoint),
    builtins: [...head.matchAll(/@builtin\((\w+)\)/g)].map(([, builtin]) => builtin!),
    lanes,
    hasBarriers: needed.some(({ text }) => /Barrier\(/.test(text)),
    sharedBytes,
  };
}

/** Bytes of an array in workgroup memory; NaN if it is another type. */
function sizeOf(type: string, valueOf: (name: string) => number): number {
  const [, element = "", count = ""] = type.match(/^array<(.+), ([^,]+)>$/) ?? [];
  const bytes: Readonly<Record<string, number>> = { "f32": 4, "u32": 4, "vec4<f32>": 16, "mat4x4<f32>": 64 };
  return count.split("*").reduce((size, factor) => size * valueOf(factor.trim()), bytes[element] ?? NaN);
}

/**
 * The bindings of both parts, without duplicates; null if there are too many, or if one part writes what the other
 * binds.
 */
function buffersOf(parts: readonly Part[]): {
  readonly declarations: readonly string[];
  readonly bindings: readonly Binding[];
  readonly renamed: (text: string) => string;
} | null {
  const kept: Bound[] = [], names = new Map<string, string>();
  for (const bound of parts.flatMap(({ buffers }) => buffers)) {
    const { binding, type, name } = bound;
    const others = kept.filter((each) => each.binding.buffer === binding.buffer);
    if (others.some((each) => each.binding.written || binding.written)) return null;
    const same = others.find((each) => each.type === type);
    if (same === undefined) kept.push(bound);
    else names.set(name, same.name);
  }
  if (kept.length > MAX_BUFFERS) return null;
  return {
    declarations: kept.map(({ name, type, binding: { written } }, k) =>
      `@group(0) @binding(${k + 1}) var<storage, ${written ? "read_write" : "read"}> ${name}: ${type};`
    ),
    bindings: kept.map(({ binding }) => binding),
    renamed: (text) => text.replace(WORD, (word) => names.get(word) ?? word),
  };
}

/** The call of a part's entry point by the invocations that it has. */
function callOf({ entryPoint, builtins, lanes }: Part, all: number, group: string, groups: string): string {
  const values: Readonly<Record<string, string>> = {
    workgroup_id: group,
    num_workgroups: groups,
    local_invocation_index: "lane",
    global_invocation_id: `(${group} * vec3<u32>(${lanes}u, 1u, 1u) + vec3<u32>(lane, 0u, 0u))`,
  };
  const call = `${entryPoint}(${builtins.map((name) => values[name]).join(", ")});`;
  return lanes < all ? `if (lane < ${lanes}u) { ${call} }` : call;
}
