/**
 * How near the sampler comes to laws that are known, and what the soft value's estimates are then off by.
 *
 *     deno run -A --lock tests/deno.lock bench/laws.ts [--law NAME] [--updates N] [--setting JSON] [--json FILE]
 *
 * `--law` takes the laws whose name begins so, `--setting` what differs from `DEFAULTS` in `laws/train.ts`. Times are
 * those of a machine that may do other things at the same time: compare counts of updates.
 *
 * @module
 */

import { cpuDevice } from "../src/device/cpu.ts";
import { type Law, oneBump, ridge, ring, separatedModes } from "../tests/exact/laws.ts";
import { judge, type ProposalChoice, valueError } from "./laws/judge.ts";
import { DEFAULTS, samplerLayout, type Setting, trainSampler } from "./laws/train.ts";

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

/** The value after a flag, or what stands for it. */
const flag = (name: string, otherwise: string): string => {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Deno.args[at + 1] ?? otherwise;
};

if (import.meta.main) {
  const updates = Number(flag("updates", "5000")), begins = flag("law", "");
  const given: Partial<Setting> = JSON.parse(flag("setting", "{}")), setting = { ...DEFAULTS, ...given };
  const device = cpuDevice({ workers: 1 }), results: unknown[] = [];
  const checkpoints = [updates / 5, updates];
  for (const law of LAWS.filter(({ name }) => name.startsWith(begins))) {
    const layout = samplerLayout(law, setting);
    for (const { updates, seconds, parameters } of await trainSampler(device, law, setting, checkpoints, 0)) {
      const found = await judge(device, law, layout, parameters);
      const values: Record<string, { readonly bias: number; readonly deviation: number }> = {};
      for (const choice of PROPOSALS) {
        const error = await valueError(device, law, layout, parameters, choice);
        values[`${choice.valueProposal} ${choice.valueParticles}`] = error;
      }
      results.push({
        law: law.name,
        updates,
        seconds,
        ...found,
        lawEntropy: law.entropy,
        lawShares: law.shares,
        values,
      });
      console.log(
        [
          law.name,
          `${updates} updates`,
          `KL ≤ ${found.divergenceBound.toFixed(2)}`,
          `by neighbours ${found.divergence.toFixed(2)}`,
          `entropy ${found.entropy.toFixed(2)} (${law.entropy.toFixed(2)})`,
          `shares ${found.shares.map((x) => x.toFixed(2)).join(" ")} (${
            law.shares.map((x) => x.toFixed(2)).join(" ")
          })`,
          ...Object.entries(values).map(([name, v]) =>
            `${name}: ${v.bias.toFixed(2)} ± ${v.deviation.toFixed(2)}`
          ),
        ].join("; "),
      );
    }
  }
  device.close();
  const json = flag("json", "");
  if (json !== "") Deno.writeTextFileSync(json, JSON.stringify({ setting, results }, null, 2) + "\n");
}
