/**
 * What a section of the session on a GPU is.
 *
 * @module
 */

import type { Findings, Status } from "./report.ts";

/** What a section is given. */
export interface Context {
  /** Folder of the session, for what is kept between two calls. */
  readonly folder: string;
  /** Seconds left of its time; its own end should come before they are over. */
  readonly left: () => number;
  /** Reports what has been found so far. */
  readonly tell: (findings: Findings) => void;
}

/** How a section ended by itself. */
export type Ending = {
  readonly status: Extract<Status, "done" | "skipped" | "failed">;
  readonly reason: string;
};

/** It did what it should. */
export const DONE: Ending = { status: "done", reason: "" };

/** It could not be done here. */
export const skipped = (reason: string): Ending => ({ status: "skipped", reason });

/** What it found is wrong. */
export const failed = (reason: string): Ending => ({ status: "failed", reason });

/** A section: prepares, and then runs within its time. */
export type Section = (folder: string) => Promise<(context: Context) => Promise<Ending>>;
