/**
 * The replay buffer: its layout on the device, and the bookkeeping on the host.
 *
 * An observation is stored once, in a ring of rows; a transition has links to the rows before and after. Only the last
 * observation of an episode has a row from which no transition starts. Each field is stored for all replicas, in
 * segments within WebGPU's limit of 128 MiB per binding.
 *
 * Law, tested: the live transitions are the newest ones whose rows have not been overwritten.
 *
 * @module
 */

import type { Executable } from "../device/device.ts";
import { type Pieces, runSynchronously } from "../device/pieces.ts";
import type { ElementType, TensorType } from "../tensor/shape.ts";

/** Sizes of a replay. */
export interface ReplaySpec {
  /** Replicas, each with a replay of its own, R. */
  readonly replicas: number;
  /** Maximum number of live transitions of each replica. */
  readonly capacity: number;
  /** Length of an observation. */
  readonly observation: number;
  /** Length of an action. */
  readonly action: number;
}

/** Maximum size of a segment, in bytes: WebGPU's guaranteed limit for a storage binding. */
export const SEGMENT_BYTES: number = 128 * 2 ** 20;

/** One field of the replay: `[R, rows, width]` in segments. */
export interface Field {
  /**
   * `rows`: observations; `links`: indices of the rows before and after; `outcomes`: reward, and 1 if terminated, else
   * 0.
   */
  readonly name: "rows" | "links" | "actions" | "outcomes";
  /** The type of its elements. */
  readonly element: ElementType;
  /** Length of its ring. */
  readonly rows: number;
  /** Numbers in a row. */
  readonly width: number;
  /** Rows of each segment; the last may have fewer. */
  readonly segment: number;
}

/**
 * The number of observation rows for a capacity. Each transition needs one and each episode one more, for which a
 * quarter is added. If episodes are shorter than four steps, the oldest transitions are overwritten early.
 */
export const rowsFor = (capacity: number): number => capacity + Math.ceil(capacity / 4) + 64;

/** The fields of a replay. */
export function fieldsOf(spec: ReplaySpec, segmentBytes: number = SEGMENT_BYTES): readonly Field[] {
  const { replicas, capacity, observation, action } = spec;
  const field = (name: Field["name"], element: ElementType, rows: number, width: number): Field => ({
    name,
    element,
    rows,
    width,
    segment: Math.max(1, Math.min(rows, Math.floor(segmentBytes / (4 * width * replicas)))),
  });
  return [
    field("rows", "f32", rowsFor(capacity), observation),
    field("links", "u32", capacity, 2),
    field("actions", "f32", capacity, action),
    field("outcomes", "f32", capacity, 2),
  ];
}

/** Size of the replay of all replicas, in bytes. */
export const replayBytes = (spec: ReplaySpec): number =>
  fieldsOf(spec).reduce((total, { rows, width }) => total + 4 * spec.replicas * rows * width, 0);

/** Name of a segment's input in the learner's program. */
export const segmentName = (field: Field, index: number): string => `replay.${field.name}.${index}`;

/** Number of segments of a field. */
export const segmentCount = ({ rows, segment }: Field): number => Math.ceil(rows / segment);

/**
 * The program inputs of the replay: its segments, and `window` `u32[R,2]`, the index of the oldest live transition and
 * their number.
 */
export function replayInputs(spec: ReplaySpec, fields: readonly Field[]): Record<string, TensorType> {
  const segments = fields.flatMap((field) =>
    Array.from({ length: segmentCount(field) }, (_, k): [string, TensorType] => {
      const rows = Math.min(field.segment, field.rows - k * field.segment);
      return [segmentName(field, k), { shape: [spec.replicas, rows, field.width], element: field.element }];
    })
  );
  return Object.fromEntries([...segments, ["window", { shape: [spec.replicas, 2], element: "u32" }]]);
}

/** The host's cursor: how many rows and transitions have been written in total, and where the live ones begin. */
export interface ReplayCursor {
  /** `[R]` number of rows written so far. */
  readonly rows: Float64Array;
  /** `[R]` number of transitions written so far. */
  readonly transitions: Float64Array;
  /** `[R]` index of the oldest live transition. */
  readonly oldest: Float64Array;
  /** `[R, capacity]` index of the row before each live transition. */
  readonly starts: Float64Array;
}

/**
 * The newest rows and transitions of one replica, in order: those not yet sent to the device and, if a journal is kept,
 * those not yet in the journal. Indices count from the beginning of the training.
 */
export interface Recent {
  /** Index of the first row. */
  firstRow: number;
  /** Index of the first transition. */
  firstTransition: number;
  /** Index of the first row not yet sent to the device. */
  sentRows: number;
  /** Index of the first transition not yet sent. */
  sentTransitions: number;
  /** Index of the first row not yet in the journal. */
  journalRows: number;
  /** Index of the first transition not yet in the journal. */
  journalTransitions: number;
  /** Observations, concatenated. */
  rows: number[];
  /** For each transition the indices of the rows before and after. */
  links: number[];
  /** Actions, concatenated. */
  actions: number[];
  /** For each transition its reward, and 1 if it terminated the episode, else 0. */
  outcomes: number[];
}

/** The host's part of a replay. */
export interface Replay {
  /** Its sizes. */
  readonly spec: ReplaySpec;
  /** Its fields on the device. */
  readonly fields: readonly Field[];
  /** Counts of what was written, and the window of live transitions. */
  readonly cursor: ReplayCursor;
  /** The newest rows and transitions of each replica. */
  readonly recent: readonly Recent[];
  /** Whether sent rows and transitions are kept until {@link takeJournal}. */
  readonly journal: boolean;
}

/** An empty replay. */
export function emptyReplay(spec: ReplaySpec, journal = false): Replay {
  const { replicas, capacity } = spec;
  return {
    spec,
    fields: fieldsOf(spec),
    journal,
    cursor: {
      rows: new Float64Array(replicas),
      transitions: new Float64Array(replicas),
      oldest: new Float64Array(replicas),
      starts: new Float64Array(replicas * capacity),
    },
    recent: Array.from({ length: replicas }, () => ({
      firstRow: 0,
      firstTransition: 0,
      sentRows: 0,
      sentTransitions: 0,
      journalRows: 0,
      journalTransitions: 0,
      rows: [],
      links: [],
      actions: [],
      outcomes: [],
    })),
  };
}

/** Appends an observation to replica r's rows; returns its index. */
export function appendRow(replay: Replay, r: number, observation: ArrayLike<number>): number {
  const { cursor, recent } = replay;
  for (let i = 0; i < observation.length; i++) recent[r]!.rows.push(observation[i]!);
  const number = cursor.rows[r]!++;
  retire(replay, r);
  return number;
}

/** Appends a transition between two rows to replica r. */
export function appendTransition(
  replay: Replay,
  r: number,
  from: number,
  to: number,
  action: ArrayLike<number>,
  reward: number,
  terminated: boolean,
): void {
  const { spec: { capacity }, cursor, recent } = replay, { links, actions, outcomes } = recent[r]!;
  const number = cursor.transitions[r]!++;
  cursor.starts[r * capacity + number % capacity] = from;
  links.push(from, to);
  for (let i = 0; i < action.length; i++) actions.push(action[i]!);
  outcomes.push(reward, terminated ? 1 : 0);
  retire(replay, r);
}

/** Moves the window past transitions beyond the capacity, and past those with an overwritten row. */
function retire({ spec: { capacity }, cursor }: Replay, r: number): void {
  const count = cursor.transitions[r]!, firstRow = cursor.rows[r]! - rowsFor(capacity);
  let oldest = Math.max(cursor.oldest[r]!, count - capacity);
  while (oldest < count && cursor.starts[r * capacity + oldest % capacity]! < firstRow) oldest++;
  cursor.oldest[r] = oldest;
}

/** Number of live transitions of replica r. */
export const liveTransitions = ({ cursor }: Replay, r: number): number =>
  cursor.transitions[r]! - cursor.oldest[r]!;

/** Writes consecutive rows of a field, which may wrap around its ring and cross segments. */
export function writeRows(
  executable: Executable,
  field: Field,
  replica: number,
  first: number,
  values: ArrayLike<number>,
): void {
  const { rows, width, segment } = field;
  const data = field.element === "u32" ? Uint32Array.from(values) : Float32Array.from(values);
  const count = data.length / width;
  for (let done = 0; done < count;) {
    const row = (first + done) % rows;
    const index = Math.floor(row / segment), inside = row - index * segment;
    const length = Math.min(segment, rows - index * segment);
    const run = Math.min(count - done, length - inside);
    executable.write(
      segmentName(field, index),
      data.subarray(done * width, (done + run) * width),
      (replica * length + inside) * width,
    );
    done += run;
  }
}

/** Writes rows and transitions to the device, from the given indices on. */
export function writeTransitions(
  { fields, spec }: Pick<Replay, "fields" | "spec">,
  executable: Executable,
  replica: number,
  firstRow: number,
  firstTransition: number,
  values: Pick<Recent, "rows" | "links" | "actions" | "outcomes">,
): void {
  const ring = rowsFor(spec.capacity);
  for (const field of fields) {
    const all = field.name === "links" ? values.links.map((row) => row % ring) : values[field.name];
    // If there are more than the ring holds, only the last ones would survive.
    const skip = Math.max(0, all.length / field.width - field.rows);
    const first = (field.name === "rows" ? firstRow : firstTransition) + skip;
    if (all.length > 0) writeRows(executable, field, replica, first, all.slice(skip * field.width));
  }
}

/** Writes the window of live transitions to the device. */
export function writeWindow(replay: Replay, executable: Executable): void {
  const { spec, cursor } = replay;
  const window = Array.from(
    cursor.oldest,
    (oldest, r) => [oldest % spec.capacity, liveTransitions(replay, r)],
  );
  executable.write("window", window.flat());
}

/**
 * Sends new rows and transitions, and the window of live transitions, to the device: one replica per piece. It must not
 * be abandoned.
 */
export function* flushInPieces(replay: Replay, executable: Executable): Pieces<void> {
  const { cursor, recent, journal } = replay;
  for (const [r, each] of recent.entries()) {
    writeTransitions(
      replay,
      executable,
      r,
      each.sentRows,
      each.sentTransitions,
      since(replay, each, each.sentRows, each.sentTransitions),
    );
    each.sentRows = cursor.rows[r]!;
    each.sentTransitions = cursor.transitions[r]!;
    if (!journal) forget(replay, r, each.sentRows, each.sentTransitions);
    yield "inside";
  }
  writeWindow(replay, executable);
}

/** {@link flushInPieces} in one go. */
export const flush = (replay: Replay, executable: Executable): void =>
  runSynchronously(flushInPieces(replay, executable));

/** The rows and transitions from the given indices on. */
function since(
  { spec }: Replay,
  { rows, links, actions, outcomes, firstRow, firstTransition }: Recent,
  row: number,
  transition: number,
): Pick<Recent, "rows" | "links" | "actions" | "outcomes"> {
  const done = transition - firstTransition;
  return {
    rows: rows.slice((row - firstRow) * spec.observation),
    links: links.slice(2 * done),
    actions: actions.slice(done * spec.action),
    outcomes: outcomes.slice(2 * done),
  };
}

/** Forgets the rows and transitions before the given indices. */
function forget({ spec, recent }: Replay, r: number, row: number, transition: number): void {
  const each = recent[r]!, done = transition - each.firstTransition;
  each.rows.splice(0, (row - each.firstRow) * spec.observation);
  each.links.splice(0, 2 * done);
  each.actions.splice(0, done * spec.action);
  each.outcomes.splice(0, 2 * done);
  each.firstRow = row;
  each.firstTransition = transition;
}

/** Takes the rows and transitions of replica r that are not yet in the journal. */
export function takeJournal(
  replay: Replay,
  r: number,
): Pick<Recent, "rows" | "links" | "actions" | "outcomes"> {
  const each = replay.recent[r]!;
  const taken = since(replay, each, each.journalRows, each.journalTransitions);
  each.journalRows = replay.cursor.rows[r]!;
  each.journalTransitions = replay.cursor.transitions[r]!;
  forget(
    replay,
    r,
    Math.min(each.sentRows, each.journalRows),
    Math.min(each.sentTransitions, each.journalTransitions),
  );
  return taken;
}

/** Indices of the first row and the first transition that a minibatch may still read. */
export const firstNeeded = (
  ring: number,
  sentRows: number,
  sentTransitions: number,
  oldest: number,
): { readonly rows: number; readonly transitions: number } => ({
  rows: Math.max(0, sentRows - ring),
  transitions: Math.min(oldest, sentTransitions),
});
