/**
 * The memory that a training needs, estimated before anything is allocated.
 *
 * Law, tested: a training too large for any machine is refused with the name of the responsible option, never by an
 * exception.
 *
 * @module
 */

import type { Configured } from "../learn/algorithm.ts";
import type { Breach } from "../learn/option.ts";
import type { Training } from "./loop.ts";
import { replayBytes } from "./replay.ts";

/** The largest size accepted, in bytes. */
const LIMIT = 64 * 2 ** 30;

/** Lower bounds of the largest allocations, each with the responsible option and its value. */
function parts<S>(
  { capacity, replicas, environments, chunk, environment: { spec }, learner }: Training<S>,
  { memory, options }: Configured,
): readonly (readonly [option: string, value: unknown, what: string, bytes: number])[] {
  const state = Object.values(learner.stateTypes(replicas)).reduce(
    (total, { shape }) => total + 4 * shape.reduce((size, length) => size * length, 1),
    0,
  );
  const values = new Map(Object.entries(options));
  const sizes = { observation: spec.observation.length, action: spec.action.length };
  return [
    ["capacity", capacity, "replay", replayBytes({ replicas, capacity, ...sizes })],
    ["hidden", options.hidden, "parameters and moments", state],
    ...memory.map(({ option, what, numbers }) =>
      [option, values.get(option), what, 4 * replicas * numbers] as const
    ),
    ["environments", environments, "states of environments", 8 * replicas * environments * spec.stateSize],
    ["chunk", chunk, "a chunk's transitions", 8 * replicas * chunk * (sizes.observation + sizes.action + 4)],
  ];
}

/** A lower bound of a training's memory, in bytes: the sum of its largest allocations. */
export const memoryBytes = <S>(training: Training<S>, configured: Configured): number =>
  parts(training, configured).reduce((total, [, , , bytes]) => total + bytes, 0);

/** The option that makes a training too large, if there is one. */
export const memoryBreaches = <S>(training: Training<S>, configured: Configured): readonly Breach[] =>
  parts(training, configured).filter(([, , , bytes]) => !(bytes <= LIMIT)).slice(0, 1).map((
    [field, value, what, bytes],
  ) => ({
    field,
    sentence: (name) =>
      `${name(field)} ${value} with ${
        name("replicas")
      } ${training.replicas} needs ${bytes} bytes of ${what}: ` +
      `at most ${LIMIT}`,
  }));
