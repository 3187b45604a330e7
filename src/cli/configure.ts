/**
 * The configuration that a command line describes.
 *
 * @module
 */

import { E, pipe } from "../deps.ts";
import { ALGORITHMS, OPTION_NAMES } from "../learn/algorithms.ts";
import { unknownName } from "../learn/option.ts";
import type { FileFields } from "../run/config_file.ts";
import {
  type ConfigInvalid,
  configInvalid,
  type Configuration,
  FIELD_NAMES,
  type FieldName,
  fieldOf,
  flagOf,
  parseField,
  seedsOf,
  validate,
} from "../run/configuration.ts";
import { checkedExperiment } from "../run/checked_experiment.ts";
import { algorithmOf, type Experiment, withHorizon } from "../run/experiment.ts";
import { caught, type CodeFailed } from "../run/faults.ts";

/** Texts of flags, validated but not yet parsed; those of other flags are ignored. */
export type Texts = Readonly<Partial<Record<FieldName | "seeds", string | undefined>>>;

/** The configuration; fails if a flag sets an option that is taken over from another run. */
function contradiction(
  c: Configuration,
  given: Partial<Configuration>,
): E.Either<ConfigInvalid, Configuration> {
  const { temperature, noise } = algorithmOf(c).kept;
  for (const [kept, options] of [["initTemperature", temperature], ["initNoise", noise ?? {}]] as const) {
    const replaced = Object.keys(options).find((field) => c[kept] === "kept" && Object.hasOwn(given, field));
    if (replaced !== undefined) {
      return E.left(configInvalid(replaced, `${flagOf(replaced)} contradicts ${flagOf(kept)} kept`));
    }
  }
  return E.right(c);
}

/** The configuration: flags override the fields of a file, which override the experiment's preset. */
export function configure(
  experiment: Experiment,
  texts: Texts,
  file: FileFields = {},
): E.Either<ConfigInvalid | CodeFailed, Configuration> {
  const { seeds } = texts, checked = checkedExperiment(experiment);
  const given = Object.fromEntries(FIELD_NAMES.flatMap((field) => {
    const text = texts[field];
    return text === undefined ? [] : [[field, parseField(field, text)]];
  })) as Partial<Configuration>;
  const { algorithm = ALGORITHMS[0].name, scale = "study", variant } = { ...file, ...given };
  if (seeds !== undefined && (given.seed !== undefined || given.replicas !== undefined)) {
    return E.left(configInvalid("seeds", `--seeds ${seeds} stands in the place of --seed and --replicas`));
  }
  return caught("The experiment", () =>
    pipe(
      seeds === undefined ? E.right({}) : seedsOf(seeds),
      E.chain((of) =>
        validate({ ...checked.preset(algorithm, scale, variant), ...file, ...given, ...of }, {
          ...file,
          ...given,
        })
      ),
      E.chain((c) => contradiction(c, given)),
      E.map((c) => withHorizon(checked, c)),
    ));
}

/**
 * The sentence for words of `train` with unknown flags: everything that is wrong with them, in the library's sentences.
 *
 * @param others names of flags besides the fields of a configuration
 */
export function unknownFlagsText(
  experiment: Experiment | undefined,
  words: readonly string[],
  others: readonly string[],
): string {
  const given: Record<string, string> = Object.fromEntries(words.flatMap((word, k) => {
    const found = /^(--[a-zA-Z][\w-]*)(?:=(.*))?$/s.exec(word);
    return found === null ? [] : [[fieldOf(found[1]!), found[2] ?? words[k + 1] ?? ""]];
  }));
  const { seeds: _, ...fields } = given, known = [...FIELD_NAMES, ...others];
  const sentences = Object.keys(given).filter((name) => !known.includes(name)).toSorted().map((name) =>
    unknownName(name, OPTION_NAMES, known).sentence(flagOf)
  );
  const rest = experiment === undefined ? E.right(null) : configure(experiment, fields);
  return [...sentences, ...E.isLeft(rest) ? [rest.left.message] : []].join("; ");
}
