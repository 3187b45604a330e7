/**
 * The configuration of a run: one schema for the flags of the command line and for `config.json`.
 *
 * Law, tested: every field has a flag, a default and a sentence; what does not validate names its field, the value and
 * what would be right.
 *
 * @module
 */

import { E } from "../deps.ts";
import { brokenRelation } from "../train/option_rules.ts";
import { SOFT_Q_CHOICES } from "../train/soft_q_training.ts";
import { closest, distance, z } from "./deps.ts";

const count = (brief: string): z.ZodNumber => z.int().min(1).describe(brief);
const positive = (brief: string): z.ZodNumber => z.number().positive().describe(brief);

/** The fields, in the order in which `--help` lists them. */
export const FIELDS = {
  algorithm: z.enum(["soft-q", "ddpg"]).describe("what learns"),
  scale: z.enum(["smoke", "study", "paper"]).describe(
    "preset: seconds, half an hour, or the paper's numbers",
  ),
  seed: z.int().min(0).max(2 ** 53 - 1).describe("seed of replica 0; replica r has seed + r"),
  replicas: count("seeds trained side by side in one program"),
  steps: count("environment steps of each replica"),
  device: z.enum(["auto", "cpu", "webgpu", "reference"]).describe(
    "where updates run; auto: a real GPU, else the CPU",
  ),
  variant: z.string().describe("version of the environment"),
  environments: count("environments of each replica"),
  chunk: count("environment steps between two exchanges with the device"),
  stepsPerUpdate: count("environment steps for one update"),
  minimumReplay: count("transitions before learning begins"),
  capacity: z.int().min(0).describe("transitions kept; 0: as many as steps, at most a million"),
  horizon: count("steps after which an episode is cut off"),
  hidden: z.array(z.int().min(1)).min(1).describe("widths of the hidden layers, as in 128,128"),
  batch: count("transitions in a minibatch"),
  valueParticles: count("actions at which a soft value is estimated"),
  fixedParticles: z.int().min(2).describe("particles of the Stein direction's expectation"),
  movedParticles: count("particles that it moves"),
  squash: z.enum(["pre-tanh", "post-tanh", "bounds-penalty"]).describe(
    "how actions are bounded",
  ),
  bandwidth: z.enum(["median", "paper"]).describe("rule of the Stein kernel's bandwidth"),
  valueSamples: z.enum(["per-state", "shared"]).describe(
    "value samples a state, or one draw",
  ),
  valueProposal: z.enum(["uniform", "mixture", "sampler"]).describe("law that value samples are drawn from"),
  critics: z.union([z.literal(1), z.literal(2)]).describe("critics; of two the minimum counts"),
  temperature: positive("α, the weight of the entropy"),
  temperatureEnd: z.number().min(0).describe("α at the end of a log-linear schedule; 0: constant"),
  temperatureSteps: z.int().min(0).describe("environment steps of that schedule; 0: all"),
  rewardScale: positive("factor of the rewards"),
  discount: z.number().min(0).max(1).describe("γ"),
  criticRate: positive("step size of the critic"),
  samplerRate: positive("step size of the sampler"),
  rateEnd: positive("step sizes at the end, as a share of those at the start (log-linear)"),
  target: z.enum(["copy", "polyak"]).describe("how the target network follows"),
  targetInterval: count("updates between two copies"),
  targetRate: z.number().positive().max(1).describe("τ of polyak"),
  explorationNoise: z.enum(["none", "ornstein-uhlenbeck"]).describe("noise added to actions (θ 0.15, σ 0.3)"),
  noiseSet: z.int().min(0).describe("noises ξ that the sampler is asked for, fixed ones; 0: all"),
  noiseSetSteps: z.int().min(0).describe("environment steps in which that set shrinks to one; 0: it stays"),
  noiseSeed: z.int().min(-1).max(2 ** 53 - 1).describe(
    "seed of replica 0's fixed noises; -1: as --seed",
  ),
  init: z.string().describe("folder of a run whose networks this one starts from; empty: none"),
  initReplay: z.enum(["fresh", "kept"]).describe("with --init: an empty replay, or the other's transitions"),
  initTemperature: z.enum(["fresh", "kept"]).describe(
    "with --init: α and reward scale of this run, or the other's last",
  ),
  initNoise: z.enum(["fresh", "kept"]).describe(
    "with --init: noises ξ of this run, or the other's last",
  ),
  evaluationEpisodes: count("episodes of the final evaluation"),
  evaluationInterval: z.int().min(0).describe(
    "environment steps between evaluations on the way; 0: none",
  ),
  intermediateEpisodes: count("episodes of an evaluation on the way"),
  checkpointInterval: z.int().min(0).describe(
    "environment steps between two checkpoints; 0: only when interrupted",
  ),
  logInterval: count("environment steps between two lines of metrics.jsonl"),
  metrics: z.enum(["jsonl", "csv", "tensorboard", "all"]).describe("files of metrics beside metrics.jsonl"),
} as const;

/** Fields that belong to soft Q-learning: DDPG refuses them on the command line and ignores their defaults. */
export const SOFT_Q_FIELDS = Object.keys(SOFT_Q_CHOICES) as (keyof typeof SOFT_Q_CHOICES)[];

const schema = z.strictObject({ experiment: z.string(), initDigest: z.string(), ...FIELDS });

/** A complete configuration; `initDigest` is the SHA-256 of the parameters that `init` names, or empty. */
export type Configuration = Omit<z.infer<typeof schema>, "hidden"> & { readonly hidden: readonly number[] };

/** Fields that configurations of older versions lack, and what those versions did. */
const ADDED: Partial<Configuration> = {
  scale: "study",
  noiseSet: 0,
  noiseSetSteps: 0,
  noiseSeed: -1,
  init: "",
  initDigest: "",
  initReplay: "fresh",
  initTemperature: "fresh",
  initNoise: "fresh",
  intermediateEpisodes: 10,
  metrics: "jsonl",
};

/** The same configuration with the fields that it lacks if it is of an older version; what is no object stays. */
export const completed = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...ADDED, ...value } : value;

/** Name of a field that has a flag. */
export type FieldName = keyof typeof FIELDS;

/** A configuration that is none, or a command that cannot be carried out as it stands. */
export interface ConfigInvalid {
  /** Tells this failure from others. */
  readonly _tag: "ConfigInvalid";
  /** Field, flag or file that is wrong. */
  readonly field: string;
  /** What is wrong and what would be right, in a sentence. */
  readonly message: string;
}

/** A {@link ConfigInvalid}. */
export const configInvalid = (field: string, message: string): ConfigInvalid => ({
  _tag: "ConfigInvalid",
  field,
  message,
});

/** `valueParticles` as `--value-particles`. */
export const flagOf = (field: string): string =>
  `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

const print = (value: unknown): string => typeof value === "string" ? `"${value}"` : JSON.stringify(value);

/** What a field accepts, in words. */
export function expectation(field: FieldName): string {
  const type: z.ZodType = FIELDS[field];
  if (type instanceof z.ZodEnum) return `one of ${type.options.join(", ")}`;
  if (type instanceof z.ZodArray) return "positive integers separated by commas";
  if (type instanceof z.ZodUnion) return "1 or 2";
  if (type instanceof z.ZodString) return "a name";
  const { minValue, maxValue, isInt } = type as z.ZodNumber;
  const kind = isInt ? "an integer" : "a number";
  const least = minValue === null || !Number.isFinite(minValue) || minValue < -1e300
    ? ""
    : type.safeParse(minValue).success
    ? ` from ${minValue}`
    : ` above ${minValue}`;
  const most = maxValue === null || !Number.isFinite(maxValue) || maxValue >= 2 ** 53 - 1
    ? ""
    : ` to ${maxValue}`;
  return kind + least + most;
}

/** The value of a flag's text. Throws a `SyntaxError` that says what would be right. */
export function parseField(field: FieldName, text: string): unknown {
  const type: z.ZodType = FIELDS[field];
  const number = (part: string): number => part.trim() === "" ? NaN : Number(part);
  const value = type instanceof z.ZodEnum || type instanceof z.ZodString
    ? text
    : type instanceof z.ZodArray
    ? text.split(",").map(number)
    : number(text);
  const parsed = type.safeParse(value);
  if (!parsed.success) throw new SyntaxError(`must be ${expectation(field)}`);
  return parsed.data;
}

/** Checks a whole configuration, and what must hold between its fields. */
export function validate(value: unknown): E.Either<ConfigInvalid, Configuration> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
      const [given] = issue.keys, near = closest(given, Object.keys(schema.shape));
      // A third of the letters may be wrong: what is farther off is no slip of the pen.
      const hint = 3 * distance(given, near) <= near.length
        ? `did you mean ${print(near)}?`
        : "--help-all lists them";
      return E.left(configInvalid(given, `There is no field ${print(given)}: ${hint}`));
    }
    const field = String(issue.path[0] ?? "configuration");
    const given = issue.path.length > 0 ? (value as Record<string, unknown>)[field] : undefined;
    if (issue.path.length > 0 && given === undefined) {
      return E.left(configInvalid(field, `The field ${print(field)} is missing`));
    }
    const wanted = field in FIELDS ? `must be ${expectation(field as FieldName)}` : issue.message;
    return E.left(
      configInvalid(
        field,
        `${flagOf(field)} ${wanted}${issue.path.length === 0 ? "" : `: got ${print(given)}`}`,
      ),
    );
  }
  const c = parsed.data;
  const wrong = (field: FieldName, wanted: string): E.Either<ConfigInvalid, Configuration> =>
    E.left(configInvalid(field, `${flagOf(field)} ${wanted}: got ${print(c[field])}`));
  const broken = brokenRelation(c);
  if (broken !== null) return wrong(broken.field as FieldName, broken.wanted(flagOf));
  if (c.logInterval % c.chunk !== 0) {
    return wrong("logInterval", `must be a multiple of --chunk (${c.chunk})`);
  }
  if (c.evaluationInterval % c.chunk !== 0) {
    return wrong("evaluationInterval", `must be a multiple of --chunk (${c.chunk})`);
  }
  if (c.noiseSetSteps > 0 && c.noiseSet === 0) {
    return wrong("noiseSetSteps", "needs --noise-set, the size at the start");
  }
  for (const field of ["initReplay", "initTemperature", "initNoise"] as const) {
    if (c[field] === "kept" && c.init === "") return wrong(field, "needs --init");
  }
  if (c.initNoise === "kept" && c.algorithm === "ddpg") {
    return wrong("initNoise", "needs --algorithm soft-q: a deterministic policy is asked for no noise");
  }
  if (c.checkpointInterval % c.chunk !== 0) {
    return wrong("checkpointInterval", `must be a multiple of --chunk (${c.chunk})`);
  }
  return E.right(c);
}
