/**
 * A row of a float64 product with float32 weights, for acting: a separate module, small enough for a page to compile
 * synchronously.
 */

/**
 * Adds inputs times their rows of a matrix to sums, `sums[j] += Σ_i inputs[i] · weights[i,j]`, one input after another
 * in their order, in float64. Inputs of 0 are skipped; `list` is scratch memory for the indices of the others, 4 bytes
 * each.
 *
 * Four inputs are added while a sum is in a register; the sums have the bits of one input at a time.
 */
export function accumulate(
  weights: usize,
  inputs: usize,
  sums: usize,
  rows: u32,
  columns: u32,
  list: usize,
): void {
  const stride = <usize> columns << 2, whole = stride & ~7;
  let count: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    if (load<f64>(inputs + (<usize> i << 3)) == 0) continue;
    store<u32>(list + (<usize> count << 2), i);
    count++;
  }
  let k: u32 = 0;
  for (; k + 3 < count; k += 4) {
    const at = list + (<usize> k << 2);
    const i0 = load<u32>(at), i1 = load<u32>(at, 4), i2 = load<u32>(at, 8), i3 = load<u32>(at, 12);
    const x0 = load<f64>(inputs + (<usize> i0 << 3)), x1 = load<f64>(inputs + (<usize> i1 << 3));
    const x2 = load<f64>(inputs + (<usize> i2 << 3)), x3 = load<f64>(inputs + (<usize> i3 << 3));
    const w0 = weights + <usize> i0 * stride, w1 = weights + <usize> i1 * stride;
    const w2 = weights + <usize> i2 * stride, w3 = weights + <usize> i3 * stride;
    const s0 = f64x2.splat(x0), s1 = f64x2.splat(x1), s2 = f64x2.splat(x2), s3 = f64x2.splat(x3);
    for (let j: usize = 0; j < whole; j += 8) {
      const sum = sums + (j << 1);
      let s = v128.load(sum);
      s = f64x2.add(s, f64x2.mul(s0, f64x2.promote_low_f32x4(v128.load64_zero(w0 + j))));
      s = f64x2.add(s, f64x2.mul(s1, f64x2.promote_low_f32x4(v128.load64_zero(w1 + j))));
      s = f64x2.add(s, f64x2.mul(s2, f64x2.promote_low_f32x4(v128.load64_zero(w2 + j))));
      s = f64x2.add(s, f64x2.mul(s3, f64x2.promote_low_f32x4(v128.load64_zero(w3 + j))));
      v128.store(sum, s);
    }
    if (whole < stride) {
      const sum = sums + (whole << 1);
      let s = load<f64>(sum);
      s += x0 * <f64> load<f32>(w0 + whole);
      s += x1 * <f64> load<f32>(w1 + whole);
      s += x2 * <f64> load<f32>(w2 + whole);
      s += x3 * <f64> load<f32>(w3 + whole);
      store<f64>(sum, s);
    }
  }
  for (; k < count; k++) {
    const i = load<u32>(list + (<usize> k << 2)), x = load<f64>(inputs + (<usize> i << 3));
    const w = weights + <usize> i * stride;
    for (let j: usize = 0; j < stride; j += 4) {
      const sum = sums + (j << 1);
      store<f64>(sum, load<f64>(sum) + x * <f64> load<f32>(w + j));
    }
  }
}
