/**
 * Layouts: the words and buffers of a kernel by name, declared once.
 *
 * A layout lists the fields of a shader's uniform block, or of a WebAssembly routine's descriptor, in order; a launch
 * supplies the value of each field by name. Names are the same in TypeScript, WGSL and AssemblyScript. A buffer is a
 * field too. For a shader it is a binding, numbered from 1 in the layout's order, and its replicas' placement in the
 * block; for a routine it is the byte address of the replica's part.
 *
 * Laws, tested: WGSL compilers and AssemblyScript read each field at the offset where it is written; a shader whose
 * block or bindings differ from the layout is rejected before it is dispatched, with an error that names the file and
 * the field.
 *
 * @module
 */

/** An operand: an input or an output of the kernel, or scratch memory between its launches. */
export type Operand =
  | {
    readonly input: number;
    /** For a routine: elements to skip at the start of each replica. */
    readonly skip?: number;
    /** For a routine: every replica gets the first replica's part. */
    readonly shared?: boolean;
  }
  | {
    readonly output: number;
    /** For a routine: elements to skip at the start of each replica. */
    readonly skip?: number;
  }
  | { readonly scratch: number };

/** An operand's location in its buffer, in elements. */
export interface Placement {
  /** Element at which replica 0 starts. */
  readonly offset: number;
  /** Elements from the start of one replica to the start of the next. */
  readonly stride: number;
  /** Elements of a replica; 0 for a tensor that is one block. */
  readonly block: number;
}

/** A field that is a number, four or sixteen words, or one of a list of names, stored as its index in the list. */
export type WordKind = "u32" | "f32" | "vec4<u32>" | "array<vec4<u32>, 4>" | readonly string[];

/**
 * A field that is a buffer, and its access. `read?` is optional: the shader ignores what is bound when it is absent.
 * A shader addresses replicas by `(offset, stride)`; in a `view` it addresses single elements by
 * `(offset, stride, block)`, with block 0 for a tensor that is one block. Scratch memory is writable, and its replicas
 * are contiguous.
 */
export type BufferKind = "read" | "read?" | "write" | "read view" | "read view?" | "write view" | "scratch";

/** The fields of a layout, in order. */
export type Fields = Readonly<Record<string, WordKind | BufferKind>>;

/** The value of a field: null for a buffer that is absent or that the entry point does not use. */
export type Value = number | string | readonly number[] | Operand | null;

/** A value for each field of a layout. */
export type FieldValues<F extends Fields> = {
  readonly [N in keyof F]: F[N] extends "u32" | "f32" ? number
    : F[N] extends readonly (infer Name extends string)[] ? Name
    : F[N] extends WordKind ? readonly number[]
    : Operand | null;
};

/** A field's type in WGSL, its size and its alignment, both in words. */
interface WgslForm {
  readonly type: string;
  readonly words: number;
  readonly alignment: number;
}

const PLACE: WgslForm = { type: "vec2<u32>", words: 2, alignment: 2 };
const VIEW: WgslForm = { type: "vec3<u32>", words: 3, alignment: 4 };

const WORD: WgslForm = { type: "u32", words: 1, alignment: 1 };

/** The representation of each kind of field in a uniform block; null: none. */
const FORMS: Readonly<Record<Exclude<WordKind, readonly string[]> | BufferKind, WgslForm | null>> = {
  "u32": WORD,
  "f32": { type: "f32", words: 1, alignment: 1 },
  "vec4<u32>": { type: "vec4<u32>", words: 4, alignment: 4 },
  "array<vec4<u32>, 4>": { type: "array<vec4<u32>, 4>", words: 16, alignment: 4 },
  "read": PLACE,
  "read?": PLACE,
  "write": PLACE,
  "read view": VIEW,
  "read view?": VIEW,
  "write view": VIEW,
  "scratch": null,
};

const formOf = (kind: WordKind | BufferKind): WgslForm | null => isNames(kind) ? WORD : FORMS[kind];

/** Whether a field is one of a list of names. */
export const isNames = (kind: WordKind | BufferKind): kind is readonly string[] => typeof kind !== "string";

/** Whether a field is a buffer. */
export const isBuffer = (kind: WordKind | BufferKind): kind is BufferKind =>
  !isNames(kind) && /^(read|write|scratch)/.test(kind);

/** Whether a shader writes a buffer. */
export const isWritten = (kind: BufferKind): boolean => !kind.startsWith("read");

/** Whether a buffer may be absent. */
export const isOptional = (kind: BufferKind): boolean => kind.endsWith("?");

/** A field of a uniform block. */
export interface BlockField {
  /** Its name. */
  readonly name: string;
  /** Its type in WGSL. */
  readonly type: string;
  /** The word at which it starts. */
  readonly start: number;
}

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** The uniform block of a layout, by WGSL's alignment rules: its fields and its size in words. */
export function blockOf(fields: Fields): { readonly fields: readonly BlockField[]; readonly words: number } {
  const placed: BlockField[] = [];
  let end = 0;
  for (const [name, kind] of Object.entries(fields)) {
    const form = formOf(kind);
    if (form === null) continue;
    const start = roundUp(end, form.alignment);
    placed.push({ name, type: form.type, start });
    end = start + form.words;
  }
  return { fields: placed, words: roundUp(end, 4) };
}

/** Stores a field's value at word `at`; throws if it is not a value of its kind. */
function write(words: Uint32Array, at: number, name: string, kind: WordKind, value: Value): void {
  if (kind === "f32") {
    if (typeof value !== "number") throw new TypeError(`The field ${name} needs a number, not ${value}`);
    new Float32Array(words.buffer, 4 * at, 1)[0] = value;
    return;
  }
  if (isNames(kind)) {
    const number = kind.indexOf(value as string);
    if (number < 0) throw new TypeError(`The field ${name} needs one of ${kind.join(", ")}, not ${value}`);
    words[at] = number;
    return;
  }
  const values = typeof value === "number" ? [value] : value as readonly number[];
  const count = FORMS[kind]?.words;
  if (values.length !== count || !values.every((word) => word >= 0 && word < 2 ** 32 && word % 1 === 0)) {
    throw new RangeError(
      `The field ${name} needs ${count} unsigned word${count === 1 ? "" : "s"}, not ${values}`,
    );
  }
  words.set(values, at);
}

/** The words of a shader's uniform block. */
export function blockWords(
  fields: Fields,
  given: Readonly<Record<string, Value>>,
  placementOf: (operand: Operand) => Placement,
): Uint32Array {
  const block = blockOf(fields), words = new Uint32Array(block.words);
  for (const { name, start } of block.fields) {
    const kind = fields[name], value = given[name];
    if (!isBuffer(kind!)) write(words, start, name, kind!, value!);
    else if (value !== null) {
      const { offset, stride, block } = placementOf(value as Operand);
      words.set([offset, stride, block].slice(0, FORMS[kind]?.words), start);
    }
  }
  return words;
}

/** The address of a buffer that is absent. */
export const ABSENT = 0xffffffff;

/** The fields of a routine's descriptor, one word each: all but scratch memory, which each call gets separately. */
export const descriptorOf = (fields: Fields): readonly (readonly [string, WordKind | BufferKind])[] =>
  Object.entries(fields).filter(([, kind]) => kind !== "scratch");

/** The words of a routine's descriptor; a buffer's is its address. */
export function descriptorWords(
  fields: Fields,
  given: Readonly<Record<string, Value>>,
  addressOf: (operand: Operand) => number,
): Uint32Array {
  const described = descriptorOf(fields), words = new Uint32Array(described.length);
  described.forEach(([name, kind], at) => {
    const value = given[name];
    if (isBuffer(kind)) words[at] = value === null ? ABSENT : addressOf(value as Operand);
    else write(words, at, name, kind, value!);
  });
  return words;
}
