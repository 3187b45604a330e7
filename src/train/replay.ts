/**
 * The replay buffer: where transitions lie on the device, and what the host knows of them.
 *
 * An observation is stored once, in a ring of rows; a transition names the row that it starts from and the row that it
 * leads to. Only the last observation of an episode has a row from which no transition starts. Each field is stored for
 * each replica, in segments below WebGPU's limit of 128 MiB a binding.
 *
 * Law, tested: a minibatch is drawn uniformly from the transitions whose rows are all still there.
 *
 * @module
 */

import type { Executable } from "../device/device.ts";
import { drawRows, rowsOf } from "../kernels/replay.ts";
import type { Minibatch } from "../learn/learner.ts";
import { STREAMS } from "../random/key.ts";
import type { Tensor } from "../tensor/expression.ts";
import { reshape, slice } from "../tensor/primitives.ts";
import type { ElementType, TensorType } from "../tensor/shape.ts";

/** Sizes of a replay. */
export interface ReplaySpec {
  /** Replicas, each with a replay of its own, R. */
  readonly replicas: number;
  /** Transitions kept for each replica. */
  readonly capacity: number;
  /** Length of an observation. */
  readonly observation: number;
  /** Length of an action. */
  readonly action: number;
}

/** Bytes of a segment at most: WebGPU's least limit of a storage binding. */
export const SEGMENT_BYTES = 128 * 2 ** 20;

/** One field of the replay: `[R, rows, width]` in segments. */
export interface Field {
  /** `rows`: observations; `links`: numbers of the rows before and after; `outcomes`: reward and end (1 or 0). */
  readonly name: "rows" | "links" | "actions" | "outcomes";
  /** What its elements are. */
  readonly element: ElementType;
  /** Length of its ring. */
  readonly rows: number;
  /** Numbers in a row. */
  readonly width: number;
  /** Rows of every segment but the last, which has the rest. */
  readonly segment: number;
}

/**
 * The number of observation rows kept for a capacity. One is needed for each transition and one more for each episode;
 * a quarter is kept for the latter. Where episodes are shorter than four steps the oldest transitions retire early.
 */
export const rowsFor = (capacity: number): number => capacity + Math.ceil(capacity / 4) + 64;

/** The fields of a replay. */
export function fieldsOf(spec: ReplaySpec, segmentBytes = SEGMENT_BYTES): readonly Field[] {
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

/** Bytes of the replay of all replicas. */
export const replayBytes = (spec: ReplaySpec): number =>
  fieldsOf(spec).reduce((total, { rows, width }) => total + 4 * spec.replicas * rows * width, 0);

/** Name of a segment's input in the learner's program. */
const segmentName = (field: Field, index: number): string => `replay.${field.name}.${index}`;

const segmentCount = ({ rows, segment }: Field): number => Math.ceil(rows / segment);

/** The program inputs that hold the replay: its segments, and `window` `u32[R,2]`, the first live transition and their number. */
export function replayInputs(spec: ReplaySpec, fields: readonly Field[]): Record<string, TensorType> {
  const segments = fields.flatMap((field) =>
    Array.from({ length: segmentCount(field) }, (_, k): [string, TensorType] => {
      const rows = Math.min(field.segment, field.rows - k * field.segment);
      return [segmentName(field, k), { shape: [spec.replicas, rows, field.width], element: field.element }];
    })
  );
  return Object.fromEntries([...segments, ["window", { shape: [spec.replicas, 2], element: "u32" }]]);
}

/** Draws a minibatch of `batch` transitions out of the replay's inputs. */
export function drawMinibatch(
  spec: ReplaySpec,
  fields: readonly Field[],
  inputs: Readonly<Record<string, Tensor>>,
  key: Tensor,
  counter: Tensor,
  batch: number,
): Minibatch {
  const R = spec.replicas;
  const drawn = drawRows(key, counter, inputs.window, {
    count: batch,
    capacity: spec.capacity,
    stream: STREAMS.minibatch,
  });
  const read = (name: Field["name"], rows: Tensor): Tensor => {
    const field = fields.find((each) => each.name === name) as Field;
    return rowsOf(Array.from({ length: segmentCount(field) }, (_, k) => inputs[segmentName(field, k)]), rows);
  };
  const links = read("links", drawn), outcome = read("outcomes", drawn);
  const column = (x: Tensor, k: number): Tensor => reshape(slice(x, 2, k, 1), [R, batch]);
  return {
    observation: read("rows", column(links, 0)),
    nextObservation: read("rows", column(links, 1)),
    action: read("actions", drawn),
    reward: column(outcome, 0),
    terminated: column(outcome, 1),
  };
}

/** What the host knows of a replay: how much was ever written, and where the live transitions begin. */
export interface ReplayCursor {
  /** `[R]` rows written so far. */
  readonly rows: Float64Array;
  /** `[R]` transitions written so far. */
  readonly transitions: Float64Array;
  /** `[R]` number of the oldest live transition. */
  readonly oldest: Float64Array;
  /** `[R, capacity]` the row (counted from the beginning) that each live transition starts from. */
  readonly starts: Float64Array;
}

/** Rows and transitions of one replica that the device has not seen yet, in the order in which they were made. */
export interface Pending {
  /** Number of the first row, counted from the beginning. */
  firstRow: number;
  /** Number of the first transition, counted from the beginning. */
  firstTransition: number;
  /** Observations, one after the other. */
  readonly rows: number[];
  /** For each transition the places in the ring of the rows before and after. */
  readonly links: number[];
  /** Actions, one after the other. */
  readonly actions: number[];
  /** For each transition its reward, and 1 where the task ended, else 0. */
  readonly outcomes: number[];
}

/** The host's side of a replay. */
export interface Replay {
  /** Its sizes. */
  readonly spec: ReplaySpec;
  /** Its fields as they lie on the device. */
  readonly fields: readonly Field[];
  /** How much was written, and what of it is alive. */
  readonly cursor: ReplayCursor;
  /** What {@link flush} will send, one entry a replica. */
  readonly pending: readonly Pending[];
}

/** An empty replay. */
export function emptyReplay(spec: ReplaySpec): Replay {
  const { replicas, capacity } = spec;
  return {
    spec,
    fields: fieldsOf(spec),
    cursor: {
      rows: new Float64Array(replicas),
      transitions: new Float64Array(replicas),
      oldest: new Float64Array(replicas),
      starts: new Float64Array(replicas * capacity),
    },
    pending: Array.from({ length: replicas }, () => ({
      firstRow: 0,
      firstTransition: 0,
      rows: [],
      links: [],
      actions: [],
      outcomes: [],
    })),
  };
}

/** Appends an observation to replica r's rows and gives its number, counted from the beginning. */
export function appendRow({ cursor, pending }: Replay, r: number, observation: ArrayLike<number>): number {
  for (let i = 0; i < observation.length; i++) pending[r].rows.push(observation[i]);
  return cursor.rows[r]++;
}

/** Appends a transition between two rows to replica r. */
export function appendTransition(
  { spec, cursor, pending }: Replay,
  r: number,
  from: number,
  to: number,
  action: ArrayLike<number>,
  reward: number,
  terminated: boolean,
): void {
  const { capacity } = spec, rows = rowsFor(capacity), { links, actions, outcomes } = pending[r];
  const number = cursor.transitions[r]++;
  cursor.starts[r * capacity + number % capacity] = from;
  links.push(from % rows, to % rows);
  for (let i = 0; i < action.length; i++) actions.push(action[i]);
  outcomes.push(reward, terminated ? 1 : 0);
  let oldest = Math.max(cursor.oldest[r], number + 1 - capacity);
  while (oldest <= number && cursor.starts[r * capacity + oldest % capacity] < cursor.rows[r] - rows) {
    oldest++;
  }
  cursor.oldest[r] = oldest;
}

/** Number of live transitions of replica r. */
export const liveTransitions = ({ cursor }: Replay, r: number): number =>
  cursor.transitions[r] - cursor.oldest[r];

/** Writes a run of rows of a field, which may wrap around its ring and cross segments. */
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

/** Sends what is pending to the device, and the window of live transitions. */
export function flush(replay: Replay, executable: Executable): void {
  const { spec, fields, cursor, pending } = replay;
  const window = new Uint32Array(2 * spec.replicas);
  pending.forEach((each, r) => {
    const batches = { rows: each.rows, links: each.links, actions: each.actions, outcomes: each.outcomes };
    for (const field of fields) {
      const first = field.name === "rows" ? each.firstRow : each.firstTransition;
      const values = batches[field.name];
      // More than a ring's length of pending values would overwrite itself: only the last of them survive.
      const skip = Math.max(0, values.length / field.width - field.rows);
      if (values.length > 0) writeRows(executable, field, r, first + skip, values.slice(skip * field.width));
      values.length = 0;
    }
    each.firstRow = cursor.rows[r];
    each.firstTransition = cursor.transitions[r];
    window[2 * r] = cursor.oldest[r] % spec.capacity;
    window[2 * r + 1] = liveTransitions(replay, r);
  });
  executable.write("window", window);
}
