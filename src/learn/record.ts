/**
 * Records of tensors, such as a learner's state and settings. A record may contain records; each of its tensors has a flat name
 * for programs, checkpoints and files, which follows from its path: `critic.first` is `criticFirst`, and the `parameters` of
 * `critic` are `critic` itself.
 *
 * Laws, tested: `nested` undoes `flat`; flat names are different.
 *
 * @module
 */

import type { Tensor } from "../tensor/expression.ts";
import type { Tensors } from "../tensor/program.ts";
import type { TensorType } from "../tensor/shape.ts";

/** The record `S` with `V` for its tensors. */
export type Leaves<S, V> = S extends Tensor ? V : { readonly [K in keyof S]: Leaves<S[K], V> };

/** The types of a record's tensors. */
export type TypesOf<S> = Leaves<S, TensorType>;

type Node = TensorType | { readonly [name: string]: Node };

const isType = (node: Node): node is TensorType => Array.isArray(node.shape);

/** The flat name of the member `name` of `inside`. */
const nameIn = (inside: string, name: string): string =>
  inside === "" ? name : name === "parameters" ? inside : inside + name[0]!.toUpperCase() + name.slice(1);

/** Calls `visit` with the flat name and the path of every tensor. */
function walk(node: Node, visit: (name: string, path: readonly string[], type: TensorType) => void): void {
  const go = (at: Node, name: string, path: readonly string[]): void => {
    if (isType(at)) visit(name, path, at);
    else for (const key of Object.keys(at)) go(at[key]!, nameIn(name, key), [...path, key]);
  };
  go(node, "", []);
}

/** The types of a record's tensors by their flat names. */
export function flatTypes<S>(types: TypesOf<S>): Readonly<Record<string, TensorType>> {
  const out: Record<string, TensorType> = {};
  walk(types as Node, (name, _, type) => out[name] = type);
  return out;
}

/** The values of a record, by flat names. */
export function flat<S, V>(types: TypesOf<S>, record: Leaves<S, V>): Readonly<Record<string, V>> {
  const out: Record<string, V> = {};
  walk(types as Node, (name, path) => {
    let at: unknown = record;
    for (const key of path) at = (at as Readonly<Record<string, unknown>>)[key];
    out[name] = at as V;
  });
  return out;
}

/** The record of tensors with flat names. */
export function nested<S>(types: TypesOf<S>, tensors: Tensors): S {
  const build = (node: Node, name: string): unknown =>
    isType(node)
      ? tensors[name]
      : Object.fromEntries(Object.keys(node).map((key) => [key, build(node[key]!, nameIn(name, key))]));
  return build(types as Node, "") as S; // the record has S's places, each with a tensor
}
