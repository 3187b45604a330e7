/**
 * Serialises a page's state as the fragment of its address (after `#`), and parses it.
 *
 * Laws, tested: parsing inverts writing; parsing never fails: a part that cannot be parsed keeps its default and is
 * reported in a sentence; the defaults are the empty text.
 *
 * @module
 */

import type { Goal } from "../../envs/point_mass.ts";
import { NORMALISATIONS } from "../../src/learn/network.ts";
import {
  type Algorithm,
  ALGORITHMS,
  BANDWIDTHS,
  isVariant,
  LIMITS,
  type PlayOptions,
  PROPOSALS,
  SQUASHES,
  type Temperature,
} from "./options.ts";
import { DEVICES, PAGE_DEFAULTS, type PageState, SPEEDS, withLearners, withSchedules } from "./page_state.ts";

/** Rounds to three decimals: a thousandth of the arena's unit is less than a pixel. */
const short = (x: number): string => String(Math.round(x * 1000) / 1000 + 0);
const placeText = ([x, y]: Goal): string => `${short(x)},${short(y)}`;
const temperaturesText = (temperatures: readonly Temperature[]): string =>
  temperatures.map(({ from, value }) => from === 0 ? short(value) : `${short(value)}@${from}`).join(";");

/** A field of the address: how it is written and parsed; parsing gives null for an invalid text. */
interface Field {
  readonly write: (state: PageState) => string;
  readonly read: (text: string, state: PageState) => PageState | null;
  readonly wanted: string;
}

const within = (value: number, [least, most]: readonly [number, number]): boolean =>
  value >= least && value <= most;
const number = (text: string): number => /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
const count = (text: string): number =>
  /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : NaN;

function place(text: string): Goal | null {
  const parts = text.split(",").map(number);
  return parts.length === 2 && parts.every((x) => Math.abs(x) <= LIMITS.arena)
    ? [parts[0]!, parts[1]!]
    : null;
}

function temperatures(text: string): readonly Temperature[] | null {
  const read = text.split(";").map((part): Temperature => {
    const [value, from = "0", ...rest] = part.split("@") as [string, string, ...string[]];
    return { value: rest.length === 0 ? number(value) : NaN, from: count(from) };
  });
  const good = read.length <= 1000 && read[0]!.from === 0 &&
    read.every(({ from, value }, k) =>
      within(value, LIMITS.temperature) && within(from, LIMITS.steps) && (k === 0 || from > read[k - 1]!.from)
    );
  return good ? read : null;
}

const changed = <K extends keyof PlayOptions>(
  state: PageState,
  name: K,
  value: PlayOptions[K],
): PageState => ({
  ...state,
  options: { ...state.options, [name]: value },
});

/** The settings in an address of a learner that is not in front. */
const fieldsOfOther = (algorithm: Algorithm): Readonly<Record<string, Field>> => {
  const isOther = ({ algorithms, front }: PageState): boolean =>
    algorithms.includes(algorithm) && algorithm !== front;
  const wanted = `of a learner that is named before it and not in front`;
  return {
    [`alpha-${algorithm}`]: {
      write: ({ otherTemperatures: { [algorithm]: own } }) => own === undefined ? "" : temperaturesText(own),
      read: (text, state) => {
        const found = temperatures(text), { otherTemperatures } = state;
        return found === null || !isOther(state)
          ? null
          : { ...state, otherTemperatures: { ...otherTemperatures, [algorithm]: found } };
      },
      wanted: `temperatures ${wanted}`,
    },
    [`at-${algorithm}`]: {
      write: ({ otherUntil: { [algorithm]: own } }) => own === undefined ? "" : String(own),
      read: (text, state) =>
        within(count(text), LIMITS.steps) && isOther(state)
          ? { ...state, otherUntil: { ...state.otherUntil, [algorithm]: count(text) } }
          : null,
      wanted: `a number of steps ${wanted}`,
    },
  };
};

/** An option with a few possible words. */
const word = <K extends "squash" | "proposal" | "bandwidth" | "normalisation">(
  name: K,
  words: readonly PlayOptions[K][],
): Field => ({
  write: ({ options }) => options[name],
  read: (text, state) => {
    const found = words.find((each) => each === text);
    return found === undefined ? null : changed(state, name, found);
  },
  wanted: `one of ${words.join(", ")}`,
});

const FIELDS: Readonly<Record<string, Field>> = {
  learn: {
    write: ({ algorithms }) => algorithms.join(","),
    read: (text, state) => {
      const names = text.split(",");
      const algorithms = ALGORITHMS.filter((each) => names.includes(each));
      return algorithms.length === names.length ? withLearners(state, algorithms) : null;
    },
    wanted: `some of ${ALGORITHMS.join(",")}`,
  },
  // After the learners, of which it is one.
  front: {
    write: ({ algorithms, front }) => front === algorithms[0] ? "" : front,
    read: (text, state) => {
      const front = state.algorithms.find((each) => each === text);
      return front === undefined ? null : { ...state, front };
    },
    wanted: "one of the learners that are named before it",
  },
  alpha: {
    write: ({ options }) => temperaturesText(options.temperatures),
    read: (text, state) => {
      const found = temperatures(text);
      return found === null ? null : changed(state, "temperatures", found);
    },
    wanted: `temperatures from ${
      LIMITS.temperature.join(" to ")
    }, such as 10 or 10;3@2000 (3 from step 2000 on)`,
  },
  reward: {
    write: ({ options }) => options.variant,
    read: (text, state) => isVariant(text) ? changed(state, "variant", text) : null,
    wanted: "final-code, first-code or mixture-of-gaussians",
  },
  goals: {
    write: ({ options }) => options.goals.map(placeText).join(";"),
    read: (text, state) => {
      const goals = text.split(";").map(place);
      const good = within(goals.length, LIMITS.goals) && goals.every((goal) => goal !== null);
      return good ? changed(state, "goals", goals) : null;
    },
    wanted: `1 to ${LIMITS.goals[1]} places in the arena, such as 5,0;-5,0`,
  },
  squash: word("squash", SQUASHES),
  proposal: word("proposal", PROPOSALS),
  bandwidth: word("bandwidth", BANDWIDTHS),
  normalisation: word("normalisation", NORMALISATIONS),
  hidden: {
    write: ({ options }) => options.hidden.join(","),
    read: (text, state) => {
      const hidden = text.split(",").map(count);
      const good = within(hidden.length, LIMITS.layers) &&
        hidden.every((width) => within(width, LIMITS.width));
      return good ? changed(state, "hidden", hidden) : null;
    },
    wanted: `1 to ${LIMITS.layers[1]} widths from ${LIMITS.width.join(" to ")}, such as 64,64`,
  },
  seed: {
    write: ({ options }) => String(options.seed),
    read: (text, state) => Number.isNaN(count(text)) ? null : changed(state, "seed", count(text)),
    wanted: "an integer from 0",
  },
  state: {
    write: ({ looked }) => placeText(looked),
    read: (text, state) => {
      const looked = place(text);
      return looked === null ? null : { ...state, looked };
    },
    wanted: "a place in the arena, such as 2.5,2.5",
  },
  particles: {
    write: ({ particles }) => particles ? "on" : "off",
    read: (text, state) => text === "on" || text === "off" ? { ...state, particles: text === "on" } : null,
    wanted: "on or off",
  },
  speed: {
    write: ({ speed }) => speed === 0 ? "fastest" : String(speed),
    read: (text, state) => {
      const speed = SPEEDS.find((each) => (each === 0 ? "fastest" : String(each)) === text);
      return speed === undefined ? null : { ...state, speed };
    },
    wanted: "1, 10, 100 or fastest",
  },
  device: {
    write: ({ device }) => device,
    read: (text, state) => {
      const device = DEVICES.find((each) => each === text);
      return device === undefined ? null : { ...state, device };
    },
    wanted: "auto, cpu or webgpu",
  },
  at: {
    write: ({ until }) => until === null ? "" : String(until),
    read: (text, state) => within(count(text), LIMITS.steps) ? { ...state, until: count(text) } : null,
    wanted: `a number of steps up to ${LIMITS.steps[1]}`,
  },
  // After the learners and the one in front.
  ...Object.assign({}, ...ALGORITHMS.map(fieldsOfOther)),
  file: {
    write: ({ file }) => file === null ? "" : `${file.digest},${file.name}`,
    read: (text, state) => {
      const [, digest, name] = /^([0-9a-f]{16}|),([\w.-]{1,80})$/.exec(text) ?? [];
      return digest === undefined || name === undefined ? null : { ...state, file: { digest, name } };
    },
    wanted: "the digest and the name of a policy file",
  },
};

/** The fragment of the address for a state; contains only what differs from the defaults. */
export const writeAddress = (state: PageState): string =>
  Object.entries(FIELDS).flatMap(([name, { write }]) => {
    const text = write(state);
    return text === write(PAGE_DEFAULTS) ? [] : [`${name}=${text}`];
  }).join("&");

/** Parses an address; each part that cannot be parsed is reported in a sentence. */
export function readAddress(
  text: string,
): { readonly state: PageState; readonly complaints: readonly string[] } {
  let state = PAGE_DEFAULTS;
  const complaints: string[] = [];
  const shown = (part: string): string => part.length > 60 ? `${part.slice(0, 57)}…` : part;
  for (const part of text.replace(/^#/, "").split("&").filter((each) => each !== "")) {
    const [name, ...rest] = part.split("=") as [string, ...string[]], value = unescaped(rest.join("="));
    const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    const next = field?.read(value, state);
    if (field === undefined) {
      complaints.push(`The address asks for “${shown(name)}”, which this page does not know.`);
    } else if (next === null || next === undefined) {
      complaints.push(`In the address ${name} must be ${field.wanted}; “${shown(value)}” is not.`);
    } else state = next;
  }
  // Settings of removed learners, and separate ones of the learner in front, are dropped.
  return { state: withSchedules(state, {}), complaints };
}

/** Decodes percent-encoding; a text with invalid encoding is returned unchanged. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
