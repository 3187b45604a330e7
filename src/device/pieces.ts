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
 * A computation that yields after every few milliseconds of work, and may be abandoned at any of these points unless it
 * yields "inside": then it is within something that must be finished. It yields a promise to wait for before it continues.
 */
export type Pieces<A> = Generator<void | "inside" | Promise<void>, A, void>;

/** A step of a program: done at once, or in pieces where it takes long. Either way it has the same bits. */
export interface Task {
  readonly run: () => void;
  /**
   * The same in pieces of a few milliseconds. What abandons it must return it, whereupon nobody computes it any further;
   * what it has computed by then is left.
   */
  readonly pieces?: () => Pieces<void>;
}

/** Milliseconds after which the event loop gets a turn: sixty times a second. A turn costs 0.03 to 0.1 ms in Deno. */
const PERIOD = 16;

/** Milliseconds that a piece of updates should take. */
const PIECE = 5;

/** Milliseconds that a piece of updates should take on a device that computes by itself; two are in its queue. */
const QUEUED_PIECE = 50;

/** What may stop a computation; asked whenever the event loop has had a turn. */
export type Stopped = () => boolean;

const never: Stopped = () => false;

/** Carries out a computation in one go, without waiting for anything. */
export function runSynchronously<A>(pieces: Pieces<A>): A {
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
    if (next.value instanceof Promise) await next.value;
    if (performance.now() - since >= PERIOD) {
      await eventLoopTurn();
      stopping ||= stopped();
      since = performance.now();
    }
    if (stopping && next.value !== "inside") {
      pieces.return(null as A); // whereupon it leaves everything as it should be
      return null;
    }
  }
}

/** The value of a promise; null if the computation that waits for it was stopped first. */
export async function unlessStopped<A>(promise: Promise<A>, stopped: Stopped = never): Promise<A | null> {
  let timer: ReturnType<typeof setInterval> | undefined;
  const asked = new Promise<null>((resolve) => {
    timer = setInterval(() => stopped() && resolve(null), PERIOD);
  });
  try {
    return await Promise.race([promise, asked]);
  } finally {
    clearInterval(timer);
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
 * Rounds of the event loop in a turn. A loop that never waits looks for signals and for what arrives only every few dozen
 * rounds (in Deno: 0.5 to 3 s with one round every 30 ms, at most 70 ms with eight). A timer would make it look at once, but
 * takes milliseconds.
 */
const ROUNDS = 8;

/**
 * Gives the event loop a turn: with `setImmediate` where there is one (Deno, Node, Bun), a hundredth of a millisecond a round;
 * in a browser with a message to oneself, which frames are drawn between.
 */
export async function eventLoopTurn(): Promise<void> {
  const { setImmediate, MessageChannel } = globalThis as {
    readonly setImmediate?: (then: () => void) => unknown;
    readonly MessageChannel?: typeof globalThis.MessageChannel;
  };
  if (setImmediate !== undefined) {
    for (let round = 0; round < ROUNDS; round++) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    return;
  }
  if (MessageChannel === undefined) return; // a bare context has no event loop of its own
  const { port1, port2 } = new MessageChannel();
  await new Promise<void>((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });
  port1.close();
}

/** How many updates a piece has; it follows the speed of the machine. */
export interface Pace {
  /** Updates of the next piece, at least one. */
  updates: number;
}

/** The pace of a training that has not begun. */
export const initialPace = (): Pace => ({ updates: 1 });

/** The part of a compiled program that makes updates. */
type Updating = Pick<Executable, "run" | "runInPieces" | "settled">;

/**
 * Makes `count` updates, several per piece, calls `made` with those of each piece, and yields after it. On
 * a device that supports it, updates that are made one by one are themselves divided into pieces: the first ones, before
 * the engine has optimised its code, and those of large networks take longer than the event loop may wait for a turn.
 */
export function* updatesInPieces(
  { run, runInPieces, settled }: Updating,
  count: number,
  pace: Pace,
  made: (updates: number) => void,
): Pieces<void> {
  if (settled !== undefined) return yield* queuedUpdates(run, settled, count, pace, made);
  for (let left = count; left > 0;) {
    const times = Math.min(pace.updates, left), begun = performance.now();
    if (pace.updates === 1 && runInPieces !== undefined) {
      yield* runInPieces();
    } else run(times);
    left -= times;
    made(times);
    const took = performance.now() - begun;
    if (took < PIECE && times === pace.updates) pace.updates *= 2;
    else if (took > 2 * PIECE) pace.updates = Math.max(1, Math.floor(pace.updates / 2));
    yield;
  }
}

/**
 * The same on a device that computes asynchronously: two pieces are in its queue, so that it never waits for the next
 * one, and stopping waits for no more than these.
 */
function* queuedUpdates(
  run: Updating["run"],
  settled: NonNullable<Updating["settled"]>,
  count: number,
  pace: Pace,
  made: (updates: number) => void,
): Pieces<void> {
  let before: Promise<void> | null = null, since = performance.now();
  for (let left = count; left > 0;) {
    const times = Math.min(pace.updates, left);
    run(times);
    left -= times;
    made(times);
    const done = settled();
    if (before === null) yield;
    else {
      yield before;
      // The device took the piece before from when the one before that was done until now.
      const now = performance.now(), took = now - since;
      since = now;
      if (took < QUEUED_PIECE / 2) pace.updates *= 2;
      else if (took > 2 * QUEUED_PIECE) pace.updates = Math.max(1, Math.floor(pace.updates / 2));
    }
    before = done;
  }
}
