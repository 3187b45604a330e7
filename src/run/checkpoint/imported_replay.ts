/**
 * Initialising a replay with the transitions of another run.
 *
 * Laws, tested: minibatches are then drawn from the live transitions of the other run, row for row, and from the new
 * ones; an incomplete checkpoint is refused.
 *
 * @module
 */

import type { Checkpoint } from "./checkpoint.ts";
import { appendRow, appendTransition, firstNeeded, type Replay, rowsFor } from "../../train/replay.ts";

/** Transitions of one replica: observations, and the transitions between them. */
export interface ImportedTransitions {
  /** `[rows, observation size]` */
  readonly rows: readonly number[];
  /** `[transitions, 2]` indices of the rows before and after. */
  readonly links: readonly number[];
  /** `[transitions, action size]` */
  readonly actions: readonly number[];
  /** `[transitions, 2]` reward, and 1 if it terminated the episode, else 0. */
  readonly outcomes: readonly number[];
}

/** The live transitions of each replica at a checkpoint; null if it is incomplete. */
export function transitionsIn(
  { snapshot: { tensors }, source }: Checkpoint,
  replicas: number,
  capacity: number,
): readonly ImportedTransitions[] | null {
  const found = Array.from({ length: replicas }, (_, r): ImportedTransitions | null => {
    const at = (name: string): number => tensors[name]?.data[r] ?? NaN;
    const rows = at("replay.rows"), transitions = at("replay.transitions");
    const first = firstNeeded(rowsFor(capacity), rows, transitions, at("replay.oldest"));
    const counts = [rows, transitions, first.rows, first.transitions];
    const part = counts.every((count) => Number.isSafeInteger(count) && count >= 0)
      ? source?.(r, [first.rows, rows], [first.transitions, transitions]) ?? null
      : null;
    return part === null ? null : { ...part, links: part.links.map((row) => row - first.rows) };
  });
  return found.some((each) => each === null) ? null : found as readonly ImportedTransitions[];
}

/** Appends the transitions of another run to replica r, as many of the newest as fit. */
export function importTransitions(replay: Replay, r: number, kept: ImportedTransitions): void {
  const { spec: { capacity, observation, action }, cursor } = replay;
  const count = kept.outcomes.length / 2, rows = kept.rows.length / observation;
  const firstRow = Math.max(0, rows - rowsFor(capacity));
  const base = cursor.rows[r]! - firstRow;
  for (let i = firstRow; i < rows; i++) {
    appendRow(replay, r, kept.rows.slice(i * observation, (i + 1) * observation));
  }
  for (let k = Math.max(0, count - capacity); k < count; k++) {
    const [from, to] = kept.links.slice(2 * k, 2 * k + 2) as [number, number],
      [reward, ended] = kept.outcomes.slice(2 * k, 2 * k + 2) as [number, number];
    if (from < firstRow) continue;
    const chosen = kept.actions.slice(k * action, (k + 1) * action);
    appendTransition(replay, r, base + from, base + to, chosen, reward, ended === 1);
  }
}
