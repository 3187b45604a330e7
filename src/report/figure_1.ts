/**
 * The paper's first figure: a maximum-entropy policy on the multi-goal task.
 *
 * Above: trajectories over the level curves of the reward, with the goals. Below: the level curves of Q(s, ·) over the
 * action square with actions drawn by the policy, at states where Q has one mode, a dip in its middle, and two modes.
 * A good picture has all goals reached, and the dots where the level curves are high.
 *
 * @module
 */

import {
  axes,
  clipped,
  dots,
  type Grid,
  levelCurves,
  levelsOf,
  levelStep,
  onPage,
  type Panel,
  type Point,
  polyline,
} from "./panel.ts";
import {
  CAPTION,
  element,
  figure,
  FIGURE_WIDTH,
  group,
  heading,
  indexed,
  joined,
  label,
  LINE_HEIGHT,
  lines,
  MARGIN,
  type Markup,
  paint,
  rowsOf,
} from "./svg.ts";

/** The data of a panel of actions. */
export interface ActionPanel {
  /** The mass's state. */
  readonly state: Point;
  /** Q(state, ·) over the action square, in any one unit. */
  readonly q: Grid;
  /** Actions drawn by the policy in that state. */
  readonly actions: readonly Point[];
}

/** The data of the figure. */
export interface Figure1Data {
  /** The heading. */
  readonly title: string;
  /** The caption, below the figure: the run, its steps and its options. */
  readonly caption: string;
  /** The raw reward over the arena. */
  readonly reward: Grid;
  /** The goals. */
  readonly goals: readonly Point[];
  /** Within this distance of a goal an episode ends. */
  readonly goalRadius: number;
  /** The positions of each episode. Fifty to a hundred episodes look best. */
  readonly trajectories: readonly (readonly Point[])[];
  /** The panels of actions, usually three. */
  readonly panels: readonly ActionPanel[];
}

/** The arena, with the legend to its right; three panels of actions in a row below it. */
const LEFT = 56, TOP = 74, ARENA = 216, LEGEND = LEFT + ARENA + 14;
const ACTION = 114, BETWEEN = 14, ACROSS = 3, ROW = ACTION + 64, ACTIONS_TOP = TOP + ARENA + 112;

function numberText(value: number): string {
  return String(Math.round(value * 100) / 100).replace("-", "\u2212");
}

const stateText = ([x, y]: Point): string => `(${numberText(x)}, ${numberText(y)})`;

/** The levels of the contours. */
const everyLevel = (levels: readonly number[]): string =>
  levels.length < 2 ? "no level curves" : `a curve every ${levelStep(levels)}`;

/** The sign of a panel's state on the arena, and the same sign in front of the panel's heading. */
function stateMark(x: number, y: number, index: number): Markup {
  return group(
    { class: "state-mark" },
    element("circle", {
      cx: x,
      cy: y,
      r: 7.5,
      "stroke-width": 1.2,
      ...paint({ fill: "ink", stroke: "paper" }),
    }),
    label(x, y + 4, String(index + 1), { anchor: "middle", ink: "paper", weight: "bold", size: 11 }),
  );
}

function arena(scope: string, data: Figure1Data, levels: readonly number[]): Markup {
  const panel: Panel = { left: LEFT, top: TOP, size: ARENA, x: data.reward.x, y: data.reward.y };
  const pixels = ARENA / (panel.x[1] - panel.x[0]);
  const ends = data.trajectories.filter((path) => path.length > 0).map((path) => path[path.length - 1]!);
  return group(
    { class: "arena" },
    label(MARGIN, TOP - 24, "Trajectories over the reward", { weight: "bold", size: 13 }),
    label(
      MARGIN,
      TOP - 9,
      `${data.trajectories.length} episodes; ${everyLevel(levels)} of reward`,
      { ink: "muted", size: 11 },
    ),
    clipped(
      panel,
      `${scope}-arena`,
      levelCurves(panel, data.reward, levels),
      group(
        {
          ...paint({ fill: "none", stroke: "policy" }),
          class: "trajectories stroke-policy",
          "stroke-width": 0.9,
          "stroke-opacity": 0.42,
          "stroke-linejoin": "round",
          "stroke-linecap": "round",
        },
        ...data.trajectories.map((path) => polyline(panel, path, {})),
      ),
      dots(panel, ends, 1.4, { ...paint({ fill: "policy" }), "fill-opacity": 0.75 }),
      group(
        { class: "goals" },
        ...data.goals.map((goal) => {
          const [cx, cy] = onPage(panel, goal);
          return joined([
            element("circle", {
              cx,
              cy,
              r: data.goalRadius * pixels,
              "stroke-width": 1.1,
              "stroke-dasharray": "4 3",
              ...paint({ fill: "none", stroke: "goal" }),
            }),
            element("circle", {
              cx,
              cy,
              r: 4,
              "stroke-width": 1,
              ...paint({ fill: "goal", stroke: "paper" }),
            }),
          ]);
        }),
      ),
      ...data.panels.map(({ state }, index) => stateMark(...onPage(panel, state), index)),
    ),
    axes(panel, { ticks: 8, label: "position x (length units)" }, {
      ticks: 8,
      label: "position y (length units)",
    }),
  );
}

function actionPanel(
  scope: string,
  { state, q, actions }: ActionPanel,
  index: number,
  levels: readonly number[],
): Markup {
  const left = LEFT + (index % ACROSS) * (ACTION + BETWEEN);
  const top = ACTIONS_TOP + Math.floor(index / ACROSS) * ROW;
  const panel: Panel = { left, top, size: ACTION, x: q.x, y: q.y };
  return group(
    { class: "action-panel" },
    stateMark(left + 8, top - 27, index),
    label(left + 20, top - 23, `s = ${stateText(state)}`, { weight: "bold" }),
    label(left, top - 7, everyLevel(levels), { ink: "muted", size: 11 }),
    clipped(
      panel,
      `${scope}-actions-${index + 1}`,
      levelCurves(panel, q, levels),
      dots(panel, actions, 1.4, {
        class: "actions fill-policy",
        fill: paint({ fill: "policy" })["fill"],
        "fill-opacity": 0.6,
      }),
    ),
    axes(
      panel,
      { ticks: 2 },
      index % ACROSS === 0
        ? { ticks: 4, label: indexed("action a", "y", " (length units per step)") }
        : { ticks: 4, numbers: false },
    ),
  );
}

/** Maximum length of a line of the legend, and the height of an entry of two lines. */
const LEGEND_CHARACTERS = 20, ENTRY = 41;

function legend(left: number, top: number): Markup {
  const row = (index: number, sign: Markup, content: string): Markup =>
    group(
      { transform: `translate(${left} ${top + ENTRY * index})` },
      sign,
      lines(34, -3, content, LEGEND_CHARACTERS, { size: 11 }),
    );
  const curve = (x1: number, x2: number, attributes: Parameters<typeof element>[1]): Markup =>
    element("line", { x1, y1: 0, x2, y2: 0, ...attributes });
  const signs: readonly (readonly [Markup, string])[] = [
    [
      joined([
        curve(2, 26, { "stroke-width": 1.6, ...paint({ stroke: "policy" }) }),
        element("circle", { cx: 26, cy: 0, r: 2.4, ...paint({ fill: "policy" }) }),
      ]),
      "an episode's path and where it ends",
    ],
    [
      joined(
        [9, 15, 20].map((cx, i) =>
          element("circle", {
            cx,
            cy: [2, -3, 3][i],
            r: 2.2,
            "fill-opacity": 0.75,
            ...paint({ fill: "policy" }),
          })
        ),
      ),
      "an action drawn by the policy",
    ],
    [
      joined([
        element("circle", {
          cx: 14,
          cy: 0,
          r: 11,
          "stroke-width": 1.1,
          "stroke-dasharray": "4 3",
          ...paint({ fill: "none", stroke: "goal" }),
        }),
        element("circle", { cx: 14, cy: 0, r: 5, ...paint({ fill: "goal" }) }),
      ]),
      "a goal, and where an episode ends",
    ],
    [
      element("rect", {
        x: 2,
        y: -8,
        width: 24,
        height: 16,
        "fill-opacity": 0.3,
        "stroke-width": 0.8,
        ...paint({ fill: "level", stroke: "level" }),
      }),
      "level curves; shade grows with the value",
    ],
    [stateMark(14, 0, 0), "the state of a panel below"],
  ];
  return group({ class: "legend" }, ...signs.map(([sign, content], index) => row(index, sign, content)));
}

/**
 * The figure as the text of an SVG file, about 100 kB.
 *
 * @throws RangeError if a grid does not have `width · height` values
 */
export function figure1(data: Figure1Data, scope = "figure-1"): string {
  const rows = Math.max(1, Math.ceil(data.panels.length / ACROSS));
  const bottom = ACTIONS_TOP + ROW * (rows - 1) + ACTION;
  const rewardLevels = levelsOf(data.reward.values, 12);
  const qLevels = data.panels.map(({ q }) => levelsOf(q.values, 12));
  return figure(
    {
      scope,
      width: FIGURE_WIDTH,
      height: bottom + 60 + LINE_HEIGHT * rowsOf(data.caption, CAPTION).length,
      title: data.title,
      description:
        `Above: ${data.trajectories.length} trajectories of the policy over level curves of the reward with ` +
        `${data.goals.length} goals. Below: level curves of Q over actions, and actions drawn by the policy, at the ` +
        `states ${data.panels.map(({ state }) => stateText(state)).join(", ")}. ${data.caption}`,
    },
    heading(MARGIN, 28, data.title, FIGURE_WIDTH - 2 * MARGIN),
    arena(scope, data, rewardLevels),
    legend(LEGEND, TOP + 14),
    label(MARGIN, ACTIONS_TOP - 54, "Level curves of Q(s, \u00b7) and drawn actions", {
      weight: "bold",
      size: 13,
    }),
    ...data.panels.map((panel, index) => actionPanel(scope, panel, index, qLevels[index]!)),
    label(
      LEFT + (ACROSS * (ACTION + BETWEEN) - BETWEEN) / 2,
      bottom + 36,
      indexed("action a", "x", " (length units per step)"),
      { anchor: "middle" },
    ),
    lines(MARGIN, bottom + 60, data.caption, CAPTION, { ink: "muted", size: 11 }),
  );
}
