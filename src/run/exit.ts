/**
 * The exit codes of softq's processes.
 *
 * @module
 */

/** Done; the run failed; the command or configuration is wrong; interrupted after a checkpoint. */
export const EXIT = { done: 0, failed: 1, wrong: 2, interrupted: 130 } as const;
