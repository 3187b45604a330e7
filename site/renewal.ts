/**
 * Drawing what has changed, and nothing else: drawing costs more than anything else that a page of these does.
 *
 * @module
 */

/** What panels were drawn from. */
export interface Renewal {
  /** Whether a panel was last drawn from other values than these, which it is taken to be drawn from now. */
  readonly due: (panel: string, ...from: readonly unknown[]) => boolean;
  /** Has all of them drawn again. */
  readonly all: () => void;
}

/** No panel is drawn yet. */
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
