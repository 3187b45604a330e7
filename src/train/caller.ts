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

/** An exception thrown by a part of the caller's code; the message begins with the part's name. */
class PartThrew extends Error {
  constructor(part: string, cause: unknown) {
    super(`${part} threw: ${thrownText(cause)}`, { cause });
  }
}

/** Calls a function of the caller's; the message of an exception then begins with `part`, its name. */
export function called<A>(part: string, call: () => A): A {
  try {
    return call();
  } catch (cause) {
    throw new PartThrew(part, cause);
  }
}

/** {@link called} for a function that may return a promise, which is awaited. */
export async function awaited<A>(part: string, call: () => A): Promise<Awaited<A>> {
  try {
    return await call();
  } catch (cause) {
    throw new PartThrew(part, cause);
  }
}

/** The caller's own exception, without the name of the part. */
const causeOf = (thrown: unknown): unknown => thrown instanceof PartThrew ? thrown.cause : thrown;

/**
 * Turns exceptions of the caller's code into failures.
 *
 * @param what what has failed, as the beginning of a sentence
 */
export const callerFailures =
  (what: string) => <L, A>(task: TE.TaskEither<L, A>): TE.TaskEither<L | CallerFailed, A> => async () => {
    try {
      return await task();
    } catch (thrown) {
      const cause = causeOf(thrown);
      return E.left({ _tag: "CallerFailed", message: `${what} failed: ${thrownText(thrown)}`, cause });
    }
  };

/** Whether a value returned by the caller's code is an `Either`: a failure, or a success for which `fits` holds. */
export const isEither = (
  given: unknown,
  fits: (right: Readonly<Record<string, unknown>>) => boolean,
): boolean =>
  isRecord(given) &&
  (given["_tag"] === "Left"
    ? isRecord(given["left"])
    : given["_tag"] === "Right" && isRecord(given["right"]) && fits(given["right"]));

/** A device supplied by the caller, with a check of what its `compile` returns. */
export const checkedDevice = (device: Device): Device => ({
  kind: device.kind,
  get description() {
    return device.description;
  },
  close: () => device.close(),
  compile: (program) => async () => {
    const compiled: unknown = await awaited("compile", () => {
      const task: unknown = device.compile(program);
      return typeof task === "function" ? task() : task;
    });
    if (
      !isEither(compiled, (right) => EXECUTABLE_METHODS.every((name) => typeof right[name] === "function"))
    ) {
      throw new TypeError(`compile must give a task that ends in a compiled program: got ${shown(compiled)}`);
    }
    return E.map(checkedExecutable)(compiled as E.Either<DeviceError, Executable>);
  },
});

/** A compiled program of the caller's device; exceptions of `write`, `run` and `read` name the method that threw. */
const checkedExecutable = (program: Executable): Executable => ({
  // No spread: a class has its methods on its prototype.
  close: () => program.close(),
  ...program.runInPieces === undefined ? {} : { runInPieces: () => program.runInPieces!() },
  ...program.settled === undefined ? {} : { settled: () => program.settled!() },
  get bytes() {
    return program.bytes;
  },
  write: (...given) => called("write", () => program.write(...given)),
  run: (...given) => called("run", () => program.run(...given)),
  read: (names) => () => awaited("read", () => program.read(names)()),
});

const EXECUTABLE_METHODS = ["write", "run", "read", "close"] as const;
