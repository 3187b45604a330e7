/**
 * The networks in a parameter file, checked against one another and against the file's metadata.
 *
 * A network is a sequence of matrices `NAME.sample` (absent if it is a function of the observation alone), `NAME.state`,
 * `NAME.layer1`, …, each `[R, rows, columns]`, in which a matrix has as many rows as its predecessor has columns, and one
 * more for the bias. One network is the policy's; every other is a critic of an observation and an action, with one output.
 *
 * Law, tested: a tensor that is missing, reshaped, truncated, duplicated or non-finite is detected and named.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { FilePolicy } from "./algorithm.ts";
import { shown } from "./option.ts";
import type { Rank3 } from "../tensor/shape.ts";

/** Matrices `[R, rows, columns]` by name. */
export type PolicyTensors = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>
>;

/** The names of the matrices of one network, in the order in which they are applied. */
export interface NetworkInFile {
  /** Prefix of the matrices' names. */
  readonly name: string;
  /** The matrices' names. */
  readonly matrices: readonly string[];
  /** Length of the input that varies from sample to sample (action or noise); 0 if there is none. */
  readonly sample: number;
  /** Length of the observation. */
  readonly state: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** Length of the output. */
  readonly output: number;
}

/** The networks of a file. */
export interface NetworksInFile {
  /** Number of policies, R. */
  readonly replicas: number;
  /** The network that acts. */
  readonly policy: NetworkInFile;
  /** Length of an action. */
  readonly action: number;
  /** The names of an observation's and of an action's numbers, in order; null unless the file has both. */
  readonly names: { readonly observation: readonly string[]; readonly action: readonly string[] } | null;
}

/**
 * The networks of a file, or a sentence that says what is wrong with it.
 *
 * @param wanted what the policy of the file must look like
 */
export function networksIn(
  tensors: PolicyTensors,
  metadata: Readonly<Record<string, string>>,
  wanted: Pick<FilePolicy, "prefix" | "noise" | "outputs">,
): E.Either<string, NetworksInFile> {
  const unfit = Object.entries(tensors).map(([name, tensor]) => unfitMatrix(name, tensor));
  const unfitFirst = unfit.find((sentence) => sentence !== null);
  if (unfitFirst !== undefined && unfitFirst !== null) return E.left(unfitFirst);
  const networks: NetworkInFile[] = [];
  for (const name of new Set(Object.keys(tensors).map((each) => each.split(".")[0]!))) {
    const network = networkIn(tensors, name);
    if (E.isLeft(network)) return network;
    networks.push(network.right);
  }
  const policy = networks.find(({ name }) => name === wanted.prefix);
  if (policy === undefined) return E.left(`The file has no tensor "${wanted.prefix}.state"`);
  if (wanted.noise && policy.sample === 0) return E.left(`The file has no tensor "${wanted.prefix}.sample"`);
  if (!wanted.noise && policy.sample > 0) {
    return E.left(`Tensor "${wanted.prefix}.sample" has no place in a policy without noise`);
  }
  const action = policy.output / wanted.outputs;
  if (!Number.isInteger(action)) {
    return E.left(
      `Tensor "${
        policy.matrices.at(-1)
      }" must have a multiple of ${wanted.outputs} columns: it has ${policy.output}`,
    );
  }
  if (wanted.noise && policy.sample !== action) {
    return E.left(
      `Tensor "${
        policy.matrices[0]
      }" must have a row for each of the ${action} numbers of an action: it has ${policy.sample}`,
    );
  }
  const replicas = tensors[policy.matrices[0]!]!.shape[0]!;
  const copies = networks.filter(({ name }) => name.startsWith(wanted.prefix));
  const critics = networks.filter((network) => !copies.includes(network));
  const sentence = unequalReplicas(tensors, replicas) ??
    unfitCopy(copies, policy) ?? unfitCritic(critics, policy, action);
  if (sentence !== null) return E.left(sentence);
  const observationNames = namesIn(metadata, "observation", policy.state);
  if (E.isLeft(observationNames)) return observationNames;
  const actionNames = namesIn(metadata, "action", action);
  if (E.isLeft(actionNames)) return actionNames;
  const names = observationNames.right === null || actionNames.right === null
    ? null
    : { observation: observationNames.right, action: actionNames.right };
  return E.right({ replicas, policy, action, names });
}

/** What is wrong with a matrix by itself. */
function unfitMatrix(name: string, { shape, data }: PolicyTensors[string]): string | null {
  if (!/^[a-zA-Z]+\d*\.(sample|state|layer[1-9]\d*)$/.test(name)) {
    return `Tensor ${shown(name)} is not a matrix of a network`;
  }
  if (shape.length !== 3) return `Tensor "${name}" must have three axes: it has ${shape.length}`;
  if (shape[0]! < 1) return `Tensor "${name}" has no replica: its shape is [${shape}]`;
  if (shape[1]! < 1 || shape[2]! < 1) return `Tensor "${name}" is empty: its shape is [${shape}]`;
  if (data instanceof Uint32Array || data instanceof Uint8Array) {
    return `Tensor "${name}" must hold real numbers`;
  }
  const size = shape[0]! * shape[1]! * shape[2]!;
  if (data.length !== size) {
    return `Tensor "${name}" must have ${size} numbers: it has ${data.length}`;
  }
  let at = 0;
  while (at < size && Number.isFinite(Math.fround(data[at]!))) at++;
  return at === size
    ? null
    : `Tensor "${name}" must hold finite 32-bit numbers: number ${at}, of replica ${
      Math.floor(at * shape[0]! / size)
    }, is ${data[at]}`;
}

/** One network from its matrices, each of which must fit its predecessor. */
function networkIn(tensors: PolicyTensors, name: string): E.Either<string, NetworkInFile> {
  const own = Object.keys(tensors).filter((each) => each.startsWith(`${name}.`));
  const layers = own.filter((each) => each.startsWith(`${name}.layer`));
  const matrices = [
    ...(own.includes(`${name}.sample`) ? [`${name}.sample`] : []),
    `${name}.state`,
    ...layers.map((_, k) => `${name}.layer${k + 1}`),
  ];
  const missing = [...matrices, `${name}.layer1`].find((each) => tensors[each] === undefined);
  if (missing !== undefined) return E.left(`The file has no tensor "${missing}"`);
  const first = matrices.indexOf(`${name}.state`);
  for (const [k, each] of matrices.entries()) {
    const [, rows, columns] = tensors[each]!.shape as Rank3;
    const before = k > first ? tensors[matrices[k - 1]!]!.shape[2]! : null;
    const fits = before === null ? columns === tensors[matrices[first]!]!.shape[2] : rows === before + 1;
    if (!fits || (k === first && rows < 2)) {
      return E.left(
        `Tensor "${each}" has the shape [${tensors[each]!.shape}], which does not fit its neighbours`,
      );
    }
  }
  const widths = matrices.slice(first).map((each) => tensors[each]!.shape[2]!);
  return E.right({
    name,
    matrices,
    sample: first === 0 ? 0 : tensors[matrices[0]!]!.shape[1]!,
    state: tensors[matrices[first]!]!.shape[1]! - 1,
    hidden: widths.slice(0, -1),
    output: widths[widths.length - 1]!,
  });
}

function unequalReplicas(tensors: PolicyTensors, replicas: number): string | null {
  const other = Object.entries(tensors).find(([, { shape }]) => shape[0] !== replicas);
  return other === undefined
    ? null
    : `Tensor "${other[0]}" has ${other[1].shape[0]} replicas, the policy ${replicas}`;
}

const sameWidths = (a: NetworkInFile, b: NetworkInFile): boolean => a.hidden.join() === b.hidden.join();

/** What is wrong with a copy of the policy, such as its target. */
function unfitCopy(copies: readonly NetworkInFile[], policy: NetworkInFile): string | null {
  const other = copies.find((copy) =>
    copy.sample !== policy.sample || copy.state !== policy.state || copy.output !== policy.output ||
    !sameWidths(copy, policy)
  );
  return other === undefined ? null : `The layers of "${other.name}" are not those of "${policy.name}"`;
}

/** What is wrong with a critic, given the policy that it evaluates. */
function unfitCritic(
  critics: readonly NetworkInFile[],
  policy: NetworkInFile,
  action: number,
): string | null {
  for (const critic of critics) {
    const { name, matrices, sample, state, output } = critic;
    if (state !== policy.state) {
      return `Tensor "${name}.state" is of observations of ${state} numbers, the policy's of ${policy.state}`;
    }
    if (sample !== action) {
      return `Tensor "${name}.sample" is of actions of ${sample} numbers, the policy's have ${action}`;
    }
    if (output !== 1) return `Tensor "${matrices.at(-1)}" must have one column, a value: it has ${output}`;
    if (!sameWidths(critic, policy)) {
      return `The hidden layers of "${name}" have the widths ${critic.hidden}, the policy's ${policy.hidden}`;
    }
  }
  return null;
}

/** The metadata's names for an observation's or an action's numbers, null without any; or what is wrong. */
function namesIn(
  metadata: Readonly<Record<string, string>>,
  key: "observation" | "action",
  count: number,
): E.Either<string, readonly string[] | null> {
  const text = metadata[key];
  if (text === undefined) return E.right(null); // as in files of policies that were trained from code
  let names: unknown;
  try {
    names = JSON.parse(text);
  } catch {
    names = null;
  }
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) {
    return E.left(`The file's metadata "${key}" must be a list of names as JSON`);
  }
  return names.length === count
    ? E.right(names)
    : E.left(`The file's metadata name ${names.length} numbers of an ${key}: its policy has ${count}`);
}
