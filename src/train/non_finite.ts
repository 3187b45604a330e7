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

/** Empty records of R replicas, as an array of a snapshot. */
export const noNonFinite = (replicas: number): Float64Array => new Float64Array(WIDTH * replicas);

const encoded = (value: number): number =>
  Number.isNaN(value) ? 0 : Number.isFinite(value) ? value : Math.sign(value);

const decoded = (code: number): number => code === 0 ? NaN : Math.abs(code) === 1 ? code * Infinity : code;

/**
 * Records a number that is not a finite one of 32 bits, unless the replica has one already.
 *
 * @param step environment steps that the replica had made, this one included
 */
export function recordNonFinite(
  records: Float64Array,
  replica: number,
  arrival: CheckedQuantity,
  step: number,
  component: number,
  value: number,
): void {
  const at = WIDTH * replica;
  if (records[at] !== 0) return;
  // Infinities are encoded by their sign and NaN as 0, because the arrays of a snapshot are finite; what is finite is
  // beyond 32-bit floats.
  records.set(
    [1 + CHECKED_QUANTITIES.indexOf(arrival), step, component, encoded(value)],
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
  arrival: CheckedQuantity,
  step: number,
  component: number,
  value: number,
): string => {
  const what = arrival === "reward"
    ? `the reward ${value}${Number.isFinite(value) ? ", beyond 32-bit floats," : ""}`
    : `${arrival === "observation" ? "an observation" : "a first observation"} whose "${
      observation[component]!.name
    }" is ${value}`;
  return oneLine(`${what} ${arrival === "first observation" ? "after" : "at"} environment step ${step}`);
};

/** The same with the environment's name. */
export const nonFiniteText = (
  spec: Pick<EnvironmentSpec, "name" | "observation">,
  ...value: readonly [arrival: CheckedQuantity, step: number, component: number, value: number]
): string => oneLine(`environment "${spec.name}" gave ${valueText(spec, ...value)}`);

/** The first non-finite value of a replica, in words; null if there was none. */
export function nonFiniteOf(
  spec: Pick<EnvironmentSpec, "name" | "observation">,
  records: Float64Array,
  replica: number,
): string | null {
  const [arrival, step, component, sign] = [
    ...records.subarray(WIDTH * replica, WIDTH * (replica + 1)),
  ] as Rank4;
  if (arrival === 0) return null;
  return nonFiniteText(spec, CHECKED_QUANTITIES[arrival - 1]!, step, component, decoded(sign));
}
