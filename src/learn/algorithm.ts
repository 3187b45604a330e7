/**
 * An algorithm as one value: its options, its learner, its settings over time, how policies in files act, and its cost.
 * Only the list in `algorithms.ts` knows an algorithm by name.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Learner, WrittenSettings } from "./learner.ts";
import type { Layout } from "./network.ts";
import {
  type Breach,
  checked,
  defaultsOf,
  type OptionRule,
  type OptionTable,
  type TableOf,
} from "./option.ts";
import { LEARNING_RULES, type LearningOptions } from "./options.ts";
import type { NoiseSet, Policy } from "./policy.ts";

/** Sizes of observations and actions. */
export interface Sizes {
  /** Length of an observation. */
  readonly observation: number;
  /** Length of an action. */
  readonly action: number;
}

/** A part of the memory that an update needs. */
export interface MemoryPart {
  /** The option that determines it. */
  readonly option: string;
  /** Its content, in words. */
  readonly what: string;
  /** Numbers of 32 bits for each replica. */
  readonly numbers: number;
}

/** An algorithm with its options. */
export interface Configured<O extends LearningOptions = LearningOptions> {
  /** The algorithm. */
  readonly algorithm: Algorithm<O>;
  /** The options, checked. */
  readonly options: O;
  /**
   * The learner; its settings are those of {@link Configured.settings}.
   *
   * @param diagnostics whether updates report more than their loss; the learned parameters have the same bits
   */
  readonly learner: (sizes: Sizes, diagnostics: boolean) => Learner<WrittenSettings>;
  /** The settings of all replicas after `steps` environment steps. */
  readonly settings: (steps: number) => WrittenSettings;
  /** The set of noises that the policy gets; null: unrestricted. */
  readonly noiseSet: NoiseSet | null;
  /** The metadata of a policy's file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** α in units of the unscaled reward, at the start; null if there is none. */
  readonly temperature: number | null;
  /** The settings that a figure's caption names, as in `pre-tanh, α/reward scale 10`; may be empty. */
  readonly caption: string;
  /** The largest parts of an update, as a lower bound. */
  readonly memory: readonly MemoryPart[];
  /** Options with which another training continues from this one's final settings. */
  readonly kept: {
    /** The final temperature and reward scale. */
    readonly temperature: Readonly<Record<string, unknown>>;
    /** The final noises; null if the policy takes none. */
    readonly noise: Readonly<Record<string, unknown>> | null;
  };
}

/** How a policy in a file acts. */
export interface FilePolicy {
  /** Prefix of its matrices' names. */
  readonly prefix: string;
  /** Whether its network has noise as an input besides the observation. */
  readonly noise: boolean;
  /** Outputs of its network for each component of an action. */
  readonly outputs: number;
  /** The policy of a network of this layout; a sentence if the metadata are wrong. */
  readonly policyOf: (
    layout: Layout,
    metadata: Readonly<Record<string, string>>,
  ) => E.Either<string, Policy>;
}

/** An algorithm. */
export interface Algorithm<O extends LearningOptions = LearningOptions> {
  /** Its name on the command line, in `config.json` and in files. */
  readonly name: string;
  /** Its name in sentences. */
  readonly title: string;
  /** The name of its policies in figures, as in `maximum-entropy`. */
  readonly style: string;
  /** Its options, including those of all algorithms. */
  readonly options: OptionTable;
  /** The default of every option. */
  readonly defaults: O;
  /** The algorithm with a value for every option, or what is wrong with them. */
  readonly configured: (
    options: Readonly<Record<string, unknown>>,
  ) => E.Either<readonly Breach[], Configured<O>>;
  /** How its policies in files act. */
  readonly file: FilePolicy;
  /** Options of other algorithms that the `config.json` of older versions contained. */
  readonly formerOptions: readonly string[];
}

/** The parts of an algorithm. */
export interface AlgorithmParts<O extends LearningOptions>
  extends Pick<Algorithm, "name" | "title" | "style" | "file">, Partial<Pick<Algorithm, "formerOptions">> {
  /** Its rows, including those of all algorithms. */
  readonly options: TableOf<O> & OptionTable;
  /** The rules between its options, in addition to those of all algorithms. */
  readonly rules: readonly OptionRule<O>[];
  /** The configured algorithm for valid options. */
  readonly configured: (options: O) => Omit<Configured, "algorithm" | "options">;
}

/** An algorithm from its parts. */
export function algorithm<O extends LearningOptions>(parts: AlgorithmParts<O>): Algorithm<O> {
  const self: Algorithm<O> = {
    formerOptions: [],
    ...parts,
    defaults: defaultsOf(parts.options),
    configured: (given) =>
      E.map((options: O): Configured<O> => {
        const made = parts.configured(options), { normalisation } = options;
        return {
          ...made,
          // Files of networks without it have no entry for it, as in versions before it existed.
          metadata: { ...made.metadata, ...normalisation === "none" ? {} : { normalisation } },
          algorithm: self,
          options,
        };
      })(
        checked<O>(parts.options, [...LEARNING_RULES, ...parts.rules], given),
      ),
  };
  return self;
}

/** A learner that takes its settings in written form, for algorithms with any kind of settings. */
export const written = <S>(learner: Learner<S>): Learner<WrittenSettings> => ({
  ...learner,
  settings: ([all]) => all!,
});
