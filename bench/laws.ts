/**
 * How near the sampler comes to laws that are known, and what the soft value's estimates are then off by.
 *
 *     deno run -A --lock tests/deno.lock bench/laws.ts [--law NAME] [--updates N] [--setting NAME|JSON] [--json FILE]
 *
 * `--law` takes the laws whose name begins so, `--setting` one of `SETTINGS` or what differs from `DEFAULTS` in
 * `laws/train.ts`. Times are those of a machine that may do other things at the same time: compare counts of updates.
 *
 * @module
 */

import { cpuDevice } from "../src/device/cpu.ts";
import { type Law, oneBump, ridge, ring, separatedModes } from "../tests/exact/laws.ts";
import { judge, judgeLaw, type Judgement, type ProposalChoice, valueError } from "./laws/judge.ts";
import { CHUNK, DEFAULTS, samplerLayout, type Setting, trainSampler } from "./laws/train.ts";

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
  separatedModes(4, 17),
];

const PROPOSALS: readonly ProposalChoice[] = [
  ...[16, 32, 512].map((valueParticles) => ({ valueProposal: "uniform" as const, valueParticles })),
  ...[8, 16, 32].map((valueParticles) => ({
    valueProposal: "mixture" as const,
    valueParticles,
    mixtureCentres: valueParticles / 2,
  })),
];

/** Settings with a name, as they differ from the options' defaults. */
const SETTINGS: Readonly<Record<string, Partial<Setting>>> = {
  authors: { hot: 8 },
  paper: { hot: 8, bandwidth: "paper" },
  decile: { hot: 8, bandwidth: "decile" },
};

/** The value after a flag, or what stands for it. */
const flag = (name: string, otherwise: string): string => {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Deno.args[at + 1] ?? otherwise;
};

/** What was found about one sampler after some number of updates. */
interface Row {
  readonly law: string;
  readonly setting: string;
  readonly updates: number;
  readonly seconds: number;
  readonly judgement: Judgement;
  /** Bias and deviation of the soft value by each proposal, nats. */
  readonly values: Readonly<Record<string, { readonly bias: number; readonly deviation: number }>>;
}

const list = (numbers: readonly number[]): string => numbers.map((x) => x.toFixed(2)).join(" ");

if (import.meta.main) {
  const updates = Number(flag("updates", "5000")),
    begins = flag("law", ""),
    name = flag("setting", "authors");
  const setting: Setting = { ...DEFAULTS, ...SETTINGS[name] ?? JSON.parse(name) };
  const device = cpuDevice({ workers: 1 }), rows: Row[] = [], laws: unknown[] = [];
  const checkpoints = [0.05, 0.1, 0.2, 0.4, 1].map((share) => Math.ceil(share * updates / CHUNK) * CHUNK);
  for (const law of LAWS.filter(({ name }) => name.startsWith(begins))) {
    const exact = await judgeLaw(device, law), layout = samplerLayout(law, setting);
    laws.push({ name: law.name, dimension: law.dimension, entropy: law.entropy, shares: law.shares, exact });
    console.log(
      `${law.name}; independent draws: KL ≤ ${exact.divergenceBound.toFixed(2)}, by neighbours ` +
        `${exact.divergence.toFixed(2)}, entropy ${exact.entropy.toFixed(2)} (${law.entropy.toFixed(2)})`,
    );
    for (const snapshot of await trainSampler(device, law, setting, checkpoints, 0)) {
      const { updates, seconds, parameters } = snapshot;
      const judgement = await judge(device, law, layout, parameters);
      const values: Record<string, { readonly bias: number; readonly deviation: number }> = {};
      for (const choice of PROPOSALS) {
        const error = await valueError(device, law, layout, parameters, choice);
        values[`${choice.valueProposal} ${choice.valueParticles}`] = error;
      }
      rows.push({ law: law.name, setting: name, updates, seconds, judgement, values });
      console.log(
        [
          law.name,
          `${updates} updates`,
          `${seconds.toFixed(0)} s`,
          `KL ≤ ${judgement.divergenceBound.toFixed(2)}`,
          `by neighbours ${(judgement.divergence - exact.divergence).toFixed(2)} above independent draws`,
          `entropy ${judgement.entropy.toFixed(2)} (${law.entropy.toFixed(2)})`,
          `shares ${list(judgement.shares)} (${list(law.shares)})`,
          ...Object.entries(values).map(([name, v]) =>
            `${name}: ${v.bias.toFixed(2)} ± ${v.deviation.toFixed(2)}`
          ),
        ].join("; "),
      );
    }
  }
  device.close();
  const json = flag("json", "");
  if (json !== "") Deno.writeTextFileSync(json, JSON.stringify({ setting, laws, rows }, null, 2) + "\n");
}
