/**
 * Names of lines, moved apart where they would lie over one another.
 *
 * Law, tested: they keep their order, and stand within bounds and a name's height apart where there is room for all.
 *
 * @module
 */

/** Height of a name of a line, with some room. */
const NAME = 11;

/** Names moved apart where they would lie over one another, in the order of their heights and within bounds. */
export function apart<T extends { readonly y: number }>(
  names: readonly T[],
  top: number,
  bottom: number,
): T[] {
  const sorted = names.toSorted((a, b) => a.y - b.y), heights = sorted.map(({ y }) => Math.max(top, y));
  for (let k = 1; k < heights.length; k++) heights[k] = Math.max(heights[k]!, heights[k - 1]! + NAME);
  for (let k = heights.length - 1; k >= 0; k--) {
    heights[k] = Math.min(heights[k]!, k === heights.length - 1 ? bottom : heights[k + 1]! - NAME);
  }
  return sorted.map((each, k) => ({ ...each, y: heights[k]! }));
}
