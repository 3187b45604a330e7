/**
 * Shaders: a WGSL file with the layout of its uniform block and bindings. The text is checked against the layout
 * whenever an entry point is launched.
 *
 * The check parses no more WGSL than it needs: structures, module-scope variables, overrides, and the names that a
 * function mentions. When in doubt it rejects.
 *
 * @module
 */

import type { Binding, Launch } from "./launch.ts";
import {
  blockOf,
  type BufferKind,
  type Fields,
  type FieldValues,
  isBuffer,
  isOptional,
  isWritten,
  type Operand,
  type Value,
} from "./layout.ts";

import type { Operands } from "./shape.ts";

/** A shader whose text and layout contradict each other. The message names the file and the field. */
export class LayoutMismatch extends TypeError {
  /** The name of this class of errors. */
  override readonly name = "LayoutMismatch";
  /** The shader's file. */
  readonly file: string;
  /** The word, buffer, entry point or override that is wrong. */
  readonly field: string;
  /**
   * The message names the file and the field.
   *
   * @param file the shader's
   * @param field the word, buffer, entry point or override that is wrong
   * @param wrong the rest of the sentence: what is wrong with it
   */
  constructor(file: string, field: string, wrong: string) {
    super(`${file}: ${field} ${wrong}`);
    this.file = file;
    this.field = field;
  }
}

/** Optional properties of a launch. */
export interface Variant {
  /** Values of `override` constants; a name such as "pre-tanh" refers to the shader's constant `PRE_TANH`. */
  readonly constants?: Readonly<Record<string, number | string>>;
  /** Elements are read four at a time; see {@link Launch}. */
  readonly vectors?: boolean;
}

/** A WGSL file and its layout. */
export interface Shader<F extends Fields> {
  /**
   * The dispatch of an entry point.
   *
   * @param given a value for each field; null for buffers that are absent or that the entry point does not use
   * @throws LayoutMismatch if the shader's text and the layout differ
   */
  readonly launch: (
    entryPoint: string,
    workgroups: readonly [number, number, number],
    given: FieldValues<F>,
    variant?: Variant,
  ) => Launch;
}

/** A shader: its file's name, its text, and its layout. */
export function shader<const F extends Fields>(file: string, source: string, fields: F): Shader<F> {
  let text: Text | undefined; // parsed on the first launch: importing has no side effect
  return {
    launch: (entryPoint, workgroups, given, variant = {}) => {
      text ??= read(source);
      const { constants = {} } = variant;
      const bindings = bind(file, text, entryPoint, fields, given);
      const numbers = Object.fromEntries(
        Object.entries(constants).map(([name, value]) => [name, numberOf(file, text!, name, value)]),
      );
      return {
        ...variant,
        file,
        source,
        entryPoint,
        constants: numbers,
        bindings,
        fields,
        given,
        workgroups,
      };
    },
  };
}

/** The parsed parts of a shader's text. */
interface Text {
  /** The fields of each structure, `name: type`. */
  readonly structures: ReadonlyMap<string, readonly string[]>;
  /** The variables with a binding, by name. */
  readonly variables: ReadonlyMap<string, Variable>;
  readonly overrides: ReadonlySet<string>;
  /** Constants that are words, by name. */
  readonly words: ReadonlyMap<string, number>;
  /** The names that each function mentions. */
  readonly functions: ReadonlyMap<string, ReadonlySet<string>>;
}

interface Variable {
  readonly binding: number;
  /** `uniform`, `storage, read` or `storage, read_write`. */
  readonly space: string;
  readonly type: string;
}

function read(source: string): Text {
  const code = source.replace(/\/\/.*$/gm, "");
  const found = (pattern: RegExp, text = code): readonly Operands<string>[] =>
    [...text.matchAll(pattern)].map((match) => [...match] as Operands<string>);
  return {
    structures: new Map(
      found(/^struct (\w+) \{([^}]*)\}/gm).map(([, name, body]) => [
        name,
        [...body!.matchAll(/(\w+)\s*:\s*(\w+(?:<(?:[^<>]|<[^<>]*>)*>)?)/g)].map(([, field, type]) =>
          `${field}: ${type}`
        ),
      ]),
    ),
    variables: new Map(
      found(/@binding\((\d+)\)\s*var<([^>]*)>\s*(\w+)\s*:\s*([^;]+);/g).map((
        [, binding, space, name, type],
      ) => [name, { binding: Number(binding), space, type }]),
    ),
    overrides: new Set(found(/^override (\w+)/gm).map(([, name]) => name)),
    words: new Map(found(/^const (\w+)(?:: u32)? = (\d+)u;/gm).map(([, name, word]) => [name, Number(word)])),
    // A member name after a dot is not a mention.
    functions: new Map(
      found(/\bfn (\w+)([^]*?)^\}/gm).map(([, name, body]) => [
        name,
        new Set([...body!.matchAll(/(?<![.\w])[A-Za-z_]\w*/g)].map(([word]) => word)),
      ]),
    ),
  };
}

/** The value of an override constant. */
function numberOf(file: string, { overrides, words }: Text, name: string, value: number | string): number {
  if (!overrides.has(name)) throw new LayoutMismatch(file, name, "is not an override");
  if (typeof value === "number") return value;
  const constant = value.toUpperCase().replaceAll("-", "_"), word = words.get(constant);
  if (word === undefined) {
    throw new LayoutMismatch(file, name, `is ${value}, for which there is no ${constant}`);
  }
  return word;
}

/** The names mentioned by an entry point and by the functions it calls. */
function mentioned({ functions }: Text, entryPoint: string): ReadonlySet<string> {
  const names = new Set([entryPoint]);
  for (const name of names) for (const inner of functions.get(name) ?? []) names.add(inner);
  return names;
}

/** The operands of an entry point's bindings, once the shader's text and the layout agree. */
function bind(
  file: string,
  text: Text,
  entryPoint: string,
  fields: Fields,
  given: Readonly<Record<string, Value>>,
): Launch["bindings"] {
  if (!text.functions.has(entryPoint)) throw new LayoutMismatch(file, entryPoint, "is not an entry point");
  const names = mentioned(text, entryPoint);
  const used = [...text.variables].filter(([name]) => names.has(name));
  checkBlock(file, text, used.find(([, { space }]) => space === "uniform")?.[1], fields);
  const buffers = Object.entries(fields).filter((field): field is [string, BufferKind] => isBuffer(field[1]));
  for (const [name, { binding, space }] of used.filter(([, { space }]) => space !== "uniform")) {
    const [wanted, kind] = buffers[binding - 1] ?? ["nothing", "read"];
    // A buffer bound as vectors of four has the suffix 4.
    if (name !== wanted && name !== `${wanted}4`) {
      throw new LayoutMismatch(file, name, `is bound as ${binding}, where the layout has ${wanted}`);
    }
    if (space.endsWith("read_write") !== isWritten(kind)) {
      throw new LayoutMismatch(file, name, `is declared as <${space}>, but its layout says ${kind}`);
    }
  }
  const operands = buffers.map(([name]) => given[name] as Operand | null);
  const standIn = operands.find((operand, k) => operand !== null && !isWritten(buffers[k]![1])) ?? null;
  return buffers.map(([name, kind], k): Binding | null => {
    if (!used.some(([, { binding }]) => binding === k + 1)) return null;
    const operand = operands[k] ?? (isOptional(kind) ? standIn : null);
    if (operand === null) throw new LayoutMismatch(file, name, `is not bound, but ${entryPoint} uses it`);
    return { operand, written: isWritten(kind) };
  });
}

/** Throws if the fields of a shader's uniform block, or their order, differ from the layout. */
function checkBlock(file: string, { structures }: Text, block: Variable | undefined, fields: Fields): void {
  const actual = block && structures.get(block.type);
  if (actual === undefined) throw new LayoutMismatch(file, "binding 0", "is not a uniform block");
  const wanted = blockOf(fields).fields.map(({ name, type }) => `${name}: ${type}`);
  for (let k = 0; k < Math.max(actual.length, wanted.length); k++) {
    if (actual[k] === wanted[k]) continue;
    const [field] = (wanted[k] ?? actual[k])!.split(":");
    throw new LayoutMismatch(
      file,
      field!,
      `is ${wanted[k] ?? "nothing"} in the layout, where ${block?.type} has ${actual[k] ?? "nothing"}`,
    );
  }
}
