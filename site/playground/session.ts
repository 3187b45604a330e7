/**
 * A training session of the page: iterations of the library's loop, and views of its state.
 *
 * Law, tested: viewing does not change a bit of what is learned.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import { type Goal, goalReached } from "../../envs/point_mass.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { normal } from "../../src/random/draw.ts";
import { child, type Key, stream } from "../../src/random/key.ts";
import { type Episode, playEpisodes } from "../../src/train/evaluate.ts";
import { begin, isDone, type LoopError } from "../../src/train/loop.ts";
import { frozenText } from "../../src/train/non_finite_causes.ts";
import { iterate } from "../../src/train/iteration.ts";
import type { PolicyInvalid } from "../../src/learn/agent.ts";
import { beginningWith } from "./policy_file.ts";
import { encode } from "../../src/train/safetensors.ts";
import { matricesOf } from "../../src/train/trained.ts";
import {
  criticOf,
  criticView,
  ENTROPY_STATES,
  FIELD_SIDE,
  LANDSCAPE_SIDE,
  moveParticles,
  PARTICLES,
} from "./critic.ts";
import {
  type Algorithm,
  changedTemperature,
  hasTemperature,
  HORIZON,
  LIMITS,
  metadataOf,
  type PlayOptions,
  REWARD_SCALE,
  temperatureAt,
  trainingOf,
} from "./options.ts";
import type { Landscape, Measured, Rollouts, ValueField, View } from "./protocol.ts";

/** Number of episodes per view, of episodes per evaluation, and of actions per landscape. */
const SHOWN = 40, EPISODES = 100, ACTIONS = 80;

/** Why a session ends: something failed, or a replica became non-finite. */
export type SessionError = LoopError | PolicyInvalid | {
  readonly _tag: "NonFinite";
  readonly message: string;
};

/** A training session on a device. */
export interface Session {
  /** Environment steps, updates, and the temperature schedule. */
  readonly progress: () => Pick<View, "steps" | "updates" | "temperatures">;
  /** Whether there is nothing left to learn. */
  readonly done: () => boolean;
  /** One iteration of the loop. */
  readonly advance: () => Promise<E.Either<SessionError, null>>;
  /** Changes the temperature of subsequent updates. */
  readonly setTemperature: (value: number) => void;
  /** Selects the state to view. */
  readonly look: (looked: Goal, particles: boolean, restart: boolean) => void;
  readonly rollouts: () => Rollouts;
  readonly landscape: () => Promise<E.Either<SessionError, Landscape>>;
  readonly field: () => Promise<E.Either<SessionError, ValueField>>;
  readonly measure: () => Promise<E.Either<SessionError, Measured>>;
  /** The bytes of `parameters.safetensors`. */
  readonly save: () => Promise<E.Either<SessionError, Uint8Array<ArrayBuffer>>>;
  readonly close: () => void;
}

/** The concatenated positions of episodes. */
export function rolloutsOf(
  episodes: readonly Pick<Episode, "states" | "terminated">[],
  goals: readonly Goal[],
): Rollouts {
  const starts = new Uint32Array(episodes.length + 1);
  episodes.forEach(({ states }, k) => starts[k + 1] = starts[k]! + states.length / 2);
  const places = new Float32Array(2 * starts[episodes.length]!);
  episodes.forEach(({ states }, k) => places.set(states, 2 * starts[k]!));
  return {
    places,
    starts,
    goals: Int8Array.from(episodes, ({ states, terminated }) => terminated ? goalOf(states, goals) : -1),
  };
}

/** The goal at which an episode ended, from the state that the rules judge: the last one or the one before. */
const goalOf = (states: Float64Array, goals: readonly Goal[]): number => {
  const last = goalReached(states.subarray(-2), goals);
  return last >= 0 || states.length < 4 ? last : goalReached(states.subarray(-4, -2), goals);
};

/** Evenly spaced samples of the positions at which episodes acted. */
export function visitedPlaces(episodes: readonly Pick<Episode, "states">[], count: number): readonly Goal[] {
  const places = episodes.flatMap(({ states }) =>
    Array.from({ length: states.length / 2 - 1 }, (_, t): Goal => [states[2 * t]!, states[2 * t + 1]!])
  );
  return Array.from({ length: count }, (_, k) => places[Math.floor(k * places.length / count)]!);
}

/**
 * Starts a training session.
 *
 * @param file the bytes of a file with the initial networks, or null
 */
export async function openSession(
  device: Device,
  options: PlayOptions,
  algorithm: Algorithm,
  firstLooked: Goal,
  file: Uint8Array | null = null,
): Promise<E.Either<SessionError, Session>> {
  let temperatures = options.temperatures, looked = firstLooked;
  let particles: Float32Array | null = null;
  const tempered = hasTemperature(options, algorithm);
  const described = trainingOf(options, algorithm, () => temperatures);
  const beginning = file === null ? E.right(described) : beginningWith(described, file);
  if (E.isLeft(beginning)) return beginning;
  const training = beginning.right;
  const started = await begin(device, training)();
  if (E.isLeft(started)) return started;
  const { running } = started.right;
  let { state } = started.right;
  const { environment, learner: { policy } } = training, [key] = running.collector.keys as [Key];
  const { entry, layout } = criticOf(training.learner, options.normalisation);
  const views = cpuDevice({ workers: 1 });
  const view = await criticView(views, layout, options.squash, options.bandwidth);
  const evaluation = { environment, policy, horizon: HORIZON, discount: 0.99 };
  const episodes = (count: number): readonly Episode[] =>
    playEpisodes(evaluation, state.newest, 0, child(stream(key, "evaluation"), state.steps), count);
  const temperature = (): number => temperatureAt(temperatures, state.steps + 1);
  const critic = async (): Promise<E.Either<SessionError, Float32Array>> =>
    E.map((values: Readonly<Record<string, unknown>>) =>
      (values[entry] as Float32Array).subarray(0, layout.size)
    )(
      await running.executable.read([entry])(),
    );
  const inReward = (values: Float32Array): Float32Array => values.map((value) => value / REWARD_SCALE);

  /** `count` actions in the viewed state, with the same noise in every view. */
  const actions = (count: number): Float32Array => {
    const drawn = new Float32Array(2 * count), root = stream(key, "evaluation");
    for (let k = 0; k < count; k++) {
      const noise = normal(child(child(root, LIMITS.steps[1] + 1), k), policy.noise);
      policy.act(state.newest, 0, looked, noise, drawn.subarray(2 * k, 2 * k + 2));
    }
    return drawn;
  };
  /** Particles start at the sampler's actions. */
  const freshParticles = (): Float32Array =>
    actions(PARTICLES).map((a) => options.squash === "pre-tanh" ? Math.atanh(0.999 * a) : 0.999 * a);

  return E.right({
    progress: () => ({ steps: state.steps, updates: state.updates, temperatures }),
    done: () => isDone(running, state),
    advance: async () => {
      const next = await iterate(running, state)();
      if (E.isLeft(next)) return next;
      state = next.right;
      if (state.frozen[0] === 0) return E.right(null);
      const message = `Learning has diverged: ${frozenText(running.training, state, 0)}. ` +
        "Reset, or try another temperature.";
      return E.left({ _tag: "NonFinite", message });
    },
    setTemperature: (value) => {
      temperatures = changedTemperature(temperatures, state.steps, value);
    },
    look: (place, shown, restart) => {
      const moved = place[0] !== looked[0] || place[1] !== looked[1];
      looked = place;
      if (!shown) particles = null;
      else if (particles === null || moved || restart) particles = freshParticles();
    },
    rollouts: () => rolloutsOf(episodes(SHOWN), options.goals),
    landscape: async () => {
      const read = await critic();
      if (E.isLeft(read)) return read;
      const shown = particles === null ? null : moveParticles(
        particles,
        await view.directions(read.right, looked, particles, temperature() * REWARD_SCALE),
        options.squash,
      );
      const q = inReward(await view.landscape(read.right, looked));
      return E.right({ looked, side: LANDSCAPE_SIDE, q, actions: actions(ACTIONS), particles: shown });
    },
    field: async () => {
      const read = await critic();
      if (E.isLeft(read)) return read;
      const at = (k: number): number => LIMITS.arena * (2 * k / (FIELD_SIDE - 1) - 1);
      const places = Array.from(
        { length: FIELD_SIDE ** 2 },
        (_, k): Goal => [at(k % FIELD_SIDE), at(Math.floor(k / FIELD_SIDE))],
      );
      const scaled = !tempered ? null : temperature() * REWARD_SCALE;
      return E.right({ side: FIELD_SIDE, value: inReward(await view.values(read.right, places, scaled)) });
    },
    measure: async () => {
      const played = episodes(EPISODES), read = await critic();
      if (E.isLeft(read)) return read;
      const { goals } = rolloutsOf(played, options.goals);
      return E.right({
        step: state.steps,
        meanReturn: played.reduce((total, episode) => total + episode.return, 0) / EPISODES,
        goalShares: options.goals.map((_, g) =>
          goals.reduce((n, each) => n + (each === g ? 1 : 0), 0) / EPISODES
        ),
        entropy: !tempered ? null : await view.entropy(
          read.right,
          visitedPlaces(played, ENTROPY_STATES),
          // The temperature used so far: one that takes effect from this very step is not yet included.
          temperatureAt(temperatures, state.steps) * REWARD_SCALE,
        ),
      });
    },
    save: async () => {
      const entries = [...new Set(training.learner.blocks.map((block) => block.entry))];
      return E.map((values: Parameters<typeof matricesOf>[1]) =>
        encode(matricesOf(training, values), metadataOf(options, algorithm))
      )(await running.executable.read(entries)());
    },
    close: () => {
      running.executable.close();
      views.close();
    },
  });
}
