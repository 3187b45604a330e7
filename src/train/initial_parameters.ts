/**
 * Initialising a training with the networks of another, matrix by matrix.
 *
 * The new task may add components to the observation of the same body. Components are identified by name, and the
 * weights of new ones are zero, so the networks initially compute the same functions as before.
 *
 * Laws, tested: with the same task, the initial parameters are those of the other training, bit for bit; with a wider
 * observation, policy and critic compute the same values as before; ADAM's moments, the counters and the replay start
 * anew.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { EnvironmentSpec } from "../../envs/environment.ts";
import type { PolicyTensors } from "../learn/networks_in_file.ts";
import { initialOf, type Learner, type NamedBlock } from "../learn/learner.ts";

/** Parameters that do not fit a training. */
export interface InitialParametersInvalid {
  /** The discriminant. */
  readonly _tag: "InitialParametersInvalid";
  /** What does not fit, in a sentence. */
  readonly message: string;
}

/** The names of a policy's observations and actions, for the metadata of its file. */
export const interfaceMetadata = ({ observation, action }: EnvironmentSpec): Record<string, string> => ({
  observation: JSON.stringify(observation.map(({ name }) => name)),
  action: JSON.stringify(action.map(({ name }) => name)),
});

const invalid = (message: string): E.Either<InitialParametersInvalid, never> =>
  E.left({ _tag: "InitialParametersInvalid", message });

/** Reads names from a file's metadata; empty if there are none. */
function namesIn(text: string | undefined): readonly string[] {
  try {
    const names: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(names) ? names.map(String) : [];
  } catch {
    return [];
  }
}

/** The source of each row of a matrix: a row of the file's matrix, or -1 for zeros. */
function sourceRows(
  block: NamedBlock,
  ours: readonly string[],
  theirs: readonly string[],
): readonly number[] {
  const rows = Array.from({ length: block.shape[0] }, (_, i) => i);
  if (!block.name.endsWith(".state")) return rows;
  return [...ours.map((name) => theirs.indexOf(name)), theirs.length]; // the bias is the last row
}

/**
 * The learner with the parameters of a file as its initial ones. Replica r starts from replica r mod N of the file,
 * which has N.
 *
 * @param tensors matrices `[replicas, rows, columns]` by name
 */
export function withInitialParameters<S>(
  learner: Learner<S>,
  spec: EnvironmentSpec,
  tensors: PolicyTensors,
  metadata: Readonly<Record<string, string>>,
): E.Either<InitialParametersInvalid, Learner<S>> {
  const ours = spec.observation.map(({ name }) => name), theirs = namesIn(metadata["observation"]);
  const actions = spec.action.map(({ name }) => name);
  if (JSON.stringify(actions) !== JSON.stringify(namesIn(metadata["action"]))) {
    return invalid(`it is of another body: its actions are not those of ${spec.name}`);
  }
  const unseen = theirs.find((name) => !ours.includes(name));
  if (unseen !== undefined) {
    return invalid(`it is of another body or task: it sees "${unseen}", which ${spec.name} does not show`);
  }
  const rowsOf = new Map<string, readonly number[]>();
  for (const block of learner.blocks) {
    const tensor = tensors[block.name];
    if (tensor === undefined) return invalid(`it has no network "${block.name.split(".")[0]}"`);
    const source = sourceRows(block, ours, theirs);
    const [, rows, columns] = tensor.shape, wanted = Math.max(...source) + 1;
    if (tensor.shape.length !== 3 || rows !== wanted || columns !== block.shape[1]) {
      return invalid(
        `its networks have another shape: "${block.name}" is ${rows} × ${columns} in the place of ` +
          `${wanted} × ${block.shape[1]}`,
      );
    }
    rowsOf.set(block.name, source);
  }
  const extra = Object.keys(tensors).find((name) => !rowsOf.has(name));
  if (extra !== undefined) return invalid(`it has a matrix "${extra}", for which there is no place here`);
  return E.right({
    ...learner,
    ...initialOf(function* (keys) {
      const state = { ...yield* learner.initialInPieces(keys) }, R = keys.length;
      const places = learner.blocks.flatMap((block) => [
        block,
        ...block.starts === undefined ? [] : [{ ...block, entry: block.starts }],
      ]);
      for (const { name, entry, start, shape: [, columns] } of places) {
        const flat = (state[entry] as Float32Array).slice(), size = flat.length / R;
        const { shape, data } = tensors[name]!, length = shape[1]! * shape[2]!;
        const rows = rowsOf.get(name) ?? [];
        for (let r = 0; r < R; r++) {
          const from = (r % shape[0]!) * length;
          rows.forEach((row, i) => {
            for (let j = 0; j < columns; j++) {
              flat[r * size + start + i * columns + j] = row < 0 ? 0 : data[from + row * columns + j]!;
            }
          });
          yield;
        }
        state[entry] = flat;
      }
      return state;
    }),
  });
}
