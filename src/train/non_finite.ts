/**
 * Records of non-finite rewards and observations: the first of each replica, with its environment step.
 *
 * @module
 */

import type { EnvironmentSpec } from "../../envs/environment.ts";
import type { Rank4 } from "../tensor/shape.ts";
import { oneLine } from "../given.ts";

/** The kinds of values checked: a step's reward, the observation after it, or the first observation of an episode. */
export type CheckedQuantity = "reward" | "observation" | "first observation";

const CHECKED_QUANTITIES: readonly CheckedQuantity[] = ["reward", "observation", "first observation"];

/** Length of a replica's record: the {@link CheckedQuantity} (0: none yet), its step, its component, its value. */
const WIDTH = 4;

/** The records of R replicas that have received finite values only: `[R, 4]`, an array of a snapshot. */
export const emptyNonFinite = (replicas: number): Float64Array => new Float64Array(WIDTH * replicas);

const encoded = (value: number): number =>
  Number.isNaN(value) ? 0 : Number.isFinite(value) ? value : Math.sign(value);

const decoded = (code: number): number => code === 0 ? NaN : Math.abs(code) === 1 ? code * Infinity : code;

/**
 * Records a number that is not finite as a 32-bit float, unless the replica has a record already.
 *
 * @param step environment steps that the replica had made, this one included
 */
export function recordNonFinite(
  records: Float64Array,
  replica: number,
  quantity: CheckedQuantity,
  step: number,
  component: number,
  value: number,
): void {
  const at = WIDTH * replica;
  if (records[at] !== 0) return;
  // The arrays of a snapshot are finite, so infinities are encoded by their sign and NaN as 0. No finite value has
  // these codes, since it is here only if it lies beyond the range of 32-bit floats.
  records.set(
    [1 + CHECKED_QUANTITIES.indexOf(quantity), step, component, encoded(value)],
    at,
  );
}

/** Index of the first non-finite number in a range of `values`, relative to its start; -1 if there is none. */
export function firstNonFinite(values: ArrayLike<number>, at = 0, count = values.length): number {
  for (let k = 0; k < count; k++) if (!Number.isFinite(values[at + k])) return k;
  return -1;
}

/** A non-finite value of an environment and its step, in words. */
export const valueText = (
  { observation }: Pick<EnvironmentSpec, "observation">,
  quantity: CheckedQuantity,
  step: number,
  component: number,
  value: number,
): string => {
  const what = quantity === "reward"
    ? `the reward ${value}${Number.isFinite(value) ? ", beyond 32-bit floats," : ""}`
    : `${quantity === "observation" ? "an observation" : "a first observation"} whose "${
      observation[component]!.name
    }" is ${value}`;
  return oneLine(`${what} ${quantity === "first observation" ? "after" : "at"} environment step ${step}`);
};

/** {@link valueText} with the environment's name. */
export const nonFiniteText = (
  spec: Pick<EnvironmentSpec, "name" | "observation">,
  ...value: readonly [quantity: CheckedQuantity, step: number, component: number, value: number]
): string => oneLine(`environment "${spec.name}" gave ${valueText(spec, ...value)}`);

/** The first non-finite value of a replica, in words; null if there was none. */
export function nonFiniteOf(
  spec: Pick<EnvironmentSpec, "name" | "observation">,
  records: Float64Array,
  replica: number,
): string | null {
  const [quantity, step, component, sign] = [
    ...records.subarray(WIDTH * replica, WIDTH * (replica + 1)),
  ] as Rank4;
  if (quantity === 0) return null;
  return nonFiniteText(spec, CHECKED_QUANTITIES[quantity - 1]!, step, component, decoded(sign));
}
