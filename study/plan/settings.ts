/**
 * Settings that several groups of the study's runs share.
 *
 * @module
 */

import { PARAMETERS, type PlannedRun } from "../planned_run.ts";

/** A run, on the CPU device unless its flags name another. */
export const run = (
  name: string,
  experiment: string,
  minutes: number,
  flags: PlannedRun["flags"],
  keeps: readonly string[] = [],
): PlannedRun => ({
  name,
  experiment,
  minutes,
  flags: { ...flags, device: flags["device"] ?? "cpu" },
  keeps,
});

/** Additional files of runs that others start from, or whose policies are shown. */
export const POLICY = [PARAMETERS];

/** The quadruped's first settings: one critic at learning rate 0.001, its target copied every 100 updates. */
export const FIRST = { critics: "1", target: "copy", criticRate: "0.001", temperature: "0.1" };

/** A slowly changing critic: two critics at about a third of that rate, with Polyak-averaged targets. */
export const STEADY = { critics: "2", target: "polyak", criticRate: "0.0003", temperature: "0.03" };

/** The same for DDPG, which has one critic. */
export const STEADY_DDPG = { algorithm: "ddpg", target: "polyak", criticRate: "0.0003" };

/** Numbers of environment steps of the first pretraining runs. */
export const SHORT = { steps: "200000" }, LONG = { steps: "400000" };

/** A minibatch of twice the states and half the samples per state: equal arithmetic, less noise between states. */
export const MANY_STATES = { batch: "128", valueParticles: "16", fixedParticles: "8", movedParticles: "8" };

/** The running policy from which both algorithms' quadrupeds start, if they start from one. */
export const RUNNING = "results/pretrain-soft-q-0.03-steady-continued-0",
  RUNNING_DDPG = "results/pretrain-ddpg-steady-0";
