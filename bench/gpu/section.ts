/**
 * Sections of the session on a GPU.
 *
 * @module
 */

import type { Findings, Status } from "./report.ts";

/** The context of a section. */
export interface Context {
  /** Folder of the session, for files that persist between two calls. */
  readonly folder: string;
  /** Seconds left of its time; it should end before they are over. */
  readonly left: () => number;
  /** Reports the findings so far. */
  readonly tell: (findings: Findings) => void;
}

/** How a section ended by itself. */
export type Ending = {
  readonly status: Extract<Status, "done" | "skipped" | "failed">;
  readonly reason: string;
};

/** The section completed. */
export const DONE: Ending = { status: "done", reason: "" };

/** The section cannot run here. */
export const skipped = (reason: string): Ending => ({ status: "skipped", reason });

/** The section found wrong results. */
export const failed = (reason: string): Ending => ({ status: "failed", reason });

/** A section: prepares, and then runs within its time. */
export type Section = (folder: string) => Promise<(context: Context) => Promise<Ending>>;
