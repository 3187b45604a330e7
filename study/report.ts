/**
 * The study's report: `results/README.md` and the figures over several runs, from the archived runs.
 *
 * @module
 */

import { E, pipe, TE } from "../src/deps.ts";
import { wrapped } from "../src/report/markdown.ts";
import { quantityOf, valueText } from "../src/report/quantities.ts";
import {
  intervalText,
  overviewPage,
  resultsPage,
  rounded,
  type RunRow,
  type Section,
} from "../src/report/results.ts";
import { wilson } from "../src/report/statistics.ts";
import type { ConfigInvalid } from "../src/run/configuration.ts";
import type { RunError } from "../src/run/context.ts";
import { writeShared } from "../src/run/files.ts";
import type { JsonObject } from "../src/run/json.ts";
import type { MeasureTable } from "../src/run/measures.ts";
import { maze } from "../experiments/maze.ts";
import { multiGoal } from "../experiments/multi_goal.ts";
import type { TypedExperiment } from "../src/run/define_experiment.ts";
import { IDENTITY_TOLERANCE, identityErrors } from "../experiments/policy_gradient_identity.ts";
import { pretrain } from "../experiments/pretrain.ts";
import { swimmer } from "../experiments/swimmer.ts";
import { transfer } from "../experiments/transfer.ts";
import { mazeClaims } from "./claims/maze.ts";
import { multiGoalClaims } from "./claims/multi_goal.ts";
import { pretrainClaims } from "./claims/pretrain.ts";
import { swimmerClaims } from "./claims/swimmer.ts";
import { transferClaims } from "./claims/transfer.ts";
import { ablationTable } from "./ablation.ts";
import { armsTable } from "./arms.ts";
import { curvesBySetting, pretrainFigures, type StudyFigure } from "./figures.ts";
import { statusOf } from "./archive.ts";
import { type ArchivedRun, archivedRuns, type SeedRecord } from "./archived_run.ts";
import type { PlannedRun, StudyFolders } from "./planned_run.ts";
import { type Seed, seedsOf } from "./seeds.ts";
import { INTRODUCTION, INVENTED, REMARKS } from "./texts.ts";
import { claimsDocument, pageOf, verdictsOf } from "./verdicts.ts";

/** Units that follow a number; those of shares are part of the number, and rewards have none. */
const UNITS: readonly string[] = ["m", "rad", "steps", "environment steps"];

/** A value of a seed, in words; empty for lists. */
function seedValue(name: string, value: JsonObject[string]): readonly string[] {
  const quantity = quantityOf(`evaluation.${name}`);
  const title = name === "seed" || name === "episodes"
    ? name
    : quantity.title.replace(/^[A-Z](?=[a-z])/, lower);
  if (name === "goalShares" && Array.isArray(value)) {
    return [`${title} ${value.map((x) => rounded(Number(x))).join("/")}`];
  }
  if (value === null) return name.includes("first") ? [`${title} never`] : []; // else there was nothing to measure
  if (typeof value !== "number" && typeof value !== "boolean") return [];
  const unit = typeof value === "number" && UNITS.includes(quantity.unit) ? ` ${quantity.unit}` : "";
  return [`${title} ${valueText(value, quantity)}${unit}`];
}

const lower = (letter: string): string => letter.toLowerCase();

/** The results of a seed in one line. */
function seedLine({ evaluation, failed }: SeedRecord): string {
  const { frozenAt: _, failed: _failed, overall = {}, ...own } = evaluation;
  const named = [
    ...Object.entries(own),
    ...Object.entries(overall as JsonObject).map(([name, value]) => [`overall.${name}`, value] as const),
  ];
  const values = named.flatMap(([name, value]) => seedValue(name, value));
  return [...values, ...failed === null ? [] : [failed.startsWith("failed") ? failed : `failed: ${failed}`]]
    .join(", ");
}

/** With what, and on which machine, a run was made. */
const setupOf = ({ manifest: { deno, device, adapter, processor } }: ArchivedRun): string =>
  `Deno ${deno}, ${device} (${adapter}), ${processor}`;

/** The setup of most runs; empty without runs. */
function usualSetup(runs: readonly ArchivedRun[]): string {
  const counts = Map.groupBy(runs.map(setupOf), (setup) => setup);
  return [...counts].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? "";
}

const rowOf = (
  run: ArchivedRun,
  known: readonly string[],
  usual: string,
): RunRow => {
  const { name, command, repeats, figures, manifest, wallSeconds, seeds } = run, setup = setupOf(run);
  return {
    name,
    command,
    repeats,
    made: `softq ${manifest.version}, revision ${manifest.revision.slice(0, 10)}` +
      `${setup === usual ? "" : `, ${setup}`}; ` +
      `${rounded(wallSeconds / 60, 1)} min with other work`,
    ended: manifest.exit,
    seeds: seeds.map(seedLine),
    figures: known.filter((file) => figures.includes(file)),
  };
};

/** The number of threads of a run, by its adapter's description. */
const threadsOf = ({ manifest }: ArchivedRun): number =>
  Number(/(\d+) threads?\b/.exec(manifest.adapter)?.[1] ?? 1);

/** What runs have cost, in a sentence that begins with what they are. */
export function costText(runs: readonly ArchivedRun[], which = "The runs of this page"): string {
  const updates = runs.reduce((sum, run) => sum + run.updates * run.seeds.length, 0);
  const seconds = runs.reduce((sum, run) => sum + run.wallSeconds * threadsOf(run), 0);
  const made = updates < 1e6 ? String(updates) : `${(updates / 1e6).toFixed(1)} million`;
  return `${which} made ${made} updates, all seeds added up, in at most ${
    (seconds / 3600).toFixed(1)
  } core hours (a run's duration times its threads; other work shared the cores).`;
}

/** On which devices runs were made, in a sentence; empty if there are none. */
export function devicesText(runs: readonly ArchivedRun[]): string {
  const made = runs.map(({ manifest }) => manifest.device), devices = [...new Set(made)];
  const countOf = (device: string): number => made.filter((each) => each === device).length;
  return devices.length === 0
    ? ""
    : devices.length === 1
    ? `All were made on the device \`${devices[0]}\`.`
    : `By device: ${devices.map((device) => `\`${device}\` ${countOf(device)}`).join(", ")}.`;
}

/** A section of the page, with the figures over its runs. */
interface Chapter {
  readonly section: Section;
  readonly figures: readonly StudyFigure[];
}

/** The inputs of a section. */
interface ChapterParts<S extends MeasureTable, O extends MeasureTable> {
  readonly title: string;
  readonly experiment: TypedExperiment<S, O>;
  /** Names of the files of a run's own figures. */
  readonly ownFigures: readonly string[];
  readonly claims: (seeds: readonly Seed<S, O>[]) => Section["claims"];
  /** More of its text, after the comparison of the algorithms. */
  readonly text?: (seeds: readonly Seed<S, O>[]) => string;
  /** Figures over several runs. */
  readonly figures: (seeds: readonly Seed<S, O>[]) => readonly StudyFigure[];
}

/** A section from the archived runs; an error if one of them cannot be read. */
const chapterOf = (runs: readonly ArchivedRun[]) =>
<S extends MeasureTable, O extends MeasureTable>(
  { title, experiment, ownFigures, claims, text, figures }: ChapterParts<S, O>,
): E.Either<ConfigInvalid, Chapter> =>
  pipe(
    seedsOf(runs, experiment),
    E.map((seeds): Chapter => {
      const made = figures(seeds);
      const ownRuns = runs.filter(({ configuration: c }) => c.experiment === experiment.name);
      const usual = usualSetup(ownRuns);
      return {
        figures: made,
        section: {
          title,
          text: [
            armsTable(experiment, seeds, claims),
            text?.(seeds) ?? "",
            REMARKS[experiment.name] ?? "",
            ownRuns.length === 0
              ? ""
              : `${costText(ownRuns)} Made with ${usual}, unless a run below says otherwise.`,
          ].filter((part) => part !== "").join("\n\n"),
          claims: claims(seeds),
          runs: ownRuns.map((run) => rowOf(run, ownFigures, usual)),
          pictures: made,
        },
      };
    }),
  );

/** The sections of the paper's experiments. */
const chapters = (runs: readonly ArchivedRun[]): E.Either<ConfigInvalid, readonly Chapter[]> => {
  const of = chapterOf(runs);
  return E.sequenceArray([
    of({
      title: "Multi-goal (figure 1)",
      experiment: multiGoal,
      ownFigures: ["figure-1.svg"],
      claims: multiGoalClaims,
      figures: () => [],
    }),
    of({
      title: "Swimmer (figures 3a and 6)",
      experiment: swimmer,
      ownFigures: ["figure-3a.svg", "figure-6.svg"],
      claims: swimmerClaims,
      figures: (seeds) => curvesBySetting(swimmer, seeds, ["finish-line", "ruled-0.2s-net-centred"]),
    }),
    of({
      title: "Maze (figure 3b)",
      experiment: maze,
      ownFigures: ["figure-3b.svg"],
      claims: mazeClaims,
      figures: (seeds) => curvesBySetting(maze, seeds, maze.variants),
    }),
    of({
      title: "Pretraining (figure 7)",
      experiment: pretrain,
      ownFigures: ["figure-7.svg"],
      claims: pretrainClaims,
      text: ablationTable,
      figures: pretrainFigures,
    }),
    of({
      title: "Transfer (figure 5)",
      experiment: transfer,
      ownFigures: ["figure-5.svg"],
      claims: transferClaims,
      figures: (seeds) => transfer.variants.flatMap((world) => curvesBySetting(transfer, seeds, [world])),
    }),
  ]);
};

/** Seeds with which the identity of Appendix B is checked. */
const IDENTITY_SEEDS = [0, 1, 2, 3, 4];

/** The section about Appendix B, which trains nothing. */
const identitySection = async (): Promise<Section> => {
  const errors = await Promise.all(IDENTITY_SEEDS.map((seed) => identityErrors(seed, "study")));
  const n = errors.length;
  return {
    title: "Policy gradient (Appendix B)",
    text: REMARKS["policy-gradient"]!,
    claims: (Object.keys(errors[0]!) as (keyof (typeof errors)[number])[]).map((where) => {
      const own = errors.map((each) => each[where]), k = own.filter((x) => x <= IDENTITY_TOLERANCE).length;
      return {
        algorithm: "soft Q-learning",
        value: k / n,
        seeds: n,
        bounds: wilson(k, n),
        claim: `gradient of the loss is minus the policy gradient: ${where}`,
        found: `${k} of ${n}, greatest relative error ${Math.max(...own).toExponential(1)}`,
        n: `${n} seeds`,
        interval: intervalText(wilson(k, n)),
        met: k === n,
        setting: `float64, a relative error of at most ${IDENTITY_TOLERANCE}; ` +
          "`deno run experiments/policy_gradient.ts`",
        remark: "",
      };
    }),
    runs: [],
    pictures: [],
  };
};

/** A sentence on what is missing of the plan, with the names of the runs that have begun. */
const missingSentence = async (folders: StudyFolders, plan: readonly PlannedRun[]): Promise<string> => {
  const found = await Promise.all(
    plan.map(async (planned) => [planned.name, await statusOf(folders, planned)] as const),
  );
  const missing = found.filter(([, status]) => status !== "finished");
  const begun = missing.flatMap(([name, status]) => status === "started" ? [name] : []);
  return `Planned runs that are missing: ${missing.length} of ${plan.length}` +
    (begun.length === 0 ? "." : `; begun: ${begun.join(", ")}.`);
};

/** Writes the page and the figures over several runs. */
export const writeReport = (
  folders: StudyFolders,
  plan: readonly PlannedRun[],
): TE.TaskEither<RunError, void> =>
  pipe(
    archivedRuns(folders, plan),
    TE.bindTo("runs"),
    TE.bind("chapters", ({ runs }) => TE.fromEither(chapters(runs))),
    TE.bind("identity", () => TE.fromTask(identitySection)),
    TE.bind("missing", () => TE.fromTask(() => missingSentence(folders, plan))),
    TE.chainW(({ runs, chapters, identity, missing }) => {
      const sections = [...chapters.map(({ section }) => section), identity];
      const verdicts = verdictsOf(sections);
      const cost = `${costText(runs, "All runs together")} ${devicesText(runs)}`.trimEnd();
      const introduction = `${INTRODUCTION}\n\n${cost}\n\n${missing}`;
      const pages = sections.map(({ title }): [string, string] => [pageOf(title), title]);
      const files: readonly (readonly [string, string])[] = [
        ...chapters.flatMap(({ figures }) =>
          figures.map(({ file, content }): [string, string] => [file, content])
        ),
        ...sections.map((section): [string, string] => {
          const page = pageOf(section.title);
          return [page, resultsPage(section, verdicts.filter((each) => each.page === page))];
        }),
        ["invented.md", `# What had to be invented\n\n[All results](README.md)\n\n${wrapped(INVENTED)}\n`],
        [
          "README.md",
          overviewPage(introduction, verdicts, [...pages, ["invented.md", "what had to be invented"]]),
        ],
        ["claims.json", `${JSON.stringify(claimsDocument(sections, verdicts))}\n`],
      ];
      // Several studies may end at the same time.
      return TE.traverseSeqArray(([name, content]: readonly [string, string]) =>
        writeShared(`${folders.results}/${name}`, content)
      )(files);
    }),
    TE.map(() => undefined),
  );
