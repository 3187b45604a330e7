/** ADAM (Kingma and Ba 2015, algorithm 1) and the update of a target network, in one pass over flat vectors. */
import { ABSENT, AdamDescriptor } from "./layouts";
import { loadPart, storePart } from "./vector";

/**
 * Elements `from` to `to - 1` of
 * m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g²,  p -= size * m / (sqrt(v * correction) + epsilon).
 */
export function adam(descriptor: AdamDescriptor, from: u32, to: u32, _work: usize): void {
  if (load<u32>(descriptor.frozen) != 0) return;
  const clock = descriptor.clock, rates = descriptor.rates;
  const size = load<f32>(rates) / load<f32>(clock);
  const correction = <f32> 1 / load<f32>(clock, 4);
  const rate = load<f32>(rates, 4);
  let target = descriptor.targets;
  const targetMode: u32 = target == ABSENT || load<f32>(clock, 8) == 0 ? 0 : rate < 1 ? 2 : 1;
  const beta1 = descriptor.beta1, rest1 = descriptor.rest1;
  const beta2 = descriptor.beta2, rest2 = descriptor.rest2;
  const epsilon = descriptor.epsilon;
  const start = <usize> from << 2;
  let parameters = descriptor.p + start;
  let gradient = descriptor.g + start;
  let firstMoment = descriptor.m + start;
  let secondMoment = descriptor.v + start;
  target += start;
  let left = to - from;
  for (; left >= 4; left -= 4) {
    step(
      4, parameters, gradient, firstMoment, secondMoment,
      beta1, rest1, beta2, rest2, size, correction, epsilon, targetMode, target, rate,
    );
    parameters += 16;
    gradient += 16;
    firstMoment += 16;
    secondMoment += 16;
    target += 16;
  }
  if (left > 0) {
    step(
      left, parameters, gradient, firstMoment, secondMoment,
      beta1, rest1, beta2, rest2, size, correction, epsilon, targetMode, target, rate,
    );
  }
}

/** The update of one to four parameters. */
@inline
function step(
  lanes: u32,
  parameters: usize,
  gradient: usize,
  firstMoment: usize,
  secondMoment: usize,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  size: f32,
  correction: f32,
  epsilon: f32,
  targetMode: u32,
  target: usize,
  rate: f32,
): void {
  const g = read(gradient, lanes);
  const m = f32x4.add(f32x4.mul(f32x4.splat(beta1), read(firstMoment, lanes)), f32x4.mul(f32x4.splat(rest1), g));
  const v = f32x4.add(
    f32x4.mul(f32x4.splat(beta2), read(secondMoment, lanes)),
    f32x4.mul(f32x4.splat(rest2), f32x4.mul(g, g)),
  );
  const scale = f32x4.add(f32x4.sqrt(f32x4.mul(v, f32x4.splat(correction))), f32x4.splat(epsilon));
  const p = f32x4.sub(read(parameters, lanes), f32x4.div(f32x4.mul(f32x4.splat(size), m), scale));
  write(firstMoment, m, lanes);
  write(secondMoment, v, lanes);
  write(parameters, p, lanes);
  if (targetMode == 1) {
    write(target, p, lanes);
  } else if (targetMode == 2) {
    const old = read(target, lanes);
    write(target, f32x4.add(old, f32x4.mul(f32x4.splat(rate), f32x4.sub(p, old))), lanes);
  }
}

/** `loadPart` without a call where `lanes` is the constant 4. */
@inline
function read(from: usize, lanes: u32): v128 {
  return lanes == 4 ? v128.load(from) : loadPart(from, lanes);
}

@inline
function write(to: usize, value: v128, lanes: u32): void {
  if (lanes == 4) v128.store(to, value);
  else storePart(to, value, lanes);
}
