/** An elementwise operation, four elements at a time; each element is computed independently of the others. */
import { operate } from "./map";
import { MapDescriptor } from "./layouts";
import { loadPart, storePart } from "./vector";

/** `operation` and `operands` are constants at every call, so each operation has its own loop. */
@inline
export function mapWith(operation: i32, operands: i32, descriptor: MapDescriptor, from: u32, to: u32): void {
  const start = <usize> from << 2;
  const zero = f32x4.splat(0);
  let a = descriptor.a + start;
  let b = operands > 1 ? descriptor.b + start : 0;
  let c = operands > 2 ? descriptor.c + start : 0;
  let out = descriptor.out + start;
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
