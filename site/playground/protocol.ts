/**
 * The messages between the page and its learning Workers.
 *
 * @module
 */

import type { Goal } from "../../envs/point_mass.ts";
import type { Algorithm, PlayOptions, Temperature } from "./options.ts";

/** A request of the page. */
export type Request =
  /** Restarts learning. Always the first request. */
  | {
    readonly kind: "begin";
    readonly options: PlayOptions;
    readonly algorithm: Algorithm;
    readonly device: "auto" | "cpu" | "webgpu";
    readonly looked: Goal;
    /** The file with the initial networks; null for new ones. */
    readonly file: Uint8Array | null;
  }
  /** Learns at `speed` updates per second (0: as many as possible in a fraction of the time), up to `until` steps. */
  | { readonly kind: "play"; readonly speed: number; readonly until: number | null; readonly share: number }
  /** Pauses learning. */
  | { readonly kind: "pause" }
  /** Makes one update. */
  | { readonly kind: "update" }
  /** Changes the temperature. */
  | { readonly kind: "temperature"; readonly value: number }
  /** Selects the viewed state, and whether to show Stein particles there. */
  | { readonly kind: "look"; readonly looked: Goal; readonly particles: boolean; readonly restart?: boolean }
  /** Requests a view; each request is answered once. */
  | { readonly kind: "view" }
  /** Requests the bytes of `parameters.safetensors`. */
  | { readonly kind: "save" };

/** Episodes of the current policy. */
export interface Rollouts {
  /** Concatenated positions `x, y` of all episodes. */
  readonly places: Float32Array;
  /** `[episodes + 1]` index of each episode's first position, and one past the last. */
  readonly starts: Uint32Array;
  /** `[episodes]` the goal that it ended in, or -1. */
  readonly goals: Int8Array;
}

/** Q(s, ·) over the action square and the policy's actions in that state. */
export interface Landscape {
  /** The state s. */
  readonly looked: Goal;
  /** Points per axis of the grid over [-1, 1]². */
  readonly side: number;
  /** `[side, side]` Q in units of the task's own reward, a_y by a_x. */
  readonly q: Float32Array;
  /** Drawn actions `a_x, a_y`. */
  readonly actions: Float32Array;
  /** Stein particles, if requested. */
  readonly particles: Particles | null;
}

/** Particles in the action square, with the two parts of the Stein direction at each. */
export interface Particles {
  /** `a_x, a_y` of each. */
  readonly actions: Float32Array;
  /** The attraction on each, in the action square. */
  readonly attraction: Float32Array;
  /** The repulsion on each. */
  readonly repulsion: Float32Array;
}

/** The soft value over positions. */
export interface ValueField {
  /** Points per axis of the grid over the arena. */
  readonly side: number;
  /** `[side, side]` V in units of the task's own reward, y by x. */
  readonly value: Float32Array;
}

/** The results of an evaluation of 100 episodes. */
export interface Measured {
  /** Environment steps made before it. */
  readonly step: number;
  /** Mean of the episodes' undiscounted returns, in the task's own reward. */
  readonly meanReturn: number;
  /** Fraction of all episodes that ended in each goal. */
  readonly goalShares: readonly number[];
  /** Mean entropy of exp(Q/α) in visited states, nats; null for an algorithm without α. */
  readonly entropy: number | null;
}

/** A view of the learner's state. */
export interface View {
  /** Environment steps. */
  readonly steps: number;
  /** Updates. */
  readonly updates: number;
  /** Updates per second, over the last second. */
  readonly rate: number;
  /** Whether it continues learning. */
  readonly playing: boolean;
  /** Past and present temperatures, with the steps at which the learner applied them. */
  readonly temperatures: readonly Temperature[];
  readonly rollouts: Rollouts;
  readonly landscape: Landscape;
  /** The newest value field, if it has changed. */
  readonly field: ValueField | null;
  /** Evaluations since the last view. */
  readonly measured: readonly Measured[];
}

/** An answer of the Worker. */
export type Answer =
  /** Learning has started on this device, chosen for this reason. */
  | {
    readonly kind: "begun";
    readonly device: "cpu" | "webgpu";
    readonly description: string;
    readonly reason: string;
  }
  | { readonly kind: "view"; readonly view: View }
  | { readonly kind: "saved"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Learning has stopped because of a failure. */
  | { readonly kind: "failed"; readonly message: string; readonly lost: boolean };
