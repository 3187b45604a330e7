/**
 * Long computations in pieces, so that others on the same event loop get their turn: signals, a server, the frames of a
 * page.
 *
 * Law, tested: the clock decides how a computation is divided, but never its result.
 *
 * @module
 */

import type { Executable } from "./device.ts";

/**
 * A computation that yields after every few milliseconds of work, and may be abandoned at any of these points unless it
 * yields "inside": it is then within an operation that must be completed. A promise that it yields must be awaited
 * before it continues.
 */
export type Pieces<A> = Generator<void | "inside" | Promise<void>, A, void>;

/** A step of a program, done in one go or, if it takes long, in pieces; the bits are the same. */
export interface Task {
  readonly run: () => void;
  /**
   * The same in pieces of a few milliseconds. To abandon it, call the generator's `return`: no thread then computes it
   * any further, and the results so far remain in memory.
   */
  readonly pieces?: () => Pieces<void>;
}

/** Milliseconds between two turns of the event loop: sixty a second. A turn costs 0.03 to 0.1 ms in Deno. */
const PERIOD = 16;

/** Milliseconds that a piece of updates should take. */
const PIECE = 5;

/** Milliseconds that a piece of updates should take on a device that computes asynchronously; it queues two. */
const QUEUED_PIECE = 50;

/** Whether to stop a computation; called after each turn of the event loop. */
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
 * Carries out a computation with turns of the event loop in between; null if it was stopped. An operation that must be
 * completed is completed first.
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
      pieces.return(null as A); // runs its `finally` blocks, which restore a consistent state
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

/** A function that gives the event loop a turn if it has not had one for a while. */
export function pauses(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < PERIOD) return;
    await eventLoopTurn();
    since = performance.now();
  };
}

/**
 * Rounds of the event loop in a turn. A loop that never waits looks for signals and for what arrives only every few
 * dozen rounds (in Deno: 0.5 to 3 s with one round every 30 ms, at most 70 ms with eight). A timer would make it look
 * at once, but takes milliseconds.
 */
const ROUNDS = 8;

/**
 * Gives the event loop a turn: by `setImmediate` if the runtime has it (Deno, Node, Bun), a hundredth of a millisecond
 * per round; in a browser by a message to itself, before which a frame can be drawn.
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

/** The number of updates in a piece, adapted to the speed of the machine. */
export interface Pace {
  /** Updates of the next piece, at least one. */
  updates: number;
}

/** The pace of a training that has not begun. */
export const initialPace = (): Pace => ({ updates: 1 });

/** The part of a compiled program that makes updates. */
type Updating = Pick<Executable, "run" | "runInPieces" | "settled">;

/**
 * Makes `count` updates, several per piece; calls `made` with the number of those in a piece, and yields after it. If
 * the device supports it, single updates are themselves divided into pieces: those of large networks, and the first
 * ones, before the engine has optimised its code, take longer than the event loop should wait.
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
 * {@link updatesInPieces} on a device that computes asynchronously: it queues two pieces, so that the device never
 * waits for the next one, and stopping waits for these two at most.
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
      // The device worked on the previous piece from the end of the one before it until now.
      const now = performance.now(), took = now - since;
      since = now;
      if (took < QUEUED_PIECE / 2) pace.updates *= 2;
      else if (took > 2 * QUEUED_PIECE) pace.updates = Math.max(1, Math.floor(pace.updates / 2));
    }
    before = done;
  }
}
