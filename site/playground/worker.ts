/**
 * The Worker of the playground: trains on request and answers with views.
 *
 * Requests are processed sequentially between two iterations of the loop, so that none waits longer than one and no
 * state is read while it changes.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import { chooseDevice } from "./device.ts";
import type { Answer, Measured, Request, ValueField, View } from "./protocol.ts";
import { openSession, type Session, type SessionError } from "./session.ts";

/** The Worker's `postMessage`. */
declare const postMessage: (message: Answer, transfer: Transferable[]) => void;
declare const addEventListener: (kind: "message", listener: (event: MessageEvent<Request>) => void) => void;

/** Milliseconds of learning between two checks for requests. */
const SLICE = 10;
/** Initial evaluation interval, steps, and number of evaluations after which it doubles. */
const FIRST_INTERVAL = 100, MAX_EVALUATIONS = 400;
/** Milliseconds that a learner of limited speed may be late and still catch up. */
const LATE = 200;
/** Milliseconds between two updates of the value field. */
const FIELD_INTERVAL = 600;

let session: Session | null = null, close = (): void => {};
let playing = false, looping = false, speed = 0, share = 1, until: number | null = null;
let interval = FIRST_INTERVAL, evaluations = 0, measuredAt = -1, measured: Measured[] = [];
let field: ValueField | null = null, fieldAt = -1, fieldTime = 0;
let marks: [time: number, updates: number][] = [];
let queue: Promise<void> = Promise.resolve();

const now = (): number => performance.now();
const answer = (message: Answer, transfer: Transferable[] = []): void => postMessage(message, transfer);

/** Stops and reports the reason. */
function fail(error: SessionError | Error): void {
  playing = false;
  answer({ kind: "failed", message: error.message, lost: "_tag" in error && error._tag === "DeviceLost" });
}

/** Yields to incoming messages. */
const { port1, port2 } = new MessageChannel();
let resume = (): void => {};
port1.onmessage = () => resume();
const yieldFor = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    if (milliseconds > 0) setTimeout(resolve, milliseconds);
    else {
      resume = resolve;
      port2.postMessage(null);
    }
  });

/** One iteration, and an evaluation if one is due; returns whether to continue. */
async function advance(of: Session): Promise<boolean> {
  const next = await of.advance();
  if (E.isLeft(next)) {
    if (of === session) fail(next.left);
    return false;
  }
  return await measure(of);
}

/** Evaluates the policy if an evaluation is due. */
async function measure(of: Session): Promise<boolean> {
  const { steps } = of.progress();
  if (steps % interval !== 0 || steps === measuredAt) return true;
  measuredAt = steps;
  const found = await of.measure();
  if (E.isLeft(found)) {
    if (of === session) fail(found.left);
    return false;
  }
  if (of !== session) return false;
  measured.push(found.right);
  if (++evaluations >= MAX_EVALUATIONS) {
    evaluations /= 2;
    interval *= 2;
  }
  return true;
}

/** The learning loop, while playing. */
async function loop(): Promise<void> {
  if (looping) return;
  looping = true;
  let due = now();
  while (playing && session !== null) {
    const of = session, begun = now();
    const slice = async (): Promise<void> => {
      do {
        const reached = until !== null && of.progress().steps >= until;
        if (reached || of.done()) playing = false;
        else if (!await advance(of)) return;
        if (speed > 0) due = Math.max(due, now() - LATE) + 1000 / speed;
      } while (playing && of === session && now() - begun < SLICE && (speed === 0 || due <= now()));
    };
    await serial(slice);
    const passed = now() - begun, pause = speed === 0 ? passed * (1 / share - 1) : due - now();
    await yieldFor(playing ? Math.max(0, pause) : 0);
  }
  looping = false;
}

/** Runs tasks sequentially. */
function serial(task: () => Promise<void>): Promise<void> {
  queue = queue.then(task).catch((error) => fail(error instanceof Error ? error : new Error(String(error))));
  return queue;
}

/** Updates per second over the last second. */
function rate(updates: number): number {
  const time = now();
  marks = [...marks.filter(([at]) => at > time - 1200), [time, updates]];
  const [first, begin] = marks[0]!;
  return time - first < 100 ? 0 : 1000 * (updates - begin) / (time - first);
}

async function viewOf(of: Session): Promise<E.Either<SessionError, View>> {
  const progress = of.progress();
  const landscape = await of.landscape();
  if (E.isLeft(landscape)) return landscape;
  const due = field === null || progress.updates !== fieldAt && now() - fieldTime > FIELD_INTERVAL;
  if (due) {
    const found = await of.field();
    if (E.isLeft(found)) return found;
    field = found.right;
    fieldAt = progress.updates;
    fieldTime = now();
  }
  const news = measured;
  measured = [];
  return E.right({
    ...progress,
    rate: playing ? rate(progress.updates) : 0,
    playing,
    rollouts: of.rollouts(),
    landscape: landscape.right,
    field: due ? field : null,
    measured: news,
  });
}

async function begin(request: Extract<Request, { readonly kind: "begin" }>): Promise<void> {
  playing = false;
  session?.close();
  close();
  session = null;
  [interval, evaluations, measuredAt, measured] = [FIRST_INTERVAL, 0, -1, []];
  [field, fieldAt, marks] = [null, -1, []];
  const { device, reason } = await chooseDevice(request.device);
  close = device.close;
  const opened = await openSession(device, request.options, request.algorithm, request.looked, request.file);
  if (E.isLeft(opened)) return fail(opened.left);
  session = opened.right;
  const kind = device.kind === "webgpu" ? "webgpu" : "cpu";
  answer({ kind: "begun", device: kind, description: device.description, reason });
  await measure(session);
}

async function handle(request: Request): Promise<void> {
  if (request.kind === "begin") return await begin(request);
  if (session === null) return;
  const of = session;
  switch (request.kind) {
    case "play":
      ({ speed, until, share } = request);
      playing = true;
      marks = [];
      void loop();
      return;
    case "pause":
      playing = false;
      return;
    case "update": {
      playing = false;
      const { updates } = of.progress();
      while (!of.done() && of.progress().updates === updates) if (!await advance(of)) return;
      return;
    }
    case "temperature":
      of.setTemperature(request.value);
      fieldAt = -1;
      return;
    case "look":
      of.look(request.looked, request.particles, request.restart ?? false);
      return;
    case "view": {
      const view = await viewOf(of);
      if (E.isLeft(view)) return fail(view.left);
      const { rollouts, landscape } = view.right;
      answer({ kind: "view", view: view.right }, [
        rollouts.places.buffer as ArrayBuffer,
        landscape.q.buffer as ArrayBuffer,
        landscape.actions.buffer as ArrayBuffer,
      ]);
      return;
    }
    case "save": {
      const saved = await of.save();
      if (E.isLeft(saved)) return fail(saved.left);
      answer({ kind: "saved", bytes: saved.right }, [saved.right.buffer]);
    }
  }
}

addEventListener("message", ({ data }) => void serial(() => handle(data)));
