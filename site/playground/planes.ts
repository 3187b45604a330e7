/// <reference lib="dom" />
/**
 * The learners' planes side by side: goals can be dragged in them, and the viewed state moved anywhere.
 *
 * @module
 */

import { type Goal, GOAL_RADIUS } from "../../envs/point_mass.ts";
import { backdrops, type levelPaths } from "../canvas.ts";
import type { Client } from "./client.ts";
import { newElement } from "../dom.ts";
import { type Algorithm, LIMITS, titleOf } from "./options.ts";
import { drawPlane } from "./panels.ts";
import { rolloutsReading } from "./readings.ts";
import type { Renewal } from "../renewal.ts";

/** Handlers of a plane's events. */
export interface PlaneHandlers {
  readonly goals: () => readonly Goal[];
  readonly looked: (looked: Goal) => void;
  /** Goals are being dragged. */
  readonly drag: (goals: readonly Goal[]) => void;
  /** Goals have been dropped. */
  readonly dropped: () => void;
  /** Another learner has been selected. */
  readonly focus: (algorithm: Algorithm) => void;
}

/** The planes. */
export interface Planes {
  /** Shows a plane for each algorithm. */
  readonly show: (algorithms: readonly Algorithm[], focused: Algorithm) => void;
  /** Draws the planes that have changed; the returned function updates their text. */
  readonly draw: (
    clients: readonly Client[],
    levels: ReturnType<typeof levelPaths>,
    goals: readonly Goal[],
    looked: Goal,
    panels: Renewal,
  ) => () => void;
}

/** The position under a pointer, rounded to tenths. */
function pointerPosition(canvas: HTMLCanvasElement, { clientX, clientY }: PointerEvent): Goal {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const inside = (share: number): number => {
    const place = LIMITS.arena * (2 * share - 1);
    return Math.round(10 * Math.min(LIMITS.arena, Math.max(-LIMITS.arena, place))) / 10 + 0;
  };
  return [inside((clientX - left) / width), inside(1 - (clientY - top) / height)];
}

/** Makes goals and the viewed state draggable. */
function connect(canvas: HTMLCanvasElement, handlers: PlaneHandlers): void {
  let goal = -1, dragging = false;
  const move = (event: PointerEvent): void => {
    const place = pointerPosition(canvas, event);
    if (goal < 0) handlers.looked(place);
    else handlers.drag(handlers.goals().map((each, k) => k === goal ? place : each));
  };
  canvas.addEventListener("pointerdown", (event) => {
    const [x, y] = pointerPosition(canvas, event);
    goal = handlers.goals().findIndex(([gx, gy]) => Math.hypot(x - gx, y - gy) < 0.6 * GOAL_RADIUS);
    dragging = true;
    canvas.setPointerCapture(event.pointerId);
    if (goal < 0) move(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (dragging) move(event);
  });
  const end = (): void => {
    if (dragging && goal >= 0) handlers.dropped();
    dragging = false;
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
}

/** Creates the planes in an element. */
export function planesIn(parent: HTMLElement, handlers: PlaneHandlers): Planes {
  let figures: {
    readonly algorithm: Algorithm;
    readonly canvas: HTMLCanvasElement;
    readonly text: HTMLElement;
  }[] = [];
  const backdrop = backdrops();
  return {
    show: (algorithms, focused) => {
      figures = algorithms.map((algorithm) => {
        const name = titleOf(algorithm);
        const canvas = newElement("canvas", "", {
          class: "square",
          role: "img",
          "aria-label": `Episodes of ${name} in the plane with its goals`,
          "aria-describedby": `reading-${algorithm}`,
          "data-algorithm": algorithm,
        });
        connect(canvas, handlers);
        return {
          algorithm,
          canvas,
          text: newElement("span", "", { id: `reading-${algorithm}`, class: "reading" }),
        };
      });
      parent.replaceChildren(...figures.map(({ algorithm, canvas, text }) => {
        const figure = newElement("figure"), caption = newElement("figcaption");
        if (algorithms.length > 1) {
          const label = newElement("label"),
            radio = newElement("input", "", { type: "radio", name: "focus" });
          radio.checked = algorithm === focused;
          radio.addEventListener("change", () => handlers.focus(algorithm));
          label.append(radio, `${titleOf(algorithm)} in the other panels`);
          caption.append(label, newElement("br"));
        }
        caption.append(text);
        figure.append(canvas, caption);
        return figure;
      }));
    },
    draw: (clients, levels, goals, looked, panels) => {
      const words: (() => void)[] = [];
      for (const { algorithm, canvas, text } of figures) {
        const view = clients.find((client) => client.algorithm === algorithm)?.view() ?? null;
        if (!panels.due(`plane ${algorithm}`, canvas, view, levels, goals, looked)) continue;
        // While goals are dragged, the old policy's episodes belong to another task.
        const fits = view !== null && view.rollouts.goals.every((goal) => goal < goals.length);
        drawPlane(canvas, levels, backdrop, fits ? view.rollouts : null, goals, looked);
        const reading = view === null
          ? "begins …"
          : `${view.steps} steps${view.playing ? `, ${Math.round(view.rate)} updates/s` : ""}. ${
            fits ? rolloutsReading(view.rollouts, goals.length) : ""
          }`;
        words.push(() => text.textContent = reading);
      }
      return () => words.forEach((write) => write());
    },
  };
}
