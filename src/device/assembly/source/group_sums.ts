/** Sums over an axis, group by group. */
import { GroupSumsDescriptor } from "./layouts";
import { loadPart, storePart } from "./vector";

/** Groups `g` of `from` to `to - 1`: the sum of rows g * group to g * group + group - 1, added in rising order. */
export function groupSums(descriptor: GroupSumsDescriptor, from: u32, to: u32, _work: usize): void {
  const group = descriptor.group, columns = descriptor.columns;
  const rowBytes = <usize> columns << 2;
  let source = descriptor.source + <usize> (from * group) * rowBytes;
  let target = descriptor.sums + <usize> from * rowBytes;
  for (; from < to; from++) {
    if (columns == 1) {
      sumLine(source, group, target);
    } else {
      let column: u32 = 0;
      for (; column + 16 <= columns; column += 16) {
        let at = source + (<usize> column << 2);
        let s0 = v128.load(at), s1 = v128.load(at, 16), s2 = v128.load(at, 32), s3 = v128.load(at, 48);
        for (let row: u32 = 1; row < group; row++) {
          at += rowBytes;
          s0 = f32x4.add(s0, v128.load(at));
          s1 = f32x4.add(s1, v128.load(at, 16));
          s2 = f32x4.add(s2, v128.load(at, 32));
          s3 = f32x4.add(s3, v128.load(at, 48));
        }
        const out = target + (<usize> column << 2);
        v128.store(out, s0);
        v128.store(out, s1, 16);
        v128.store(out, s2, 32);
        v128.store(out, s3, 48);
      }
      for (; column < columns; column += 4) {
        const lanes = columns - column;
        let at = source + (<usize> column << 2);
        let sum = loadPart(at, lanes);
        for (let row: u32 = 1; row < group; row++) {
          at += rowBytes;
          sum = f32x4.add(sum, loadPart(at, lanes));
        }
        storePart(target + (<usize> column << 2), sum, lanes);
      }
    }
    source += rowBytes * group;
    target += rowBytes;
  }
}

/** The sum of consecutive floats, in doubles. */
function sumLine(from: usize, count: u32, to: usize): void {
  let sum: f64 = 0;
  for (; count > 0; count--) {
    sum += <f64> load<f32>(from);
    from += 4;
  }
  store<f32>(to, <f32> sum);
}
