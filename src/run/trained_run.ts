/**
 * The policies of a run: the final ones, or those of the newest checkpoint of an unfinished run.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { hasCheckpoint, readCheckpoint, withNewestCheckpoint } from "./checkpoint/reader.ts";
import type { Checkpoint } from "./checkpoint/checkpoint.ts";
import { withAlternative } from "./alternatives.ts";
import { NO_PARAMETERS, parametersIn } from "./archived.ts";
import { replicaKeys, type Running, type TrainingState } from "../train/loop.ts";
import type { WrittenSettings } from "../learn/learner.ts";
import { decode, explainSafetensors, type TensorFile } from "../train/safetensors.ts";
import { type ConfigInvalid, configInvalid, type Configuration } from "./configuration.ts";
import { agentOf, completeMetadata } from "../learn/agent.ts";
import { algorithmOf, type Experiment, experimentNamed, trainingOf } from "./experiment.ts";
import { storedRun } from "./stored_run.ts";
import type { RunError } from "./context.ts";
import { guarded } from "./faults.ts";
import { runId } from "./manifest.ts";

/** A run with its policies. */
export interface TrainedRun {
  /** Its complete configuration. */
  readonly configuration: Configuration;
  /** Its experiment. */
  readonly experiment: Experiment;
  /** The training and the collector, without a compiled program. */
  readonly running: Pick<Running<WrittenSettings>, "training" | "collector">;
  /** The policies, and their number of environment steps. */
  readonly state: Pick<TrainingState, "newest" | "steps">;
  /** The file of the policies. */
  readonly file: string;
}

/** The flat parameters `[R, size]` of the policies in a parameter file. */
function flatPolicies(
  { training: { learner, replicas } }: Pick<Running<WrittenSettings>, "training">,
  tensors: TensorFile["tensors"],
): E.Either<string, Float32Array> {
  const { size } = learner.policy, out = new Float32Array(replicas * size);
  for (const { name, entry, start, shape } of learner.blocks) {
    if (entry !== learner.policyEntry) continue;
    const found = tensors[name], length = shape[0] * shape[1], wanted = [replicas, ...shape];
    if (found === undefined || found.shape.join() !== wanted.join()) {
      const got = found === undefined ? "is not there" : `has the shape [${found.shape}]`;
      return E.left(`"${name}" should have the shape [${wanted}], and ${got}`);
    }
    for (let r = 0; r < replicas; r++) {
      out.set(found.data.subarray(r * length, (r + 1) * length) as Float32Array, r * size + start);
    }
  }
  return E.right(out);
}

/** Reads the final policies of a run. */
const finalPolicies = (
  path: string,
  configuration: Configuration,
  run: string,
  running: TrainedRun["running"],
): TE.TaskEither<ConfigInvalid, Pick<TrainedRun, "state" | "file">> => {
  const file = `${path}/parameters.safetensors`;
  return pipe(
    parametersIn(path),
    TE.chainEitherK((bytes) => {
      const refuse = (why: string) => E.left(configInvalid("run", `"${file}" cannot be used: ${why}`));
      const decoded = decode(bytes);
      if (E.isLeft(decoded)) return refuse(explainSafetensors(decoded.left));
      const { metadata, tensors } = decoded.right;
      if (metadata["run"] !== run) {
        const of = metadata["run"] === undefined ? "no run that it names" : `run ${metadata["run"]}`;
        return refuse(`it belongs to ${of}, not to ${run}, which config.json describes`);
      }
      const agent = agentOf(tensors, metadata);
      if (E.isLeft(agent)) return refuse(agent.left.message);
      const expected = completeMetadata(algorithmOf(configuration).metadata),
        said = completeMetadata(metadata);
      const differs = Object.keys(expected).find((name) => said[name] !== expected[name]);
      if (differs !== undefined) {
        return refuse(
          `its ${differs} is ${said[differs] ?? "not told"}, and ${expected[differs]} in config.json`,
        );
      }
      const newest = flatPolicies(running, tensors);
      if (E.isLeft(newest)) return refuse(newest.left);
      return E.right({ file, state: { newest: newest.right, steps: configuration.steps } });
    }),
  );
};

/**
 * Reads the policies of a run's newest checkpoint, or of the one with the best evaluation.
 *
 * @param none the error if there is no checkpoint
 */
const checkpointPolicies = (
  path: string,
  run: string,
  { training: { environment: { spec }, learner: { policy }, replicas } }: TrainedRun["running"],
  which: "newest" | "best",
  none: ConfigInvalid,
): TE.TaskEither<RunError, Pick<TrainedRun, "state" | "file">> => {
  const widths = { observation: spec.observation.length, action: spec.action.length };
  const read = (steps: number) => readCheckpoint(path, run, steps, widths, { replay: true, metrics: true });
  const wanted = (newest: Checkpoint): TE.TaskEither<RunError, Checkpoint> => {
    const { best, steps } = newest.manifest;
    if (which === "newest" || best?.steps === steps) return TE.right(newest);
    return best === null
      ? TE.left(
        configInvalid(
          "best",
          `"${path}" has no best checkpoint: there were no intermediate evaluations; leave --best out`,
        ),
      )
      : pipe(
        read(best.steps),
        TE.mapLeft(({ message }) =>
          configInvalid(
            "best",
            `${message}; leave --best out for the final policy, or that of the newest checkpoint`,
          )
        ),
      );
  };
  return pipe(
    TE.rightTask<RunError, boolean>(() => hasCheckpoint(path)),
    TE.chain((exists): TE.TaskEither<RunError, Checkpoint> =>
      exists
        ? pipe(
          withNewestCheckpoint(path, run, (steps) => pipe(read(steps), TE.chainW(wanted))),
          TE.orElse((error) => async () =>
            E.left(
              error._tag === "CheckpointInvalid" ? await withAlternative(path, run, widths, error) : error,
            )
          ),
        )
        : TE.left(none)
    ),
    TE.chainEitherKW(({ manifest: { steps, state: { file } }, snapshot: { tensors } }) => {
      const newest = tensors["policy.newest"]?.data;
      const isReal = newest instanceof Float32Array || newest instanceof Float64Array;
      return isReal && newest.length === replicas * policy.size
        ? E.right({ file: `${path}/${file}`, state: { newest: newest as Float32Array, steps } })
        : E.left(configInvalid("run", `"${path}/${file}" does not hold the policies of this run`));
    }),
  );
};

/**
 * Reads a run with its policies; fails if it has neither results nor a checkpoint.
 *
 * @param which the final policies (of an unfinished run, those of the newest checkpoint) or those of the best
 * checkpoint
 */
export const trainedRun = (
  experiments: readonly Experiment[],
  path: string,
  which: "final" | "best" = "final",
): TE.TaskEither<RunError, TrainedRun> => guarded("The run", () => readTrainedRun(experiments, path, which));

const readTrainedRun = (
  experiments: readonly Experiment[],
  path: string,
  which: "final" | "best",
): TE.TaskEither<RunError, TrainedRun> =>
  pipe(
    storedRun(path),
    TE.mapLeft((error): RunError => error),
    // The id is a digest of the stored configuration, which may be of an older version with fewer fields.
    TE.let("run", ({ stored }) => runId(stored as Configuration)),
    TE.bind("experiment", ({ configuration }) =>
      TE.fromEither(experimentNamed(experiments, configuration.experiment))),
    TE.chain(({ configuration, run, experiment }) => {
      const training = trainingOf(experiment, configuration);
      const { environment, learner: { policy }, horizon, environments, explorationNoise, noiseSet = null } =
        training;
      const keys = replicaKeys(training);
      const running = {
        training,
        collector: { environment, policy, horizon, environments, explorationNoise, noiseSet, keys },
      };
      const policies = (which: "newest" | "best", none: ConfigInvalid) =>
        checkpointPolicies(path, run, running, which, none);
      const best = policies(
        "best",
        configInvalid(
          "best",
          `"${path}" has no checkpoint, so there is no best one: leave --best out for the final policy, or train ` +
            "with --checkpoint-interval and --evaluation-interval above 0",
        ),
      );
      const final = pipe(
        finalPolicies(path, configuration, run, running),
        TE.orElse((error): TE.TaskEither<RunError, Pick<TrainedRun, "state" | "file">> =>
          error.field === NO_PARAMETERS
            ? policies(
              "newest",
              configInvalid(
                "run",
                `"${path}" has no policy yet: it has written neither a checkpoint nor parameters.safetensors`,
              ),
            )
            : TE.left(error)
        ),
      );
      return pipe(
        which === "best" ? best : final,
        TE.map((found): TrainedRun => ({ configuration, experiment, running, ...found })),
      );
    }),
  );
