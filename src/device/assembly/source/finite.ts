/** The search for non-finite numbers. */
import { FiniteDescriptor } from "./layouts";
import { loadPart } from "./vector";

/** Sets the flag to the update's number if it is still 0 and a value is not finite. All the values are one item. */
export function finite(descriptor: FiniteDescriptor, _from: u32, _to: u32, _work: usize): void {
  const flag = descriptor.flags;
  if (load<u32>(flag) != 0) return;
  if (hasNonFinite(descriptor.values, descriptor.count) || hasNonFinite(descriptor.more, descriptor.moreCount)) {
    store<u32>(flag, load<u32>(descriptor.update));
  }
}

/** Whether one of `count` numbers is not finite: a sum of products with zero is zero unless a factor is not finite. */
function hasNonFinite(at: usize, count: u32): bool {
  const zero = f32x4.splat(0);
  let s0 = zero, s1 = zero;
  for (; count >= 8; count -= 8) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(at), zero));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(at, 16), zero));
    at += 32;
  }
  for (; count > 0; count -= min<u32>(count, 4)) {
    s0 = f32x4.add(s0, f32x4.mul(loadPart(at, count), zero));
    at += 16;
  }
  return v128.any_true(f32x4.ne(f32x4.add(s0, s1), zero));
}
