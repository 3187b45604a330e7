/**
 * Slots for groups of variables: each takes the free slot whose length is nearest to its own, and gives it back after
 * its last use.
 *
 * @module
 */

import { type Draft, find, type Group, type Slot } from "./placement.ts";

/** Hands out slots while the equations are walked through in order. */
export interface Slots {
  /** All slots made so far. */
  readonly slots: readonly Slot[];
  /** Gives a slot to a group, until its last use. */
  readonly take: (group: Group) => number;
  /** Makes ready for equation k: what ended before it is free, what begins with it gets its slot. */
  readonly advance: (k: number) => void;
}

/** Slots for a draft; groups that own theirs have them at once. */
export function slotsFor({ positions }: Draft): Slots {
  const slots: { element: Slot["element"]; length: number }[] = [];
  const free: number[] = [];
  const live: Group[] = [];
  const take = (group: Group): number => {
    if (group.slot >= 0) return group.slot;
    const distance = (s: number): number => Math.abs(slots[s]!.length - group.length);
    const fitting = group.owned ? [] : free.filter((s) => slots[s]!.element === group.element);
    const [nearest] = fitting.sort((a, b) => distance(a) - distance(b));
    if (nearest === undefined) group.slot = slots.push({ element: group.element, length: group.length }) - 1;
    else group.slot = free.splice(free.indexOf(nearest), 1)[0]!;
    slots[group.slot]!.length = Math.max(slots[group.slot]!.length, group.length);
    if (!group.owned) live.push(group);
    return group.slot;
  };
  const roots = [
    ...new Set(positions.flatMap((position) => position === undefined ? [] : [find(position.group)])),
  ];
  const waiting = roots.filter(({ owned }) => !owned).sort((a, b) => a.first - b.first);
  roots.filter(({ owned }) => owned).forEach(take);
  return {
    slots,
    take,
    advance: (k) => {
      for (let i = live.length - 1; i >= 0; i--) {
        if (live[i]!.last < k) free.push(...live.splice(i, 1).map(({ slot }) => slot));
      }
      while (waiting.length > 0 && waiting[0]!.first <= k) take(waiting.shift() as Group);
    },
  };
}
