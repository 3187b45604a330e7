/**
 * `softq train … --live PORT`: shows a run in progress on a page.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import type { Configuration } from "../run/configuration.ts";
import type { RunError } from "../run/context.ts";
import type { Experiment } from "../run/experiment.ts";
import { type Live, openLive } from "../run/live_page.ts";
import type { Console } from "./console.ts";

/** Runs a task with a console whose run is shown on the page; without a port, with the console itself. */
export const withLive = <A>(
  experiment: Experiment,
  configuration: Configuration,
  port: number | null,
  console_: Console,
  task: (console_: Console) => TE.TaskEither<RunError, A>,
): TE.TaskEither<RunError, A> =>
  port === null ? task(console_) : async () => {
    const { error, now, interrupted } = console_;
    const opened = openLive(experiment, configuration, port, {
      say: (line) => error(`${line}\n`),
      now,
      interrupted,
    });
    if (E.isLeft(opened)) return opened;
    const live = opened.right;
    const observe: Live["observe"] = async (...seen) => {
      await console_.observe?.(...seen);
      await live.observe(...seen);
    };
    let outcome = "failed";
    try {
      const result = await task({ ...console_, observe })();
      outcome = E.isRight(result) ? "done" : result.left.message;
      return result;
    } finally {
      await live.close(outcome);
    }
  };
