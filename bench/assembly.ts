/**
 * The WebAssembly routines on one core, at the shapes of a soft Q-learning update.
 *
 * `deno run bench/assembly.ts` prints a table of GFLOP/s (and, for routines that are not products, of the ratio to the
 * same loop in TypeScript): variants alternate within one process, and each figure is the median of 41 rounds, so that
 * other work on the machine affects all of them alike. Only the product itself is timed, without bias and activation.
 * `deno bench bench/assembly.ts` gives times in its own form.
 *
 * @module
 */
import { type Assembly, loadAssembly, type Variant } from "../src/device/assembly/assembly.ts";
import { groupSumsRoutine } from "../src/device/cpu_primitives.ts";
import { adamRoutine } from "../src/kernels/adam.ts";
import { type Product, PRODUCT_WORK, productCalls } from "../src/kernels/product.ts";
import { softValueRoutine } from "../src/kernels/soft_value.ts";
import { descriptorWords } from "../src/tensor/layout.ts";
import type { RoutineCall } from "../src/tensor/routine.ts";

type Transposition = Product["transposition"];

const VARIANTS: readonly Variant[] = ["relaxed", "plain"];
const PAGES = 512;
const memory = new WebAssembly.Memory({ initial: PAGES });
const floats = new Float32Array(memory.buffer);
/** Operands have 8 MiB each; the descriptor and the scratch memory precede them. */
const [A, B, C, DESCRIPTOR, WORK] = [8 << 20, 16 << 20, 24 << 20, 0, 1 << 20];
/** Three floats of ADAM's clock, two of its rates (the first of which serves as a temperature too), and a flag. */
const [CLOCK, RATES, FROZEN] = [1024, 1036, 1044];
for (let i = A / 4; i < floats.length; i++) floats[i] = Math.sin(i * 12.9898);

/** Rows × depth by depth × columns, of an update with hidden layers of 128 or 200. */
const SHAPES: readonly (readonly [Transposition, rows: number, depth: number, columns: number])[] = [
  ["NN", 1024, 128, 128],
  ["NT", 1024, 128, 128],
  ["TN", 128, 1024, 128],
  ["NN", 2048, 200, 200],
  ["NT", 2048, 200, 200],
  ["TN", 200, 2048, 200],
  ["NN", 64, 200, 200],
  ["NT", 64, 200, 200],
  ["TN", 64, 200, 200],
  ["TN", 200, 64, 200],
  ["NN", 1024, 128, 1], // the critic's output
  ["TN", 128, 1024, 1], // its gradient
  ["NT", 1024, 1, 128], // and its input's gradient
  ["NN", 2048, 128, 2], // the sampler's output, two actions
  ["TN", 128, 2048, 2],
  ["NT", 2048, 2, 128],
  ["NN", 2048, 200, 8], // eight actions
  ["TN", 200, 2048, 8],
  ["NN", 2048, 2, 128], // the first layer
  ["TN", 2, 2048, 128],
  ["NN", 64, 125, 200],
  ["TN", 125, 64, 200],
  ["NN", 1, 128, 128], // acting
  ["NN", 4, 128, 128],
  ["NN", 16, 128, 128],
];

function load(variant: Variant): Assembly | null {
  return loadAssembly(memory, { variant });
}

/** Writes a call's descriptor; its operands are the addresses given, the results' after the inputs'. */
function describe(
  assembly: Assembly,
  call: RoutineCall,
  inputs: readonly number[],
  outputs: readonly number[],
): void {
  const words = descriptorWords(
    call.fields,
    call.given,
    (operand) =>
      "input" in operand ? inputs[operand.input]! : "output" in operand ? outputs[operand.output]! : 0,
  );
  assembly.write(DESCRIPTOR, words);
}

const product = (transposition: Transposition, rows: number, depth: number, columns: number): RoutineCall => {
  const plain = { replicas: 1, bias: false, group: 0, activation: "identity", third: null } as const;
  return productCalls({ ...plain, transposition, sizes: [rows, columns, depth] })[0]!;
};

/** Median seconds of each work over 41 alternating rounds of a few milliseconds each. */
function interleaved(works: readonly (() => void)[]): number[] {
  const repetitions = works.map((work) => {
    for (let i = 0; i < 30; i++) work(); // lets the engine compile it
    const start = performance.now();
    work();
    return Math.max(1, Math.ceil(1.5 / Math.max(performance.now() - start, 1e-4)));
  });
  const times = works.map((): number[] => []);
  for (let round = 0; round < 41; round++) {
    works.forEach((work, i) => {
      const count = repetitions[i] as number;
      const start = performance.now();
      for (let n = 0; n < count; n++) work();
      times[i]?.push((performance.now() - start) / count / 1000);
    });
  }
  return times.map((each) => each.sort((x, y) => x - y)[20] as number);
}

/** The same routine's time as a loop in TypeScript. */
function softValueLoop(rows: number, count: number, alpha: number): void {
  for (let row = 0; row < rows; row++) {
    const start = A / 4 + row * count;
    let largest = -Infinity;
    for (let i = 0; i < count; i++) largest = Math.max(largest, floats[start + i] as number);
    let sum = 0;
    for (let i = 0; i < count; i++) sum += Math.exp(((floats[start + i] as number) - largest) / alpha);
    floats[C / 4 + row] = largest + alpha * Math.log(sum / count);
  }
}

function adamLoop(count: number): void {
  floats.fill(1, C / 4, C / 4 + 2 * count);
  const [p, g, m, v] = [A / 4, B / 4, C / 4, C / 4 + count] as const;
  for (let i = 0; i < count; i++) {
    const gradient = floats[g + i] as number;
    const first = 0.9 * (floats[m + i] as number) + 0.1 * gradient;
    const second = 0.999 * (floats[v + i] as number) + 0.001 * gradient * gradient;
    floats[m + i] = first;
    floats[v + i] = second;
    floats[p + i] = (floats[p + i] as number) - 3e-4 * (first / 0.5) / (Math.sqrt(second / 0.5) + 1e-8);
  }
}

function groupSumsLoop(groups: number, group: number, columns: number): void {
  for (let g = 0; g < groups; g++) {
    for (let n = 0; n < columns; n++) {
      let sum = 0;
      for (let i = 0; i < group; i++) sum += floats[A / 4 + (g * group + i) * columns + n] as number;
      floats[C / 4 + g * columns + n] = sum;
    }
  }
}

const PARAMETERS = 33793;

const at = (input: number) => ({ input });

/** Routines other than products: the call with its inputs and outputs, and the equivalent loop. */
const OTHERS: readonly (readonly [string, RoutineCall, readonly number[], () => void])[] = [
  [
    "adam, 33 793 parameters",
    adamRoutine.call({ items: PARAMETERS, cost: 0 }, {
      ...{ count: PARAMETERS, beta1: 0.9, beta2: 0.999, rest1: 0.1, rest2: 0.001, epsilon: 1e-8 },
      ...{ p: at(0), m: at(2), v: at(3), g: at(1), clock: at(4), rates: at(5), frozen: at(6), targets: null },
    }),
    [A, B, C, C + 4 * PARAMETERS, CLOCK, RATES, FROZEN],
    () => adamLoop(PARAMETERS),
  ],
  [
    "softValue, 64 rows of 50",
    softValueRoutine.call({ items: 64, cost: 0 }, {
      ...{
        states: 64,
        samples: 50,
        logDensity: 0,
        value: at(2),
        q: at(0),
        temperature: at(1),
        density: null,
      },
    }),
    [A, RATES, C],
    () => softValueLoop(64, 50, 0.7),
  ],
  [
    "groupSums, 64 groups of 16 rows of 128",
    groupSumsRoutine.call({ items: 64, cost: 0 }, { source: at(0), sums: at(1), group: 16, columns: 128 }),
    [A, C],
    () => groupSumsLoop(64, 16, 128),
  ],
];

if (import.meta.main) {
  const loaded = VARIANTS.map(load).filter((assembly) => assembly !== null);
  const header = loaded.map((assembly) => assembly.variant.padStart(10)).join("");
  console.log("GFLOP/s, one core".padEnd(42) + header);
  for (const [transposition, rows, depth, columns] of SHAPES) {
    const works = loaded.map((assembly) => {
      describe(assembly, product(transposition, rows, depth, columns), [A, B], [C]);
      return () => assembly.routines["dense"]!(DESCRIPTOR, 0, rows, WORK);
    });
    const rates = interleaved(works).map((seconds) => 2 * rows * depth * columns / seconds / 1e9);
    const name = `${transposition} ${rows}x${depth} by ${depth}x${columns}`;
    console.log(name.padEnd(42) + rates.map((rate) => rate.toFixed(1).padStart(10)).join(""));
  }
  console.log("\n" + "µs, and times as fast as a loop".padEnd(42) + header);
  for (const [name, call, addresses, loop] of OTHERS) {
    floats.set([0.5, 0.5, 0, 0.7, 1, 0], CLOCK / 4);
    const [reference = NaN, ...seconds] = interleaved([
      loop,
      ...loaded.map((assembly) => {
        describe(assembly, call, addresses, []);
        return () => {
          floats.fill(1, C / 4, C / 4 + 2 * PARAMETERS);
          assembly.routines[call.routine]!(DESCRIPTOR, 0, call.items, WORK);
        };
      }),
    ]);
    const cells = seconds.map((each) =>
      `${(each * 1e6).toFixed(1)} ${(reference / each).toFixed(1)}x`.padStart(14)
    );
    console.log(name.padEnd(42) + cells.join(""));
  }
}

if (PRODUCT_WORK > A - WORK) throw new Error("the operands overlap with the work space");
for (const [transposition, rows, depth, columns] of SHAPES) {
  for (const variant of VARIANTS) {
    const assembly = load(variant);
    const name = `${transposition} ${rows}x${depth} by ${depth}x${columns}`;
    if (assembly === null) continue;
    Deno.bench(variant, { group: name }, (bench) => {
      describe(assembly, product(transposition, rows, depth, columns), [A, B], [C]);
      bench.start();
      assembly.routines["dense"]!(DESCRIPTOR, 0, rows, WORK);
      bench.end();
    });
  }
}
