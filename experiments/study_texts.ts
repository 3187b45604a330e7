/**
 * The texts of `results/README.md` that are not numbers: what stands above it, beside each table and below.
 *
 * @module
 */

import { table } from "../src/report/results.ts";

/** Above the page. */
export const INTRODUCTION =
  "This page is written by `deno task study` from the folders beside it; do not edit it. Every seed that was started " +
  "is on it, failed ones too. `deno task study --plan` says what is missing and what it costs. Intervals of shares are " +
  "Wilson's; those of numbers are stratified bootstraps of the interquartile mean, which with two or three seeds are too " +
  "narrow to mean much. Runs took turns with other work on two cores, so that their times are no measurements.";

/** Beside each table. */
export const REMARKS: Readonly<Record<string, string>> = {
  "multi-goal":
    "The paper's sentence that DDPG commits to a single goal holds where episodes begin at one point, as in the first " +
    "public code. In the final code they begin at N(0, 0.1²), and DDPG then learns to go to the goal on whose side it " +
    "begins: with a return of about -110 it is at the deterministic optimum, and the share of the most visited goal says " +
    "how its network divides the neighbourhood of the origin.",
  swimmer:
    "The first runs copied the target every 500 updates, 99 times in all. A copy is one step of value iteration, and with " +
    "γ = 0.99 that many reach 1 - 0.99⁹⁹ = 63 % of the way: soft Q-learning's Q was still rising at the end. At reward " +
    "scale 30 its evaluations earn about 0.7 a step beside an entropy of up to 1.4 (log 4), so that torques stay nearly " +
    "random: episodes end both ways, further and further, but no policy settles. The runs named copy-100 copy every 100 " +
    "updates and scale rewards by 100: policies swim, but mostly the way that they happened to find first, because " +
    "swimming backward pays as much until the line has been crossed. With the critic that helped the quadruped (steady: two, at " +
    "a third of the rate, with targets that follow at every update) all three policies explore both ways and two end " +
    "forward, but one alone has crossed the line. A nearer line (1.5 m) is crossed by as many of the same " +
    "seeds (1 of 3, DDPG 2 of 3 instead of 1): those that never come near the line learn the same, bit for bit.",
  maze:
    "The reward falls off so fast that at the start, 8 m away, 3 % of it is felt: less than the entropy of nearly random " +
    "torques at any temperature that was tried. No run has found the way around in 200 000 steps, of which the paper's " +
    "runs had twenty-five times as many.",
  pretrain:
    "At α = 0.1 the entropy of eight uniform torques is worth 0.1 · 8 log 2 = 0.55 a step, about as much as the speed of " +
    "random torques (0.69 m/s) is, so that the first runs' policies had little to gain; but neither a lower temperature, nor " +
    "pay for staying up, nor a second critic made them move far, and displacements of the same run jumped between 0.2 " +
    "and 3.9 m from one evaluation to the next. The cause was the critic: its TD error (about 1) exceeded the " +
    "differences of Q between the actions of a state (about 0.6), so that the sampler followed noise. With two critics at a third " +
    "of the rate and targets that follow at every update (steady) the displacement grows with the steps: 3.5 m after " +
    "200 000 at α = 0.03, 9.8 m after as many again, and 4.8 m after 400 000 at α = 0.1. The study's preset has had this critic since. " +
    "What is still missed is the variety of headings: each of these policies runs mostly one way, and the better it " +
    "runs, the more so. The deterministic policy circles and shakes: of 0.98 m/s little is displacement.",
  transfer:
    "The first runs started from pretraining that had hardly learned to move, so that they did not put the paper's claim to the " +
    "test. With the steady critic both pretrained arms begin far above those from scratch. In the wide hallway the " +
    "maximum-entropy arm is ahead of DDPG's by less than its seeds differ, in the narrow one by more; it runs where " +
    "DDPG's policy shakes, and ends about three times as far away.",
  "policy-gradient":
    "Left: the gradient of the regularised return itself, by differences of sixth order (bandit, process) or by reverse " +
    "mode (network). Right: the gradient of the soft Bellman loss by reverse mode. The loss descends where the return " +
    "ascends: the sign of the paper's last line is that of ascent.",
};

/** Below the page: everything that the paper does not say. */
export const INVENTED = `## What had to be invented

The paper gives none of these. Each is an option or a constant with its reason where it stands.

${
  table(["what", "ours", "why", "how much depends on it"], [
    [
      "swimmer: finish line",
      "2 m (variants: 1.5 m, 3 m)",
      "well below the 4.8 m that the best published controllers swim in an episode; reached by a good gait, out of reach of random torques (about 0.3 m)",
      "1.5 m: run, see the table; 3 m: not run",
    ],
    [
      "swimmer: bonus",
      "1 a step beyond the line",
      "100 of 500 steps beyond it earn more than such a controller's whole episode (96); paid by place, so that the task needs no memory",
      "not run: nothing depends on it before the line is crossed",
    ],
    [
      "swimmer: reward scale",
      "30 for soft Q-learning (other runs: 100), 1 for DDPG",
      "both stood in the public code at some time; DDPG has no temperature to weigh rewards against",
      "30 and 100: run, see the table",
    ],
    [
      "maze: Gaussian",
      "height 1, width 3 m (variant: 5 m)",
      "at the start, 8 m away, 3 % of the height are still felt (28 %)",
      "5 m: run, see the table",
    ],
    [
      "maze: geometry",
      "10 × 7 m, threshold 1.75 m",
      "fitted to frames of the authors' animation, about 10 % uncertain",
      "not run",
    ],
    [
      "hallways",
      "40 m long, 5 m and 3 m wide",
      "nobody leaves in 10 s; twice the body's span, and a little more than once",
      "both: run, see the table",
    ],
    [
      "U-shaped maze",
      "8 × 7 m, passages of 3 m; Gaussian as the maze's, threshold 0.5 m",
      "as wide as the maze's; a way of about 13 m; two radii of the torso",
      "not run",
    ],
    [
      "flip rule",
      "ends below an uprightness of 0",
      "a tilt of 90°, beyond which the torso lies upside-down",
      "not run",
    ],
    [
      "observations",
      "27 numbers on the plane, 29 with x and y among walls",
      "contact forces make the authors' 125 numbers mostly zeros; a policy that starts from the plane gets zero weights for x and y",
      "not run",
    ],
    [
      "pretraining: reward beside speed",
      "none (variant: 0.5 a step)",
      "the paper names none; the variant pays for staying up",
      "0.5 a step: run, see the table",
    ],
    ["fine-tuning: noises at the start", "32", "as many as the paper's fixed particles", "not run"],
    [
      "fine-tuning: steps of annealing",
      "a tenth of the run",
      "20 of the paper's 200 epochs",
      "finished before learning begins: run, see the table",
    ],
    [
      "DDPG: initial weights",
      "last layers uniform ± 0.003, others Glorot",
      "DDPG's own paper and rllab; the rest as in soft Q-learning",
      "not run",
    ],
    ["discount", "0.99", "both public codes", "not run"],
  ])
}`;
