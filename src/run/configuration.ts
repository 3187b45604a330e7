/**
 * The configuration of a run: its own options and those of its algorithm, as flags and in `config.json`.
 *
 * Laws, tested: every field has a flag, a default and a description; an invalid configuration is refused with the name
 * of every wrong field, its value and what would be right, in the same words as in the library; the configuration of an
 * older version keeps its meaning.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Algorithm, Configured } from "../learn/algorithm.ts";
import {
  ALGORITHM_NAMES,
  algorithmNamed,
  ALGORITHMS,
  algorithmsWith,
  type AnyOptions,
  unknownNames,
} from "../learn/algorithms.ts";
import {
  type Breach,
  checked,
  expectation,
  type Naming,
  type Option,
  type OptionRule,
  optionsInvalid,
  type OptionsOf,
  optionsWithoutEffect,
  type OptionTable,
  parsed,
  rowOf,
  shown,
  type TableOf,
} from "../learn/option.ts";
import { LEARNING_OPTIONS, type LearningOptions } from "../learn/options.ts";
import { isPlain, oneLine } from "../given.ts";

/** Rows of the options of a run, without those of its algorithm. */
export const RUN_OPTIONS = {
  algorithm: {
    kind: "choice",
    default: ALGORITHMS[0].name,
    of: ALGORITHM_NAMES,
    description: "learning algorithm",
    source: "ours",
    common: true,
    affects: "program",
  },
  scale: {
    kind: "choice",
    default: "study",
    of: ["smoke", "study", "paper"],
    before: "study",
    description: "preset: seconds, half an hour, or the paper's numbers",
    source: "ours",
    common: true,
    affects: "run",
  },
  device: {
    kind: "choice",
    default: "auto",
    of: ["auto", "cpu", "webgpu", "reference"],
    description: "device of updates; auto: a real GPU, else the CPU",
    source: "ours",
    common: true,
    affects: "run",
  },
  variant: {
    kind: "text",
    default: "",
    description: "variant of the environment",
    source: "the experiment's first",
    common: true,
    affects: "run",
  },
  init: {
    kind: "text",
    default: "",
    before: "",
    description: "folder of a run whose networks this one starts from; empty: none",
    source: "section 5.3",
    common: true,
    affects: "run",
  },
  initReplay: {
    kind: "choice",
    default: "fresh",
    of: ["fresh", "kept"],
    before: "fresh",
    description: "with --init: an empty replay, or the other run's transitions",
    source: "ours",
    affects: "run",
  },
  initTemperature: {
    kind: "choice",
    default: "fresh",
    of: ["fresh", "kept"],
    before: "fresh",
    description: "with --init: this run's α and reward scale, or the other's last",
    source: "ours",
    affects: "run",
  },
  initNoise: {
    kind: "choice",
    default: "fresh",
    of: ["fresh", "kept"],
    before: "fresh",
    description: "with --init: noises ξ of this run, or the other run's final ones",
    source: "ours",
    affects: "run",
  },
  evaluationEpisodes: {
    kind: "integer",
    default: 100,
    from: 1,
    description: "episodes of the final evaluation",
    details: "with separate random streams",
    source: "ours",
    unit: "episodes",
    affects: "run",
  },
  evaluationInterval: {
    kind: "integer",
    default: 0,
    from: 0,
    description: "environment steps between intermediate evaluations; 0: none",
    source: "ours",
    unit: "environment steps",
    common: true,
    affects: "run",
  },
  intermediateEpisodes: {
    kind: "integer",
    default: 10,
    from: 1,
    before: 10,
    description: "episodes of an intermediate evaluation",
    source: "ours",
    unit: "episodes",
    affects: "run",
  },
  checkpointInterval: {
    kind: "integer",
    default: 0,
    from: 0,
    description: "environment steps between two checkpoints; 0: only when interrupted",
    source: "ours",
    unit: "environment steps",
    common: true,
    affects: "run",
  },
  logInterval: {
    kind: "integer",
    default: 1000,
    from: 1,
    description: "environment steps between two lines of metrics.jsonl",
    source: "ours",
    unit: "environment steps",
    affects: "run",
  },
  metrics: {
    kind: "choice",
    default: "jsonl",
    of: ["jsonl", "csv", "tensorboard", "all"],
    before: "jsonl",
    description: "metrics files in addition to metrics.jsonl",
    source: "ours",
    common: true,
    affects: "run",
  },
} as const;

/** The options of a run, without those of its algorithm. */
export type RunOptions = OptionsOf<typeof RUN_OPTIONS>;

/** Rows of the fields of `config.json` without a flag. */
export const STORED_OPTIONS = {
  experiment: { kind: "text", default: "", description: "the experiment", source: "", affects: "run" },
  initDigest: {
    kind: "text",
    default: "",
    before: "",
    description: "SHA-256 of the parameters that init names, or empty",
    source: "",
    affects: "run",
  },
} as const;

/** The fields of `config.json` that do not depend on the algorithm. */
export type Stored = OptionsOf<typeof STORED_OPTIONS> & RunOptions;

/** A complete configuration: the options of the run, those of all algorithms, and those of its own algorithm. */
export type Configuration = Stored & LearningOptions & Partial<Omit<AnyOptions, keyof LearningOptions>>;

const STORED_TABLE: TableOf<Stored> & OptionTable = { ...STORED_OPTIONS, ...RUN_OPTIONS };

/** The rows with a flag, in the order of `--help-all`; an option of several algorithms appears once. */
export const FIELDS: OptionTable & Readonly<Record<FieldName, Option>> = Object.assign(
  {},
  RUN_OPTIONS,
  LEARNING_OPTIONS,
  ...[...ALGORITHMS].reverse().map(({ options }) => options),
  LEARNING_OPTIONS,
  RUN_OPTIONS,
);

/** Name of a field with a flag. */
export type FieldName = keyof (RunOptions & AnyOptions) & string;

/** The names of the fields with a flag. */
export const FIELD_NAMES = Object.keys(FIELDS) as readonly FieldName[];

/** An invalid configuration or command. */
export interface ConfigInvalid {
  /** The discriminant. */
  readonly _tag: "ConfigInvalid";
  /** The wrong field, flag or file. */
  readonly field: string;
  /** What is wrong and what would be right, in a sentence. */
  readonly message: string;
}

/** Makes a {@link ConfigInvalid}. */
export const configInvalid = (field: string, message: string): ConfigInvalid => ({
  _tag: "ConfigInvalid",
  field,
  message: oneLine(message, Infinity),
});

/** `valueParticles` as `--value-particles`. */
export const flagOf: Naming = (field) =>
  `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** An option's value as one word of a shell's command line, which is on one line even if the value is not. */
export function shellWord(value: unknown): string {
  const content = Array.isArray(value) ? value.join(",") : String(value);
  if (/^[\w.,/:@%+-]+$/.test(content)) return content;
  if (!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(content)) return `'${content.replaceAll("'", "'\\''")}'`;
  const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, "0")}`;
  return `"$(printf '${Array.from(new TextEncoder().encode(content), octal).join("")}')"`;
}

/** A path as one word of a shell's command line that is no flag. */
export const pathWord = (path: string): string => shellWord(path.startsWith("-") ? `./${path}` : path);

/** The command that continues the run in a folder. */
export const resumeCommand = (path: string): string => `deno task softq resume ${pathWord(path)}`;

/** `--value-particles` as `valueParticles`. */
export const fieldOf = (flag: string): string =>
  flag.replace(/^--/, "").replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Breaches as an error that calls options by their flags. */
export const breachesInvalid = (breaches: readonly Breach[]): ConfigInvalid => {
  const { field, message } = optionsInvalid(breaches, flagOf);
  return configInvalid(field, message);
};

/** The rule that an interval is a multiple of the chunk. */
const wholeChunks = (
  field: "logInterval" | "evaluationInterval" | "checkpointInterval",
): OptionRule<Stored & LearningOptions> => ({
  between: [field, "chunk"],
  holds: (c) => c[field] % c.chunk === 0,
  wanted: (c, name) => `must be a multiple of ${name("chunk")} (${c.chunk})`,
});

/** The rule that taking over a part of another run requires `init`. */
const needsInit = (
  field: "initReplay" | "initTemperature" | "initNoise",
): OptionRule<Stored & LearningOptions> => ({
  between: [field, "init"],
  holds: (c) => c[field] !== "kept" || c.init !== "",
  wanted: (_, name) => `needs ${name("init")}`,
});

const RUN_RULES: readonly OptionRule<Stored & LearningOptions>[] = [
  wholeChunks("logInterval"),
  wholeChunks("evaluationInterval"),
  needsInit("initReplay"),
  needsInit("initTemperature"),
  needsInit("initNoise"),
  wholeChunks("checkpointInterval"),
];

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const algorithmIn = (given: Readonly<Record<string, unknown>>): Algorithm | undefined =>
  typeof given["algorithm"] === "string" ? algorithmNamed(given["algorithm"]) : undefined;

/**
 * Migrates the complete configuration of an older version: missing options get the values that reproduce that version's
 * behaviour, and unused options of other algorithms, which it held, are removed. Any other value is returned unchanged.
 */
export function completed(value: unknown): unknown {
  return isRecord(value) ? completedRecord(value) : value;
}

/** {@link completed} for an object. */
export function completedRecord(
  value: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const algorithm = algorithmIn(value);
  if (algorithm === undefined) return value;
  const has = (name: string): boolean => Object.hasOwn(value, name);
  const isOld = (name: string): boolean =>
    (rowOf(STORED_TABLE, name) ?? algorithmsWith(name)[0]?.options[name])?.before === undefined;
  const rows = { ...STORED_TABLE, ...algorithm.options };
  if (!Object.keys(rows).filter(isOld).every(has)) return value;
  const drops = algorithm.formerOptions.filter(isOld).every(has) ? algorithm.formerOptions : [];
  return Object.fromEntries([
    ...Object.entries(rows).filter(([name]) => !has(name)).map(([name, { before }]) => [name, before]),
    ...Object.entries(value).filter(([name]) => !drops.includes(name)),
  ]);
}

/** The value of a flag's text, which validation may still refuse. */
export const parseField = (field: FieldName, text: string): unknown => parsed(FIELDS[field], text);

/** The values that a field accepts, in words. */
export const fieldExpectation = (field: FieldName): string => expectation(FIELDS[field]);

/** Parses `--seeds A..B` as the first seed and the number of seeds. */
export function seedsOf(text: string): E.Either<ConfigInvalid, Pick<Configuration, "seed" | "replicas">> {
  const found = /^(\d+)\.\.(\d+)$/.exec(text);
  const first = Number(found?.[1]), last = Number(found?.[2]), most = Number.MAX_SAFE_INTEGER;
  const refuse = (wanted: string): E.Either<ConfigInvalid, never> =>
    E.left(configInvalid("seeds", `--seeds must be ${wanted}: got ${shown(text)}`));
  if (found === null || first > last) return refuse("A..B with A at most B, as in 0..9");
  if (last > most) return refuse(`at most ${most}, beyond which integers are not exact`);
  return E.right({ seed: first, replicas: last - first + 1 });
}

/**
 * Validates a complete configuration, including relations between its fields.
 *
 * @param given the fields that the user set, none of which may be without effect; empty unless given, as for the axes
 * of a sweep
 */
export function validate(
  value: unknown,
  given: Readonly<Record<string, unknown>> = {},
): E.Either<ConfigInvalid, Configuration> {
  if (!isPlain(value)) {
    return E.left(
      configInvalid("configuration", `The configuration must be a plain object: got ${shown(value)}`),
    );
  }
  const algorithm = algorithmIn(value);
  const run = checked<Stored & LearningOptions>(
    { ...STORED_TABLE, ...LEARNING_OPTIONS },
    RUN_RULES,
    value,
  );
  const wrong = E.isLeft(run) ? run.left : [];
  if (algorithm === undefined) return E.left(breachesInvalid(wrong));
  const learning = algorithm.configured(value);
  const broken = [
    ...unknownNames(algorithm, value, STORED_TABLE),
    ...wrong.filter(({ field }) => rowOf(algorithm.options, field) === undefined),
    ...E.isLeft(learning) ? learning.left : noiseBreach(value, learning.right),
    ...optionsWithoutEffect(algorithm.options, given, value),
  ];
  if (E.isLeft(run) || E.isLeft(learning) || broken.length > 0) return E.left(breachesInvalid(broken));
  const stored: Stored = pick(run.right, Object.keys(STORED_TABLE));
  return E.right({ ...stored, ...pick(learning.right.options, Object.keys(algorithm.options)) });
}

/** The breach of taking over noises for an algorithm without a set of noises. */
const noiseBreach = (
  { initNoise }: Readonly<Record<string, unknown>>,
  { kept }: Configured,
): readonly Breach[] =>
  initNoise !== "kept" || kept.noise !== null ? [] : [{
    field: "initNoise",
    sentence: (name) =>
      `${name("initNoise")} needs an algorithm whose policy is asked for noises: got ${shown(initNoise)}`,
  }];

/** Selects properties of a record, in the order of `names`. */
const pick = <O extends object>(of: O, names: readonly string[]): O => {
  const entries = new Map(Object.entries(of));
  return Object.fromEntries(names.map((name) => [name, entries.get(name)])) as O;
};
