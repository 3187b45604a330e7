/**
 * Which quantity of an update was non-finite when it froze a replica: the update is repeated, since its inputs are
 * still on the device, and its metrics are inspected.
 *
 * Laws, tested: the quantity named was non-finite; the state on the device is afterwards the same as before.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { DeviceError } from "../device/device.ts";
import type { Values } from "../tensor/loops.ts";
import { type Running, type Training, type TrainingState, updatesDue } from "./loop.ts";

/**
 * The quantities that may have been non-finite. The first leaves it open: older versions did not record which.
 */
const CAUSES = [
  "its loss or a gradient",
  "its loss",
  "a gradient",
  "the gradient of its critics",
  "the gradient of its sampler",
  "a parameter or a moment of its optimiser",
] as const;

type NonFiniteCause = typeof CAUSES[number];

/** The code for a non-finite parameter or moment, which a snapshot may find. */
export const STATE_CAUSE: number = CAUSES.indexOf("a parameter or a moment of its optimiser");

/**
 * The non-finite quantity, by the metrics of the update, which include norms of gradients if diagnostics are recorded.
 */
function causeIn(metrics: Readonly<Record<string, Values>>, r: number): NonFiniteCause {
  const isFinite = (name: string): boolean => Number.isFinite(metrics[name]?.[r] ?? 0);
  if (!isFinite("loss")) return "its loss";
  if (!isFinite("criticGradientNorm")) return "the gradient of its critics";
  return isFinite("samplerGradientNorm") ? "a gradient" : "the gradient of its sampler";
}

/**
 * `[R]` codes of the quantities that were non-finite when replicas were frozen in an iteration, decoded by {@link
 * frozenText}.
 *
 * @param before the state at the beginning of the iteration
 * @param frozen `[R]` the updates at which replicas were frozen, at its end
 */
export async function nonFiniteCauses<S>(
  { training: { learner, replicas }, executable, metricNames }: Running<S>,
  before: TrainingState,
  frozen: Uint32Array,
): Promise<E.Either<DeviceError, Uint32Array>> {
  const { frozen: already, lost } = before;
  const isNew = (update: number, r: number): boolean => update !== 0 && already[r] === 0;
  if (!frozen.some(isNew)) return E.right(lost);
  const names = Object.keys(learner.stateTypes(replicas));
  const kept: E.Either<DeviceError, Readonly<Record<string, Values>>> = await executable.read(names)();
  if (E.isLeft(kept)) return kept;
  // A frozen replica has not changed since, so resetting its counter and its flag is enough to repeat the update. The
  // other replicas are frozen meanwhile.
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
      isNew(frozen[r]!, r) && values["frozen"]![r] === frozen[r] ? CAUSES.indexOf(causeIn(values, r)) : known
    )
  )(found);
}

/** The environment steps of a replica before its update number n. */
function stepsAt(
  training: Pick<Training<unknown>, "chunk" | "stepsPerUpdate" | "minimumReplay">,
  n: number,
): number {
  const { chunk, minimumReplay } = training;
  const first = Math.max(1, Math.ceil(minimumReplay / chunk)) * chunk, each = updatesDue(training, first);
  return first + Math.floor((n - 1) / each) * chunk;
}

/** Why a replica was frozen, in words. */
export const frozenText = (
  training: Pick<Training<unknown>, "chunk" | "stepsPerUpdate" | "minimumReplay">,
  { frozen, lost }: Pick<TrainingState, "frozen" | "lost">,
  r: number,
): string =>
  `${CAUSES[lost[r]!] ?? CAUSES[0]} was not finite at update ${frozen[r]}, after environment step ${
    stepsAt(training, frozen[r]!)
  }`;
