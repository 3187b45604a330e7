/**
 * Failures of a GPU device since it was opened: errors that were not awaited, and its loss.
 *
 * @module
 */

import type { DeviceError } from "../device.ts";
import { oneLine } from "../../given.ts";

/** The record of a device's first failure. */
export interface Watch {
  /** The first failure, or null. */
  readonly failure: () => DeviceError | null;
  /** Records a failure if it is the first. */
  readonly note: (error: DeviceError) => void;
  /** The device is being closed on purpose: its loss is not a failure. */
  readonly close: () => void;
  /** Whether the device has been closed on purpose. */
  readonly isClosed: () => boolean;
}

/** Watches a device for uncaptured errors and loss. */
export function watch(device: GPUDevice): Watch {
  let failure: DeviceError | null = null;
  let closed = false;
  const note = (error: DeviceError): void => {
    failure ??= error;
  };
  device.addEventListener("uncapturederror", (event) => {
    const { error } = event as GPUUncapturedErrorEvent;
    note(errorOf(error));
    event.preventDefault();
  });
  device.lost.then(({ reason, message }) => {
    if (!closed) {
      note({ _tag: "DeviceLost", message: `The GPU device was lost (${reason}): ${oneLine(message)}` });
    }
  });
  return { failure: () => failure, note, close: () => closed = true, isClosed: () => closed };
}

/** A WebGPU error as a value. */
export const errorOf = (error: GPUError, bytes = 0, limit = 0): DeviceError =>
  error.constructor.name === "GPUOutOfMemoryError"
    ? { _tag: "OutOfMemory", message: `The GPU has no memory left: ${oneLine(error.message)}`, bytes, limit }
    : { _tag: "DeviceFailed", message: error.message };
