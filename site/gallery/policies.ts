/**
 * The policies in the gallery, and the tasks on which they were trained.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import { quadruped, type QuadrupedOptions } from "../../envs/quadruped.ts";
import { swimmer } from "../../envs/swimmer.ts";
import { MAZE, NARROW_HALLWAY, PLANE, type World, WORLDS } from "../../envs/worlds.ts";

/** A policy from the study. */
export interface GalleryPolicy {
  /** Its folder in `results/`. */
  readonly run: string;
  readonly title: string;
  /** What the simulation shows. */
  readonly text: string;
  readonly body: "swimmer" | "quadruped";
  /**
   * The world in which it was trained, if the policy observes its position; a policy that does not runs in any world.
   */
  readonly world?: World;
  /** Number of rllab's steps for which it holds an action; 1 unless given. */
  readonly repeat?: number;
  /** The frame of its observations and actions, if it is not the world's; such a policy runs on the plane. */
  readonly frame?: NonNullable<QuadrupedOptions["frame"]>;
  /** Whether all bodies have the same initial state, so that only the policy's draws differ. */
  readonly alike: boolean;
  /** Selects the rows of `results/claims.json` about its setting. */
  readonly claims: (row: Claim) => boolean;
}

/** The columns of a row of `results/claims.json` that are read, with the text of its setting. */
export interface Claim {
  readonly claim: string;
  readonly experiment: string;
  readonly algorithm: string;
  readonly setting: string;
  /** Number of seeds. */
  readonly n: number;
  /** Whether the criterion is met; null if there is none. */
  readonly met: boolean | null;
  readonly found: string;
  readonly remark: string;
}

/** The rows in the text of `results/claims.json`. */
export function claimsIn(json: string): readonly Claim[] {
  const { claims, settings }: {
    readonly claims: readonly (Omit<Claim, "setting"> & { readonly setting: number })[];
    readonly settings: readonly string[];
  } = JSON.parse(json);
  return claims.map((row) => ({ ...row, setting: settings[row.setting]! }));
}

/** Selects a pretraining run's rows, whose claims begin with its particular setting. */
const pretraining = (particular: string) => ({ experiment, claim }: Claim): boolean =>
  experiment === "pretraining" && claim.startsWith(`${particular}: `);

/** Selects the rows of an algorithm's swimmers that were trained for a million steps with the line at 1.5 m. */
const swimming = (name: string) => ({ experiment, algorithm, remark, setting }: Claim): boolean =>
  experiment === "swimmer" && algorithm === name && remark === "finish-line-1.5m" &&
  setting.includes(": 1000000 (");

const STEADY = "targets averaged at rate 0.005, critic rate 0.0003";

/** Policies in the order of the page. */
export const GALLERY_POLICIES: readonly GalleryPolicy[] = [
  {
    run: "pretrain-soft-q-0.01-symmetry-continued-0",
    title: "Quadruped, soft Q-learning",
    text:
      "Rewarded for the distance that it covers in any direction. All bodies start in the same state and draw " +
      "different actions, so they run off in all directions, at about 2.5 m/s; a fifth of them fall within the 10 s.",
    body: "quadruped",
    repeat: 3,
    alike: true,
    claims: pretraining(
      "α = 0.01, controlled every 0.06 s, net displacement rewarded, minibatches under the body's symmetry, " +
        `2 critics, ${STEADY}, minibatch of 128, γ = 0.97, continued from another run, ` +
        "evaluated with a sampler averaged at rate 0.005, an update every step",
    ),
  },
  {
    run: "pretrain-soft-q-0.1-travel-0",
    title: "Quadruped, soft Q-learning, α = 0.1",
    text:
      "Rewarded for the distance that it covers in any direction, at α = 0.1, and observed in the frame of its travel: what " +
      "it has learned for one direction holds for four. Initial states and drawn actions choose among them; it runs at " +
      "about 3.5 m/s, and four in ten fall within the 10 s.",
    body: "quadruped",
    repeat: 3,
    frame: { heading: 66 * Math.PI / 180 },
    alike: false,
    claims: pretraining(
      "α = 0.1, controlled every 0.06 s, net displacement rewarded, observed in the frame of travel, " +
        `2 critics, ${STEADY}, minibatch of 128, replay of the last 50000 transitions, γ = 0.97, continued from another run, ` +
        "evaluated with a sampler averaged at rate 0.005, an update every step",
    ),
  },
  {
    run: "pretrain-soft-q-0.03-steady-continued-0",
    title: "Quadruped, soft Q-learning, the paper's control",
    text:
      "Rewarded for speed in any direction, with a new action every 0.02 s. All bodies start in the same state and draw different actions, so they " +
      "separate; but most keep close to one direction, and about half fall within the episode's 10 s.",
    body: "quadruped",
    alike: true,
    claims: pretraining(`α = 0.03, 2 critics, ${STEADY}, continued from another run`),
  },
  {
    run: "pretrain-ddpg-steady-0",
    title: "Quadruped, DDPG",
    text: "A deterministic policy for the same reward: bodies that start alike move alike. Untick " +
      "“all start alike”, and they separate because of their initial states.",
    body: "quadruped",
    alike: true,
    claims: pretraining(`deterministic, ${STEADY}`),
  },
  {
    run: "transfer-narrow-hallway-maximum-entropy-steady",
    title: "Quadruped in a hallway, soft Q-learning",
    text:
      "Fine-tuned from the networks of the first quadruped here, rewarded for speed between two walls: all run " +
      "along the hallway, most of them the same way, and some fall within their 10 s.",
    body: "quadruped",
    world: NARROW_HALLWAY,
    alike: false,
    claims: ({ experiment, claim, remark }) =>
      experiment === "transfer" && claim.startsWith("narrow-hallway") && claim.includes("maximum-entropy") &&
      remark.startsWith("steady critic") && !remark.includes("had shrunk"),
  },
  {
    run: "maze-ddpg-steady-5m-pretrained-0",
    title: "Quadruped in the maze, DDPG",
    text:
      "The goal (dashed) is behind two passages, of which the upper one is blocked. Half of the episodes enter the " +
      "open one, and none of this seed's reaches the goal. With this reward only DDPG's other seed came close.",
    body: "quadruped",
    world: MAZE,
    alike: false,
    claims: ({ experiment, algorithm, remark }) =>
      experiment === "maze" && algorithm === "DDPG" && remark.includes("started from pretrain-ddpg-steady-0"),
  },
  {
    run: "swimmer-soft-q-30-million-line-1.5-0",
    title: "Swimmer, soft Q-learning",
    text:
      "Rewarded for speed along x in either direction, and more beyond the line at x = 1.5 m. Episodes last 25 s.",
    body: "swimmer",
    alike: true,
    claims: swimming("soft Q-learning"),
  },
];

/** Worlds in which a body can run: a policy that observes neither its position nor a frame of travel runs in any. */
export const worldsOf = (
  { body, world, frame }: Pick<GalleryPolicy, "body" | "world" | "frame">,
): readonly string[] =>
  body === "quadruped" && world === undefined && frame === undefined ? Object.keys(WORLDS) : [];

/** The task of a policy, in the chosen world if there are several. */
export function taskOf(
  { body, world, repeat = 1, frame = "world" }: GalleryPolicy,
  chosen: string,
): Environment {
  if (body === "swimmer") return swimmer({ task: { kind: "finish-line", position: 1.5 } });
  if (world === undefined) {
    const around = frame === "world" ? WORLDS[chosen] ?? PLANE : PLANE;
    return quadruped({ task: { kind: "speed" }, observation: "compact", world: around, repeat, frame });
  }
  const task = world.goal === null ? { kind: "speed" } as const : { kind: "goal", width: 5 } as const;
  return quadruped({ task, observation: "compact-position", world });
}

/** Index in the state of the whole body's velocities along x and y, to which a push is added. */
export const pushedAt = ({ body }: GalleryPolicy): number => body === "swimmer" ? 5 : 15;

/** The data of a run that the build includes in addition to its policy. */
export interface PolicyData {
  readonly run: string;
  /** The command that ran it. */
  readonly command: string;
  /** The study's findings for the run's setting over its seeds, as in `results/claims.json`. */
  readonly claims: readonly Pick<Claim, "claim" | "found" | "met" | "n">[];
  /** Measures of the run's own last evaluation, as labels and values. */
  readonly numbers: readonly (readonly [name: string, value: string])[];
}
