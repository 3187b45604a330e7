/**
 * Labels of lines, moved apart where they would overlap.
 *
 * Law, tested: labels keep their order, stay within bounds and, if there is room for all, do not overlap.
 *
 * @module
 */

/** Height of a label, with some margin. */
const LABEL_HEIGHT = 11;

/** Moves labels apart where they would overlap, keeping their vertical order and within bounds. */
export function spreadLabels<T extends { readonly y: number }>(
  names: readonly T[],
  top: number,
  bottom: number,
): T[] {
  const sorted = names.toSorted((a, b) => a.y - b.y), heights = sorted.map(({ y }) => Math.max(top, y));
  for (let k = 1; k < heights.length; k++) heights[k] = Math.max(heights[k]!, heights[k - 1]! + LABEL_HEIGHT);
  for (let k = heights.length - 1; k >= 0; k--) {
    heights[k] = Math.min(heights[k]!, k === heights.length - 1 ? bottom : heights[k + 1]! - LABEL_HEIGHT);
  }
  return sorted.map((each, k) => ({ ...each, y: heights[k]! }));
}
