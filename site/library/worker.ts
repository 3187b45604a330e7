/**
 * `softq.worker.js`: a Worker for any page that trains policies and plays episodes without blocking the page.
 *
 * Every answer carries the `id` of its request. Requests are processed sequentially.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import type { Environment } from "../../envs/environment.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { quadruped } from "../../envs/quadruped.ts";
import { swimmer } from "../../envs/swimmer.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { child, type Key, keyOf } from "../../src/random/key.ts";
import { loadAgent } from "../../src/train/agent_file.ts";
import { SOFT_Q } from "../../src/learn/soft_q/algorithm.ts";
import type { SoftQOptions } from "../../src/learn/soft_q/options.ts";
import { trainSoftQ } from "../../src/train/train.ts";
import { thrownText } from "../../src/given.ts";

/** Names of the Worker's tasks. */
export type TaskName = "multi-goal" | "swimmer" | "quadruped";

/** A request to the Worker. */
export type WorkerRequest =
  /** Plays episodes of a policy. */
  | {
    readonly kind: "episodes";
    /** Returned with the answer. */
    readonly id?: number;
    readonly task: TaskName;
    /** The bytes of a `parameters.safetensors`. */
    readonly policy: Uint8Array;
    /** Number of episodes. */
    readonly count: number;
    /** Equal seeds give equal episodes; default 0. */
    readonly seed?: number;
  }
  /** Trains a policy by soft Q-learning, on WebAssembly. */
  | {
    readonly kind: "train";
    readonly id?: number;
    readonly task: TaskName;
    /** Options that differ from the defaults. */
    readonly options?: Partial<SoftQOptions>;
  };

/** An episode. */
export interface PlayedEpisode {
  /** The states visited, `[length + 1, stateSize]`, row-major. */
  readonly states: Float64Array;
  /** Length of a state. */
  readonly stateSize: number;
  /** Sum of the rewards. */
  readonly return: number;
  /** Whether the task terminated, rather than the time limit being reached. */
  readonly terminated: boolean;
}

/** An answer of the Worker. */
export type WorkerAnswer =
  | { readonly kind: "episodes"; readonly id?: number; readonly episodes: readonly PlayedEpisode[] }
  /** Progress of training, in environment steps. */
  | { readonly kind: "progress"; readonly id?: number; readonly steps: number; readonly of: number }
  /** The bytes of the trained policy's `parameters.safetensors`. */
  | { readonly kind: "trained"; readonly id?: number; readonly policy: Uint8Array }
  /** The reason for a failure, in a sentence. */
  | { readonly kind: "failed"; readonly id?: number; readonly message: string };

const TASKS: Readonly<Record<TaskName, () => Environment>> = {
  "multi-goal": () => pointMass(),
  swimmer: () => swimmer(),
  quadruped: () => quadruped(),
};

/** The Worker's `postMessage`. */
declare const postMessage: (message: WorkerAnswer) => void;
declare const addEventListener: (
  kind: "message",
  listener: (event: MessageEvent<WorkerRequest>) => void,
) => void;

/** Plays an episode of a policy that is given as a function. */
function play(
  environment: Environment,
  act: (observation: Float32Array, key: Key) => Float32Array,
  key: Key,
): PlayedEpisode {
  const { stateSize, horizon } = environment.spec;
  const states = [environment.initial(child(key, 0))];
  let total = 0, terminated = false;
  for (let t = 0; t < horizon && !terminated; t++) {
    const state = states[t]!, step = child(child(key, 1), t);
    const next = environment.step(state, act(environment.observe(state), child(step, 0)), child(step, 1));
    states.push(next.state);
    total += next.reward;
    terminated = next.terminated;
  }
  const flat = new Float64Array(states.length * stateSize);
  states.forEach((state, t) => flat.set(state, t * stateSize));
  return { states: flat, stateSize, return: total, terminated };
}

/** The error in a request, which an untyped page may send; null if it is valid. */
function breach(request: Partial<Readonly<Record<string, unknown>>>): string | null {
  const { kind, task, policy, count } = request;
  if (kind !== "episodes" && kind !== "train") {
    return `kind must be "episodes" or "train": got ${String(kind)}`;
  }
  if (typeof task !== "string" || !Object.hasOwn(TASKS, task)) {
    return `task must be one of ${Object.keys(TASKS).join(", ")}: got ${String(task)}`;
  }
  if (kind === "train") return null;
  if (!(policy instanceof Uint8Array)) {
    return "policy must be the bytes of a parameters.safetensors, a Uint8Array";
  }
  return Number.isSafeInteger(count) && Number(count) > 0
    ? null
    : `count must be an integer from 1: got ${String(count)}`;
}

async function answer(request: WorkerRequest): Promise<WorkerAnswer> {
  const { id } = request, named = id === undefined ? {} : { id };
  const failed = (message: string): WorkerAnswer => ({ kind: "failed", ...named, message });
  const wrong = breach({ ...request });
  if (wrong !== null) return failed(wrong);
  const environment = TASKS[request.task]();
  if (request.kind === "train") {
    const options = request.options ?? {}, of = options.steps ?? SOFT_Q.defaults.steps;
    const trained = await trainSoftQ(environment, options, {
      device: cpuDevice({ workers: 1 }),
      onProgress: ({ steps }) => postMessage({ kind: "progress", ...named, steps, of }),
    })();
    return E.isLeft(trained)
      ? failed(trained.left.message)
      : { kind: "trained", ...named, policy: trained.right.save() };
  }
  const agent = loadAgent(request.policy);
  if (E.isLeft(agent)) return failed(agent.left.message);
  const { observation, action } = environment.spec;
  if (agent.right.observation !== observation.length || agent.right.action !== action.length) {
    return failed(
      `The policy sees ${agent.right.observation} numbers and gives ${agent.right.action}; ` +
        `${request.task} shows ${observation.length} and takes ${action.length}`,
    );
  }
  const { act } = agent.right, root = keyOf(request.seed ?? 0);
  const episodes = Array.from({ length: request.count }, (_, k) => play(environment, act, child(root, k)));
  return { kind: "episodes", ...named, episodes };
}

let queue: Promise<void> = Promise.resolve();
addEventListener("message", ({ data }) => {
  queue = queue.then(async () => {
    const request: WorkerRequest = Object(data); // also null and primitives, whose fields are invalid
    try {
      postMessage(await answer(request));
    } catch (error) {
      const message = thrownText(error);
      postMessage({ kind: "failed", ...request.id === undefined ? {} : { id: request.id }, message });
    }
  });
});
