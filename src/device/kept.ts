/**
 * Values that are kept while a program runs, so that the run may be abandoned.
 *
 * @module
 */

import { copyBlocks, replicaOf, roomFor, type View } from "../tensor/view.ts";
import type { Pieces } from "./pieces.ts";

/** Room for the values of some operands. */
export interface Kept {
  /** Keeps the values that there are now, block by block. */
  readonly keep: () => Pieces<void>;
  /** Puts back the values that were kept. */
  readonly putBack: () => void;
}

/** Takes room for the values of some operands; null where the host has none left. */
export function keptOf(views: readonly View[]): Kept | null {
  try {
    const copies = views.map((view) => [view, roomFor(view)] as const);
    return {
      *keep() {
        for (const [view, copy] of copies) {
          for (let r = 0; r < view.replicas; r++) {
            copyBlocks(replicaOf(view, r), replicaOf(copy, r));
            yield;
          }
        }
      },
      putBack: () => copies.forEach(([view, copy]) => copyBlocks(copy, view)),
    };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
