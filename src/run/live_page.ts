/**
 * A local web page that shows a run in progress.
 *
 * The server observes the run between iterations without changing it: its episodes use their own random streams, so
 * that a run's files are the same with and without it. It does nothing while no page is open.
 *
 * Laws, tested: a run's files do not depend on whether it is watched; the server listens on the loopback address alone
 * and refuses other host names (against DNS rebinding); it is closed when the run ends, however it ends.
 *
 * @module
 */

import { E, TE } from "../deps.ts";
import type { WrittenSettings } from "../learn/learner.ts";
import { livePage, liveSections, type LiveView } from "../report/live.ts";
import type { FlatRecord } from "../report/run_report.ts";
import type { Running, TrainingState } from "../train/loop.ts";
import { configInvalid, type Configuration } from "./configuration.ts";
import type { RunContext, RunError } from "./context.ts";
import { evaluateReplicas } from "./evaluation.ts";
import { catchExceptions, caught } from "./faults.ts";
import { checkedExperiment } from "./checked_experiment.ts";
import type { Evaluated, Experiment } from "./experiment.ts";
import type { JsonObject } from "./json.ts";
import { flatMetrics, type MetricsRecord } from "./metrics/metrics.ts";
import { repeatCommand } from "./reported.ts";
import { paceOf, progressText } from "./pace.ts";
import { episodesMotion, policyHeading } from "./watched.ts";
import { thrownText } from "../given.ts";

/** The loopback address, which only this machine can reach. */
const HOST = "127.0.0.1";

/** Number of episodes played for the page, and seconds between two evaluations. */
const EPISODES = 12, EVALUATION_SECONDS = 2;

/** Milliseconds given to the server between iterations, repeated while there are requests. */
const SERVING_MILLISECONDS = 4;

/** Queued messages after which a reader is disconnected. */
const WAITING = 16;

/** Milliseconds given to readers for the last message. */
const CLOSE_TIMEOUT = 200;

/** The page that shows one run. */
export interface Live {
  /** Observes the run after an iteration. */
  readonly observe: NonNullable<RunContext["observe"]>;
  /** Reports to the readers how the run ended, and closes. */
  readonly close: (outcome: string) => Promise<void>;
}

/** Opens the page; fails if the port is taken or not permitted. */
export function openLive(
  experiment: Experiment,
  configuration: Configuration,
  port: number,
  { say, now, interrupted }: Pick<RunContext, "say" | "now" | "interrupted">,
): E.Either<RunError, Live> {
  const title = `${experiment.name}, ${configuration.algorithm}`;
  const { view } = experiment.environment(configuration.variant);
  const page = livePage(title, repeatCommand(experiment, configuration), view !== undefined);
  const readers = new Set<ReadableStreamDefaultController<Uint8Array>>();
  let latest: LiveView = { status: "The run begins" };
  const pace = paceOf(configuration.steps);
  let asked = 0; // number of requests, so that iterations wait for pending answers
  const send = (reader: ReadableStreamDefaultController<Uint8Array>, view: LiveView): void =>
    reader.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(view)}\n\n`));
  const tell = (view: LiveView): void => {
    latest = { ...latest, ...view };
    for (const reader of readers) {
      if ((reader.desiredSize ?? 0) > -WAITING) send(reader, view);
      else { // a suspended reader; it reconnects when it resumes
        readers.delete(reader);
        reader.close();
      }
    }
  };
  const events = (): Response => {
    let mine: ReadableStreamDefaultController<Uint8Array> | null = null;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        mine = controller;
        readers.add(controller);
        send(controller, latest);
      },
      cancel: () => void (mine !== null && readers.delete(mine)),
    });
    return new Response(body, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    });
  };
  const html = (text: string): Response =>
    new Response(text, {
      headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
    });
  const answer = (request: Request): Response => {
    asked++;
    const { pathname, hostname } = new URL(request.url);
    if (hostname !== HOST && hostname !== "localhost") {
      return new Response("Not this host\n", { status: 403 });
    }
    if (request.method !== "GET") {
      return new Response("Only GET\n", { status: 405, headers: { allow: "GET" } });
    }
    if (pathname === "/") return html(page);
    if (pathname === "/events") return events();
    return new Response("There is no such page\n", { status: 404 });
  };

  const ending = new AbortController();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({ hostname: HOST, port, signal: ending.signal, onListen: () => {} }, answer);
  } catch (error) {
    const reason = error instanceof Deno.errors.AddrInUse
      ? "is taken: choose another, or 0 for any that is free"
      : error instanceof Deno.errors.NotCapable
      ? `may not be used: allow it with --allow-net=${HOST}`
      : `cannot be used: ${thrownText(error)}`;
    return E.left(configInvalid("live", `--live ${port}: the port ${reason}`));
  }
  say(`The run can be watched at http://${HOST}:${server.addr.port}/`);

  const records: FlatRecord[] = [];
  const history = Array.from({ length: configuration.replicas }, (): Evaluated[] => []);
  const saidFailures = new Set<string>();
  let redrawnAt = -Infinity, redrawnSteps = -1;

  const remember = (logged: readonly MetricsRecord[]): void => {
    for (const record of logged) {
      records.push(new Map(flatMetrics({ ...record }, ".")));
      const { evaluation } = record;
      if (evaluation !== undefined) {
        history[record.replica]!.push({ step: record.step, evaluation: evaluation as JsonObject });
      }
    }
  };
  /** Plays the policy and redraws everything. */
  const redraw = async (running: Running<WrittenSettings>, state: TrainingState): Promise<void> => {
    const { training: { environment, learner }, executable, collector } = running;
    const values = await executable.read([...new Set(learner.blocks.map(({ entry }) => entry))])();
    if (E.isLeft(values)) return; // the run encounters and reports the same error
    const episodes = await evaluateReplicas(running, configuration, state, EPISODES, interrupted);
    if (episodes === null) return;
    const files = experiment.figures({
      configuration,
      environment,
      learner,
      state: values.right,
      episodes,
      history: history.map((each, r) => [
        ...each,
        { step: state.steps, evaluation: experiment.summarise(episodes[r]!, configuration.variant) },
      ]),
      keys: collector.keys,
    });
    const figures = Object.entries(files).filter(([file]) => file.endsWith(".svg"));
    const policy = `after ${state.steps} steps`;
    const { caption } = policyHeading(experiment, configuration, 0, episodes[0]!.length, policy);
    const motion = episodesMotion(environment, episodes[0]!);
    tell({
      ...statusOf(state),
      sections: liveSections({
        name: title,
        algorithm: configuration.algorithm,
        seed: configuration.seed,
        records,
        figures,
      }),
      ...motion === null ? {} : { rollouts: { caption: `The policy now: ${caption}`, motion } },
    });
  };
  /** A failure of the experiment's drawing is said once, and ends neither the run nor the page. */
  const redrawOrSay = async (running: Running<WrittenSettings>, state: TrainingState): Promise<void> => {
    const drawn = await catchExceptions("The live page", TE.fromTask(() => redraw(running, state)))();
    if (E.isRight(drawn)) return;
    const { message } = drawn.left;
    tell({ status: message });
    if (!saidFailures.has(message)) say(`The page cannot be drawn, and the run goes on: ${message}`);
    saidFailures.add(message);
  };
  const statusOf = ({ steps, updates }: TrainingState): LiveView => ({
    status: progressText(pace({ step: steps, updates }, now())),
    share: steps / configuration.steps,
  });
  const serveRequests = async (): Promise<void> => {
    for (let before = -1; before !== asked;) {
      before = asked;
      await new Promise((resolve) => setTimeout(resolve, SERVING_MILLISECONDS));
    }
  };
  return E.right({
    observe: async (running, state, logged) => {
      remember(logged);
      const status = statusOf(state);
      await serveRequests();
      if (readers.size === 0) return;
      if (state.steps !== redrawnSteps && now() - redrawnAt >= EVALUATION_SECONDS) {
        await redrawOrSay(running, state);
        [redrawnAt, redrawnSteps] = [now(), state.steps];
      } else tell(status);
      await serveRequests();
    },
    close: async (outcome) => {
      tell({ status: `${latest.status}. The run has ended: ${outcome}`, ended: true });
      for (const reader of readers) reader.close();
      readers.clear();
      const timeout = setTimeout(() => ending.abort(), CLOSE_TIMEOUT);
      await server.shutdown();
      clearTimeout(timeout);
    },
  });
}

/** Runs a task with a context whose run is shown on the page; without a port, with the context itself. */
export const withLive = <A>(
  experiment: Experiment,
  configuration: Configuration,
  port: number | undefined,
  say: (line: string) => void,
  context: RunContext,
  task: (context: RunContext) => TE.TaskEither<RunError, A>,
): TE.TaskEither<RunError, A> =>
  port === undefined ? task(context) : async () => {
    const { now, interrupted } = context;
    const opened = caught(
      "The live page",
      () => openLive(checkedExperiment(experiment), configuration, port, { say, now, interrupted }),
    );
    if (E.isLeft(opened)) return opened;
    const live = opened.right;
    const observe: Live["observe"] = async (...seen) => {
      await context.observe?.(...seen);
      await live.observe(...seen);
    };
    let outcome = "failed";
    try {
      const result = await task({ ...context, observe })();
      outcome = E.isRight(result) ? "done" : result.left.message;
      return result;
    } finally {
      await live.close(outcome);
    }
  };
