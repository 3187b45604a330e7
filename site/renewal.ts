/**
 * Redraws only what has changed, because drawing is the most expensive work of these pages.
 *
 * @module
 */

/** The values from which panels were last drawn. */
export interface Renewal {
  /** Whether a panel was last drawn from different values; records the new values. */
  readonly due: (panel: string, ...from: readonly unknown[]) => boolean;
  /** Marks all panels for redrawing. */
  readonly all: () => void;
}

/** A record in which no panel has been drawn yet. */
export function renewal(): Renewal {
  const drawn = new Map<string, readonly unknown[]>();
  return {
    due: (panel, ...from) => {
      const last = drawn.get(panel);
      drawn.set(panel, from);
      return last === undefined || from.length !== last.length ||
        from.some((each, k) => !Object.is(each, last[k]));
    },
    all: () => drawn.clear(),
  };
}
