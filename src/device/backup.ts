/**
 * Copies of values that a program overwrites, so that its run may be abandoned.
 *
 * @module
 */

import { copyBlocks, replicaOf, roomFor, type View } from "../tensor/view.ts";
import type { Pieces } from "./pieces.ts";

/** Memory for a copy of the values of some operands. */
export interface Backup {
  /** Copies the current values, one replica per piece. */
  readonly save: () => Pieces<void>;
  /** Copies the saved values back. */
  readonly restore: () => void;
}

/** Allocates memory for a copy of some operands; null if the host has not enough. */
export function backupOf(views: readonly View[]): Backup | null {
  try {
    const copies = views.map((view) => [view, roomFor(view)] as const);
    return {
      *save() {
        for (const [view, copy] of copies) {
          for (let r = 0; r < view.replicas; r++) {
            copyBlocks(replicaOf(view, r), replicaOf(copy, r));
            yield;
          }
        }
      },
      restore: () => copies.forEach(([view, copy]) => copyBlocks(copy, view)),
    };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
