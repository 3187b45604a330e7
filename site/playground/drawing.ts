/// <reference lib="dom" />
/**
 * Draws the panels of the playground, and writes their text.
 *
 * @module
 */

import type { levelPaths } from "../canvas.ts";
import { byId, canvasOf } from "../dom.ts";
import { type Renewal, renewal } from "../renewal.ts";
import type { Client } from "./client.ts";
import { drawCurves, plotsOf } from "./curves.ts";
import type { Exact } from "./exact_worker.ts";
import { commandOf, hasTemperature } from "./options.ts";
import type { PageState } from "./page_state.ts";
import { drawField, drawLandscape } from "./panels.ts";
import type { Planes } from "./planes.ts";
import { curvesReading, fieldReading, landscapeReading, positionText } from "./readings.ts";

/** What the panels show. */
export interface DrawingInputs {
  readonly page: PageState;
  readonly clients: readonly Client[];
  /** Level curves of the reward. */
  readonly levels: ReturnType<typeof levelPaths>;
  readonly exact: Exact | null;
}

/** The panels. */
export interface Drawing {
  /** Draws what has changed. */
  readonly draw: (shown: DrawingInputs) => void;
  /** Marks all panels for redrawing. */
  readonly all: () => void;
}

/** The equivalent command, or why there is none. */
const commandText = ({ options, front, file }: PageState, steps: number): string =>
  file !== null
    ? "No command continues from a file alone: --init of “softq train” takes the folder of a run."
    : steps === 0
    ? "Nothing is learned yet."
    : commandOf(options, front, steps) ??
      "The command line has no flags for custom goals or for a temperature that is changed by hand.";

/** The panels of the page other than its planes. */
export function drawingOf(planes: Planes): Drawing {
  const panels: Renewal = renewal();
  return {
    all: panels.all,
    // First all canvases, then all text, since reading a size after writing forces a layout.
    draw: ({ page, clients, levels, exact }) => {
      const { options, looked, front } = page, { goals } = options;
      const client = clients.find(({ algorithm }) => algorithm === front);
      const view = client?.view() ?? null, field = client?.field() ?? null;
      const words = new Map<string, string>([["looked", positionText(looked)]]);
      const tellPlanes = planes.draw(clients, levels, goals, looked, panels);
      if (view !== null && panels.due("landscape", view.landscape)) {
        drawLandscape(canvasOf("landscape"), view.landscape);
        words.set("landscape-reading", landscapeReading(view));
      }
      if (field !== null && panels.due("field", field, goals, looked, front)) {
        drawField(canvasOf("field"), field, goals, looked);
        words.set("field-reading", fieldReading(field, looked, hasTemperature(options, front)));
      }
      const learned = clients.map((each) => ({ algorithm: each.algorithm, measured: each.measured() }));
      if (panels.due("curves", front, exact, ...learned.map(({ measured }) => measured.at(-1)))) {
        drawCurves(canvasOf("curves"), plotsOf(learned, front, exact));
        words.set("curves-reading", curvesReading(client?.measured().at(-1) ?? null, exact));
      }
      words.set("command", commandText(page, view?.steps ?? 0));
      tellPlanes();
      for (const [id, text] of words) if (byId(id).textContent !== text) byId(id).textContent = text;
    },
  };
}
