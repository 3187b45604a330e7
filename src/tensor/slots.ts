/**
 * Slot allocation for groups of variables: each takes the free slot whose length is nearest to its own and releases it
 * after its last use.
 *
 * @module
 */

import { type Draft, find, type Group, type Slot } from "./placement.ts";

/** A slot allocator that follows the equations in order. */
export interface Slots {
  /** All slots allocated so far. */
  readonly slots: readonly Slot[];
  /** Allocates a slot to a group until its last use. */
  readonly take: (group: Group) => number;
  /** Advances to equation k: frees the slots of groups that ended before it and allocates those of groups it starts. */
  readonly advance: (k: number) => void;
}

/** An allocator for a draft; groups with a slot of their own get it immediately. */
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
