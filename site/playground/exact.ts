/// <reference lib="dom" />
/**
 * The page's side of the Worker that solves the task exactly.
 *
 * @module
 */

import type { Exact, ExactRequest } from "./exact_worker.ts";

/** The exact solution of the last request. */
export interface ExactClient {
  /** Requests a solution; cancels a pending request. */
  readonly solve: (request: Omit<ExactRequest, "id">) => void;
  /** The solution, or null until it arrives. */
  readonly found: () => Exact | null;
}

/**
 * Makes a client.
 *
 * @param changed called when a solution arrives or is discarded
 */
export function exactClient(script: URL, changed: () => void): ExactClient {
  let worker: Worker | null = null, found: Exact | null = null, id = 0;
  return {
    solve: (request) => {
      found = null;
      changed();
      worker?.terminate();
      worker = new Worker(script, { type: "module" });
      worker.addEventListener("message", ({ data }: MessageEvent<Exact>) => {
        if (data.id !== id) return;
        found = data;
        changed();
      });
      worker.postMessage({ ...request, id: ++id } satisfies ExactRequest);
    },
    found: () => found,
  };
}
