/**
 * Measurements side by side: works alternate in one run, so that other load on the machine affects all of them alike;
 * medians over the rounds and ratios are reported.
 *
 * @module
 */

/** A work to measure: repeats it for about a number of seconds and returns the repetitions per second. */
export interface Work {
  readonly name: string;
  readonly rate: (seconds: number) => number | Promise<number>;
}

/** Duration and number of the rounds. */
export interface Effort {
  readonly rounds: number;
  /** Seconds of one round of a work. */
  readonly seconds: number;
}

/** Rates of a work over the rounds. */
export interface Measured {
  readonly name: string;
  readonly rates: readonly number[];
  readonly median: number;
}

/** The median. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Measures works alternately; a first round, in which engines compile, is not counted. */
export async function interleaved<W extends readonly Work[]>(
  works: readonly [...W],
  { rounds, seconds }: Effort,
): Promise<{ [K in keyof W]: Measured }> {
  const rates = works.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    // Each round begins with a different work, so that none always follows the same one.
    for (let turn = 0; turn < works.length; turn++) {
      const k = (turn + Math.max(round, 0)) % works.length, work = works[k]!;
      const rate = await work.rate(round < 0 ? Math.min(seconds, 0.3) : seconds);
      if (round >= 0) rates[k]!.push(rate);
    }
  }
  return works.map(({ name }, k) => ({ name, rates: rates[k]!, median: median(rates[k]!) })) as {
    [K in keyof W]: Measured;
  };
}

/** The median over the rounds of a's rate divided by b's in the same round. */
export const ratio = (a: Measured, b: Measured): number =>
  median(a.rates.map((rate, k) => rate / b.rates[k]!));

/** A synchronous work. */
export const timed = (name: string, once: () => void): Work => ({
  name,
  rate: (seconds) => {
    const start = performance.now();
    let count = 0, now = start;
    for (; now - start < 1000 * seconds; now = performance.now()) {
      once();
      count++;
    }
    return 1000 * count / (now - start);
  },
});

/** Duration of the work queued between two waits, ms: waiting alone takes 11 ms in Deno. */
const QUEUE = 600;
/** Maximum number queued. */
const MAX_QUEUED = 32;

/**
 * A work that is queued between two waits as often as is fastest: once, or many times. `finish` performs it a number of
 * times and waits for the last; it is called here first, so that nothing is compiled during the measurement.
 */
export async function queued(name: string, finish: (times: number) => Promise<void>): Promise<Work> {
  const each = async (times: number): Promise<number> => {
    const before = performance.now();
    await finish(times);
    return (performance.now() - before) / times;
  };
  await finish(1);
  const many = Math.max(1, Math.min(MAX_QUEUED, Math.ceil(QUEUE / await each(2))));
  const alone = [await each(1), await each(1), await each(1)];
  return batches(name, finish, await each(many) < median(alone) ? many : 1);
}

/** A work that is repeated a number of times between two waits. */
const batches = (name: string, finish: (times: number) => Promise<void>, length: number): Work => ({
  name,
  rate: async (seconds) => {
    const start = performance.now();
    let count = 0;
    for (; performance.now() - start < 1000 * seconds; count += length) await finish(length);
    return 1000 * count / (performance.now() - start);
  },
});

/** Duration between two waits of a {@link paced} work, ms, if it can be repeated often enough. */
const BATCH = 250;
/** Maximum number of repetitions between two waits of a {@link paced} work. */
const LONGEST = 8192;

/** A work that is repeated for a quarter of a second between two waits, and its duration, s. */
export interface Paced extends Work {
  readonly each: number;
}

/** Finds the pace of a work by increasing the repetitions; a fast GPU performs hundreds during one wait. */
export async function paced(name: string, finish: (times: number) => Promise<void>): Promise<Paced> {
  await finish(1);
  let length = 1, took = 0;
  for (;;) {
    const before = performance.now();
    await finish(length);
    took = performance.now() - before;
    if (took > BATCH / 2 || length === LONGEST) break;
    // A short measurement is mostly the wait: increase at most sixteenfold per step.
    length = Math.min(LONGEST, Math.ceil(length * Math.min(16, BATCH / took)));
  }
  return { ...batches(name, finish, length), each: took / 1000 / length };
}

/** The machine of a measurement. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly deno: string;
  /** Load average over the last minute (Linux): above the number of cores, rates suffer. */
  readonly load: number;
}

/** This machine. */
export function machine(): Machine {
  let processor = "unknown";
  try {
    processor = /model name\s*:\s*(.*)/.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ?? processor;
  } catch {
    // Not Linux: the name stays unknown.
  }
  const load = Math.round(10 * (Deno.loadavg()[0] ?? 0)) / 10;
  return { processor, cores: navigator.hardwareConcurrency, deno: Deno.version.deno, load };
}

/** Options on the command line: `--json FILE`, `--only NAME`, `--rounds N`, `--seconds S`, and flags without value. */
export function commandLine(defaults: Effort): Effort & {
  readonly json: string | null;
  /** Prefix of the names of the requested works. */
  readonly only: string;
  readonly flags: ReadonlySet<string>;
} {
  const value = (name: string): string | null => {
    const at = Deno.args.indexOf(`--${name}`);
    return at < 0 ? null : Deno.args[at + 1] ?? null;
  };
  const number = (name: "rounds" | "seconds"): number => Number(value(name) ?? defaults[name]);
  return {
    rounds: number("rounds"),
    seconds: number("seconds"),
    json: value("json"),
    only: value("only") ?? "",
    flags: new Set(Deno.args.filter((each) => each.startsWith("--")).map((each) => each.slice(2))),
  };
}

/** A number of three significant digits. */
export const short = (x: number): string =>
  x >= 1000 ? x.toFixed(0) : x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2);

/** A table in Markdown; the first column is text. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map((_, k) => k === 0 ? "---" : "---:")), ...rows.map(line)].join("\n");
}

/** Writes a run's results with the machine, and the device if there is only one. */
export async function writeResults(
  file: string,
  subject: string,
  results: unknown,
  device?: string,
): Promise<void> {
  const text = JSON.stringify(
    { subject, date: new Date().toISOString(), machine: machine(), ...device && { device }, results },
    null,
    2,
  );
  await Deno.writeTextFile(file, `${text}\n`);
}
