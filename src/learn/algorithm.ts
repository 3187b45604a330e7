/**
 * What an algorithm is: one value that holds its options, its learner, its settings over time, how its policies act out of a
 * file, and what it costs. Only the list in `algorithms.ts` knows one by its name.
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

/** The numbers in an observation and in an action. */
export interface Sizes {
  /** Length of an observation. */
  readonly observation: number;
  /** Length of an action. */
  readonly action: number;
}

/** A part of what an update needs of memory. */
export interface MemoryPart {
  /** The option that it is due to. */
  readonly option: string;
  /** What it holds, in words. */
  readonly what: string;
  /** Numbers of 32 bits for each replica. */
  readonly numbers: number;
}

/** An algorithm with its options. */
export interface Configured<O extends LearningOptions = LearningOptions> {
  /** What it is. */
  readonly algorithm: Algorithm<O>;
  /** The options, checked. */
  readonly options: O;
  /**
   * The learner; its settings are those of {@link Configured.settings}.
   *
   * @param diagnostics whether updates tell more about themselves than their loss; what is learned has the same bits
   */
  readonly learner: (sizes: Sizes, diagnostics: boolean) => Learner<WrittenSettings>;
  /** The settings of all replicas after `steps` environment steps. */
  readonly settings: (steps: number) => WrittenSettings;
  /** The noises that the policy is asked for; all where it is null. */
  readonly noiseSet: NoiseSet | null;
  /** What a policy's file says beside its tensors. */
  readonly metadata: Readonly<Record<string, string>>;
  /** α in units of the unscaled reward, at the start; null where there is none. */
  readonly temperature: number | null;
  /** The settings that a figure's caption names, as in `pre-tanh, α/reward scale 10`; may be empty. */
  readonly caption: string;
  /** The largest parts of an update, as a lower bound. */
  readonly memory: readonly MemoryPart[];
  /** Options with which another training continues where this one ended. */
  readonly kept: {
    /** With the last temperature and reward scale. */
    readonly temperature: Readonly<Record<string, unknown>>;
    /** With the last noises; null where the policy is asked for none. */
    readonly noise: Readonly<Record<string, unknown>> | null;
  };
}

/** How a policy acts out of a file. */
export interface FilePolicy {
  /** What the names of its matrices begin with. */
  readonly prefix: string;
  /** Whether its network has noise as an input beside the observation. */
  readonly noise: boolean;
  /** Outputs of its network for each number of an action. */
  readonly outputs: number;
  /** The policy of a network of this layout; a sentence where the metadata are wrong. */
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
  /** What its policies are called in figures, as in `maximum-entropy`. */
  readonly style: string;
  /** Its options, those of all algorithms among them. */
  readonly options: OptionTable;
  /** The default of every option. */
  readonly defaults: O;
  /** The algorithm with a value for every option, or what is wrong with them. */
  readonly configured: (
    options: Readonly<Record<string, unknown>>,
  ) => E.Either<readonly Breach[], Configured<O>>;
  /** How its policies act out of a file. */
  readonly file: FilePolicy;
  /** Options that `config.json` of older versions held though the algorithm has none of them. */
  readonly formerOptions: readonly string[];
}

/** What an algorithm is made from. */
export interface AlgorithmParts<O extends LearningOptions>
  extends Pick<Algorithm, "name" | "title" | "style" | "file">, Partial<Pick<Algorithm, "formerOptions">> {
  /** Its rows, those of all algorithms among them. */
  readonly options: TableOf<O> & OptionTable;
  /** What must hold between its options, beside what holds for all algorithms. */
  readonly rules: readonly OptionRule<O>[];
  /** What is made of right options. */
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
          // Files of networks without it do not speak of it, as before there was any.
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

/** A learner whose settings are written as they are, for algorithms of any kind of settings. */
export const written = <S>(learner: Learner<S>): Learner<WrittenSettings> => ({
  ...learner,
  settings: ([all]) => all!,
});
