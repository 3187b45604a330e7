/**
 * What episodes look like: from an environment's states to the points of a page.
 *
 * @module
 */

import { createChain } from "../../envs/dynamics/chain.ts";
import { RLLAB_SWIMMER } from "../../envs/dynamics/chain_parameters.ts";
import { chainEnds } from "../../envs/dynamics/chain_view.ts";
import { RLLAB_QUADRUPED } from "../../envs/dynamics/quadruped_parameters.ts";
import { createQuadruped } from "../../envs/dynamics/quadruped_step.ts";
import { quadrupedPoints } from "../../envs/dynamics/quadruped_view.ts";
import type { Environment } from "../../envs/environment.ts";
import {
  ARENA_HALF_WIDTH,
  GOAL_RADIUS,
  GOALS,
  POINT_MASS_VARIANTS,
  rewardAt,
} from "../../envs/point_mass.ts";
import { quadrupedCentre, quadrupedUp } from "../../envs/quadruped.ts";
import { swimmerCentre } from "../../envs/swimmer.ts";
import { PLANE, WORLDS } from "../../envs/worlds.ts";
import type { Episode } from "../train/evaluate.ts";
import { gridOf } from "../report/panel.ts";
import type { Rollout, Scene } from "../report/watch.ts";

/** A way of drawing an environment's states. */
export interface View {
  readonly scene: Omit<Scene, "title" | "caption">;
  /** Steps from one frame to the next. */
  readonly stride: number;
  /** The points of a state, x, y and z each. */
  readonly points: (state: Float64Array) => ArrayLike<number>;
  /** Where its trail is. */
  readonly centre: (state: Float64Array) => readonly [number, number];
  /** Its numbers after `step` steps. */
  readonly caption: (state: Float64Array, step: number) => string;
}

const NOTHING = { walls: [], goals: [], finish: null, ground: null, side: false } as const;

const fixed = (value: number): string => value.toFixed(2).replace("-", "−");

/** The point mass over the level curves of its reward. */
function pointMassView(name: string): View {
  const variant = POINT_MASS_VARIANTS.find((each) => name.endsWith(each)) ?? "final-code";
  const arena = [-ARENA_HALF_WIDTH, ARENA_HALF_WIDTH] as const;
  return {
    scene: {
      ...NOTHING,
      unit: "length unit",
      interval: 0.12,
      limbs: [[0, 0, 0.14]],
      goals: GOALS.map((at) => ({ at, radius: GOAL_RADIUS })),
      ground: gridOf(arena, arena, 57, 57, (x, y) => rewardAt(x, y, variant)),
    },
    stride: 1,
    points: ([x, y]) => [x, y, 0],
    centre: ([x, y]) => [x, y],
    caption: ([x, y], step) => `step ${step}   x ${fixed(x)}, y ${fixed(y)}`,
  };
}

function swimmerView(finish: number | null): View {
  const { links } = RLLAB_SWIMMER, chain = createChain(RLLAB_SWIMMER), interval = 0.05;
  return {
    scene: {
      ...NOTHING,
      unit: "m",
      interval,
      limbs: Array.from({ length: links }, (_, k) => [2 * k, 2 * k + 1, 0.1] as const),
      finish,
    },
    stride: 1,
    points: (state) => {
      const ends = new Float64Array(4 * links);
      chainEnds(chain, state, ends);
      return Array.from({ length: 2 * links }, (_, i) => [ends[2 * i], ends[2 * i + 1], 0]).flat();
    },
    centre: (state) => {
      const [x, y] = swimmerCentre(state);
      return [x, y];
    },
    caption: (state, step) => {
      const [x, y, speed] = swimmerCentre(state);
      return `t ${fixed(step * interval)} s   centre of mass x ${fixed(x)} m, y ${
        fixed(y)
      } m   speed along x ${fixed(speed)} m/s`;
    },
  };
}

function quadrupedView(name: string): View {
  const world = Object.values(WORLDS).filter((each) => name.endsWith(`-${each.name}`))
    .sort((a, b) => b.name.length - a.name.length)[0] ?? PLANE;
  const body = createQuadruped(RLLAB_QUADRUPED, world.walls), interval = 0.02, stride = 2;
  const { torsoRadius, limbRadius } = RLLAB_QUADRUPED;
  return {
    scene: {
      ...NOTHING,
      unit: "m",
      interval: stride * interval,
      limbs: [
        ...[0, 1, 2, 3].flatMap((leg) => {
          const hip = 1 + 3 * leg;
          return [[0, hip, limbRadius], [hip, hip + 1, limbRadius], [hip + 1, hip + 2, limbRadius]] as const;
        }),
        [0, 0, torsoRadius] as const,
      ],
      walls: world.walls,
      goals: world.goal === null ? [] : [{ at: world.goal, radius: world.threshold ?? 0.25 }],
      side: true,
    },
    stride,
    points: (state) => {
      const points = new Float64Array(39);
      quadrupedPoints(body, state, points);
      return points;
    },
    centre: (state) => {
      const [x, y] = quadrupedCentre(state);
      return [x, y];
    },
    caption: (state, step) => {
      const [x, y, , vx, vy] = quadrupedCentre(state);
      return `t ${fixed(step * interval)} s   centre of mass x ${fixed(x)} m, y ${fixed(y)} m   speed ${
        fixed(Math.hypot(vx, vy))
      } m/s   torso's height ${fixed(state[2])} m, up-axis ${fixed(quadrupedUp(state))}`;
    },
  };
}

/** How an environment is drawn; null where that is not known. */
export function viewOf({ spec: { name } }: Environment, finish: number | null): View | null {
  if (name.startsWith("point-mass")) return pointMassView(name);
  if (name.startsWith("swimmer")) return swimmerView(finish);
  if (name.startsWith("quadruped")) return quadrupedView(name);
  return null;
}

/** An episode as a rollout. */
export function rolloutOf(
  view: View,
  { spec: { stateSize } }: Environment,
  episode: Episode,
  name: string,
): Rollout {
  const count = episode.length + 1, indices: number[] = [];
  for (let t = 0; t < count - 1; t += view.stride) indices.push(t);
  indices.push(count - 1);
  const states = indices.map((t) => episode.states.slice(t * stateSize, (t + 1) * stateSize));
  return {
    name,
    frames: states.map(view.points),
    trail: states.map(view.centre),
    captions: states.map((state, k) => view.caption(state, indices[k])),
  };
}
