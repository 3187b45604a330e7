/**
 * The study's report: `results/README.md` and the figures over several runs, from the outcomes that are kept.
 *
 * @module
 */

import type { JsonObject } from "../src/run/json.ts";
import type { RunError } from "../src/run/context.ts";
import { type Outcome, outcomesIn, type Planned, standingOf, type StudyFolders } from "./runner.ts";
import { E, TE } from "../src/deps.ts";
import { figure5 } from "../src/report/figure_5.ts";
import { figure7 } from "../src/report/figure_7.ts";
import type { Point } from "../src/report/panel.ts";
import { resultsPage, rounded, type RunRow, type Section } from "../src/report/results.ts";
import { folderAt } from "../src/run/files.ts";
import {
  beganLate,
  beginningOf,
  mazeClaims,
  multiGoalClaims,
  pretrainClaims,
  swimmerClaims,
  transferClaims,
} from "./claims.ts";
import { INTRODUCTION, INVENTED, REMARKS } from "./texts.ts";
import { figuresOf as mazeFigures, maze } from "../experiments/maze.ts";
import { IDENTITY_TOLERANCE, worstErrors } from "../experiments/policy_gradient.ts";
import { panelOf } from "../experiments/pretrain.ts";
import { grouped, initOf, isSoftQ, type Seed, seedsOf } from "./seeds.ts";
import { figuresOf as swimmerFigures } from "../experiments/swimmer.ts";
import { curveOf } from "../experiments/transfer.ts";

/** Files of figures by name. */
type Files = Readonly<Record<string, string>>;

/** What sets a run's setting apart from the others of its experiment: part of a figure's name, what it means, and when. */
const SETTINGS: readonly (readonly [part: string, means: string, holds: (c: JsonObject) => boolean])[] = [
  ["steady", "steady critic", (c) => c.target === "polyak"],
  ["copy-500", "targets copied every 500 updates", (c) => c.target === "copy" && c.targetInterval === 500],
  ["dense", "an update every two steps", (c) => c.experiment === "swimmer" && c.stepsPerUpdate === 2],
  [
    "scale-100",
    "reward scale 100 of soft Q-learning",
    (c) => c.experiment === "swimmer" && c.rewardScale === 100,
  ],
  ["late", "learning began when α and the noises had shrunk", beganLate],
  ["million", "a million steps", (c) => c.experiment === "swimmer" && c.steps === 1_000_000],
  ["0.01", "α = 0.01", (c) => c.experiment === "maze" && c.temperature === 0.01],
  ["5m", "a Gaussian of 5 m", (c) => c.variant === "gaussian-5m"],
  ["pretrained", "from a pretrained policy", (c) => c.experiment === "maze" && initOf(c) !== ""],
];

/** A run's setting as a part of a figure's name: runs of different settings have figures of their own. */
const settingOf = (c: JsonObject): string =>
  SETTINGS.filter(([, , holds]) => holds(c)).map(([part]) => `-${part}`).join("");

/** The same in words. */
const captionOf = (c: JsonObject, shown: string): string =>
  [shown, ...SETTINGS.filter(([, , holds]) => holds(c)).map(([, means]) => means)].join("; ");

/** The settings of an experiment's runs on some variants, each with its runs, replica by replica. */
const shown = (outcomes: readonly Outcome[], experiment: string, variants: readonly string[]) =>
  grouped(
    outcomes.filter(({ configuration: c }) =>
      c.experiment === experiment && variants.includes(String(c.variant))
    ),
    ({ configuration }) => settingOf(configuration),
  ).map((own) => ({
    setting: settingOf(own[0].configuration),
    caption: captionOf(own[0].configuration, "one line a seed"),
    runs: own.flatMap(({ configuration: c, history }) =>
      history.map((each, r) => ({ algorithm: String(c.algorithm), seed: Number(c.seed) + r, history: each }))
    ),
  }));

/** Names a setting's files: its part stands before the ending. */
const named = (files: Files, setting: string): Files =>
  Object.fromEntries(
    Object.entries(files).map(([name, content]) => [name.replace(".svg", `${setting}.svg`), content]),
  );

/** Panels of figure 7 that stand beside one another. */
const ACROSS = 3;

/** A pretraining's α in units of the unscaled reward; 0 of a deterministic policy. */
const temperatureOf = (c: JsonObject): number =>
  isSoftQ(c) ? Number(c.temperature) / Number(c.rewardScale) : 0;

/** Figure 7: the first settings from the highest temperature to the lowest, and the remedies in a figure of their own. */
function allTraces(outcomes: readonly Outcome[]): Files {
  const own = outcomes.filter(({ configuration: c, traces }) =>
    c.experiment === "pretrain" && traces !== null
  )
    .toSorted((a, b) => temperatureOf(b.configuration) - temperatureOf(a.configuration));
  const figureOf = (file: string, caption: string, holds: (remedy: string) => boolean): Files => {
    const panels = own.filter(({ configuration }) => holds(remedyOf(configuration))).flatMap((
      { configuration, traces, history },
    ) =>
      (traces as readonly { readonly heading: string; readonly traces: readonly (readonly Point[])[] }[]).map(
        ({ heading, traces: paths }, r) => {
          const remedy = remedyOf(configuration);
          const title = remedy === "" ? heading : heading.replace(", seed", `, ${remedy}, seed`);
          return panelOf(title, paths, history[r][history[r].length - 1].evaluation);
        },
      )
    );
    const columns = Array.from({ length: ACROSS }, (_, c) => panels.filter((_, k) => k % ACROSS === c));
    return panels.length === 0 ? {} : {
      [file]: figure7({
        title: "Paths of the pretrained quadruped",
        caption: `forty episodes of 500 steps of each run's last policy; ${caption}`,
        columns: columns.filter((column) => column.length > 0),
      }),
    };
  };
  return {
    ...figureOf("figure-7.svg", "one critic, 200 000 steps", (remedy) => remedy === ""),
    ...figureOf("figure-7-remedies.svg", "what was tried beside that", (remedy) => remedy !== ""),
  };
}

/** What a pretraining has beside its temperature, in a few words. */
const remedyOf = (c: JsonObject): string =>
  [
    ...c.variant === "speed-survival" ? ["survival"] : [],
    ...c.target === "polyak" ? ["steady"] : Number(c.critics ?? 1) > 1 ? ["2 critics"] : [],
    ...Number(c.batch) > 64 ? ["many states"] : [],
    ...c.discount === 0.99 ? [] : [`γ = ${c.discount}`],
    ...initOf(c) === "" ? [] : ["continued"],
  ].join(", ");

/** Figure 5 of a world: every arm that has been run in it, each setting in a figure of its own. */
function armsIn(world: string, seeds: readonly Seed[]): Files {
  const own = seeds.filter(({ configuration: c }) => c.variant === world);
  return Object.fromEntries(
    grouped(own, ({ configuration }) => settingOf(configuration)).map((here) => {
      const setting = settingOf(here[0].configuration), file = `figure-5-${world}${setting}`;
      const picture = figure5({
        title: `Fine-tuning in the world ${world}`,
        caption: captionOf(here[0].configuration, "mean and one standard deviation over seeds"),
        arms: grouped(here, beginningOf).map((arm) => ({
          name: beginningOf(arm[0]),
          seeds: [...new Set(arm.map(({ outcome }) => outcome))].flatMap(({ history }) =>
            history.map(curveOf)
          ),
        })),
      }, file);
      return [`${file}.svg`, picture];
    }),
  );
}

/** The numbers of a seed that a person wants to see, in a line. */
function seedLine(evaluation: JsonObject): string {
  const plain = Object.entries({ ...evaluation, ...(evaluation.overall as JsonObject | undefined ?? {}) })
    .flatMap(
      ([name, value]) => {
        if (name === "frozenAt") return [`failed: not finite from update ${value} on`];
        if (typeof value === "number") {
          return [`${name} ${Number.isInteger(value) ? value : rounded(value, 3)}`];
        }
        if (name === "goalShares") return [`${name} ${(value as number[]).map((x) => rounded(x)).join("/")}`];
        if (name === "failed") return [String(value)];
        if (typeof value === "boolean") return [`${name} ${value ? "yes" : "no"}`];
        return value === null ? [`${name} ${name.endsWith("Before") ? "unknown" : "never"}`] : [];
      },
    );
  return plain.join(", ");
}

const rowOf = (
  { name, command, repeats, figures, manifest, summary }: Outcome,
  known: readonly string[],
): RunRow => ({
  name,
  command,
  repeats,
  made: `softq ${manifest.version}, revision ${String(manifest.revision ?? "unknown").slice(0, 10)}, Deno ` +
    `${manifest.deno}, ${manifest.device} (${manifest.adapter}), ${manifest.processor}; ` +
    `${rounded(Number((summary.timing as JsonObject).wallSeconds) / 60, 1)} min beside other work`,
  ended: String(manifest.exit),
  seeds: (summary.evaluation as readonly JsonObject[]).map(seedLine),
  figures: known.filter((file) => figures.includes(file)),
});

/** Runs that were begun and have no outcome yet. */
async function unfinished(folders: StudyFolders, plan: readonly Planned[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const planned of plan) {
    if (await standingOf(folders, planned) === "begun") names.push(planned.name);
  }
  return names;
}

const FIGURES: Readonly<Record<string, readonly string[]>> = {
  "multi-goal": ["figure-1.svg"],
  swimmer: ["figure-3a.svg", "figure-6.svg"],
  maze: ["figure-3b.svg"],
  pretrain: ["figure-7.svg"],
  transfer: ["figure-5.svg"],
};

/** Seeds for which the identity of Appendix B is checked. */
const IDENTITY_SEEDS = [0, 1, 2, 3, 4];

/** Writes the page and the figures over several runs. */
export const writeReport = (
  folders: StudyFolders,
  plan: readonly Planned[],
): TE.TaskEither<RunError, void> =>
async () => {
  const outcomes = await outcomesIn(folders, plan), begun = await unfinished(folders, plan);
  const errors = await worstErrors(IDENTITY_SEEDS, "study");
  const transfers = seedsOf(outcomes, "transfer");
  const swimmers = shown(outcomes, "swimmer", ["finish-line"]),
    mazes = shown(outcomes, "maze", maze.variants);
  const files: Files = {
    ...Object.assign(
      {},
      ...swimmers.map(({ setting, caption, runs }) =>
        named(swimmerFigures(runs, "finish-line", caption), setting)
      ),
      ...mazes.map(({ setting, caption, runs }) => named(mazeFigures(runs, caption), setting)),
    ),
    ...allTraces(outcomes),
    ...armsIn("wide-hallway", transfers),
    ...armsIn("narrow-hallway", transfers),
    ...armsIn("u-maze", transfers),
  };
  const section = (
    title: string,
    experiment: string,
    claims: (seeds: readonly Seed[]) => Section["claims"],
  ): Section => ({
    title,
    text: REMARKS[experiment] ?? "",
    claims: claims(seedsOf(outcomes, experiment)),
    runs: outcomes.filter(({ configuration: c }) => c.experiment === experiment).map((outcome) =>
      rowOf(outcome, FIGURES[experiment])
    ),
    pictures: Object.keys(files).filter((file) =>
      FIGURES[experiment].some((name) => file.startsWith(name.slice(0, -".svg".length)))
    ).map((file) => ({ file, shows: `${title}: ${file.slice(0, -".svg".length).replaceAll("-", " ")}` })),
  });
  const page = resultsPage(
    `${INTRODUCTION}\n\n${
      begun.length === 0 ? "No run is unfinished." : `Begun and not finished: ${begun.join(", ")}.`
    }`,
    [
      section("Multi-goal (figure 1)", "multi-goal", multiGoalClaims),
      section("Swimmer (figures 3a and 6)", "swimmer", swimmerClaims),
      section("Maze (figure 3b)", "maze", mazeClaims),
      section("Pretraining (figure 7)", "pretrain", pretrainClaims),
      section("Transfer (figure 5)", "transfer", transferClaims),
      {
        title: "Policy gradient (Appendix B)",
        text: REMARKS["policy-gradient"],
        claims: Object.entries(errors).map(([where, error]) => ({
          claim: `gradient of the loss is minus the policy gradient: ${where}`,
          found: `greatest relative error ${error.toExponential(1)}`,
          n: `${IDENTITY_SEEDS.length} seeds`,
          interval: "",
          met: error <= IDENTITY_TOLERANCE,
          setting: "float64; `deno run experiments/policy_gradient.ts`",
          remark: "",
        })),
        runs: [],
        pictures: [],
      },
    ],
    INVENTED,
  );
  const folder = folderAt(folders.results);
  for (const [name, content] of Object.entries({ ...files, "README.md": page })) {
    const written = await folder.write(name, content)();
    if (E.isLeft(written)) return written;
  }
  return TE.right<RunError, void>(undefined)();
};
