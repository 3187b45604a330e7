/**
 * The accuracy of the sampler on known target distributions, and the resulting errors of the soft value's estimates.
 *
 *     deno run -A --lock tests/deno.lock bench/laws.ts [--law NAME] [--updates N] [--setting NAME|JSON] [--json FILE]
 *     deno run -A --lock tests/deno.lock bench/laws.ts --variations [--setting NAME]                  tries variations
 *     deno run -A --lock tests/deno.lock bench/laws.ts --time --json bench/results/laws.json     times the settings
 *     deno run -A --lock tests/deno.lock bench/laws.ts --page --json bench/results/laws.json     writes docs/sampler.md
 *
 * `--law` selects laws by the beginning of their names, `--setting` one of `laws/settings.ts` or a setting's
 * differences from `DEFAULTS` in `laws/train.ts`. Times are those of a machine that may do other things at the same
 * time: compare counts of updates.
 *
 * @module
 */

import { cpuDevice } from "../src/device/cpu.ts";
import { medianOf } from "../src/report/statistics.ts";
import { type Law, oneBump, ridge, ring, separatedModes } from "../tests/exact/laws.ts";
import {
  type ErrorFound,
  type JudgedLaw,
  type LawFindings,
  merged,
  type Row,
  type VariationFinding,
  variationFinding,
} from "./laws/found.ts";
import { judge, judgeLaw, type ProposalChoice, valueError } from "./laws/judge.ts";
import { divergenceFigure, measuresFigure } from "./laws/figures.ts";
import { lawsPage } from "./laws/page.ts";
import { settingOf, SETTINGS, VARIATIONS } from "./laws/settings.ts";
import { CHUNK, samplerLayout, trainSampler } from "./laws/train.ts";

const LAWS: readonly Law[] = [
  oneBump(2, 0.3),
  separatedModes(2, 2),
  separatedModes(4, 2),
  separatedModes(8, 2),
  ring(2),
  ridge(2),
  oneBump(8, 0.3),
  separatedModes(2, 8),
  separatedModes(4, 8),
  separatedModes(8, 8),
  ring(8),
  ridge(8),
  oneBump(17, 0.3),
  separatedModes(2, 17),
  separatedModes(4, 17),
  separatedModes(8, 17),
  ring(17),
  ridge(17),
];

const PROPOSALS: readonly ProposalChoice[] = [
  ...[16, 32, 512].map((valueParticles) => ({ valueProposal: "uniform" as const, valueParticles })),
  ...[8, 16, 32].map((valueParticles) => ({
    valueProposal: "mixture" as const,
    valueParticles,
    mixtureCentres: valueParticles / 2,
  })),
];

/** The laws on which variations are tried. */
const VARIED_LAWS: readonly Law[] = [separatedModes(4, 8), ring(8), ridge(8)];
const FOUND_VARIATIONS = "bench/results/laws_variations.json";

/** Shares of all updates after which a sampler is judged. */
const CHECKPOINTS = [0.05, 0.1, 0.2, 0.4, 1] as const;

/** The value after a flag, or its default. */
const flag = (name: string, otherwise: string): string => {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Deno.args[at + 1] ?? otherwise;
};

const list = (numbers: readonly number[]): string => numbers.map((x) => x.toFixed(2)).join(" ");

/** Trains a sampler for each law, and judges it after shares of the updates. */
async function runSetting(
  name: string,
  laws: readonly Law[],
  updates: number,
  shares: readonly number[] = CHECKPOINTS,
): Promise<LawFindings> {
  const setting = settingOf(name);
  const device = cpuDevice({ workers: 1 }), rows: Row[] = [], judged: JudgedLaw[] = [];
  const checkpoints = shares.map((share) => Math.ceil(share * updates / CHUNK) * CHUNK);
  for (const law of laws) {
    const exact = await judgeLaw(device, law), layout = samplerLayout(law, setting);
    const { dimension, entropy, shares } = law;
    judged.push({ name: law.name, dimension, entropy, shares, exact });
    console.log(
      `${law.name}; independent draws: KL ≤ ${exact.divergenceBound.toFixed(2)}, by neighbours ` +
        `${exact.divergence.toFixed(2)}, entropy ${exact.entropy.toFixed(2)} (${entropy.toFixed(2)})`,
    );
    for (const snapshot of await trainSampler(device, law, setting, checkpoints, 0)) {
      const { updates, seconds, parameters } = snapshot;
      const judgement = await judge(device, law, layout, parameters);
      const values: Record<string, ErrorFound> = {};
      for (const choice of PROPOSALS) {
        const error = await valueError(device, law, layout, parameters, choice);
        values[`${choice.valueProposal} ${choice.valueParticles}`] = error;
      }
      rows.push({ law: law.name, setting: name, updates, seconds, judgement, values });
      console.log(
        [
          `${name}: ${law.name}`,
          `${updates} updates`,
          `${seconds.toFixed(0)} s`,
          `KL ≤ ${judgement.divergenceBound.toFixed(2)}`,
          `by neighbours ${(judgement.divergence - exact.divergence).toFixed(2)} above independent draws`,
          `entropy ${judgement.entropy.toFixed(2)} (${entropy.toFixed(2)})`,
          `shares ${list(judgement.shares)} (${list(shares)})`,
          ...Object.entries(values).map(([name, v]) =>
            `${name}: ${v.bias.toFixed(2)} ± ${v.deviation.toFixed(2)}`
          ),
        ].join("; "),
      );
    }
  }
  device.close();
  return { settings: { [name]: setting }, laws: judged, rows, milliseconds: {} };
}

/** Trains samplers with variations; adds what is found to `FOUND_VARIATIONS` after each. */
async function tryVariations(names: readonly string[], updates: number): Promise<void> {
  for (const name of names) {
    const { laws, rows } = await runSetting(name, VARIED_LAWS, updates, [1]);
    const found = rows.map((row) => {
      const law = laws.find(({ name }) => name === row.law)!;
      return variationFinding(name, law, row);
    });
    const earlier = (JSON.parse(Deno.readTextFileSync(FOUND_VARIATIONS)) as VariationFinding[])
      .filter(({ variation }) => variation !== name);
    Deno.writeTextFileSync(FOUND_VARIATIONS, `${JSON.stringify([...earlier, ...found], null, 1)}\n`);
  }
}

/** Milliseconds per update of each setting for four modes in eight dimensions: medians of five alternating rounds. */
async function timeSettings(): Promise<LawFindings["milliseconds"]> {
  const device = cpuDevice({ workers: 1 }), law = separatedModes(4, 8);
  const rounds: Record<string, number[]> = {};
  for (let round = 0; round < 5; round++) {
    for (const name of [...Object.keys(SETTINGS), ...Object.keys(VARIATIONS)]) {
      const [end] = await trainSampler(device, law, settingOf(name), [2 * CHUNK], 0);
      (rounds[name] ??= []).push(1000 * end!.seconds / end!.updates);
    }
  }
  device.close();
  return Object.fromEntries(
    Object.entries(rounds).map(([name, each]) => [name, Number(medianOf(each).toFixed(2))]),
  );
}

if (import.meta.main) {
  const updates = Number(flag("updates", "5000")), begins = flag("law", ""), json = flag("json", "");
  const only = flag("setting", ""), names = only === "" ? Object.keys(SETTINGS) : [only];
  const laws = LAWS.filter(({ name }) => name.startsWith(begins));
  let found: LawFindings = { settings: {}, laws: [], rows: [], milliseconds: {} };
  if (Deno.args.includes("--variations")) {
    await tryVariations(only === "" ? Object.keys(VARIATIONS) : [only], updates);
    Deno.exit();
  }
  if (Deno.args.includes("--page") || Deno.args.includes("--time")) {
    found = JSON.parse(Deno.readTextFileSync(json));
  } else {
    for (const name of names) found = merged(found, await runSetting(name, laws, updates));
  }
  if (Deno.args.includes("--time")) found = { ...found, milliseconds: await timeSettings() };
  if (Deno.args.includes("--page")) {
    const variations: readonly VariationFinding[] = JSON.parse(Deno.readTextFileSync(FOUND_VARIATIONS));
    Deno.writeTextFileSync("docs/sampler.md", lawsPage(found, variations));
    Deno.writeTextFileSync("docs/sampler.svg", divergenceFigure(found, "updates"));
    Deno.writeTextFileSync("docs/sampler-time.svg", divergenceFigure(found, "time"));
    Deno.writeTextFileSync("docs/sampler-measures.svg", measuresFigure(found));
  } else if (json !== "") Deno.writeTextFileSync(json, JSON.stringify(found, null, 1) + "\n");
}
