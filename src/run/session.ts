/**
 * The session of a run: iterations of the training loop, and between them metrics, evaluations and checkpoints.
 *
 * Laws, tested: a run that is interrupted anywhere and resumed has the files of an uninterrupted one; a failure ends
 * the run as a value and leaves its last checkpoint unchanged.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import type { Device } from "../device/device.ts";
import type { Episode } from "../train/evaluate.ts";
import {
  begin,
  isDone,
  type LoopError,
  type Prepared,
  type Running,
  type TrainingState,
} from "../train/loop.ts";
import { iterate } from "../train/iteration.ts";
import type { WrittenSettings } from "../learn/learner.ts";
import { eventLoopTurn } from "../device/pieces.ts";
import { restore, type Snapshot, snapshotOf } from "../train/snapshot.ts";
import type { BestEvaluation } from "./checkpoint/checkpoint.ts";
import { importTransitions } from "./checkpoint/imported_replay.ts";
import { type CheckpointWriter, checkpointWriter } from "./checkpoint/writer.ts";
import { collectorsFor, openCollectors } from "./collectors.ts";
import type { Collectors } from "../train/collectors.ts";
import { conclude, type RunResult } from "./conclude.ts";
import { type Configuration, resumeCommand } from "./configuration.ts";
import { bracket, type RunContext, type RunError } from "./context.ts";
import { columnsOf, evaluateReplicas, metricsRecords } from "./evaluation.ts";
import type { Experiment } from "./experiment.ts";
import {
  catchExceptions,
  type CodeFailed,
  freezeNonFinite,
  nonFiniteIn,
  requireActiveReplica,
} from "./faults.ts";
import type { RunFolder } from "./files.ts";
import { type MetricsFiles, openMetrics } from "./metrics/files.ts";
import type { MetricsRecord } from "./metrics/metrics.ts";
import type { Progress } from "./progress.ts";
import type { RunPlan } from "./run.ts";

/** A run in progress: its training and the files that it writes. */
export interface Session {
  readonly experiment: Experiment;
  readonly configuration: Configuration;
  /** The run's id. */
  readonly run: string;
  readonly folder: RunFolder;
  readonly device: Device;
  readonly context: RunContext;
  readonly running: Running<WrittenSettings>;
  readonly checkpoints: CheckpointWriter;
  readonly metrics: MetricsFiles;
  readonly progress: Progress;
  /** Seconds that the run has taken so far, over all its processes. */
  readonly seconds: () => number;
}

/** The state of a session between two iterations. */
interface Position {
  readonly state: TrainingState;
  /** The best evaluation so far. */
  readonly best: BestEvaluation | null;
  /** The records logged after the last iteration. */
  readonly logged: readonly MetricsRecord[];
  /** Whether logging and evaluation after the last iteration are still due. */
  readonly due: boolean;
  /** Environment steps of the newest checkpoint; null before the first. */
  readonly stored: number | null;
}

/** A session with its initial position. */
interface Opened {
  readonly session: Session;
  readonly position: Position;
}

/** Trains until all steps are made, and writes the results. */
export const trainToEnd = (plan: RunPlan): TE.TaskEither<RunError, RunResult> =>
  bracket(prepareTraining(plan), ({ running }) => running.executable.close())((prepared) =>
    bracket(TE.right(collectorsOf(plan)), (collectors) => collectors?.close())((collectors) =>
      bracket(
        openSession(plan, collectors === null ? prepared : withCollectors(prepared, collectors)),
        ({ session }) => session.progress.finish(),
      )(({ session, position }) =>
        pipe(
          untilDone(session, position),
          TE.chain((last) => evaluateAndConclude(session, last)),
        )
      )
    )
  );

/** Starts the workers that collect; null if the loop collects itself. */
function collectorsOf({ experiment, start: { configuration }, device, context }: RunPlan): Collectors | null {
  const { module, name } = experiment, { replicas, environments } = configuration;
  const count = context.collectors ??
    collectorsFor(device.kind, navigator.hardwareConcurrency, replicas * environments);
  const workers = Math.min(count, replicas * environments);
  return module === undefined || workers === 0
    ? null
    : openCollectors(workers, { module, experiment: name, configuration }, context.say);
}

/** The training with collecting on other cores. */
const withCollectors = <S>({ running, state }: Prepared<S>, parallel: Collectors): Prepared<S> => ({
  running: { ...running, parallel },
  state,
});

/** Evaluates the final policies and writes the results. */
const evaluateAndConclude = (session: Session, position: Position): TE.TaskEither<RunError, RunResult> => {
  const { running, configuration, context } = session, { state } = position;
  return pipe(
    TE.fromTask(() =>
      evaluateReplicas(running, configuration, state, configuration.evaluationEpisodes, context.interrupted)
    ),
    TE.chain((episodes) =>
      episodes === null
        ? stop(session, position, "in the final evaluation, ")
        : conclude(session, state, episodes)
    ),
    keptIfCodeFails(session, position),
  );
};

/**
 * Writes a checkpoint before the failure of an evaluation's code ends the run, so that no training is lost: resumed
 * with the code mended, it goes on with that evaluation.
 */
const keptIfCodeFails =
  (session: Session, position: Position) =>
  <A>(task: TE.TaskEither<RunError, A>): TE.TaskEither<RunError, A> =>
    pipe(
      catchExceptions("The evaluation", task),
      TE.orElse((error): TE.TaskEither<RunError, A> =>
        isOfCode(error)
          ? pipe(writeCheckpoint(session, position), TE.matchE(() => TE.left(error), () => TE.left(error)))
          : TE.left(error)
      ),
    );

const isOfCode = ({ _tag }: RunError): boolean => CODE_FAILURES.some((each) => each === _tag);

const CODE_FAILURES: readonly CodeFailed["_tag"][] = ["EnvironmentFailed", "ExperimentFailed", "RunFailed"];

/** Compiles the training, and starts it or restores it from the checkpoint. */
const prepareTraining = (
  { device, start: { training, transitions }, from }: RunPlan,
): TE.TaskEither<RunError, Prepared<WrittenSettings>> => {
  if (from !== null) return restore(device, training, from.snapshot, from.source);
  return pipe(
    begin(device, training),
    TE.map((prepared) => {
      for (let r = 0; transitions.length > 0 && r < training.replicas; r++) {
        importTransitions(prepared.state.replay, r, transitions[r % transitions.length]!);
      }
      return prepared;
    }),
  );
};

/** Opens the files that a run writes during training. */
const openSession = (
  { experiment, start: { configuration }, run, folder, device, from, context }: RunPlan,
  { running, state }: Prepared<WrittenSettings>,
): TE.TaskEither<RunError, Opened> => {
  const layout = {
    kind: configuration.metrics,
    replicas: configuration.replicas,
    columns: columnsOf(experiment, configuration, running),
    wallSeconds: () => Date.parse(context.date()) / 1000,
  };
  const before = from?.manifest.seconds ?? 0;
  context.interrupted(); // from here on, as the run's files exist, an interrupt makes it stop after a checkpoint
  return pipe(
    checkpointWriter(folder.path, run, { ...configuration }, from),
    TE.bindTo("checkpoints"),
    TE.bind("metrics", () => openMetrics(folder.path, layout, from?.manifest.metrics ?? null)),
    TE.map(({ checkpoints, metrics }): Opened => {
      const begun = context.now(), progress = context.progress(configuration.steps);
      const seconds = (): number => before + context.now() - begun;
      const files = { run, folder, checkpoints, metrics };
      const session = { experiment, configuration, device, context, running, progress, seconds, ...files };
      showProgress(session, state);
      const { best = null, due = false, steps: stored = null } = from?.manifest ?? {};
      return { session, position: { state, best, due, stored, logged: [] } };
    }),
  );
};

/** Repeats iterations until the end or the first failure. */
const untilDone = (session: Session, first: Position): TE.TaskEither<RunError, Position> => async () => {
  let position: E.Either<RunError, Position> = E.right(first);
  while (E.isRight(position) && (position.right.due || !isDone(session.running, position.right.state))) {
    position = await nextIteration(session, position.right)();
  }
  return position;
};

/** One iteration, and whatever is due after it. */
const nextIteration = (session: Session, before: Position): TE.TaskEither<RunError, Position> =>
  pipe(
    before.due ? TE.right(before) : trainOneIteration(session, before),
    TE.chain((position) => logIfDue(session, position)),
    TE.chainFirst((position) => notifyObserver(session, position)),
    TE.chainFirstEitherK((position) => activeReplicas(session, position)),
    TE.chainFirstW(({ state }) => session.checkpoints.spill(state.replay)),
    TE.chain((position) => checkpointIfDue(session, position)),
  );

/** Whether an action of every `interval` environment steps (0: never) is due. */
const isDue = (interval: number, { steps }: TrainingState): boolean => interval > 0 && steps % interval === 0;

const activeReplicas = (
  { configuration: { seed }, running: { training } }: Session,
  { state, stored }: Position,
): E.Either<RunError, null> => requireActiveReplica(training, state, seed, stored);

const showProgress = ({ progress }: Session, { steps, updates, metrics }: TrainingState): void =>
  progress.report({
    step: steps,
    updates,
    ...metrics["loss"] === undefined ? {} : { loss: metrics["loss"][0] },
  });

/** Makes one iteration of the training loop, unless interrupted. */
const trainOneIteration = (session: Session, position: Position): TE.TaskEither<RunError, Position> =>
  pipe(
    catchExceptions<LoopError, TrainingState>(
      "Environment or learner",
      iterate(session.running, position.state, session.context.interrupted),
    ),
    TE.chain((state): TE.TaskEither<RunError, Position> => {
      showProgress(session, state);
      const next = { ...position, state, logged: [], due: true };
      return state.within === null ? TE.right(next) : stop(session, next);
    }),
  );

/** Evaluates and logs if due; a run whose last replica has just been frozen logs that as well. */
const logIfDue = (session: Session, position: Position): TE.TaskEither<RunError, Position> => {
  const { configuration, running, context } = session, { state } = position;
  const { evaluationInterval, logInterval, intermediateEpisodes } = configuration;
  const active = E.isRight(activeReplicas(session, position));
  if (isDue(evaluationInterval, state) && !isDone(running, state) && active) {
    return pipe(
      TE.fromTask(() =>
        evaluateReplicas(running, configuration, state, intermediateEpisodes, context.interrupted)
      ),
      TE.chain((episodes) => {
        if (episodes === null) return stop(session, position);
        for (const line of nonFiniteIn(episodes, configuration.seed)) context.say(line);
        return log(session, position, episodes);
      }),
      keptIfCodeFails(session, position),
    );
  }
  return isDue(logInterval, state) || !active
    ? log(session, position, null)
    : TE.right({ ...position, due: false });
};

/** Logs the metrics of the last iteration and the evaluation, if there was one. */
const log = (
  { experiment, configuration, running, metrics, seconds }: Session,
  position: Position,
  episodes: readonly (readonly Episode[])[] | null,
): TE.TaskEither<RunError, Position> => {
  const { state } = position;
  const logged = metricsRecords(experiment, configuration, running, state, episodes, seconds());
  const best = episodes === null ? position.best : betterOf(position.best, episodes, state.steps);
  return pipe(metrics.append(logged), TE.map((): Position => ({ ...position, best, logged, due: false })));
};

/** The better of the best evaluation so far and the newest, by the mean return over all replicas. */
function betterOf(
  best: BestEvaluation | null,
  episodes: readonly (readonly Episode[])[],
  steps: number,
): BestEvaluation | null {
  const returns = episodes.flat().map((episode) => episode.return);
  const meanReturn = returns.reduce((total, each) => total + each, 0) / returns.length;
  return Number.isFinite(meanReturn) && meanReturn > (best?.meanReturn ?? -Infinity)
    ? { steps, meanReturn }
    : best;
}

/** Calls the observer, and lets the event loop deliver signals. */
const notifyObserver = (
  { context, running }: Session,
  { state, logged }: Position,
): TE.TaskEither<RunError, void> =>
  TE.fromTask(async () => {
    await context.observe?.(running, state, logged);
    await eventLoopTurn();
  });

/** Writes a checkpoint if one is due, if the evaluation was the best so far, or before stopping. */
const checkpointIfDue = (session: Session, position: Position): TE.TaskEither<RunError, Position> => {
  const { configuration: { checkpointInterval }, context, running } = session;
  const { state, best } = position;
  if (isDone(running, state)) return TE.right(position);
  const stops = context.interrupted() || state.steps >= (context.until ?? Infinity);
  const isBest = best?.steps === state.steps;
  if (stops) return stop(session, position);
  return isDue(checkpointInterval, state) || (isBest && checkpointInterval > 0)
    ? writeCheckpoint(session, position)
    : TE.right(position);
};

/** Stops a run after a checkpoint, from which it resumes with the same bits. */
const stop = (session: Session, position: Position, where = ""): TE.TaskEither<RunError, never> =>
  pipe(
    writeCheckpoint(session, position),
    TE.chain(({ state: { steps } }) =>
      TE.left<RunError, never>({
        _tag: "Interrupted",
        message: `Interrupted ${where}after ${steps} steps; continue with: ${
          resumeCommand(session.folder.path)
        }`,
      })
    ),
  );

/**
 * Writes a checkpoint, unless the newest one has the same number of steps; later work is then repeated with the same
 * bits. Replicas with non-finite parameters are frozen first.
 */
const writeCheckpoint = (session: Session, position: Position): TE.TaskEither<RunError, Position> => {
  const { best, due, stored } = position;
  return stored === position.state.steps ? TE.right(position) : pipe(
    finiteSnapshot(session, position.state),
    TE.chainFirstW(({ snapshot, state }) =>
      session.checkpoints.write(snapshot, state.replay, {
        metrics: session.metrics.records(),
        best,
        seconds: session.seconds(),
        ...due && state.within === null ? { due } : {},
      })
    ),
    TE.map(({ state }): Position => ({ ...position, state, stored: state.steps })),
  );
};

/** A snapshot in which every active replica is finite. */
const finiteSnapshot = (
  { running, configuration: { seed } }: Session,
  state: TrainingState,
): TE.TaskEither<RunError, { readonly snapshot: Snapshot; readonly state: TrainingState }> =>
  pipe(
    snapshotOf(running, state),
    TE.chainW((snapshot) =>
      pipe(
        TE.fromEither(freezeNonFinite(running, state, snapshot, seed)),
        TE.chainW((frozen) =>
          frozen === state
            ? TE.right({ snapshot, state })
            : pipe(snapshotOf(running, frozen), TE.map((again) => ({ snapshot: again, state: frozen })))
        ),
      )
    ),
  );
