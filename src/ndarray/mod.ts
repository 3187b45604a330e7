/**
 * Typed views of what the library gives as flat arrays: a shape, strides and `get(i, j)` over the same memory, by the package
 * `ndarray`, with whose ecosystem they can be used.
 *
 * A module of its own, which nothing of the library imports: the package makes its classes out of text, which a page with a
 * strict Content-Security-Policy forbids, and every importer of `mod.ts` would have to allow it.
 *
 * Laws, tested: a view and what it is of share their memory, both ways; element `[i, j]` of a view is the program's.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import { E, pipe, TE } from "../deps.ts";
import type { DeviceError, Executable } from "../device/device.ts";
import type { Agent } from "../learn/agent.ts";
import { child, type Key } from "../random/key.ts";
import type { Values } from "../tensor/loops.ts";
import type { Program } from "../tensor/program.ts";
import { checkedShape, sizeOf } from "../tensor/shape.ts";
import type { Episode } from "../train/evaluate.ts";
import { decode, type SafetensorsInvalid, type StoredTensor } from "../train/safetensors.ts";
import { type NdArray, ndarray } from "./deps.ts";
import { aList, anObject, isRecord, requireFit } from "../given.ts";

export type { NdArray } from "./deps.ts";

/** Arrays that a view may be of. */
export type Viewed = StoredTensor["data"] | Values;

/**
 * A view of an array in row-major order.
 *
 * @throws RangeError if the array has not as many numbers as the shape
 *
 * @example
 * ```ts
 * import { view } from "./mod.ts";
 * import assert from "node:assert/strict";
 * const data = Float32Array.of(1, 2, 3, 4, 5, 6), x = view(data, [2, 3]);
 * assert.equal(x.get(1, 0), 4);
 * assert.deepEqual(x.stride, [3, 1]);
 * x.set(0, 2, 30);
 * assert.equal(data[2], 30); // the same memory
 * assert.equal(x.transpose(1, 0).get(2, 0), 30);
 * ```
 */
export function view<D extends Viewed>(data: D, shape: readonly number[]): NdArray<D> {
  requireFit("A view's numbers", data, { wanted: "a typed array", fits: ArrayBuffer.isView });
  const size = sizeOf(checkedShape(shape));
  if (data.length !== size) {
    throw new RangeError(`A view of the shape [${shape}] needs ${size} numbers: got ${data.length}`);
  }
  return ndarray<D>(data, [...shape]);
}

/**
 * Reads outputs or inputs of a compiled program as views in the shapes that the program gives them.
 *
 * @throws RangeError if the program has no such input or output
 *
 * @example
 * ```ts
 * import { read } from "./mod.ts";
 * import { cpuDevice, E } from "../../mod.ts";
 * import { f32, mul, trace } from "../tensor/mod.ts";
 * import assert from "node:assert/strict";
 * const program = trace({ x: f32(1, 2, 3) }, ({ x }) => ({ y: mul(x, 2) })), device = cpuDevice();
 * const compiled = await device.compile(program)();
 * assert.ok(E.isRight(compiled));
 * compiled.right.write("x", [1, 2, 3, 4, 5, 6]);
 * compiled.right.run();
 * const found = await read(compiled.right, program, ["y"])();
 * assert.ok(E.isRight(found));
 * assert.deepEqual(found.right.y.shape, [1, 2, 3]);
 * assert.equal(found.right.y.get(0, 1, 2), 12);
 * device.close();
 * ```
 */
export const read = <N extends string>(
  executable: Pick<Executable, "read">,
  program: Pick<Program, "inputs" | "outputs" | "types">,
  names: readonly N[],
): TE.TaskEither<DeviceError, { readonly [K in N]: NdArray<Values> }> => {
  requireFit("A compiled program", executable, {
    wanted: "one, such as a device's compile gives",
    fits: (each) => isRecord(each) && typeof each["read"] === "function",
  });
  requireFit("A program", program, anObject);
  requireFit("What is read", names, aList);
  const { inputs, outputs, types } = program;
  const shapes = names.map((name) => {
    const found = outputs.find((each) => each.name === name) ?? inputs.find((each) => each.name === name);
    if (found === undefined) throw new RangeError(`The program has no input or output "${name}"`);
    return types[found.variable]!.shape;
  });
  return pipe(
    executable.read(names),
    TE.map((values) =>
      Object.fromEntries(names.map((name, k) => [name, view(values[name], shapes[k]!)])) as {
        readonly [K in N]: NdArray<Values>;
      }
    ),
  );
};

/**
 * The tensors of a safetensors file as views: networks by name, `[R, rows, columns]` each.
 *
 * @returns why the file cannot be read otherwise, which `explainSafetensors` of `./train` says in words
 *
 * @example
 * ```ts
 * import { tensorsOf } from "./mod.ts";
 * import { E, pointMass, trainSoftQ } from "../../mod.ts";
 * import assert from "node:assert/strict";
 * const trained = await trainSoftQ(pointMass(), { steps: 25, minimumReplay: 10, hidden: [8], batch: 4 })();
 * assert.ok(E.isRight(trained));
 * const tensors = tensorsOf(trained.right.save());
 * assert.ok(E.isRight(tensors));
 * assert.deepEqual(tensors.right["sampler.state"].shape, [1, 3, 8]); // two numbers and a bias to eight neurons
 * ```
 */
export const tensorsOf = (
  bytes: Uint8Array,
): E.Either<SafetensorsInvalid, Readonly<Record<string, NdArray<StoredTensor["data"]>>>> =>
  pipe(
    decode(bytes),
    E.map(({ tensors }) =>
      Object.fromEntries(Object.entries(tensors).map(([name, { data, shape }]) => [name, view(data, shape)]))
    ),
  );

/**
 * Acts on a batch of observations.
 *
 * @param observations `[B,S]`, of any strides
 * @param key row b is given its child b, so that equal keys give equal batches
 * @returns `[B,A]` actions in [-1, 1]
 * @throws RangeError if the observations have another length or are not finite
 *
 * @example
 * ```ts
 * import { act, view } from "./mod.ts";
 * import { E, keyOf, pointMass, trainSoftQ } from "../../mod.ts";
 * import assert from "node:assert/strict";
 * const trained = await trainSoftQ(pointMass(), { steps: 25, minimumReplay: 10, hidden: [8], batch: 4 })();
 * assert.ok(E.isRight(trained));
 * const actions = act(trained.right.agent, view(new Float32Array(20), [10, 2]), keyOf(1));
 * assert.deepEqual(actions.shape, [10, 2]);
 * ```
 */
export function act(
  agent: Agent,
  observations: NdArray<Viewed>,
  key: Key,
  replica = 0,
): NdArray<Float32Array> {
  requireFit("An agent", agent, {
    wanted: "one, such as loadAgent gives",
    fits: (a) => isRecord(a) && "act" in a,
  });
  requireFit("Observations", observations, { wanted: "a view", fits: (x) => isRecord(x) && "shape" in x });
  const [B, S] = observations.shape as [number, number];
  if (observations.shape.length !== 2) {
    throw new RangeError(`Observations must have two axes: got ${observations.shape.length}`);
  }
  const actions = new Float32Array(B * agent.action);
  for (let b = 0; b < B; b++) {
    const row = Float64Array.from({ length: S }, (_, s) => observations.get(b, s));
    actions.set(agent.act(row, child(key, b), replica), b * agent.action);
  }
  return view(actions, [B, agent.action]);
}

/** The states of an episode, `[length + 1, state size]`, the first and the last included. */
export const statesOf = (episode: Episode, environment: Environment): NdArray<Float64Array> => {
  requireFit("An episode", episode, anObject);
  requireFit("An environment's spec", environment?.spec, anObject);
  return view(episode.states, [episode.length + 1, environment.spec.stateSize]);
};
