/**
 * What a training asks of memory, before anything is made.
 *
 * Law, tested: a training that no machine could hold is refused by the option that makes it so large, and never by an
 * exception.
 *
 * @module
 */

import type { Configured } from "../learn/algorithm.ts";
import type { Breach } from "../learn/option.ts";
import type { Training } from "./loop.ts";
import { replayBytes } from "./replay.ts";

/** Bytes that no machine is asked for. */
const LIMIT = 64 * 2 ** 30;

/** The largest parts, as a lower bound, with the option that each is due to, and the option's value. */
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

/** Bytes that a training holds, as a lower bound: what its largest parts come to. */
export const memoryBytes = <S>(training: Training<S>, configured: Configured): number =>
  parts(training, configured).reduce((total, [, , , bytes]) => total + bytes, 0);

/** The option with which a training needs more memory than any machine is asked for, if there is one. */
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
