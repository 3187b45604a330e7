/** Elementwise operations, and copies that repeat elements. Every element is computed for itself, lane by lane. */
import { loadPart, storePart, tanh } from "./vector";

/** The descriptor: operation, operands (absent ones are not read) and result. */
@inline
const OPERATION = 0;
@inline
const FIRST = 4;
@inline
const SECOND = 8;
@inline
const THIRD = 12;
@inline
const RESULT = 16;

@inline
const NEG = 0;
@inline
const ADD = 1;
@inline
const MUL = 2;
@inline
const DIV = 3;
@inline
const MAXIMUM = 4;
@inline
const LESS = 5;
@inline
const SELECT = 6;
@inline
const TANH = 7;
@inline
const SQRT = 8;

/** Elements `from` to `to - 1` of the operation that `descriptor` describes. */
export function map(descriptor: usize, from: u32, to: u32, _work: usize): void {
  const operation = load<u32>(descriptor, OPERATION);
  if (operation == NEG) mapWith(NEG, 1, descriptor, from, to);
  else if (operation == ADD) mapWith(ADD, 2, descriptor, from, to);
  else if (operation == MUL) mapWith(MUL, 2, descriptor, from, to);
  else if (operation == DIV) mapWith(DIV, 2, descriptor, from, to);
  else if (operation == MAXIMUM) mapWith(MAXIMUM, 2, descriptor, from, to);
  else if (operation == LESS) mapWith(LESS, 2, descriptor, from, to);
  else if (operation == SELECT) mapWith(SELECT, 3, descriptor, from, to);
  else if (operation == TANH) mapWith(TANH, 1, descriptor, from, to);
  else mapWith(SQRT, 1, descriptor, from, to);
}

/** `operation` and `operands` are constants at every call: a loop each. */
@inline
function mapWith(operation: i32, operands: i32, descriptor: usize, from: u32, to: u32): void {
  const start = <usize> from << 2;
  const zero = f32x4.splat(0);
  let a = load<usize>(descriptor, FIRST) + start;
  let b = operands > 1 ? load<usize>(descriptor, SECOND) + start : 0;
  let c = operands > 2 ? load<usize>(descriptor, THIRD) + start : 0;
  let out = load<usize>(descriptor, RESULT) + start;
  let left = to - from;
  for (; left >= 4; left -= 4) {
    const y = operands > 1 ? v128.load(b) : zero;
    const z = operands > 2 ? v128.load(c) : zero;
    v128.store(out, operate(operation, v128.load(a), y, z));
    a += 16;
    if (operands > 1) b += 16;
    if (operands > 2) c += 16;
    out += 16;
  }
  if (left > 0) {
    const y = operands > 1 ? loadPart(b, left) : zero;
    const z = operands > 2 ? loadPart(c, left) : zero;
    storePart(out, operate(operation, loadPart(a, left), y, z), left);
  }
}

/** A condition is true where it is not 0, NaN included. */
@inline
function operate(operation: i32, x: v128, y: v128, z: v128): v128 {
  return operation == NEG
    ? f32x4.neg(x)
    : operation == ADD
    ? f32x4.add(x, y)
    : operation == MUL
    ? f32x4.mul(x, y)
    : operation == DIV
    ? f32x4.div(x, y)
    : operation == MAXIMUM
    ? f32x4.max(x, y)
    : operation == LESS
    ? v128.and(f32x4.lt(x, y), f32x4.splat(1))
    : operation == SELECT
    ? v128.bitselect(y, z, f32x4.ne(x, f32x4.splat(0)))
    : operation == TANH
    ? tanh(x)
    : f32x4.sqrt(x);
}

/** The descriptor of a repetition: source, result, and of three axes the length and the source's step (floats). */
@inline
const SOURCE = 0;
@inline
const TARGET = 4;
@inline
const MIDDLE_LENGTH = 8;
@inline
const MIDDLE_STEP = 12;
@inline
const INNER_LENGTH = 16;
@inline
const INNER_STEP = 20;
@inline
const OUTER_STEP = 24;

/** Outer indices `from` to `to - 1` of `result[o, m, i] = source[o · outer step + m · middle step + i · inner step]`. */
export function repeat(descriptor: usize, from: u32, to: u32, _work: usize): void {
  const middle = load<u32>(descriptor, MIDDLE_LENGTH);
  const inner = load<u32>(descriptor, INNER_LENGTH);
  const outerStep = load<usize>(descriptor, OUTER_STEP) << 2;
  const middleStep = load<usize>(descriptor, MIDDLE_STEP) << 2;
  const single = load<u32>(descriptor, INNER_STEP) == 0;
  const bytes = <usize> inner << 2;
  let outer = load<usize>(descriptor, SOURCE) + <usize> from * outerStep;
  let out = load<usize>(descriptor, TARGET) + <usize> from * <usize> middle * bytes;
  for (; from < to; from++) {
    let source = outer;
    for (let m = middle; m > 0; m--) {
      if (single) fill(out, load<f32>(source), inner);
      else copy(out, source, inner);
      source += middleStep;
      out += bytes;
    }
    outer += outerStep;
  }
}

function fill(to: usize, value: f32, count: u32): void {
  const lanes = f32x4.splat(value);
  for (; count >= 4; count -= 4) {
    v128.store(to, lanes);
    to += 16;
  }
  if (count > 0) storePart(to, lanes, count);
}

function copy(to: usize, from: usize, count: u32): void {
  for (; count >= 4; count -= 4) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  if (count > 0) storePart(to, loadPart(from, count), count);
}
