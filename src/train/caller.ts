/**
 * The boundary with the caller's code: an exception that it throws becomes a failure, never a rejected promise.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import type { Device, DeviceError, Executable } from "../device/device.ts";
import { isRecord, shown, thrownText } from "../given.ts";

/** The caller's code, such as `onProgress` or a custom device, threw. */
export interface CallerFailed {
  /** The discriminant. */
  readonly _tag: "CallerFailed";
  /** What failed, in a sentence. */
  readonly message: string;
  /** What was thrown. */
  readonly cause: unknown;
}

/**
 * Turns exceptions of the caller's code into failures.
 *
 * @param what what has failed, as the beginning of a sentence
 */
export const callerFailures =
  (what: string) => <L, A>(task: TE.TaskEither<L, A>): TE.TaskEither<L | CallerFailed, A> => async () => {
    try {
      return await task();
    } catch (cause) {
      return E.left({ _tag: "CallerFailed", message: `${what} failed: ${thrownText(cause)}`, cause });
    }
  };

/** Whether a value, which the caller's code has given, is a failure, or a success of the right kind. */
export const isEither = (
  given: unknown,
  fits: (right: Readonly<Record<string, unknown>>) => boolean,
): boolean =>
  isRecord(given) &&
  (given["_tag"] === "Left"
    ? isRecord(given["left"])
    : given["_tag"] === "Right" && isRecord(given["right"]) && fits(given["right"]));

/** A device supplied by the caller, whose `compile` must return what a device returns. */
export const checkedDevice = (device: Device): Device => ({
  kind: device.kind,
  get description() {
    return device.description;
  },
  close: () => device.close(),
  compile: (program) => async () => {
    const task: unknown = device.compile(program);
    const compiled: unknown = typeof task === "function" ? await task() : task;
    if (!isEither(compiled, (right) => EXECUTABLE.every((name) => typeof right[name] === "function"))) {
      throw new TypeError(`compile must give a task that ends in a compiled program: got ${shown(compiled)}`);
    }
    return compiled as E.Either<DeviceError, Executable>;
  },
});

const EXECUTABLE = ["write", "run", "read", "close"] as const;
