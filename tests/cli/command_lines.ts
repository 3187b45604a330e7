/** Command lines and configuration files as a careless person writes them. */

import { type FieldName, FIELDS, flagOf } from "../../src/run/configuration.ts";
import { fc } from "../deps.ts";

const NAMES = Object.keys(FIELDS) as FieldName[];

/** What may stand in the place of a value. */
const texts = fc.oneof(
  fc.integer({ min: -5, max: 2000 }).map(String),
  fc.constantFrom("25", "100", "400", "1000", "1e3", "0", "-1", "0.5", "1e300", "1e-320", "Infinity", "NaN"),
  fc.constantFrom("9007199254740993", "99999999999999999999", "0x10", "1_000", "٣", "1,000", "", " ", "  7"),
  fc.constantFrom(
    "cpu",
    "auto",
    "pre-tanh",
    "uniform",
    "paper",
    "copy",
    "2",
    "8,8",
    "128,128,",
    "1000000000,1000000000",
  ),
  fc.constantFrom("ddpg", "soft-q", "smoke", "study", "none", "final-code", "first-code", "all", "kept"),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "null",
    "../..",
    "/dev/null",
    "'",
    "💥",
  ),
  fc.string({ maxLength: 12, unit: "binary" }).filter((text) => !text.includes("\0")),
);

/** A flag with its value, in both forms, sometimes misspelt, twice or without a value. */
const flags = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.tuple(fc.constantFrom(...NAMES), texts).map(([name, text]) => [`${flagOf(name)}=${text}`]),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...NAMES), texts).map(([name, text]) => [flagOf(name), text]),
  },
  { weight: 1, arbitrary: texts.map((text) => [`--seeds=${text}`]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(["--seeds=0..3"], ["--seeds=3..0"], ["--stepz=4"], ["--no-seed"], ["-x"], [
      "--",
    ]),
  },
  { weight: 1, arbitrary: texts.map((text) => [text]) },
);

/** The words after `train multi-goal`. */
export const commandLines: fc.Arbitrary<readonly string[]> = fc.array(flags, { maxLength: 6 }).map((all) =>
  all.flat()
);

const values: fc.Arbitrary<unknown> = fc.oneof(
  texts,
  texts.map(Number).filter(Number.isFinite),
  fc.constantFrom(null, true, [], [8, 8], [0], ["8"], {}, { steps: 1 }, 1e308, -0, [[8]]),
  fc.constantFrom(100, 400, 50, 25, 1, 2, 0.5),
);

/** The content of a configuration file. */
export const configurations: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.dictionary(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom<string>(...NAMES, "experiment", "initDigest") },
        { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
      ),
      values,
      { maxKeys: 6 },
    ).map((fields) => JSON.stringify(fields)),
  },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.json() },
);
