/// <reference lib="dom" />
/**
 * The page's side of a learning Worker: its newest view and all its evaluations.
 *
 * A view is requested only after the last one has been drawn, and no sooner than the page allows, so that a slow page
 * does not slow learning and a hidden page requests none.
 *
 * @module
 */

import type { Algorithm } from "./options.ts";
import type { Answer, Measured, Request, ValueField, View } from "./protocol.ts";

/** Maximum number of evaluations kept; beyond it, every second one is dropped. */
const MAX_MEASURED = 800;

/** Handlers of a Worker's answers. */
export interface Listener {
  readonly begun: (answer: Extract<Answer, { readonly kind: "begun" }>) => void;
  readonly saved: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly failed: (message: string, lost: boolean) => void;
}

/** The page's handle on a learner. */
export interface Client {
  readonly algorithm: Algorithm;
  readonly send: (request: Request) => void;
  /** Discards all views and restarts learning. */
  readonly begin: (request: Extract<Request, { readonly kind: "begin" }>) => void;
  /** The newest view, or null. */
  readonly view: () => View | null;
  /** The newest field, or null. */
  readonly field: () => ValueField | null;
  readonly measured: () => readonly Measured[];
  /** Whether the view has not been drawn yet; clears the flag. */
  readonly takeNews: () => boolean;
  /** Notes that something may have changed although learning is paused. */
  readonly invalidate: () => void;
  /** Requests a view if there may be something new. */
  readonly refresh: (time: number, leastInterval: number) => void;
  readonly close: () => void;
}

/** Starts a Worker. */
export function openClient(algorithm: Algorithm, script: URL, listener: Listener): Client {
  const worker = new Worker(script, { type: "module" });
  let view: View | null = null, field: ValueField | null = null, measured: Measured[] = [];
  let news = false, asked = false, stale = false, live = false, last = -Infinity;
  const send = (request: Request): void => worker.postMessage(request);
  worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
    switch (data.kind) {
      case "begun":
        live = stale = true;
        asked = false;
        return listener.begun(data);
      case "view":
        asked = false;
        if (!live) return; // from before the restart
        view = data.view;
        field = view.field ?? field;
        measured.push(...view.measured);
        if (measured.length > MAX_MEASURED) measured = measured.filter((_, k) => k % 2 === 0);
        news = true;
        return;
      case "saved":
        return listener.saved(data.bytes);
      case "failed":
        asked = false;
        return listener.failed(data.message, data.lost);
    }
  });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    listener.failed(`The Worker could not be started${event.message ? `: ${event.message}` : ""}`, false);
  });
  return {
    algorithm,
    send,
    begin: (request) => {
      [view, field, measured, live, news] = [null, null, [], false, true];
      send(request);
    },
    view: () => view,
    field: () => field,
    measured: () => measured,
    takeNews: () => {
      const found = news;
      news = false;
      return found;
    },
    invalidate: () => stale = true,
    refresh: (time, leastInterval) => {
      const moving = view === null || view.playing || view.landscape.particles !== null || stale;
      if (!live || asked || !moving || time - last < leastInterval) return;
      [asked, stale, last] = [true, false, time];
      send({ kind: "view" });
    },
    close: () => worker.terminate(),
  };
}
