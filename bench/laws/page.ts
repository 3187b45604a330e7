/**
 * The page on how closely the sampler approximates known target distributions: docs/sampler.md with its figure.
 *
 * @module
 */

import {
  excess,
  excessEntropy,
  type JudgedLaw,
  type LawFindings,
  type Row,
  type VariationFinding,
} from "./found.ts";
import { KERNELS, SIZES } from "./settings.ts";
import type { Setting } from "./train.ts";

const lastOf = ({ rows }: LawFindings, law: string, setting: string): Row | undefined =>
  rows.filter((row) => row.law === law && row.setting === setting).reduce<Row | undefined>(
    (a, b) => a === undefined || b.updates > a.updates ? b : a,
    undefined,
  );

const numberOf = (value: number): string => value.toFixed(2).replace(/^-0\.00$/, "0.00");

/** One row of a setting's description. */
const settingRow = (name: string, o: Setting, milliseconds: number | undefined): string =>
  `| ${name} | ${o.bandwidth} | ${o.fixed} + ${o.moved} | ${o.batch} | ${
    o.hidden.join(", ")
  } | ${o.steps} | ` +
  `${milliseconds === undefined ? "not measured" : milliseconds.toFixed(1)} |`;

/** A target's row: for each setting the divergence and the largest error of a mode's share. */
function lawRow(found: LawFindings, law: JudgedLaw): string {
  const cells = Object.keys(found.settings).map((setting) => {
    const row = lastOf(found, law.name, setting);
    if (row === undefined) return "not run";
    const modes = law.shares.length > 1 ? `, ${Math.round(100 * row.judgement.shareError)} %` : "";
    return `${numberOf(excess(law, row))}${modes}`;
  });
  return `| ${law.name} | ${numberOf(law.entropy)} | ${cells.join(" | ")} |`;
}

/** A target's row: for each setting the sampler's entropy above the target's. */
function entropyRow(found: LawFindings, law: JudgedLaw): string {
  const cells = Object.keys(found.settings).map((setting) => {
    const row = lastOf(found, law.name, setting);
    return row === undefined ? "not run" : numberOf(excessEntropy(law, row));
  });
  return `| ${law.name} | ${cells.join(" | ")} |`;
}

/** The table of variations, beside the setting that they change. */
function variationTable(
  found: LawFindings,
  variations: readonly VariationFinding[],
  heading: string,
  unchanged: string,
  names: readonly string[],
): readonly string[] {
  const laws = [...new Set(variations.map(({ law }) => law))];
  const millisecondsOf = (name: string): string => found.milliseconds[name]?.toFixed(1) ?? "not measured";
  const cellOf = (divergence: number, shareError: number): string =>
    `${numberOf(divergence)}, ${Math.round(100 * shareError)} %`;
  const library = laws.map((name) => {
    const law = found.laws.find((each) => each.name === name)!, row = lastOf(found, name, "decile")!;
    return cellOf(excess(law, row), row.judgement.shareError);
  });
  const rows = names.map((variation) => {
    const cells = laws.map((name) => {
      const each = variations.find((each) => each.variation === variation && each.law === name);
      return each === undefined ? "not run" : cellOf(each.divergence, each.shareError);
    });
    return `| ${variation} | ${cells.join(" | ")} | ${millisecondsOf(variation)} |`;
  });
  return [
    `| ${heading} | ${laws.join(" | ")} | ms per update |`,
    `| --- |${" ---: |".repeat(laws.length + 1)}`,
    `| ${unchanged} | ${library.join(" | ")} | ${millisecondsOf("decile")} |`,
    ...rows,
  ];
}

const PROPOSALS = ["uniform 32", "uniform 512", "mixture 8", "mixture 32"] as const;

/** The page; `variations` has what changes of the setting `decile` come to. */
export function lawsPage(found: LawFindings, variations: readonly VariationFinding[]): string {
  const names = Object.keys(found.settings), best = names.at(-1)!;
  const updates = Math.max(...found.rows.map(({ updates }) => updates));
  const values = found.laws.filter(({ name }) => lastOf(found, name, best) !== undefined).map((law) => {
    const row = lastOf(found, law.name, best);
    const cells = PROPOSALS.map((name) => {
      const error = row?.values[name];
      return error === undefined ? "not run" : `${numberOf(error.bias)} ± ${numberOf(error.deviation)}`;
    });
    return `| ${law.name} | ${cells.join(" | ")} |`;
  });
  return [
    "# Accuracy of the sampler",
    "",
    "[Contents](README.md) · [softq](../README.md)",
    "",
    "The policy is sampled by a network trained with amortised Stein steps. How far is its distribution from the target?",
    "Here the target is known exactly (a _law_ in the code): an energy on [-1, 1]^d with its integral, entropy and modes",
    "(`tests/exact/laws.ts`). The sampler alone is trained against it, with a temperature annealed from eight times the",
    "final one, as a target sharpens while a critic learns. `bench/laws.ts` trains and evaluates, and writes this page.",
    "`codes` has the particles and the bandwidth of both public codes, which are the defaults, `paper` those of Appendix",
    "D.1, and `decile` the bandwidth `--bandwidth decile`; `preset` has the numbers of the study's presets at longer control",
    "intervals, but a step size of 0.001; `dense` uses more computation. Times are for eight dimensions on one thread.",
    "",
    "| setting | bandwidth | fixed + moved | states | hidden | Stein steps | ms per update |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ...names.map((name) => settingRow(name, found.settings[name]!, found.milliseconds[name])),
    "",
    `## After ${updates} updates`,
    "",
    "KL(sampler ‖ target) in nats, and the largest error of a mode's share. The divergence is estimated from 4000 samples",
    "by nearest neighbours, minus the same estimate for independent samples of the target: differences below 0.1 are",
    "noise. The entropy is the target's.",
    "",
    `| target, dimension | entropy | ${names.join(" | ")} |`,
    `| --- | ---: |${" ---: |".repeat(names.length)}`,
    ...found.laws.map((law) => lawRow(found, law)),
    "",
    "The lowest decile is more accurate than the codes' median on every multimodal target, at the same cost: with separated",
    "modes, the median is a distance between modes, which blurs them. At two fifths of the cost, `preset` is about as",
    "accurate as `codes`. More fixed particles and a second Stein step are more",
    "accurate still, at their cost. The aim was at most 0.5 nats and shares within 10 points for four modes in eight",
    "dimensions: `dense` alone comes to it, up to the estimate's noise. All settings still improve at the last update. The",
    "shares are those of the temperature at which the modes separated: a score carries no information about the mass of",
    "another mode, whatever the kernel. In 17 dimensions modes are lost: of two the lighter one, of eight all but one.",
    "",
    "![KL against updates for targets in eight dimensions](sampler.svg)",
    "",
    "The same lines against time, from that of an update alone on one thread. A line's end is a finished training: temperature",
    "and step size fall with its own updates, so before it a slower setting looks worse than it would with fewer updates.",
    "",
    "![KL against seconds for targets in eight dimensions](sampler-time.svg)",
    "",
    "As the temperature falls, the entropy comes down to the target's, the same way in every setting, and ends at it or",
    "below. The shares do not improve steadily: those of eight modes are worse at the end than after 2000 updates in every",
    "setting, those of the ring's sectors in two. The soft value, from eight samples of the mixture around the sampler's",
    "draws, errs by a fifth to two fifths less after the training: half of these samples are uniform whatever it does.",
    "",
    "![Errors of shares, entropy and soft value against updates](sampler-measures.svg)",
    "",
    `The entropy above the target's after ${updates} updates, in nats, by the same estimate:`,
    "",
    `| target, dimension | ${names.join(" | ")} |`,
    `| --- |${" ---: |".repeat(names.length)}`,
    ...found.laws.map((law) => entropyRow(found, law)),
    "",
    "## Other kernels",
    "",
    "The setting `decile` with other Stein kernels, after as many updates: `scaled` measures distances in units of each",
    "coordinate's standard deviation, `sum` adds Gaussian kernels with the bandwidths h/4, h and 4h, and",
    "`inverse-multiquadric` is (1 + ‖x - y‖²/h)^(-½). None of them is better on any of these targets, so they are no",
    "options; `bench/laws/kernels.ts` has them.",
    "",
    ...variationTable(found, variations, "kernel", "Gaussian", Object.keys(KERNELS)),
    "",
    "## Step sizes, particles and Stein steps",
    "",
    "The setting `decile` with one of its numbers changed, after as many updates:",
    "",
    ...variationTable(found, variations, "change", "none", Object.keys(SIZES)),
    "",
    "Three times the step size, or 32 fixed particles to 8 moved ones in the place of 16 to 16, is more accurate at the same",
    "cost; a second Stein step and twice the particles cost twice as much, for about what the larger step size gives. Half",
    "the particles cost half. In the study's runs the step size is the critic's, 0.0003: with ten times as much, quadrupeds",
    "run less far after 100 000 updates (2.5 and 2.8 m in 10 s against 3.3 and 4.3, [ablation](../results/pretraining.md)).",
    "What is gained on a fixed target was not gained beside a critic that changes, in two seeds.",
    "",
    "## The soft value around these draws",
    "",
    `Error of V/α (equation 10) with the sampler of \`${best}\`, mean ± standard deviation over 400 estimates, by proposal`,
    "and number of samples.",
    "",
    `| target, dimension | ${PROPOSALS.join(" | ")} |`,
    `| --- |${" ---: |".repeat(PROPOSALS.length)}`,
    ...values,
    "",
    "Here eight samples of the mixture err more than 32 uniform ones. With the critics of quadrupeds, whose exp(Q/α) fills",
    "far less of the box (32 uniform samples are 40 to 288 too low), they err at most about as much as 512 uniform ones, at",
    "an eighth of the time of an update ([benchmarks](../bench/README.md)).",
    "",
  ].join("\n");
}
