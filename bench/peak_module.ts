/**
 * A WebAssembly module of one loop: twelve sums of four floats, each multiplied by one number and added to another in every
 * step. Twelve hide the latency of a multiply-add, and with the two numbers they fit into 16 registers. It is written
 * instruction by instruction, so that measuring needs no compiler.
 *
 * @module
 */

/** Rounded once (relaxed SIMD), or the product before the sum. */
export type MultiplyAdd = "relaxed" | "plain";

const SUMS = 12;

/** Floating-point operations of a step: a product and a sum for each of four floats. */
export const STEP_FLOPS = SUMS * 4 * 2;

/** A section, a vector of bytes, or a body: the length, then the bytes. Lengths below 2¹⁴. */
const sized = (
  bytes: readonly number[],
): number[] => [(bytes.length & 127) | 128, bytes.length >> 7, ...bytes];

/** Opcodes: `local.get`, `local.set`, and after the vector prefix the multiply-adds. */
const GET = 0x20, SET = 0x21, VECTOR = 0xfd;
const MULTIPLY_ADD: Readonly<Record<MultiplyAdd, readonly number[]>> = {
  relaxed: [VECTOR, 0x85, 0x02],
  plain: [VECTOR, 0xe6, 0x01], // f32x4.mul; f32x4.add follows
};

/** `f32.const x`, `f32x4.splat` */
const splat = (x: number): number[] => [
  0x43,
  ...new Uint8Array(Float32Array.of(x).buffer),
  ...[VECTOR, 0x13],
];

/** The module's bytes: it exports `run(steps: i32): f32`. */
export function peakModule(kind: MultiplyAdd): Uint8Array<ArrayBuffer> {
  const factor = 1 + SUMS, term = 2 + SUMS; // local 0 is the number of steps, 1 … 12 are the sums
  const step = (sum: number): number[] => [
    ...[GET, sum, GET, factor],
    ...kind === "relaxed"
      ? [GET, term, ...MULTIPLY_ADD.relaxed]
      : [...MULTIPLY_ADD.plain, GET, term, VECTOR, 0xe4, 0x01],
    ...[SET, sum],
  ];
  const sums = Array.from({ length: SUMS }, (_, k) => k + 1);
  const body = [
    ...[0x01, SUMS + 2, 0x7b], // one group of locals: vectors
    ...splat(0.999),
    ...[SET, factor],
    ...splat(0.001),
    ...[SET, term],
    ...[0x03, 0x40], // loop
    ...sums.flatMap(step),
    ...[GET, 0, 0x41, 0x01, 0x6b, 0x22, 0], // --steps
    ...[0x0d, 0x00, 0x0b], // again while it is not 0
    ...sums.flatMap((sum, k) => [GET, sum, ...k === 0 ? [] : [VECTOR, 0xe4, 0x01]]),
    ...[VECTOR, 0x1f, 0x00, 0x0b], // the first float of their sum
  ];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, ...sized([0x01, 0x60, 0x01, 0x7f, 0x01, 0x7d])], // (i32) → f32
    ...[0x03, ...sized([0x01, 0x00])],
    ...[0x07, ...sized([0x01, 0x03, 0x72, 0x75, 0x6e, 0x00, 0x00])], // "run"
    ...[0x0a, ...sized([0x01, ...sized(body)])],
  ]);
}
