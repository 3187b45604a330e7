/**
 * What a worker of the pool runs. The function's own text becomes the worker's module, so that starting one needs no
 * file and no permission: it must use nothing but its own names and the runtime's.
 *
 * @module
 */

/** Where the pool's numbers lie in its control block, in words. */
export interface ControlLayout {
  /** Units of the current job that have not been taken, and units done. */
  readonly left: number;
  readonly done: number;
  /** Grows with every job; workers sleep on it. */
  readonly wake: number;
  readonly sleepers: number;
  /** 1 while the owner sleeps until units are done. */
  readonly ownerSleeps: number;
  /** Messages posted to each worker so far: one that has received fewer goes and fetches them. */
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
  /** Of each worker: the newest memory that it knows (-1: it has retired), and units that it has done. */
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
  /** How often it looks for a job before it sleeps, and after how many milliseconds of sleep it retires. */
  readonly looks: number;
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

/** A memory that is not needed any more. */
export interface Detach {
  readonly kind: "detach";
  readonly id: number;
}

/** The messages to a worker. */
export type WorkerMessage = Start | Attach | Detach;

type Computes = (descriptor: number, from: number, to: number, work: number) => void;

/** The body of a worker. */
export function workerBody(): void {
  const scope = globalThis as typeof globalThis & {
    onmessage: ((event: { data: WorkerMessage }) => void) | null;
    close: () => void;
  };
  const memories = new Map<
    number,
    { readonly routines: readonly Computes[]; readonly work: number; readonly list: Uint32Array }
  >();
  let start: Start | null = null;
  let received = 0;

  const serve = ({ control, layout, index, looks, idle, descriptorBytes }: Start): void => {
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
      for (let i = 0; i < looks && wake === seen; i++) wake = Atomics.load(words, layout.wake);
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
      const routines = Object.values(exports) as Computes[]; // by their order in the module
      memories.set(data.id, { routines, work: data.work, list: new Uint32Array(data.memory.buffer) });
      Atomics.store(new Int32Array(start!.control), start!.layout.known + start!.index, data.id);
    } else {
      memories.delete(data.id);
    }
    if (start !== null) serve(start);
  };
}
