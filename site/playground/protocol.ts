/**
 * What the page and the Worker that learns for it say to each other.
 *
 * @module
 */

import type { Goal } from "../../envs/point_mass.ts";
import type { Algorithm, PlayOptions, Temperature } from "./options.ts";

/** What the page asks for. */
export type Request =
  /** Begins anew. The first request of all. */
  | {
    readonly kind: "begin";
    readonly options: PlayOptions;
    readonly algorithm: Algorithm;
    readonly device: "auto" | "cpu" | "webgpu";
    readonly looked: Goal;
    /** The file whose networks it begins with; new ones if null. */
    readonly file: Uint8Array | null;
  }
  /** Learns `speed` updates a second (0: as many as there can be in a share of the time), until there are `until` steps. */
  | { readonly kind: "play"; readonly speed: number; readonly until: number | null; readonly share: number }
  /** Stands still. */
  | { readonly kind: "pause" }
  /** Makes one update. */
  | { readonly kind: "update" }
  /** Goes on with another temperature. */
  | { readonly kind: "temperature"; readonly value: number }
  /** Looks at the actions of another state, and at the Stein particles there or not. */
  | { readonly kind: "look"; readonly looked: Goal; readonly particles: boolean; readonly restart?: boolean }
  /** Asks for a view; each is answered once. */
  | { readonly kind: "view" }
  /** Asks for the bytes of `parameters.safetensors`. */
  | { readonly kind: "save" };

/** Episodes of the policy as it is. */
export interface Rollouts {
  /** Places `x, y` of all episodes, one after the other. */
  readonly places: Float32Array;
  /** `[episodes + 1]` number of the place that each begins with, and of one behind the last. */
  readonly starts: Uint32Array;
  /** `[episodes]` the goal that it ended in, or -1. */
  readonly goals: Int8Array;
}

/** Q(s, ·) over the action square and what the policy does in that state. */
export interface Landscape {
  /** The state s. */
  readonly looked: Goal;
  /** Points of an axis of the grid over [-1, 1]². */
  readonly side: number;
  /** `[side, side]` Q in units of the task's own reward, a_y by a_x. */
  readonly q: Float32Array;
  /** Drawn actions `a_x, a_y`. */
  readonly actions: Float32Array;
  /** Stein particles, if they are asked for. */
  readonly particles: Particles | null;
}

/** Particles in the action square, with the two parts of the Stein direction at each. */
export interface Particles {
  /** `a_x, a_y` of each. */
  readonly actions: Float32Array;
  /** Where attraction draws it, in the action square. */
  readonly attraction: Float32Array;
  /** Where repulsion pushes it. */
  readonly repulsion: Float32Array;
}

/** The soft value of places. */
export interface ValueField {
  /** Points of an axis of the grid over the arena. */
  readonly side: number;
  /** `[side, side]` V in units of the task's own reward, y by x. */
  readonly value: Float32Array;
}

/** What an evaluation of 100 episodes came to. */
export interface Measured {
  /** Environment steps made before it. */
  readonly step: number;
  /** Mean of the episodes' undiscounted returns, in the task's own reward. */
  readonly meanReturn: number;
  /** Share of all episodes that ended in each goal. */
  readonly goalShares: readonly number[];
  /** Mean entropy of exp(Q/α) in visited states, nats; null for an algorithm without α. */
  readonly entropy: number | null;
}

/** What there is to see. */
export interface View {
  /** Environment steps. */
  readonly steps: number;
  /** Updates. */
  readonly updates: number;
  /** Updates a second, over the last second. */
  readonly rate: number;
  /** Whether it goes on learning. */
  readonly playing: boolean;
  /** What α was and is, by the steps at which the learner itself took each over. */
  readonly temperatures: readonly Temperature[];
  readonly rollouts: Rollouts;
  readonly landscape: Landscape;
  /** The newest field, where it has changed. */
  readonly field: ValueField | null;
  /** Evaluations since the last view. */
  readonly measured: readonly Measured[];
}

/** What the Worker answers. */
export type Answer =
  /** It has begun, on this device and for this reason. */
  | {
    readonly kind: "begun";
    readonly device: "cpu" | "webgpu";
    readonly description: string;
    readonly reason: string;
  }
  | { readonly kind: "view"; readonly view: View }
  | { readonly kind: "saved"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** It stands still because of this. */
  | { readonly kind: "failed"; readonly message: string; readonly lost: boolean };
