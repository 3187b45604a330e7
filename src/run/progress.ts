/**
 * A run's reports of its progress, however they are shown.
 *
 * @module
 */

/** What the loop tells. */
export interface ProgressReport {
  /** Environment steps done. */
  readonly step: number;
  /** Updates done. */
  readonly updates: number;
  /** The loss last seen. */
  readonly loss?: number;
}

/** A run's progress on some output. */
export interface Progress {
  /** Reports a new state; shows it if it is time to. Cheap enough to call at every chunk. */
  readonly report: (report: ProgressReport) => void;
  /** Removes the redrawn line for `line` (with its own end), and draws it again with the next report. */
  readonly interrupt: (line: string) => void;
  /** Shows the last report and ends the line. */
  readonly finish: () => void;
}
