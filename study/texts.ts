/**
 * The prose of `results/README.md`: introduction, remarks on each table, and the list of inventions.
 *
 * @module
 */

import { table } from "../src/report/markdown.ts";

/** The introduction. */
export const INTRODUCTION =
  "`deno task study` writes these pages from the folders beside them; do not edit them. They show every " +
  "seed of a planned run that was started, including failed ones; what was tried by " +
  "hand in the U is told in docs/choices.md, and of a few runs that were stopped the pages of the maze " +
  "and of pretraining tell. `deno task study --plan` lists the missing runs and " +
  "their costs. Intervals of shares are Wilson's. Those of numbers are bootstraps of the interquartile " +
  "mean over seeds, and too narrow to mean much with two or three seeds; those of pretraining's medians " +
  "and headings are over episodes and say nothing about other seeds. Headings are counted in octants, " +
  "eighths of all directions; their resultant is the length of the mean of their unit vectors: 0 if they " +
  "are spread evenly, 1 if all are equal. Runs shared two cores with other work, so their times are not " +
  "measurements.";

/** Remarks on each table. */
export const REMARKS: Readonly<Record<string, string>> = {
  "multi-goal":
    "The paper's statement that DDPG commits to a single goal holds if episodes start at one point, as " +
    "in the first public code. In the final code they start at N(0, 0.1²), and DDPG learns to go to the " +
    "goal on whose side it starts: its return of about -110 is that of the deterministic optimum, and " +
    "the share of the most visited goal shows how its network divides the neighbourhood of the origin. " +
    "Soft actor-critic was run at a small fixed temperature (0.05, equivalent to α = 0.5 in units of the " +
    "unscaled reward), at which committing to a goal is optimal. Each seed goes to one goal, and five " +
    "seeds to three different ones. A Gaussian has one mode, so it could not go four ways from one " +
    "state.",
  swimmer:
    "Four things were varied. Copies: the first runs copied the target every 500 updates, 98 times in " +
    "all. A copy is one step of value iteration, and with γ = 0.99 that many reach 1 - 0.99⁹⁸ = 63 % of " +
    "the value. All later runs copy every 100 updates or average at every update (steady). Reward scale: " +
    "with 100, policies swim in the direction that they happen to find first, because swimming backward " +
    "pays as much until the line has been crossed; five times as many updates (steady-dense) make them " +
    "faster, 3.4 m in an episode, but in the same direction. With 30, the episodes of one policy end on " +
    "both sides for longer. Steps: at that scale, two of three policies end forward after a million " +
    "steps (the preset's number since): one has crossed the line, one came within 0.22 m of it; the " +
    "third swims backward. The line, which we had to invent: at 1.5 m instead of 2 m, four of six seeds " +
    "cross it in some evaluation and end 0.6 to 1.1 m forward, short of it, one swims backward, and one hardly moves; of " +
    "DDPG's six, four cross it, and two end beyond it. Three of DDPG's and all six of soft Q-learning's had swum " +
    "both ways before. " +
    "Until the nearer line is crossed, a run learns the same with either line, bit for bit. What makes it " +
    "reliable: a control interval of 0.2 s, pay for displacement, an observation in which both ends are alike, and " +
    "minibatches in which they are exchanged at random. Without a line such a policy swims 4.6 m either way, in " +
    "47 and 53 of 100 episodes (docs/choices.md); as rllab observes the body, all 100 went one way. From that " +
    "policy, with the line at 2.2 m by the rule, all six seeds give up the other way within 22 500 steps, though " +
    "three of them swam backward only at 7500, and end 4.6 m forward. DDPG, from its own undirected policy, does " +
    "so too, in six of six: here the exploration of both ways decides, which the " +
    "exchanged minibatches give to either algorithm. All six seeds of an algorithm start from one undirected policy: how " +
    "another would do, the intervals do not say. It does not come from the policy's randomness: which way an " +
    "undirected policy swims is decided by its initial state, and from 96 of 100 states DDPG's deterministic " +
    "policy and soft Q-learning's swim the same way.",
  maze:
    "The way around is found where two things come together: a stochastic policy that already runs far in " +
    "all directions, and a reward whose height can be felt. In the first settings the reward at the start, 8 " +
    "m away, is 3 % of its height: less than the entropy of nearly random torques is worth at any " +
    "temperature that was tried, and no run found the way in 200 000 steps (the paper's runs had twenty-five " +
    "times as many). With a wider Gaussian (5 m: 28 % at the start), soft Q-learning's policies stay at the " +
    "start, where every step survived is rewarded. From the policy that runs 16 m in 10 s, with the height " +
    "of the first rule (20 α), the gait is unlearned, and they come no nearer to the goal than 3.1 and 4.0 " +
    "m. From the one that runs 24 m, with the second rule's (200 α, docs/choices.md), each of four seeds " +
    "comes around the divider after 45 000 to 75 000 steps, with both passages in use before: the blocked " +
    "one by 16 to 23 % and the open one by 18 to 29 % of the episodes of a seed, though both by 20 % in one " +
    "seed only. In the end 13 to 46 % of the episodes reach the goal, and 2 to 21 % still try the blocked " +
    "passage. At a third of that height over α (α = 0.03) one seed comes around after 105 000 steps, and 25 " +
    "% of its episodes reach the goal in the end. The policy that runs 26 m, observed in the frame of its " +
    "travel and at the paper's temperature (α = 0.1 and rewards times ten: the same height over α, and " +
    "values of the size that its critic knows from pretraining), comes around in four of four seeds too, " +
    "later (after 90 000 to 180 000 steps, one of them in its last evaluation, of 100 episodes), with both " +
    "passages in use by 20 % before in three of them (the blocked one by 25 to 31 %, the open one by 21 to " +
    "31 %; in the fourth by 18 and 27 %). It goes on using both: in the end 0 to 5 % of the episodes reach " +
    "the goal, and 23 to 35 % try the blocked passage. From the runner of 24 m, in the world's frame, the " +
    "same scale comes around after 30 000 steps (one seed; each passage by 10 % in the one evaluation " +
    "before), and in the end 93 % of the episodes take the open passage, none the blocked one, and 41 % " +
    "reach the goal: the scale keeps the gait, the frame the variety. What both runners learn first is worse " +
    "than what they come with: before any update each passage is entered in 29 to 35 % of 200 episodes and " +
    "the goal is reached in 6 % (by hand); 5500 updates later 0 to 25 % of 20 episodes enter a passage at " +
    "all. With rewards as they are (α = 0.01) the values of the runner of 26 m fall from 65 to 11 within 45 " +
    "000 updates, and its gait with them (one seed, stopped and not archived). DDPG, from a pretraining of " +
    "its own that runs 2 m, enters the open passage in 5 to 27 % of its last episodes, and one of its four " +
    "seeds passes once, after 180 000 steps; with the Gaussian of 5 m, one of two did, after 10 000, and " +
    "never again. Soft actor-critic, with the same reward and from its own pretraining in all directions (8 " +
    "m), comes around in four of four seeds too, after 30 000 to 210 000 steps; in the end 1 to 35 % of its " +
    "episodes reach the goal.",
  pretrain:
    "At α = 0.1 the entropy of eight uniform torques is worth 0.1 · 8 log 2 = 0.55 a step, about as much " +
    "as the speed under random torques (0.69 m/s), so the first runs' policies had little to gain. But " +
    "neither a lower temperature, nor a survival reward, nor a second critic made them move far, and the " +
    "displacement in one run jumped between 0.2 and 3.9 m from one evaluation to the next. The cause was " +
    "the critic: its TD error exceeded the differences of Q between the actions of a state (by the " +
    "diagnostics of those runs, which were not kept), so the sampler followed noise. With two critics at " +
    "a third of the rate and averaged targets (steady), the displacement grows with the steps: 3.5 m " +
    "after 200 000 at α = 0.03, 9.8 m after as many again, and 4.8 m after 400 000 at α = 0.1. The " +
    "study's preset has had this critic since. These policies still lack variety of headings: each runs " +
    "mostly in one direction, and the more so, the better it runs. DDPG's policy circles and " +
    "shakes: little of its 0.98 m/s is displacement. Soft actor-critic with a learned temperature moves " +
    "4.0, 4.3 and 7.8 m after 400 000 steps, one seed each, also mostly in one direction. A longer " +
    "control interval, pay for displacement, and minibatches under the body's symmetry change that: at α " +
    "= 0.1 and then 0.01, soft Q-learning runs 24 m in 10 s in all eight octants, at about 3 m/s while " +
    "the body is up, after 930 000 updates in three runs of one seed, and 19 m, also in all octants, with " +
    "another seed (resultants 0.30 and 0.43). Ended at α = 0.1 again, by 71 000 more updates, a million in all, the " +
    "two policies run 14 and 13 m, in all octants with resultants of 0.26 and 0.29. A policy that is learned from " +
    "scratch at α = 0.03 runs 12 m " +
    "after 390 000, and soft actor-critic and DDPG, at the same interval, 8 and 2 m after 290 000. With " +
    "symmetric minibatches all three algorithms' headings lie in all octants (resultants 0.03 to 0.64), " +
    "so that variety of headings does not tell them apart, and distance does. The policy of 24 m, trained " +
    "on with a new action every 0.02 s as in rllab for 60 500 updates, runs 15 m, still in all octants. " +
    "Throughout at α = 0.1, without the symmetry and from the last 50 000 transitions, a gait comes sooner: two seeds " +
    "run 7 and 8 m after 170 500 updates (with the symmetry, all transitions and the median's bandwidth 2 to 3 m), and " +
    "30 and 14 m after 411 000, the one farther than any other policy, but both in few directions (3 and 4 octants, " +
    "resultants 0.95 and 0.92). " +
    "The symmetry, switched on then, first takes the gait away (3.7 and 2.8 m after 30 500 updates more, though the " +
    "runner had filled the replay) and brings it back in all directions, but not as far: 10.8 and 9.9 m in eight octants " +
    "(resultants 0.36 and 0.47) after 250 500, and 9.9 m (0.23) at a million. What keeps the gait is the frame of its " +
    "travel (docs/environments.md): observed there, turned about the mean heading of their hundred episodes (66° and " +
    "281°), the same two runners run in all octants without having learned anything more (20 and 8 m, 60 episodes " +
    "by hand), after 240 500 updates more, 651 500 in all and at α = 0.1 throughout, 26 and 17 m in all eight octants " +
    "with resultants of 0.10 and 0.15, and at a million 29 and 16 m, also in all octants, with resultants of 0.04 and 0.09: " +
    "the farthest of all policies in all directions. Trained on with a new action in each of rllab's steps of 0.02 s and " +
    "with the paper's reward, the instantaneous speed, for 60 500 updates more, the two run 27 and 16 m, also in all octants " +
    "(resultants 0.19 and 0.03). The variety is partly that of the initial states, which " +
    "would let a deterministic policy run in four directions too: from one and the same state, drawn actions alone spread " +
    "60 episodes less (resultants 0.70 and 0.46; of the policy of 24 m, 0.39). " +
    "Learned in that frame from scratch (a heading of 0°), a body ran 2.7 m in eight octants after 130 500 updates, no " +
    "sooner than elsewhere (stopped there, and not archived): a slow body's velocity turns too often to tell a " +
    "direction. The ablation's runs, from scratch and a tenth as long, are too short for most of it. At α = 1 " +
    "the two seeds run 1.7 and 1.5 m, at 0.1 2.5 and 2.0, at 0.03 3.3 and 4.3, at 0.01 2.7 and 3.0, at 0.003 2.8 and 2.9, " +
    "all in eight octants. Of the changes at α = 0.03, half the states with twice the samples cost more than a metre (2.2 " +
    "and 2.2 m) and the last sampler in the place of the averaged one about as much (2.2 and 3.4); without the symmetry " +
    "both run as far (3.1 and 4.2 m), but one of them one way (resultant 0.70), and with uniform value samples too " +
    "(3.7 and 4.1 m; 0.64 and 0.22); paid for the instantaneous speed, they run 3.2 and 3.0 m (the base 3.3 and " +
    "4.3). About a metre is lost by the median's bandwidth (2.5 and 3.3), by γ = 0.99 in the place of 0.97 (2.9 and 2.1; " +
    "with control every 0.02 s and pay for instantaneous speed 2.9 and 2.6), by ten times the step size of the sampler, " +
    "which is more accurate on fixed targets (docs/sampler.md; here 2.5 and 2.8), and by replaying the last 50 000 " +
    "transitions alone (2.4 and 1.9). No single line makes a body run far or keeps it from it: what the runs of 20 m and more have " +
    "besides these settings is length, for the gaits of both that began at α = 0.1 with recent transitions appeared after " +
    "100 000 to 200 000 updates. What figure 7 says of α holds in neither sweep, with the first critic or with this one, from " +
    "α = 10 down to 0.003: in the first bodies run less far at 0.1 than at 1, in the second no farther below 0.03, and the " +
    "lowest α does not narrow the headings. Our guess: no run of a sweep is long enough for a gait, and the second's " +
    "minibatches under the symmetry spread the headings at every α. Where a gait " +
    "was learned, the two runners above that were ended at α = 0.1 again agree with the paper: at 0.01 they had run " +
    "farther (24 and 19 m, then 14 and 13) and with the greater resultants (0.30 and 0.43, then 0.26 and 0.29). " +
    "The paper's settings come to 1.3 and 1.4 m, less than random torques, and nine in ten of their episodes end in a " +
    "fall; after 10⁶ updates (one seed) 1.9 m, in all octants with a resultant of 0.35, and six in ten fall.",
  transfer:
    "The first runs started from pretraining that had hardly learned to move, so they did not test the " +
    "paper's claim; and in those whose figures are named late, α and the noises had shrunk to their " +
    "final values before learning began, after 10 000 transitions. The runs named annealed learn from " +
    "1000 transitions on: there the maximum-entropy arm is ahead of both DDPG arms in all three worlds. " +
    "All arms of an algorithm start from one pretraining run: the intervals say nothing about how another " +
    "pretraining run would do. In the U the lead is that of surviving whole episodes near the start: they end " +
    "within 0.7 m of it " +
    "on average (DDPG's within 2.2 m); whether any came around the bend was not measured. From the policies that " +
    "run in all " +
    "directions at the longer control interval (24 m; DDPG's 2 m), three seeds an arm, the maximum-entropy arm " +
    "leads both hallways by more than 30: 67 and 60 of discounted return against 29 and 28 from DDPG's " +
    "pretraining and 16 to 27 from scratch. In every hallway setting, unlike in the paper, DDPG gains from its own " +
    "pretraining (in the first, and in the narrow one at the longer interval, the interval of the gain " +
    "includes 0). " +
    "In the paper the deterministic start, which had picked one direction, is poor. Nine settings were tried here: starts " +
    "that circle, at two learning rates of the critic, and starts that run 2 m in all directions, learning from the " +
    "beginning or from 10 000 transitions on. Our guess why most help in the hallways: in 22 625 to 49 500 updates " +
    "from scratch a body hardly learns to move (0.2 to 1.7 m an episode in the end; after all pretrainings but the first, 1.2 to 3.0 " +
    "m), so that a start's gait is worth more than its direction costs. " +
    "In the U, where learning begins after 20 000 steps, the maximum-entropy policy comes around the bend in " +
    "30 to 40 % of its episodes before it learns anything there, as near to the goal as 1 cm, and in 45 to 60 % " +
    "after its first 500 updates; of DDPG's, none of 180 and then one of 60 does. Learning takes the gait away " +
    "within 5500 updates in two seeds and 10 500 in the third: docs/choices.md says what was tried against it. Over the " +
    "whole curve it is ahead of DDPG's pretraining by 1.7 (1.0 to 2.2) and of DDPG from scratch by 1.0 (0.5 to 1.7), but " +
    "of soft Q-learning from scratch by 0.2 only (-1.8 to 0.8).",
  "policy-gradient":
    "Left: the gradient of the regularised return itself, by sixth-order differences (bandit, process) " +
    "or by reverse mode (network). Right: the gradient of the soft Bellman loss by reverse mode. The " +
    "loss descends where the return ascends: the sign in the paper's last line is that of ascent.",
};

/** Everything that the paper does not specify. */
export const INVENTED =
  `The paper gives none of these. Each is an option or a constant, with its reason in the code.

${
    table(["what", "ours", "why", "how much depends on it"], [
      [
        "swimmer: finish line",
        "2 m (variants: 1.5 m, 3 m)",
        "well below the 4.8 m that the best published controllers swim in an episode; reached by a good gait, out of reach of random torques (about 0.3 m)",
        "1.5 m, and 2.2 m by the rule of docs/choices.md: run, see the table; 3 m: not run",
      ],
      [
        "swimmer: bonus",
        "1 per step beyond the line",
        "100 of 500 steps beyond it earn more than such a controller's whole episode (96); it depends on position alone, so that the task needs no memory",
        "not run: nothing depends on it before the line is crossed",
      ],
      [
        "swimmer: reward scale",
        "30 for soft Q-learning (other runs: 100, and 1 at the control interval of 0.2 s), 1 for DDPG",
        "each was in the public code at some time; DDPG has no temperature to weigh rewards against",
        "1, 30 and 100: run, see the table",
      ],
      [
        "maze: Gaussian",
        "height 1, width 3 m (variants: 5 m; by a rule)",
        "at the start, 8 m away, the reward is still 3 % of the height (28 %); the rule: docs/choices.md",
        "all: run, see the table",
      ],
      [
        "maze: geometry",
        "10 × 7 m, threshold 1.75 m",
        "fitted to frames of the authors' animation, about 10 % uncertain",
        "not run",
      ],
      [
        "hallways",
        "80 m long (the first runs: 40 m), 5 m and 3 m wide",
        "no body leaves in 10 s; twice the body's span, and a little more than the span",
        "both: run, see the table",
      ],
      [
        "U-shaped maze",
        "8 × 7 m, passages of 3 m; Gaussian as the maze's (variant: by a rule), threshold 0.5 m",
        "as wide as the maze's; a path of about 13 m; two torso radii",
        "the Gaussians: run, see the table; the geometry: not run",
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
        "swimmer and quadruped: control interval",
        "0.02 s (variants: 0.2 s; 0.06 s)",
        "rllab's; a torque that is held longer moves a body farther, and an episode of 10 s has fewer steps to credit",
        "all: run, see the tables",
      ],
      [
        "pretraining: measure of speed",
        "instantaneous (variant: the net displacement over the control interval)",
        "the paper's words; the variant does not pay for shaking",
        "both: run, see the ablation",
      ],
      [
        "pretraining and maze: frame of the observation",
        "the world's (variant: of the body's travel)",
        "rllab's; in the frame of travel one gait runs in all directions",
        "both: run, see the tables",
      ],
      [
        "pretraining and swimmer: symmetry of minibatches",
        "none (option: the body's)",
        "the paper has none; the option's exchanges are exact",
        "both: run, see the tables",
      ],
      [
        "pretraining: transitions that are replayed",
        "all (option: the last 50 000)",
        "the paper's million is more than these runs have steps; the option follows a gait that changes",
        "both: run, see the tables",
      ],
      [
        "pretraining: reward besides speed",
        "none (variant: 0.5 per step)",
        "the paper names none; the variant rewards staying upright",
        "0.5 per step: run, see the table",
      ],
      ["fine-tuning: initial noises", "32", "as many as the paper's fixed particles", "not run"],
      [
        "fine-tuning: steps of annealing",
        "a tenth of the run; from a running policy 10 000 or, in the U, 40 000 steps",
        "20 of the paper's 200 epochs",
        "finished before learning begins: run, see the table",
      ],
      [
        "DDPG: initial weights",
        "last layers uniform ± 0.003, others Glorot",
        "DDPG's own paper and rllab; the rest as in soft Q-learning",
        "not run",
      ],
      [
        "discount",
        "0.99; a step of a longer control interval: 0.97, in the maze 0.98, in the U 0.99",
        "both public codes; about as many seconds ahead as 0.99 at rllab's interval, among walls somewhat more",
        "run only together with the interval, see the table",
      ],
    ])
  }`;
