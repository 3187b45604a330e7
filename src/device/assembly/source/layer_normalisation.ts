/** Layer normalisation of rows, and its derivative; `src/kernels/layer_normalisation.ts` has the equations. */
import { activate, timesSlope } from "./activation";
import { ABSENT, Activation, LayerNormalisationDescriptor } from "./layouts";
import { loadPart, storePart } from "./vector";

/** Rows `from` to `to - 1`: normalised and activated or, if there is a cotangent, its pullback. */
export function layerNormalisation(descriptor: LayerNormalisationDescriptor, from: u32, to: u32, work: usize): void {
  const activation = descriptor.activation;
  if (activation == Activation.identity) rowsWith(Activation.identity, descriptor, from, to, work);
  else if (activation == Activation.relu) rowsWith(Activation.relu, descriptor, from, to, work);
  else rowsWith(Activation.tanh, descriptor, from, to, work);
}

/** `activation` is a constant at every call, so each activation has its own loops. */
@inline
function rowsWith(
  activation: i32,
  descriptor: LayerNormalisationDescriptor,
  from: u32,
  to: u32,
  work: usize,
): void {
  const columns = descriptor.columns, derives = descriptor.g != ABSENT;
  const rowBytes = <usize> columns << 2;
  for (; from < to; from++) {
    const start = <usize> from * rowBytes, out = descriptor.out + start;
    const deviation = centre(descriptor.z + start, columns, descriptor.epsilon, work);
    if (derives) pullBack(activation, descriptor.g + start, columns, deviation, work, out);
    else normalise(activation, columns, deviation, work, out);
  }
}

/** Writes `z - mean z` of a row to `to`, and returns `√(var z + ε)`. Missing lanes of the last vector count as zero. */
function centre(z: usize, columns: u32, epsilon: f32, to: usize): f32 {
  let sums = f32x4.splat(0);
  let at = z;
  for (let left = columns; left > 0; left -= min<u32>(left, 4)) {
    sums = f32x4.add(sums, left >= 4 ? v128.load(at) : loadPart(at, left));
    at += 16;
  }
  const mean = f32x4.splat(total(sums) / <f32> columns);
  let squares = f32x4.splat(0);
  let left = columns;
  for (; left >= 4; left -= 4) {
    const centred = f32x4.sub(v128.load(z), mean);
    squares = f32x4.add(squares, f32x4.mul(centred, centred));
    v128.store(to, centred);
    z += 16;
    to += 16;
  }
  if (left > 0) {
    storePart(to, f32x4.sub(loadPart(z, left), mean), left);
    const centred = loadPart(to, left);
    squares = f32x4.add(squares, f32x4.mul(centred, centred));
  }
  return sqrt<f32>(total(squares) / <f32> columns + epsilon);
}

/** The sum of four. */
@inline
function total(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

@inline
function normalise(activation: i32, columns: u32, deviation: f32, centred: usize, out: usize): void {
  const divisor = f32x4.splat(deviation);
  let left = columns;
  for (; left >= 4; left -= 4) {
    v128.store(out, activate(activation, f32x4.div(v128.load(centred), divisor)));
    centred += 16;
    out += 16;
  }
  if (left > 0) storePart(out, activate(activation, f32x4.div(loadPart(centred, left), divisor)), left);
}

@inline
function pullBack(activation: i32, g: usize, columns: u32, deviation: f32, centred: usize, out: usize): void {
  const divisor = f32x4.splat(deviation);
  let sums = f32x4.splat(0), along = f32x4.splat(0);
  let at = out, x = centred;
  for (let left = columns; left > 0; left -= min<u32>(left, 4)) {
    const unit = f32x4.div(loadPart(x, left), divisor);
    const h = timesSlope(activation, loadPart(g, left), activate(activation, unit));
    sums = f32x4.add(sums, h);
    along = f32x4.add(along, f32x4.mul(h, unit));
    storePart(x, unit, left);
    storePart(at, h, left);
    g += 16;
    x += 16;
    at += 16;
  }
  const mean = f32x4.splat(total(sums) / <f32> columns), slope = f32x4.splat(total(along) / <f32> columns);
  for (let left = columns; left > 0; left -= min<u32>(left, 4)) {
    const rest = f32x4.sub(f32x4.sub(loadPart(out, left), mean), f32x4.mul(loadPart(centred, left), slope));
    storePart(out, f32x4.div(rest, divisor), left);
    centred += 16;
    out += 16;
  }
}
