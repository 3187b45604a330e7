/**
 * Which number of an update was not finite, where a replica was frozen by one: the update is made once more, because what it
 * was made of is still there, and its metrics tell.
 *
 * Laws, tested: what is said was so; whoever asks finds the device afterwards as it was before.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { DeviceError } from "../device/device.ts";
import type { Values } from "../tensor/loops.ts";
import { type Running, type Training, type TrainingState, updatesDue } from "./loop.ts";

/** What can be told of the update that froze a replica, and what is not known of one that an older version froze. */
const LOST = [
  "its loss or a gradient",
  "its loss",
  "a gradient",
  "the gradient of its critics",
  "the gradient of its sampler",
  "a parameter or a moment of its optimiser",
] as const;

type Lost = typeof LOST[number];

/** What is lost where a snapshot finds a number among parameters and moments that is not finite. */
export const LOST_STATE: number = LOST.indexOf("a parameter or a moment of its optimiser");

/** What was not finite, by the metrics of the update; its gradients have norms where diagnostics are kept. */
function lostIn(metrics: Readonly<Record<string, Values>>, r: number): Lost {
  const isFinite = (name: string): boolean => Number.isFinite(metrics[name]?.[r] ?? 0);
  if (!isFinite("loss")) return "its loss";
  if (!isFinite("criticGradientNorm")) return "the gradient of its critics";
  return isFinite("samplerGradientNorm") ? "a gradient" : "the gradient of its sampler";
}

/**
 * What was not finite in the updates of a turn that froze replicas, `[R]`, as {@link frozenText} reads it.
 *
 * @param before the state that the turn began with
 * @param frozen `[R]` updates at which replicas were frozen until its end
 */
export async function lostNumbers<S>(
  { training: { learner, replicas }, executable, metricNames }: Running<S>,
  { frozen: already, lost }: TrainingState,
  frozen: Uint32Array,
): Promise<E.Either<DeviceError, Uint32Array>> {
  const isNew = (update: number, r: number): boolean => update !== 0 && already[r] === 0;
  if (!frozen.some(isNew)) return E.right(lost);
  const names = Object.keys(learner.stateTypes(replicas));
  const kept: E.Either<DeviceError, Readonly<Record<string, Values>>> = await executable.read(names)();
  if (E.isLeft(kept)) return kept;
  // A frozen replica has stood still since: only its counter and its flag are set back. The others stand still meanwhile.
  executable.write(
    "updates",
    kept.right["updates"]!.map((made, r) => isNew(frozen[r]!, r) ? frozen[r]! - 1 : made),
  );
  executable.write("frozen", frozen.map((update, r) => isNew(update, r) ? 0 : 1));
  executable.run();
  const found: E.Either<DeviceError, Readonly<Record<string, Values>>> = await executable.read([
    ...metricNames,
    "frozen",
  ])();
  for (const [name, values] of Object.entries(kept.right)) executable.write(name, values);
  return E.map((values: Readonly<Record<string, Values>>) =>
    lost.map((known, r) =>
      isNew(frozen[r]!, r) && values["frozen"]![r] === frozen[r] ? LOST.indexOf(lostIn(values, r)) : known
    )
  )(found);
}

/** The environment steps that a replica had made when its n-th update was made. */
function stepsAt(
  training: Pick<Training<unknown>, "chunk" | "stepsPerUpdate" | "minimumReplay">,
  n: number,
): number {
  const { chunk, minimumReplay } = training;
  const first = Math.max(1, Math.ceil(minimumReplay / chunk)) * chunk, each = updatesDue(training, first);
  return first + Math.floor((n - 1) / each) * chunk;
}

/** What froze a replica, in words. */
export const frozenText = (
  training: Pick<Training<unknown>, "chunk" | "stepsPerUpdate" | "minimumReplay">,
  { frozen, lost }: Pick<TrainingState, "frozen" | "lost">,
  r: number,
): string =>
  `${LOST[lost[r]!] ?? LOST[0]} was not finite at update ${frozen[r]}, after environment step ${
    stepsAt(training, frozen[r]!)
  }`;
