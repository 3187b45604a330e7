/**
 * An upper bound of the size of a run's checkpoint, from its configuration.
 *
 * Law, tested: no checkpoint is larger, and a full one is not much smaller.
 *
 * @module
 */

import type { Training } from "../../train/loop.ts";
import { rowsFor } from "../../train/replay.ts";
import type { Configuration } from "../configuration.ts";
import { type Experiment, trainingOf } from "../experiment.ts";
import { recordBytes, SEGMENT_RECORDS } from "./checkpoint.ts";

/** Upper bounds for names, shapes, digests and counters, in bytes per file and per replica. */
const HEADER = 16_384, REPLICA = 2048;

/** Number of elements of a learner's state, over all replicas. */
const stateNumbers = <S>({ learner, replicas }: Training<S>): number =>
  Object.values(learner.stateTypes(replicas)).reduce(
    (total, { shape }) => total + shape.reduce((size, length) => size * length, 1),
    0,
  );

/**
 * An upper bound of the size of a run's last checkpoint, in bytes: the learner's state, the acting policies, the
 * environments' states, and the replay's journal, whose oldest segment is kept whole.
 */
export function checkpointBytes(experiment: Experiment, configuration: Configuration): number {
  const training = trainingOf(experiment, configuration);
  const { replicas, capacity, environments, environment: { spec }, learner: { policy } } = training;
  const sizes = {
    spec: { replicas, capacity, observation: spec.observation.length, action: spec.action.length },
  };
  const made = configuration.steps * environments;
  const transitions = Math.min(made, capacity + SEGMENT_RECORDS);
  const rows = Math.min(rowsFor(made), rowsFor(capacity) + SEGMENT_RECORDS);
  return HEADER +
    4 * stateNumbers(training) +
    replicas * (
        REPLICA + 2 * 4 * policy.size + 8 * environments * (spec.stateSize + 2 * spec.action.length + 8) +
        transitions * recordBytes(sizes, "transitions") + rows * recordBytes(sizes, "rows")
      );
}

/** An upper bound of the size of a finished run's results without figures, in bytes: networks and metrics. */
export function resultBytes(experiment: Experiment, configuration: Configuration): number {
  const training = trainingOf(experiment, configuration), { steps, logInterval, replicas } = configuration;
  const lines = replicas * (Math.ceil(steps / Math.max(1, logInterval)) + 1);
  return HEADER + 4 * stateNumbers(training) + 1024 * lines + 262_144;
}
