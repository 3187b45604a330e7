/**
 * What a configuration asks of memory, before anything is made.
 *
 * Law, tested: a configuration that no machine could hold is refused by the field that makes it so large, and never by an
 * exception.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Training } from "../train/loop.ts";
import { replayBytes } from "../train/replay.ts";
import {
  type ConfigInvalid,
  configInvalid,
  type Configuration,
  type FieldName,
  flagOf,
} from "./configuration.ts";

/** Bytes that no machine is asked for. */
const LIMIT = 64 * 2 ** 30;

/** The largest parts, as a lower bound, with the field that each is due to. */
function parts<S>(
  { capacity, replicas, environment: { spec }, learner }: Training<S>,
  c: Configuration,
): readonly (readonly [field: FieldName, what: string, bytes: number])[] {
  const state = Object.values(learner.stateTypes(replicas)).reduce(
    (total, { shape }) => total + 4 * shape.reduce((size, length) => size * length, 1),
    0,
  );
  const particles = c.algorithm === "soft-q"
    ? Math.max(c.valueParticles, c.fixedParticles, c.movedParticles)
    : 1;
  const rows = c.batch * particles;
  const pairs = c.algorithm === "soft-q" ? c.batch * c.fixedParticles * c.movedParticles : 0;
  const widest = [c.batch, particles].indexOf(Math.max(c.batch, particles));
  const particleFields: readonly FieldName[] = ["valueParticles", "fixedParticles", "movedParticles"];
  const mostParticles = particleFields.find((field) => c[field] === particles) ?? "batch";
  return [
    [
      "capacity",
      "replay",
      replayBytes({
        replicas,
        capacity,
        observation: spec.observation.length,
        action: spec.action.length,
      }),
    ],
    ["hidden", "parameters and moments", state],
    [widest === 0 ? "batch" : mostParticles, "layers", 4 * replicas * rows * Math.max(...c.hidden)],
    ["fixedParticles", "distances of particles", 4 * replicas * pairs],
    ["environments", "states of environments", 8 * replicas * c.environments * spec.stateSize],
    [
      "chunk",
      "a chunk's transitions",
      8 * replicas * c.chunk * (spec.observation.length + spec.action.length + 4),
    ],
  ];
}

/** Refuses a configuration that needs more memory than any machine is asked for. */
export function fitsMemory<S>(training: Training<S>, c: Configuration): E.Either<ConfigInvalid, null> {
  for (const [field, what, bytes] of parts(training, c)) {
    if (!(bytes > LIMIT)) continue;
    const value = field === "capacity" ? training.capacity : c[field];
    return E.left(configInvalid(
      field,
      `${
        flagOf(field)
      } ${value} with --replicas ${c.replicas} needs ${bytes} bytes of ${what}: at most ${LIMIT}`,
    ));
  }
  return E.right(null);
}
