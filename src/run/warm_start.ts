/**
 * `--init RUN`: initialising a run with the networks of a finished one.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { E, pipe, TE } from "../deps.ts";
import { hasCheckpoint, readCheckpoint, withNewestCheckpoint } from "./checkpoint/reader.ts";
import { readFile } from "./files.ts";
import { parametersIn } from "./archived.ts";
import { type ImportedTransitions, transitionsIn } from "./checkpoint/imported_replay.ts";
import type { WrittenSettings } from "../learn/learner.ts";
import { capacityOf } from "../learn/options.ts";
import type { Training } from "../train/loop.ts";
import { agentOf, completeMetadata } from "../learn/agent.ts";
import { decode, explainSafetensors } from "../train/safetensors.ts";
import { interfaceMetadata, withInitialParameters } from "../train/initial_parameters.ts";
import { type ConfigInvalid, configInvalid, type Configuration, flagOf } from "./configuration.ts";
import { algorithmOf, type Experiment, trainingOf, withHorizon } from "./experiment.ts";
import { configurationIn } from "./stored_run.ts";

/** A configuration with its initialised training. */
export interface Start {
  /** The configuration, with the digest of the other run's parameters. */
  readonly configuration: Configuration;
  /** The training, whose learner has the initial parameters. */
  readonly training: Training<WrittenSettings>;
  /** Initial transitions of the replay, for each replica of the other run; none: an empty replay. */
  readonly transitions: readonly ImportedTransitions[];
}

const refuse = ({ init }: Configuration, why: string): ConfigInvalid =>
  configInvalid("init", `--init "${init}" cannot be used: ${why}`);

/** The options that a run takes over from another: α and reward scale, and the noises. */
function carriedOver(c: Configuration, other: Configuration): Partial<Configuration> {
  const { temperature, noise } = algorithmOf(other).kept;
  return {
    ...c.initTemperature === "fresh" ? {} : temperature,
    ...c.initNoise === "fresh" ? {} : noise,
  };
}

/** Initialises a configuration from the run that it names, or with random networks if it names none. */
const startOfComplete = (experiment: Experiment, c: Configuration): TE.TaskEither<ConfigInvalid, Start> =>
  c.init === "" ? TE.right({ configuration: c, training: trainingOf(experiment, c), transitions: [] }) : pipe(
    configurationIn(c.init),
    TE.bindTo("other"),
    TE.bind("bytes", () => parametersIn(c.init)),
    // These messages already name the folder.
    TE.mapLeft(({ message }) => configInvalid("init", `--init: ${message}`)),
    TE.chainEitherK(
      ({ other, bytes }): E.Either<ConfigInvalid, { start: Start; other: Configuration; run: string }> => {
        if (other.algorithm !== c.algorithm) {
          return E.left(refuse(c, `it was learned by ${other.algorithm}, not by ${c.algorithm}`));
        }
        // With other metadata the same parameters would be a different policy.
        const saidOf = (each: Configuration) => completeMetadata(algorithmOf(each).metadata);
        const ours = saidOf(c), theirs = saidOf(other);
        const differs = Object.keys(ours).find((name) => ours[name] !== theirs[name]);
        if (differs !== undefined) {
          return E.left(
            refuse(c, `its ${flagOf(differs)} is ${theirs[differs] ?? "not told"}, not ${ours[differs]}`),
          );
        }
        if (c.initNoise === "kept" && algorithmOf(other).noiseSet !== null && other.replicas < c.replicas) {
          const has = `it has noises of ${other.replicas} replicas, not of ${c.replicas}`;
          return E.left(refuse(c, `${has}, which --init-noise kept asks for`));
        }
        const file = decode(bytes);
        if (E.isLeft(file)) return E.left(refuse(c, explainSafetensors(file.left)));
        const agent = agentOf(file.right.tensors, file.right.metadata);
        if (E.isLeft(agent)) return E.left(refuse(c, agent.left.message));
        const initDigest = createHash("sha256").update(bytes).digest("hex");
        // A configuration has a digest already if it repeats a run.
        if (c.initDigest !== "" && c.initDigest !== initDigest) {
          return E.left(refuse(c, "its parameters are not those that the configuration was made with"));
        }
        const configuration: Configuration = { ...c, ...carriedOver(c, other), initDigest };
        const training = trainingOf(experiment, configuration);
        return pipe(
          withInitialParameters(
            training.learner,
            training.environment.spec,
            file.right.tensors,
            file.right.metadata,
          ),
          E.bimap(
            ({ message }) => refuse(c, message),
            (learner): Start => ({ configuration, training: { ...training, learner }, transitions: [] }),
          ),
          E.map((start) => ({ start, other, run: file.right.metadata["run"] ?? "" })),
        );
      },
    ),
    TE.chain(({ start, other, run }) =>
      c.initReplay === "fresh" ? TE.right(start) : pipe(
        transitionsOf(start, other, run),
        TE.bimap(({ message }) => refuse(c, message), (transitions): Start => ({ ...start, transitions })),
      )
    ),
  );

/** Initialises a configuration; one without a horizon gets its environment's. */
export const startOf = (experiment: Experiment, c: Configuration): TE.TaskEither<ConfigInvalid, Start> =>
  startOfComplete(experiment, withHorizon(experiment, c));

/** The transitions in the last checkpoint of the run that another starts from. */
const transitionsOf = (
  { configuration: c, training }: Start,
  other: Configuration,
  run: string,
): TE.TaskEither<{ readonly message: string }, readonly ImportedTransitions[]> => {
  const { observation, action } = training.environment.spec;
  const widths = { observation: observation.length, action: action.length };
  return pipe(
    readFile(`${c.init}/parameters.safetensors`),
    TE.chainEitherKW(decode),
    TE.filterOrElseW(
      ({ metadata }) =>
        metadata["observation"] === interfaceMetadata(training.environment.spec)["observation"],
      () => ({ message: "its transitions show other numbers than this task" }),
    ),
    TE.chainFirstW(() => async (): Promise<E.Either<{ readonly message: string }, null>> =>
      await hasCheckpoint(c.init) ? E.right(null) : E.left({
        message: "it has no checkpoint, which would hold its transitions: leave --init-replay out",
      })
    ),
    TE.chainW(() =>
      withNewestCheckpoint(
        c.init,
        run,
        (steps) => readCheckpoint(c.init, run, steps, widths, { replay: false, metrics: true }),
      )
    ),
    TE.mapLeft((error) => "message" in error ? error : { message: explainSafetensors(error) }),
    TE.chainEitherK((checkpoint) =>
      E.fromNullable({ message: "its checkpoint does not hold the transitions that it counts" })(
        transitionsIn(checkpoint, other.replicas, capacityOf(other)),
      )
    ),
  );
};
