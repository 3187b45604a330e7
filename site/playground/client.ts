/// <reference lib="dom" />
/**
 * The page's side of a Worker that learns: its newest view and all its evaluations.
 *
 * A view is asked for when the last one has been drawn, and not sooner than the page lets it, so that a slow page slows no
 * learning and a page that nobody sees asks for none.
 *
 * @module
 */

import type { Algorithm } from "./options.ts";
import type { Answer, Measured, Request, ValueField, View } from "./protocol.ts";

/** Evaluations that the page keeps; beyond them every second one is dropped. */
const MOST_MEASURED = 800;

/** What a Worker tells the page. */
export interface Listener {
  readonly begun: (answer: Extract<Answer, { readonly kind: "begun" }>) => void;
  readonly saved: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly failed: (message: string, lost: boolean) => void;
}

/** A learner as the page sees it. */
export interface Client {
  readonly algorithm: Algorithm;
  readonly send: (request: Request) => void;
  /** Forgets what was seen and begins anew. */
  readonly begin: (request: Extract<Request, { readonly kind: "begin" }>) => void;
  /** The newest view, or null. */
  readonly view: () => View | null;
  /** The newest field, or null. */
  readonly field: () => ValueField | null;
  readonly measured: () => readonly Measured[];
  /** Whether the view has not been drawn yet. */
  readonly takeNews: () => boolean;
  /** Says that something may have changed though nothing is learned. */
  readonly stir: () => void;
  /** Asks for a view where there may be something new. */
  readonly refresh: (time: number, leastInterval: number) => void;
  readonly close: () => void;
}

/** Starts a Worker. */
export function openClient(algorithm: Algorithm, script: URL, listener: Listener): Client {
  const worker = new Worker(script, { type: "module" });
  let view: View | null = null, field: ValueField | null = null, measured: Measured[] = [];
  let news = false, asked = false, stirred = false, live = false, last = -Infinity;
  const send = (request: Request): void => worker.postMessage(request);
  worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
    switch (data.kind) {
      case "begun":
        live = stirred = true;
        asked = false;
        return listener.begun(data);
      case "view":
        asked = false;
        if (!live) return; // of what was there before it began anew
        view = data.view;
        field = view.field ?? field;
        measured.push(...view.measured);
        if (measured.length > MOST_MEASURED) measured = measured.filter((_, k) => k % 2 === 0);
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
    stir: () => stirred = true,
    refresh: (time, leastInterval) => {
      const moving = view === null || view.playing || view.landscape.particles !== null || stirred;
      if (!live || asked || !moving || time - last < leastInterval) return;
      [asked, stirred, last] = [true, false, time];
      send({ kind: "view" });
    },
    close: () => worker.terminate(),
  };
}
