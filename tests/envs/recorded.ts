/** Reading the recordings of `tests/data` (see the README there) and comparing with them. */

import type { ChainParameters, Integrator } from "../../envs/dynamics/chain_parameters.ts";
import { GYMNASIUM_SWIMMER, RLLAB_SWIMMER } from "../../envs/dynamics/chain_parameters.ts";
import {
  GYMNASIUM_QUADRUPED,
  type QuadrupedParameters,
  RLLAB_QUADRUPED,
} from "../../envs/dynamics/quadruped_parameters.ts";

/** The parsed content of a file of `tests/data`. */
export function readRecording<T>(name: string): T {
  return JSON.parse(Deno.readTextFileSync(new URL(`../data/${name}.json`, import.meta.url)));
}

/** The numbers of a base64 array. */
export function numbers(text: string): Float64Array {
  return new Float64Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

/** Row `i` of a flat array of rows. */
export function row(values: Float64Array, i: number, length: number): Float64Array {
  return values.subarray(i * length, (i + 1) * length);
}

/** Greatest |a - b|. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = 0;
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const apart = Math.abs(a[i]! - b[i]!);
    if (!(apart <= worst)) worst = apart;
  }
  return worst;
}

/** Greatest |a - b| over the greatest |b|. */
export function relative(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let scale = 0;
  for (let i = 0; i < b.length; i++) scale = Math.max(scale, Math.abs(b[i]!));
  return maxDifference(a, b) / Math.max(scale, Number.MIN_VALUE);
}

/** A recorded motion. */
export interface Run {
  readonly parameters: {
    readonly set?: "rllab" | "gymnasium";
    readonly timestep?: number;
    readonly integrator?: string;
    readonly gravity?: number;
    readonly contact?: boolean;
    readonly limits?: boolean;
    readonly damping?: number;
    readonly solimp?: readonly number[];
    readonly condim?: number;
  };
  readonly stepsPerRecord: number;
  readonly records: number;
  readonly control?: string;
  readonly position: string;
  readonly velocity: string;
}

/** A quadruped's parameters as a recording states them; torques in N m. */
export function quadrupedOf({ parameters: p }: Run): QuadrupedParameters {
  const set: QuadrupedParameters = p.solimp === undefined ? GYMNASIUM_QUADRUPED : RLLAB_QUADRUPED;
  return {
    ...set,
    controlRange: 150,
    gear: 1,
    timeStep: p.timestep ?? set.timeStep,
    integrator: (p.integrator ?? set.integrator).toLowerCase() as Integrator,
    gravity: p.gravity === undefined ? set.gravity : -p.gravity,
    floor: p.contact ?? true,
    damping: p.damping ?? set.damping,
    friction: p.condim === 1 ? 0 : set.friction,
    ...(p.limits === false ? { hipRange: null, ankleRange: null } : {}),
  };
}

/** A swimmer's parameters as a recording states them. */
export function swimmerOf({ parameters: p }: Run): ChainParameters {
  return p.set === "gymnasium" ? GYMNASIUM_SWIMMER : RLLAB_SWIMMER;
}

/** Replays a recording freely from its first state; the greatest difference to any recorded state. */
export function replay(run: Run, step: (state: Float64Array, control: Float64Array) => void): number {
  const position = numbers(run.position), velocity = numbers(run.velocity);
  const nq = position.length / run.records, nv = velocity.length / run.records;
  const control = run.control === undefined ? null : numbers(run.control);
  const controls = control === null ? 8 : control.length / (run.records - 1);
  const state = new Float64Array(nq + nv), held = new Float64Array(controls);
  state.set(row(position, 0, nq));
  state.set(row(velocity, 0, nv), nq);
  let worst = 0;
  for (let t = 1; t < run.records; t++) {
    if (control !== null) held.set(row(control, t - 1, controls));
    for (let i = 0; i < run.stepsPerRecord; i++) step(state, held);
    worst = Math.max(
      worst,
      maxDifference(state.subarray(0, nq), row(position, t, nq)),
      maxDifference(state.subarray(nq), row(velocity, t, nv)),
    );
  }
  return worst;
}
