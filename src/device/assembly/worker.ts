/**
 * The code of a worker of the pool. The source text of the function becomes the worker's module, so that starting a
 * worker needs neither a file nor a permission; the function may therefore use only its own names and the runtime's
 * globals.
 *
 * @module
 */

/** The layout of the pool's control block: the index of each word. */
export interface ControlLayout {
  /** Units of the current job that have not been taken, and units done. */
  readonly left: number;
  readonly done: number;
  /** Grows with every job; workers sleep on it. */
  readonly wake: number;
  readonly sleepers: number;
  /** 1 while the owner sleeps until units are done. */
  readonly ownerSleeps: number;
  /**
   * Number of messages posted to each worker so far; one that has received fewer returns to its event loop for them.
   */
  readonly mail: number;
  /**
   * The current job: memory, routine, descriptor, items, units of a replica, items of a unit. For a chain, the routine
   * is -1, the descriptor the offset of its list, and the items are its length.
   */
  readonly memory: number;
  readonly routine: number;
  readonly descriptor: number;
  readonly items: number;
  readonly split: number;
  readonly chunk: number;
  /** For each worker: the newest memory that it has (-1: it has retired), and the number of units that it has done. */
  readonly known: number;
  readonly tally: number;
}

/** The first message to a worker. */
export interface Start {
  readonly kind: "start";
  readonly control: SharedArrayBuffer;
  readonly layout: ControlLayout;
  /** Number of this worker, from 0. */
  readonly index: number;
  readonly descriptorBytes: number;
  /** How often it polls for a job before it sleeps, and after how many milliseconds of sleep it retires. */
  readonly spins: number;
  readonly idle: number;
}

/** A memory to work on. Memories are numbered in rising order. */
export interface Attach {
  readonly kind: "attach";
  readonly id: number;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Byte offset of this worker's scratch memory. */
  readonly work: number;
}

/** A memory that is no longer needed. */
export interface Detach {
  readonly kind: "detach";
  readonly id: number;
}

/** The messages to a worker. */
export type WorkerMessage = Start | Attach | Detach;

type Routine = (descriptor: number, from: number, to: number, work: number) => void;

/** The body of a worker. */
export function workerBody(): void {
  const scope = globalThis as typeof globalThis & {
    onmessage: ((event: { data: WorkerMessage }) => void) | null;
    close: () => void;
  };
  const memories = new Map<
    number,
    { readonly routines: readonly Routine[]; readonly work: number; readonly list: Uint32Array }
  >();
  let start: Start | null = null;
  let received = 0;

  const serve = ({ control, layout, index, spins, idle, descriptorBytes }: Start): void => {
    const words = new Int32Array(control);
    let seen = 0;
    const compute = (): void => {
      for (;;) {
        const left = Atomics.load(words, layout.left);
        if (left <= 0) return;
        if (Atomics.compareExchange(words, layout.left, left, left - 1) !== left) continue;
        // The unit is this worker's now: the job cannot end, nor its description change, before it is done.
        const unit = left - 1, split = words[layout.split]!, chunk = words[layout.chunk]!;
        const replica = Math.floor(unit / split), from = (unit - replica * split) * chunk;
        const { routines, work, list } = memories.get(words[layout.memory]!)!;
        const routine = words[layout.routine]!, items = words[layout.items]!;
        const first = words[layout.descriptor]! >>> 0, skip = replica * descriptorBytes;
        if (routine >= 0) {
          routines[routine]!(first + skip, from, Math.min(from + chunk, items), work);
        } else {
          for (let i = 0, at = first >>> 2; i < items; i++, at += 3) {
            routines[list[at]!]!(list[at + 1]! + skip, 0, list[at + 2]!, work);
          }
        }
        words[layout.tally + index]!++;
        Atomics.add(words, layout.done, 1);
        if (Atomics.load(words, layout.ownerSleeps) === 1) Atomics.notify(words, layout.done);
      }
    };
    while (Atomics.load(words, layout.mail) === received) {
      compute();
      let wake = Atomics.load(words, layout.wake);
      for (let i = 0; i < spins && wake === seen; i++) wake = Atomics.load(words, layout.wake);
      if (wake === seen) {
        Atomics.add(words, layout.sleepers, 1);
        const answer = Atomics.wait(words, layout.wake, seen, idle);
        Atomics.sub(words, layout.sleepers, 1);
        if (answer === "timed-out") {
          Atomics.store(words, layout.known + index, -1);
          scope.close();
          return;
        }
      }
      seen = wake;
    }
  };

  scope.onmessage = ({ data }) => {
    received++;
    if (data.kind === "start") {
      start = data;
    } else if (data.kind === "attach") {
      const { exports } = new WebAssembly.Instance(data.module, { env: { memory: data.memory } });
      const routines = Object.values(exports) as Routine[]; // by their order in the module
      memories.set(data.id, { routines, work: data.work, list: new Uint32Array(data.memory.buffer) });
      Atomics.store(new Int32Array(start!.control), start!.layout.known + start!.index, data.id);
    } else {
      memories.delete(data.id);
    }
    if (start !== null) serve(start);
  };
}
