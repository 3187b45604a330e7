/**
 * A run's reports of its progress, and the interface of their displays.
 *
 * @module
 */

/** A report of the loop. */
export interface ProgressReport {
  /** Environment steps so far. */
  readonly step: number;
  /** Updates so far. */
  readonly updates: number;
  /** The newest loss. */
  readonly loss?: number;
}

/** A display of a run's progress. */
export interface Progress {
  /** Reports a new state, which is shown if due. Cheap enough for every chunk. */
  readonly report: (report: ProgressReport) => void;
  /** Clears the progress line, prints `line` (with its own line break), and redraws with the next report. */
  readonly interrupt: (line: string) => void;
  /** Shows the last report and ends the line. */
  readonly finish: () => void;
}
