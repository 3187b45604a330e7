/**
 * The layout of plots on a canvas.
 *
 * @module
 */

/** The box of a plot, px from the upper left corner; titles are above it, numbers to the left and below. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly wide: number;
  readonly tall: number;
}

/** Margins, px. */
const LEFT = 44, RIGHT = 10, TITLE = 17, BETWEEN = 8, BOTTOM = 18;

/** The boxes of plots: side by side if there is room, else one below another. */
export function boxesOf(width: number, height: number, count: number): readonly Box[] {
  const beside = width > 2 * height, columns = beside ? count : 1, rows = count / columns;
  const tall = (height - BOTTOM - rows * TITLE - (rows - 1) * BETWEEN) / rows;
  return Array.from({ length: count }, (_, p) => ({
    left: (beside ? p * width / columns : 0) + LEFT,
    top: (beside ? 0 : p) * (tall + TITLE + BETWEEN) + TITLE,
    wide: width / columns - LEFT - RIGHT,
    tall,
  }));
}
