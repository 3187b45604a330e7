/**
 * `--init RUN`: the networks of a finished run as the start of another.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { E, pipe, TE } from "../deps.ts";
import { latestCheckpoint, readCheckpoint } from "./checkpoint/reader.ts";
import { readFile } from "./files.ts";
import { parametersIn } from "./kept.ts";
import { type KeptTransitions, transitionsIn } from "./checkpoint/kept_replay.ts";
import type { Training } from "../train/loop.ts";
import { capacityOf, type WrittenSettings } from "../train/options.ts";
import { decode, explainSafetensors } from "../train/safetensors.ts";
import { noiseCountAt, noiseSeedOf, settingsAt } from "../train/soft_q_training.ts";
import { interfaceMetadata, startingFrom } from "../train/initial_parameters.ts";
import {
  completed,
  type ConfigInvalid,
  configInvalid,
  type Configuration,
  validate,
} from "./configuration.ts";
import { type Experiment, trainingOf } from "./experiment.ts";

/** A run with what it starts from. */
export interface Start {
  /** The configuration, with the digest of what it starts from. */
  readonly configuration: Configuration;
  /** The training, its learner with the initial parameters. */
  readonly training: Training<WrittenSettings>;
  /** Transitions that its replay begins with, by the other's replicas; none: an empty replay. */
  readonly transitions: readonly KeptTransitions[];
}

const refuse = ({ init }: Configuration, why: string): ConfigInvalid =>
  configInvalid("init", `--init "${init}" cannot be used: ${why}`);

/** Reads what a folder's `config.json` holds. */
export const storedIn = (folder: string): TE.TaskEither<ConfigInvalid, unknown> =>
  pipe(
    readFile(`${folder}/config.json`),
    TE.mapLeft((error) => configInvalid("run", error.message)),
    TE.chainEitherK((bytes) =>
      E.tryCatch(
        (): unknown => JSON.parse(new TextDecoder().decode(bytes)),
        () => configInvalid("run", `"${folder}/config.json" is not JSON`),
      )
    ),
  );

/**
 * The configuration that a folder's `config.json` holds.
 *
 * @param age whether it may be of an older version, whose missing fields are filled in
 */
export const configurationOf = (
  folder: string,
  stored: unknown,
  age: "any" | "present" = "any",
): E.Either<ConfigInvalid, Configuration> =>
  E.mapLeft((error: ConfigInvalid): ConfigInvalid => ({
    ...error,
    message: `"${folder}/config.json": ${error.message}`,
  }))(validate(age === "any" ? completed(stored) : stored));

/** Reads a configuration out of a folder's `config.json`; see {@link configurationOf}. */
export const configurationIn = (
  folder: string,
  age: "any" | "present" = "any",
): TE.TaskEither<ConfigInvalid, Configuration> =>
  pipe(storedIn(folder), TE.chainEitherK((stored) => configurationOf(folder, stored, age)));

/** α and reward scale that a run ended with, and its noises, where they are to be kept. */
const keptOf = (c: Configuration, other: Configuration): Partial<Configuration> => ({
  ...c.initTemperature === "fresh" ? {} : {
    rewardScale: other.rewardScale,
    ...c.algorithm === "ddpg"
      ? {}
      : { temperature: settingsAt(other, other.steps).temperature, temperatureEnd: 0 },
  },
  ...c.initNoise === "fresh" ? {} : {
    noiseSet: noiseCountAt(other, other.steps),
    noiseSetSteps: 0,
    noiseSeed: noiseSeedOf(other),
  },
});

/** Reads what a configuration starts from; one that names nothing starts from random networks. */
export const startOf = (experiment: Experiment, c: Configuration): TE.TaskEither<ConfigInvalid, Start> =>
  c.init === "" ? TE.right({ configuration: c, training: trainingOf(experiment, c), transitions: [] }) : pipe(
    configurationIn(c.init),
    TE.bindTo("other"),
    TE.bind("bytes", () => parametersIn(c.init)),
    TE.mapLeft(({ message }) => refuse(c, message)),
    TE.chainEitherK(
      ({ other, bytes }): E.Either<ConfigInvalid, { start: Start; other: Configuration; run: string }> => {
        if (other.algorithm !== c.algorithm) {
          return E.left(refuse(c, `it was learned by ${other.algorithm}, not by ${c.algorithm}`));
        }
        if (c.algorithm === "soft-q" && other.squash !== c.squash) {
          return E.left(refuse(c, `its --squash is ${other.squash}, not ${c.squash}`));
        }
        if (c.initNoise === "kept" && other.noiseSet > 0 && other.replicas < c.replicas) {
          const has = `it has noises of ${other.replicas} replicas, not of ${c.replicas}`;
          return E.left(refuse(c, `${has}, which --init-noise kept asks for`));
        }
        const file = decode(bytes);
        if (E.isLeft(file)) return E.left(refuse(c, explainSafetensors(file.left)));
        const initDigest = createHash("sha256").update(bytes).digest("hex");
        // Only a configuration that repeats a run has a digest already.
        if (c.initDigest !== "" && c.initDigest !== initDigest) {
          return E.left(refuse(c, "its parameters are not those that the configuration was made with"));
        }
        const configuration: Configuration = { ...c, ...keptOf(c, other), initDigest };
        const training = trainingOf(experiment, configuration);
        return pipe(
          startingFrom(training.learner, training.environment.spec, file.right.tensors, file.right.metadata),
          E.bimap(
            ({ message }) => refuse(c, message),
            (learner): Start => ({ configuration, training: { ...training, learner }, transitions: [] }),
          ),
          E.map((start) => ({ start, other, run: file.right.metadata.run ?? "" })),
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

/** The transitions of the run that another starts from, at its last checkpoint. */
const transitionsOf = (
  { configuration: c, training }: Start,
  other: Configuration,
  run: string,
): TE.TaskEither<{ readonly message: string }, readonly KeptTransitions[]> => {
  const { observation, action } = training.environment.spec;
  const widths = { observation: observation.length, action: action.length };
  return pipe(
    readFile(`${c.init}/parameters.safetensors`),
    TE.chainEitherKW(decode),
    TE.filterOrElseW(
      ({ metadata }) => metadata.observation === interfaceMetadata(training.environment.spec).observation,
      () => ({ message: "its transitions show other numbers than this task" }),
    ),
    TE.chainW(() => latestCheckpoint(c.init, run)),
    TE.chainW((steps) => readCheckpoint(c.init, run, steps, widths, { replay: false, metrics: true })),
    TE.bimap(
      (error) => "message" in error ? error : { message: explainSafetensors(error) },
      (checkpoint) => transitionsIn(checkpoint, other.replicas, capacityOf(other)),
    ),
  );
};
