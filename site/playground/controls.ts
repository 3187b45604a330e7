/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The controls of the playground: they translate user input to actions of the page.
 *
 * @module
 */

import type { Goal } from "../../envs/point_mass.ts";
import { NORMALISATIONS } from "../../src/learn/network.ts";
import { byId, inputOf, newElement, selectOf } from "../dom.ts";
import { onDrop } from "../drop.ts";
import {
  type Algorithm,
  ALGORITHMS,
  BANDWIDTHS,
  isVariant,
  LIMITS,
  type PlayOptions,
  PROPOSALS,
  SQUASHES,
  titleOf,
} from "./options.ts";
import { type PageState, SPEEDS } from "./page_state.ts";

/** Handlers of the controls. */
export interface ControlHandlers {
  readonly play: () => void;
  readonly update: () => void;
  readonly reset: () => void;
  readonly speed: (speed: PageState["speed"]) => void;
  readonly temperature: (value: number) => void;
  readonly algorithms: (algorithms: readonly Algorithm[]) => void;
  readonly options: (changes: Partial<PlayOptions>) => void;
  readonly looked: (looked: Goal) => void;
  readonly particles: (shown: boolean, restart: boolean) => void;
  readonly save: () => void;
  readonly open: (file: File) => void;
}

/** The controls. */
export interface Controls {
  /** Shows a state of the page. */
  readonly show: (page: PageState, playing: boolean) => void;
}

/** Labels of the proposals. */
const PROPOSAL_NAMES: Readonly<Record<PlayOptions["proposal"], string>> = {
  uniform: "the uniform distribution",
  mixture: "Gaussians around its draws",
  sampler: "the sampler (equation 33)",
};

/** Labels of the normalisations. */
const NORMALISATION_NAMES: Readonly<Record<PlayOptions["normalisation"], string>> = {
  none: "none",
  layer: "each layer's units",
};

const [COLDEST, HOTTEST] = LIMITS.temperature;

/** The slider is logarithmic, from the least temperature at 0 to the greatest at 100, rounded to three digits. */
const temperatureOf = (place: number): number =>
  Number((COLDEST * (HOTTEST / COLDEST) ** (place / 100)).toPrecision(3));
const sliderOf = (temperature: number): number =>
  100 * Math.log(temperature / COLDEST) / Math.log(HOTTEST / COLDEST);

/** The effect of a temperature, in a sentence. */
const hint = (temperature: number): string =>
  temperature < 3
    ? "Cold: almost only the best actions, so the paths are straight. If cold from the beginning, it may find only " +
      "one goal; if cooled once it knows them all, it keeps them."
    : temperature <= 15
    ? "Warm: actions that earn about α less than the best are still taken, so all goals are reached, on varied paths."
    : "Hot: variety is worth more than reward. The paths become random walks; the hotter, the fewer reach a goal in time.";

/** A free position for another goal: the candidate farthest from the existing goals. */
function freePlace(goals: readonly Goal[]): Goal {
  const candidates = [-5, -2.5, 0, 2.5, 5].flatMap((x) => [-5, -2.5, 0, 2.5, 5].map((y): Goal => [x, y]))
    .filter(([x, y]) => Math.hypot(x, y) > 2);
  const room = ([x, y]: Goal): number => Math.min(...goals.map(([gx, gy]) => Math.hypot(x - gx, y - gy)));
  return candidates.reduce((best, each) => room(each) > room(best) ? each : best);
}

/** Fills a select element. */
function fill<T extends string>(
  id: string,
  words: readonly T[],
  names: Partial<Record<T, string>> = {},
): void {
  selectOf(id).replaceChildren(
    ...words.map((word) => newElement("option", names[word] ?? word, { value: word })),
  );
}

/** Connects the page's controls. */
export function connectControls(handlers: ControlHandlers): Controls {
  let shown: PageState | null = null;
  fill("squash", SQUASHES);
  fill("proposal", PROPOSALS, PROPOSAL_NAMES);
  fill("bandwidth", BANDWIDTHS);
  fill("normalisation", NORMALISATIONS, NORMALISATION_NAMES);
  const clicked = (id: string, done: () => void): void => byId(id).addEventListener("click", done);
  clicked("play", handlers.play);
  clicked("update", handlers.update);
  clicked("reset", handlers.reset);
  clicked("save", handlers.save);
  byId("controls").addEventListener("submit", (event) => event.preventDefault());

  const alpha = inputOf("alpha");
  const showTemperature = (temperature: number): void => {
    byId("alpha-value").textContent = String(temperature);
    byId("alpha-hint").textContent = hint(temperature);
    alpha.setAttribute("aria-valuetext", String(temperature));
  };
  alpha.addEventListener("input", () => {
    const temperature = temperatureOf(Number(alpha.value));
    showTemperature(temperature);
    handlers.temperature(temperature);
  });
  document.querySelectorAll<HTMLButtonElement>("[data-alpha]").forEach((button) =>
    button.addEventListener("click", () => {
      const temperature = Number(button.dataset.alpha);
      alpha.value = String(sliderOf(temperature));
      showTemperature(temperature);
      handlers.temperature(temperature);
    })
  );
  selectOf("speed").addEventListener("change", ({ target }) => {
    const speed = SPEEDS.find((each) => String(each) === (target as HTMLSelectElement).value);
    if (speed !== undefined) handlers.speed(speed);
  });

  const boxes = ALGORITHMS.map((algorithm) => {
    const box = newElement("input", "", { type: "checkbox", value: algorithm });
    box.addEventListener("change", () => {
      const chosen = ALGORITHMS.filter((_, k) => boxes[k]!.checked);
      if (chosen.length > 0) handlers.algorithms(chosen);
      else box.checked = true; // at least one algorithm must learn
    });
    const label = newElement("label");
    label.append(box, titleOf(algorithm));
    const row = newElement("div");
    row.append(label);
    byId("algorithms").append(row);
    return box;
  });

  selectOf("reward").addEventListener("change", () => {
    const { value } = selectOf("reward");
    if (isVariant(value)) handlers.options({ variant: value });
  });
  const chosen = <T extends string>(id: string, words: readonly T[], done: (word: T) => void): void =>
    selectOf(id).addEventListener("change", () => {
      const word = words.find((each) => each === selectOf(id).value);
      if (word !== undefined) done(word);
    });
  chosen("squash", SQUASHES, (squash) => handlers.options({ squash }));
  chosen("proposal", PROPOSALS, (proposal) => handlers.options({ proposal }));
  chosen("bandwidth", BANDWIDTHS, (bandwidth) => handlers.options({ bandwidth }));
  chosen("normalisation", NORMALISATIONS, (normalisation) => handlers.options({ normalisation }));
  inputOf("seed").addEventListener("change", () => {
    const input = inputOf("seed"), seed = Number(input.value);
    if (input.value === "") input.value = String(shown?.options.seed ?? 0);
    else if (Number.isSafeInteger(seed) && seed >= 0) handlers.options({ seed });
    else input.reportValidity();
  });

  const place = (axis: 0 | 1, id: string): void =>
    inputOf(id).addEventListener("input", () => {
      const [x, y] = shown?.looked ?? [0, 0], value = Number(inputOf(id).value);
      handlers.looked(axis === 0 ? [value, y] : [x, value]);
    });
  place(0, "looked-x");
  place(1, "looked-y");
  inputOf("particles").addEventListener(
    "change",
    () => handlers.particles(inputOf("particles").checked, false),
  );
  clicked("restart", () => handlers.particles(true, true));

  const goalsNow = (): readonly Goal[] => shown?.options.goals ?? [];
  clicked("add-goal", () => {
    const goals = goalsNow();
    if (goals.length < LIMITS.goals[1]) handlers.options({ goals: [...goals, freePlace(goals)] });
  });
  const goalRow = (k: number): HTMLElement => {
    const row = newElement("div", "", { class: "goal" }), number = newElement("b", String(k + 1));
    number.style.background = `var(--goal-${k})`;
    row.append(number);
    (["x", "y"] as const).forEach((axis, i) => {
      const input = newElement("input", "", {
        type: "number",
        min: String(-LIMITS.arena),
        max: String(LIMITS.arena),
        step: "0.1",
        "aria-label": `Goal ${k + 1}, ${axis}`,
      });
      input.addEventListener("change", () => {
        const value = Number(input.value), goals = goalsNow(), goal = goals[k]!;
        if (input.value === "") input.value = String(goal[i]);
        else if (Math.abs(value) > LIMITS.arena) input.reportValidity();
        else {
          const moved: Goal = i === 0 ? [value, goal[1]] : [goal[0], value];
          handlers.options({ goals: goals.map((each, other) => other === k ? moved : each) });
        }
      });
      row.append(input);
    });
    const remove = newElement("button", "×", { type: "button", "aria-label": `Remove goal ${k + 1}` });
    remove.addEventListener("click", () => {
      handlers.options({ goals: goalsNow().filter((_, other) => other !== k) });
      byId("add-goal").focus();
    });
    row.append(remove);
    return row;
  };
  /** Shows the goals; reuses rows, so that the focus is not lost. */
  const showGoals = (goals: readonly Goal[]): void => {
    const rows = byId("goals");
    if (rows.children.length !== goals.length) rows.replaceChildren(...goals.map((_, k) => goalRow(k)));
    goals.forEach((goal, k) => {
      rows.children[k]!.querySelectorAll("input").forEach((input, i) => {
        if (Number(input.value) !== goal[i] || input.value === "") input.value = String(goal[i]);
      });
      rows.children[k]!.querySelector("button")!.disabled = goals.length === 1;
    });
    (byId("add-goal") as HTMLButtonElement).disabled = goals.length >= LIMITS.goals[1];
  };

  connectFiles(handlers.open);
  return {
    show: (page, playing) => {
      const { options, looked } = shown = page;
      const temperature = options.temperatures[options.temperatures.length - 1]!.value;
      byId("play").textContent = playing ? "Pause" : "Play";
      alpha.value = String(sliderOf(temperature));
      showTemperature(temperature);
      selectOf("speed").value = String(page.speed);
      boxes.forEach((box) => box.checked = page.algorithms.some((each) => each === box.value));
      selectOf("reward").value = options.variant;
      selectOf("squash").value = options.squash;
      selectOf("proposal").value = options.proposal;
      selectOf("bandwidth").value = options.bandwidth;
      selectOf("normalisation").value = options.normalisation;
      inputOf("seed").value = String(options.seed);
      inputOf("looked-x").value = String(looked[0]);
      inputOf("looked-y").value = String(looked[1]);
      inputOf("particles").checked = page.particles;
      byId("restart").hidden = byId("particles-text").hidden = !page.particles;
      showGoals(options.goals);
    },
  };
}

/** Handles a file that is chosen or dropped anywhere on the page. */
function connectFiles(open: (file: File) => void): void {
  const input = inputOf("open");
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file !== undefined) open(file);
    input.value = ""; // so that the same file can be chosen again
  });
  onDrop(open);
}
