/**
 * Long computations in pieces, so that whatever shares the event loop with them gets its turn: signals, a server, the
 * frames of a page.
 *
 * Law, tested: how a computation is divided depends on the clock, its result never.
 *
 * @module
 */

import type { Executable } from "./device.ts";

/**
 * A computation that yields after every few milliseconds' work, and may be left at any of these points but those where it
 * says that it is inside something that must be finished.
 */
export type Pieces<A> = Generator<void | "inside", A, void>;

/** Milliseconds after which the event loop gets a turn. A turn costs about 0.3 ms in Deno: one hundredth. */
const PERIOD = 30;

/** Milliseconds that a piece of updates should take. */
const PIECE = 5;

/** What may stop a computation; asked whenever the event loop has had a turn. */
export type Stopped = () => boolean;

const never: Stopped = () => false;

/** Carries out a computation in one go. */
export function atOnce<A>(pieces: Pieces<A>): A {
  for (;;) {
    const next = pieces.next();
    if (next.done) return next.value;
  }
}

/**
 * Carries out a computation with turns of the event loop in between; null where it was stopped. What it is inside of when it
 * is to stop is finished first.
 */
export async function inPieces<A>(pieces: Pieces<A>, stopped: Stopped = never): Promise<A | null> {
  let since = performance.now(), stopping = false;
  for (;;) {
    const next = pieces.next();
    if (next.done) return next.value;
    if (performance.now() - since >= PERIOD) {
      await eventLoopTurn();
      stopping ||= stopped();
      since = performance.now();
    }
    if (stopping && next.value !== "inside") return null;
  }
}

/** Carries out a computation with turns of the event loop in between, to its end. */
export const wholeInPieces = async <A>(pieces: Pieces<A>): Promise<A> => {
  for (const pause = pauses();;) {
    const next = pieces.next();
    if (next.done) return next.value;
    await pause();
  }
};

/** A function that gives the event loop a turn where it has had none for a while. */
export function pauses(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < PERIOD) return;
    await eventLoopTurn();
    since = performance.now();
  };
}

/**
 * Gives the event loop a turn. A timer would take a millisecond or more, where there is `setImmediate` (Deno, Node, Bun) a
 * few microseconds are enough; in a browser a message to oneself takes its place, which frames are drawn between.
 */
export function eventLoopTurn(): Promise<void> {
  const { setImmediate } = globalThis as { readonly setImmediate?: (then: () => void) => unknown };
  return new Promise((resolve) => {
    if (setImmediate !== undefined) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** How many updates a piece has; it follows the speed of the machine. */
export interface Pace {
  /** Updates of the next piece, at least one. */
  updates: number;
}

/** The pace of a training that has not begun. */
export const slowPace = (): Pace => ({ updates: 1 });

/**
 * Makes `count` updates, several a piece, and yields after each piece with the updates that have been made. Where a device
 * can, updates that are made one by one are divided into pieces themselves: the first, before the engine has optimised its
 * code, and those of large networks take longer than a turn of the event loop may wait. Nobody may leave between these: an
 * update that is half made is none, and the state would be neither that before nor that after it.
 */
export function* updatesInPieces(
  { run, runInPieces }: Pick<Executable, "run" | "runInPieces">,
  count: number,
  pace: Pace,
  made: (updates: number) => void,
): Pieces<void> {
  for (let left = count; left > 0;) {
    const times = Math.min(pace.updates, left), begun = performance.now();
    if (pace.updates === 1 && runInPieces !== undefined) {
      for (const _ of runInPieces()) yield "inside";
    } else run(times);
    left -= times;
    made(times);
    const took = performance.now() - begun;
    if (took < PIECE && times === pace.updates) pace.updates *= 2;
    else if (took > 2 * PIECE) pace.updates = Math.max(1, Math.floor(pace.updates / 2));
    yield;
  }
}
