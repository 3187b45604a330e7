/**
 * Colours of the pages by role: those of the figures, and one for each possible goal.
 *
 * @module
 */

import { PALETTE } from "../src/report/svg.ts";

/** A colour on a light and on a dark background; the contrast is at least 3, for text at least 4.5. */
interface Ink {
  readonly light: string;
  readonly dark: string;
}

/** The goals' vermilion, dark enough for text. */
const REPULSION: Ink = { light: "#b04e00", dark: PALETTE.goal.dark };

/** Colours beyond the palette's. */
const SITE_INKS: readonly Ink[] = [
  { light: "#4a58c9", dark: "#98a3ff" },
  { light: "#7d4b2a", dark: "#cf9d78" },
  { light: "#4f5a63", dark: "#b3bec8" },
];

/** Colours of the goals, in order, and of the paths that end in them. */
const GOAL_INKS: readonly Ink[] = [
  PALETTE.policy,
  REPULSION,
  PALETTE.third,
  PALETTE.second,
  PALETTE.fourth,
  ...SITE_INKS,
];

/** Colours of the gallery's bodies, none of them the goals' vermilion. */
const BODY_INKS: readonly Ink[] = [
  PALETTE.policy,
  PALETTE.second,
  PALETTE.third,
  PALETTE.fourth,
  ...SITE_INKS,
  { light: "#1c6a7a", dark: "#74c6d6" },
];

const INKS: Readonly<Record<string, Ink>> = {
  ...PALETTE,
  repulsion: REPULSION,
  line: { light: "#d5dae0", dark: "#343c45" },
  ground: { light: "#f6f8fa", dark: "#1a2026" },
  warning: { light: "#a12622", dark: "#ff9d94" },
  ...Object.fromEntries(GOAL_INKS.map((ink, k) => [`goal-${k}`, ink])),
  ...Object.fromEntries(BODY_INKS.map((ink, k) => [`body-${k}`, ink])),
};

const declarations = (mode: keyof Ink): string =>
  Object.entries(INKS).map(([name, ink]) => `--${name}:${ink[mode]}`).join(";");

/** The custom properties of a style sheet. */
export const inkProperties = (): string =>
  `:root{color-scheme:light dark;${declarations("light")}}` +
  `@media (prefers-color-scheme:dark){:root{${declarations("dark")}}}`;
