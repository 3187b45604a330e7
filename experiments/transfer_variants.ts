/**
 * The worlds of fine-tuning, each with rllab's control settings and with those of `pretrain`.
 *
 * @module
 */

import type { QuadrupedOptions } from "../envs/quadruped.ts";
import type { Changes } from "../src/run/define_experiment.ts";
import { NARROW_HALLWAY, U_MAZE, WIDE_HALLWAY, type World } from "../envs/worlds.ts";

/** Control settings by the suffix of a variant's name: rllab's, or those of `pretrain`. */
const CONTROLS: Readonly<Record<string, Pick<QuadrupedOptions, "repeat" | "speed">>> = {
  "": {},
  "-0.06s": { repeat: 3 },
  "-0.06s-net": { repeat: 3, speed: "net" },
};

/** A world with control settings. */
interface Variant {
  readonly name: string;
  readonly options: QuadrupedOptions & { readonly world: World };
  /** Options of learning that belong to it. */
  readonly by?: Changes;
}

/** The U with the goal's Gaussian chosen by the rule of docs/choices.md, by its α and γ. */
const RULED: Variant = {
  name: "u-maze-ruled-0.06s",
  by: { temperature: 0.1, discount: 0.99 },
  options: {
    task: { kind: "goal", width: 1.5, height: 2 },
    world: U_MAZE,
    observation: "compact-position",
    repeat: 3,
  },
};

/** Each world with each of its control settings. */
export const VARIANTS: readonly Variant[] = Object.entries(CONTROLS).flatMap(([ending, control]) =>
  [WIDE_HALLWAY, NARROW_HALLWAY, U_MAZE].flatMap((world): readonly Variant[] => {
    const task = { kind: world.goal === null ? "speed" : "goal" } as const;
    if (task.kind === "goal" && control.speed === "net") return []; // it does not reward speed
    const options = { task, world, observation: "compact-position", ...control } as const;
    return [{ name: `${world.name}${ending}`, options }];
  })
).concat(RULED);
