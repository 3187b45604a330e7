/**
 * The kept policies that the gallery shows, and the tasks that they were learned in.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import { quadruped } from "../../envs/quadruped.ts";
import { swimmer } from "../../envs/swimmer.ts";
import { PLANE, WORLDS } from "../../envs/worlds.ts";

/** A kept policy. */
export interface Exhibit {
  /** Its folder in `results/`. */
  readonly run: string;
  readonly title: string;
  /** What there is to see. */
  readonly text: string;
  readonly body: "swimmer" | "quadruped";
}

/** Policies in the order of the page. */
export const EXHIBITS: readonly Exhibit[] = [
  {
    run: "pretrain-soft-q-0.03-steady-continued-0",
    title: "Quadruped, soft Q-learning",
    text:
      "Paid for speed, in whatever direction. All begin alike here and draw other actions, so they part; but most " +
      "keep near one direction, and about half fall before the episode's 10 s are over.",
    body: "quadruped",
  },
  {
    run: "pretrain-soft-q-0.03-steady-0",
    title: "Quadruped, soft Q-learning, half as long",
    text: "The same networks before the second half of their learning.",
    body: "quadruped",
  },
  {
    run: "pretrain-ddpg-steady-0",
    title: "Quadruped, DDPG",
    text: "A deterministic policy for the same reward: all that begin alike do alike. Take the tick from " +
      "“all start alike”, and they part by their starts.",
    body: "quadruped",
  },
  {
    run: "swimmer-soft-q-30-million-line-1.5-0",
    title: "Swimmer, soft Q-learning",
    text:
      "Paid for speed along x either way, and more beyond the line at x = 1.5 m. Its episodes are 25 s long.",
    body: "swimmer",
  },
  {
    run: "swimmer-ddpg-million-line-1.5-0",
    title: "Swimmer, DDPG",
    text:
      "The deterministic policy for the same reward. Its last evaluation is far below its best: see the numbers.",
    body: "swimmer",
  },
];

/** Worlds that a body can be put into: a policy that sees no place runs in any of them. */
export const worldsOf = ({ body }: Exhibit): readonly string[] =>
  body === "quadruped" ? Object.keys(WORLDS) : [];

/** The task of an exhibit, in a world where there are several. */
export const taskOf = ({ body }: Exhibit, world: string): Environment =>
  body === "swimmer"
    ? swimmer({ task: { kind: "finish-line", position: 1.5 } })
    : quadruped({ task: { kind: "speed" }, observation: "compact", world: WORLDS[world] ?? PLANE });

/** Where in a state the velocities of the whole body along x and y stand: adding to them pushes all of it alike. */
export const pushedAt = ({ body }: Exhibit): number => body === "swimmer" ? 5 : 15;

/** What the build keeps of a run beside its policy. */
export interface Kept {
  readonly run: string;
  /** The command that made it. */
  readonly command: string;
  /** Environment steps that it learned for. */
  readonly steps: number;
  /** Numbers of its final evaluation, as words and values. */
  readonly numbers: readonly (readonly [name: string, value: string])[];
}
