/**
 * The parts of training and the whole of it: actions, environment steps and updates per second alone, and the steps
 * per second of a training with one update per step.
 *
 *     deno run -A bench/loop.ts [--rounds N] [--seconds S] [--json FILE]
 *
 * @module
 */

import { E } from "../src/deps.ts";
import { cpuDevice } from "../src/device/cpu.ts";
import type { Device } from "../src/device/device.ts";
import { softQLearner } from "../src/learn/soft_q/learner.ts";
import { keyOf } from "../src/random/key.ts";
import { normal } from "../src/random/draw.ts";
import { begin } from "../src/train/loop.ts";
import { iterate } from "../src/train/iteration.ts";
import { softQOf } from "../src/learn/soft_q/algorithm.ts";
import { sizesOf } from "../src/train/training.ts";
import {
  commandLine,
  interleaved,
  machine,
  short,
  table,
  timed,
  type Work,
  writeResults,
} from "./measure.ts";
import { type Configuration, CONFIGURATIONS, optionsOf, softQTraining, updateOn } from "./setting.ts";

/** One row of the table; all rates are per second. */
export interface LoopResult {
  readonly configuration: string;
  readonly actions: number;
  readonly steps: number;
  readonly updates: number;
  /** Environment steps of a training with an update for each. */
  readonly loopSteps: number;
}

/** Drawing the noise of an action and computing it. */
export function acting(configuration: Configuration): Work {
  const { environment } = configuration;
  const learner = softQLearner(softQOf(optionsOf(configuration, "default", 1), sizesOf(environment)));
  const key = keyOf(0), parameters = learner.initial([key])[learner.policyEntry] as Float32Array;
  const observation = environment.observe(environment.initial(key));
  const out = new Float32Array(environment.spec.action.length);
  let time = 0;
  return timed("actions", () => {
    const noise = normal(key, learner.policy.noise, time++);
    learner.policy.act(parameters, 0, observation, noise, out);
  });
}

/** Steps of one environment, restarted every 500 steps. */
export function stepping({ environment }: Configuration): Work {
  const key = keyOf(0), { spec } = environment, action = new Float32Array(spec.action.length);
  const states = Float64Array.from(environment.initial(key));
  const out = {
    states,
    observations: new Float32Array(spec.observation.length),
    rewards: new Float64Array(1),
    terminated: new Uint8Array(1),
  };
  let time = 0;
  return timed("steps", () => {
    if (time++ % 500 === 0) states.set(environment.initial(key));
    action.fill(Math.sin(time));
    environment.stepMany(states, action, out, () => key);
    if (out.terminated[0] === 1) states.set(environment.initial(key));
  });
}

/**
 * Iterations of a training: a chunk is collected and learned, one update per step; the rate counts the steps of a
 * replica.
 *
 * @param chunk environment steps between two waits for the device; the default's unless given
 */
export async function training(
  device: Device,
  configuration: Configuration,
  { replicas = 1, chunk = 25 }: { readonly replicas?: number; readonly chunk?: number } = {},
): Promise<Work> {
  const options = {
    ...optionsOf(configuration, "default", replicas),
    steps: 1e9,
    capacity: Math.floor(100_000 / replicas),
    minimumReplay: 1,
    chunk,
  };
  const prepared = softQTraining(configuration.environment, options);
  const started = await begin(device, prepared)();
  if (E.isLeft(started)) throw new Error(started.left.message);
  const { running } = started.right;
  let { state } = started.right;
  return {
    name: "loop",
    rate: async (seconds) => {
      const start = performance.now(), before = state.steps;
      while (performance.now() - start < 1000 * seconds) {
        const next = await iterate(running, state)();
        if (E.isLeft(next)) throw new Error(next.left.message);
        state = next.right;
      }
      return 1000 * (state.steps - before) / (performance.now() - start);
    },
  };
}

/** The results as a table. */
export const loopTable = (results: readonly LoopResult[]): string =>
  table(
    ["a second", "actions", "environment steps", "updates", "steps of the loop"],
    results.map((r) => [
      r.configuration,
      ...[r.actions, r.steps, r.updates, r.loopSteps].map(short),
    ]),
  );

async function main(): Promise<void> {
  const { json, ...effort } = commandLine({ rounds: 7, seconds: 0.5 });
  const results: LoopResult[] = [];
  let description = "";
  for (const configuration of CONFIGURATIONS) {
    const device = cpuDevice();
    const { executable } = await updateOn(device, configuration, "default");
    const measured = await interleaved([
      acting(configuration),
      stepping(configuration),
      timed("updates", () => executable.run()),
      await training(device, configuration),
    ], effort);
    const [actions, steps, updates, loopSteps] = measured.map(({ median }) => median) as [
      number,
      number,
      number,
      number,
    ];
    results.push({ configuration: configuration.name, actions, steps, updates, loopSteps });
    description = device.description;
    device.close();
  }
  console.log(`${machine().processor}, ${machine().cores} cores, load ${machine().load}\n`);
  console.log(loopTable(results));
  if (json !== null) await writeResults(json, "loop", results, description);
}

if (import.meta.main) await main();
