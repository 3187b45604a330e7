/** The ablation of pretraining: one change a run, and a table in which every change has its own row. */
import { assert } from "../deps.ts";
import { ablationTable, changeOf, isSweep } from "../../study/ablation.ts";
import { ablation, CHANGES } from "../../study/plan/ablation.ts";

/** A seed of a run with a median displacement. */
const seed = (name: string, medianDisplacement: number) => ({
  run: { name },
  result: { evaluation: { medianDisplacement, octants: 7, resultantLength: 0.25, survivedShare: 0.5 } },
});

Deno.test("Each run of the ablation changes what its row names, and the base changes nothing", () => {
  const [base, ...others] = ablation.filter(({ name }) => name.endsWith("-0"));
  assert.equal(changeOf(base!), "base");
  assert.equal(ablation.length, 2 * Object.keys(CHANGES).length);
  for (const { name, flags } of others) {
    const changed = Object.keys(flags).filter((flag) => flags[flag] !== base!.flags[flag]);
    const { flags: own, words } = CHANGES[changeOf({ name })!]!;
    assert.deepEqual(
      changed.toSorted(),
      Object.keys(own).filter((flag) => own[flag] !== base!.flags[flag]).toSorted(),
    );
    assert.ok(changed.length > 0 && words !== "", name);
    assert.ok(
      changed.length === 1 ||
        ["few-states", "uniform-values", "rllab-interval", "paper"].some((of) => name.includes(of)),
    );
  }
});

Deno.test("The table has a row for each change that was run, with every seed's number, and none for other runs", () => {
  const seeds = [
    seed("pretrain-ablation-base-0", 4),
    seed("pretrain-ablation-alpha-0.1-0", 2.25),
    seed("pretrain-ablation-base-1", 5.04),
    seed("pretrain-soft-q-0", 9),
  ];
  const rows = ablationTable(seeds).split("\n").filter((line) => line.startsWith("|")).slice(2);
  assert.deepEqual(rows, [
    "| none (α = 0.03) | 4.0, 5.0 | 7, 7 | 0.25, 0.25 | 50, 50 |",
    "| α = 0.1 | 2.3 | 7 | 0.25 | 50 |",
  ]);
  assert.equal(
    ablationTable([seed("pretrain-soft-q-0", 9), {
      run: { name: "pretrain-ablation-base-0" },
      result: null,
    }]),
    "",
  );
  assert.deepEqual(seeds.map(({ run }) => isSweep(run)), [true, true, true, false]);
  assert.equal(isSweep({ name: "pretrain-ablation-no-symmetry-0" }), false);
});
