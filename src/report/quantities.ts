/**
 * The quantities of metrics and evaluations: titles, units, and how they are displayed.
 *
 * Laws, tested: the table has every number of an experiment's summary and of a learner's metrics; a share below 1 is
 * never written as 100 %, nor one above 0 as 0 %.
 *
 * @module
 */

import { GOALS } from "../../envs/point_mass.ts";

/** How a quantity is drawn and summarised. */
export type QuantityKind =
  /** A number with a meaningful interquartile mean over seeds. */
  | "number"
  /** A share, drawn from 0 to 1. */
  | "share"
  /** One number per episode: drawn as a distribution, never as a curve. */
  | "episodes"
  /** Shares of a few modes: shown for each seed, never averaged over seeds. */
  | "modes"
  /** Shown elsewhere, or not a quantity. */
  | "hidden";

/** A quantity. */
export interface Quantity {
  /** Its title, for headings. */
  readonly title: string;
  /** Its unit, for an axis; empty for a number without one. */
  readonly unit: string;
  readonly kind: QuantityKind;
  /** The range of possible values, which an axis shows. */
  readonly range?: readonly [number, number];
  /** What a mode is a case of, where its name stands in a table; the title unless given. */
  readonly of?: string;
  /** Names of the modes, in order; their indices unless given. */
  readonly cases?: readonly string[];
}

const number = (title: string, unit = ""): Quantity => ({ title, unit, kind: "number" });
const share = (title: string, of = "episodes"): Quantity => ({
  title,
  unit: `share of ${of}`,
  kind: "share",
  range: [0, 1],
});
const episodes = (title: string, unit: string): Quantity => ({ title, unit, kind: "episodes" });
const hidden = (title: string): Quantity => ({ title, unit: "", kind: "hidden" });

/** Quantities of an evaluation, in the order in which they are shown. */
export const EVALUATION_QUANTITIES: Readonly<Record<string, Quantity>> = {
  meanReturn: number("Mean return", "reward"),
  successRate: share("Reaches a goal"),
  goalShares: {
    title: "Goal reached",
    unit: "share of the episodes that reach one",
    kind: "modes",
    of: "Of these, at",
    cases: GOALS.map(([x, y]) => `(${x}, ${y})`.replaceAll("-", "\u2212")),
  },
  meanDistance: number("Mean distance", "m"),
  farthest: number("Farthest forward", "m"),
  forwardShare: share("Ends forward"),
  backwardShare: share("Ends backward"),
  crossedShare: share("Crosses the finish line"),
  reachedShare: share("Reaches the goal"),
  upperShare: share("Takes the upper passage"),
  lowerShare: share("Takes the lower passage"),
  leastDistance: number("Least distance to the goal", "m"),
  aroundShare: share("Comes around the bend"),
  medianDisplacement: number("Median displacement", "m"),
  meanDisplacement: number("Mean displacement", "m"),
  octants: number("Directions taken", "of 8 octants"),
  resultantLength: {
    title: "Agreement of directions",
    unit: "0 every way, 1 one way",
    kind: "number",
    range: [0, 1],
  },
  survivedShare: share("Stays up"),
  meanEpisodeLength: number("Mean length of an episode", "steps"),
  meanDiscountedReturn: number("Mean discounted return", "reward"),
  distances: episodes("Distance at the end of an episode", "m"),
  leastDistances: episodes("Least distance to the goal in an episode", "m"),
  displacements: episodes("Displacement in an episode", "m"),
  headings: episodes("Direction of an episode", "rad"),
  quartilesOfDisplacement: hidden("Quartiles of displacement"),
  seed: hidden("Seed"),
  episodes: hidden("Episodes"),
  frozenAt: number("Not finite from update"),
  "overall.bestDistance": number("Farthest of all evaluations", "m"),
  "overall.firstCrossing": number("First crosses the line", "environment steps"),
  "overall.bothWaysBeforeCrossing": hidden("Ends both ways before the first crossing"),
  "overall.endsForward": hidden("Ends forward on average"),
  "overall.endsBackward": hidden("Ends backward on average"),
  "overall.leastDistance": number("Least distance of all evaluations", "m"),
  "overall.firstSuccess": number("First reaches the goal", "environment steps"),
  "overall.upperShareBefore": share("Upper passage before the first success"),
  "overall.lowerShareBefore": share("Lower passage before the first success"),
  "overall.meanOfCurve": number("Mean of the curve of discounted returns", "reward"),
  "overall.aroundShare": share("Comes around the bend in the best evaluation"),
};

/** Quantities of training, in the order in which they are shown. */
export const METRIC_QUANTITIES: Readonly<Record<string, Quantity>> = {
  loss: number("Critic's loss", "scaled reward²"),
  q: number("Q of the minibatch", "scaled reward"),
  value: number("Soft value of next states", "scaled reward"),
  tdError: number("TD error", "scaled reward"),
  qSpread: number("Spread of Q over a state's value samples", "scaled reward"),
  entropy: number("Entropy of the policy that Q means", "nats"),
  effectiveParticles: number("Effective value samples", "samples"),
  bandwidth: number("Bandwidth of the Stein kernel", "squared distance"),
  proposalFallback: share("Value samples from the uniform law", "samples"),
  uniformWeight: share("Weight of the mixture's uniform samples", "weight"),
  proposalFolds: share("Folds of the sampler as a proposal", "samples"),
  proposalExcess: number("V by the sampler as a proposal above V by uniform samples", "nats"),
  boundShare: share("Actions at their bounds", "components"),
  criticGradientNorm: number("Norm of the critic's gradient"),
  samplerGradientNorm: number("Norm of the sampler's gradient"),
  objective: number("Policy's objective", "scaled reward"),
  "timing.updatesPerSecond": number("Updates of a replica in a second", "updates/s"),
  "timing.stepsPerSecond": number("Environment steps of a replica in a second", "steps/s"),
  "timing.seconds": hidden("Time"),
  "timing.deviceBytes": hidden("Memory on the device"),
  step: hidden("Environment steps"),
  updates: hidden("Updates"),
  replica: hidden("Replica"),
  frozenAt: hidden("Not finite from update"),
};

/** A title derived from a name, for quantities without a row, such as those of a user's experiment. */
function inWords(name: string): string {
  const words = name.replace(/^(evaluation|timing)\./, "").replace(
    /([A-Z])/g,
    (letter) => ` ${letter.toLowerCase()}`,
  )
    .replaceAll(".", ", ");
  return words === "" ? `Quantity ${JSON.stringify(name)}` : words[0]!.toUpperCase() + words.slice(1);
}

/** The quantity of a name such as `loss` or `evaluation.meanReturn`; elements have the quantity of their list. */
export function quantityOf(name: string): Quantity {
  const list = name.replace(/\.\d+$/, ""), own = list.replace(/^evaluation\./, "");
  const tables = own === list ? [METRIC_QUANTITIES, EVALUATION_QUANTITIES] : [EVALUATION_QUANTITIES];
  const known = tables.find((table) => Object.hasOwn(table, own))?.[own];
  return known ?? { title: inWords(list), unit: "", kind: list === name ? "number" : "episodes" };
}

/** What a mode is called, as in `Of these, at (5, 0)`: it stands after the share that it is a share of. */
export const caseTitle = ({ title, of = `${title}:`, cases }: Quantity, k: number): string =>
  `${of} ${cases?.[k] ?? k + 1}`;

/** A quantity's title with its unit. */
export const withUnit = ({ title, unit, kind }: Quantity): string =>
  unit === "" || kind === "share" ? title : `${title} (${unit})`;

/** A share in percent, with another digit if rounding would give 0 % or 100 %. */
export function percentText(x: number): string {
  if (x === 0 || x === 1) return `${100 * x} %`;
  if (!(x > 0 && x < 1)) return `${x}`;
  if (x > 0.999) return "> 99.9 %";
  if (x < 0.001) return "< 0.1 %";
  return `${Number((100 * x).toFixed(1))} %`;
}

/** A number with four significant digits and a typographic minus sign. */
export function numberText(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  const text = Number.isInteger(x) && Math.abs(x) < 1e7
    ? String(x)
    : Math.abs(x) >= 1e7 || (x !== 0 && Math.abs(x) < 1e-4)
    ? x.toExponential(2)
    : Math.abs(x) >= 1e4
    ? x.toFixed(0)
    : x.toPrecision(4);
  return text.replace("-", "\u2212");
}

/** Formats the numbers of a column with equally many decimals: four significant digits of the greatest. */
export function columnText(values: readonly number[], quantity: Quantity): (value: unknown) => string {
  const finite = values.filter(Number.isFinite), greatest = Math.max(0, ...finite.map(Math.abs));
  const plain = (value: unknown): string => valueText(value, quantity);
  if (quantity.kind === "share" || quantity.kind === "modes") {
    const tenths = finite.some((x) => Math.abs(1000 * x - 10 * Math.round(100 * x)) > 0.5);
    return (value) =>
      typeof value === "number" && (value === 0 || value === 1 || value >= 0.001 && value <= 0.999) && tenths
        ? `${(100 * value).toFixed(1)} %`
        : plain(value);
  }
  if (finite.every(Number.isInteger) || greatest < 1e-4 || greatest >= 1e7) return plain;
  const decimals = Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(greatest))));
  return (value) =>
    typeof value === "number" && Number.isFinite(value)
      ? value.toFixed(decimals).replace("-", "\u2212")
      : plain(value);
}

/** A value as text. */
export const valueText = (value: unknown, { kind }: Quantity): string =>
  typeof value === "number"
    ? kind === "share" || kind === "modes" ? percentText(value) : numberText(value)
    : value === null || value === undefined
    ? "–"
    : typeof value === "boolean"
    ? value ? "yes" : "no"
    : String(value);

/** A number of things in words: `1 run`, `2 runs`. */
export const counted = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? "" : "s"}`;
